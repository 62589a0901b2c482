"""Who is asking: dependencies that read the bearer token; none of them needs the database.

They are coroutines although they await nothing: FastAPI sends anything else to a thread and back.
"""

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.core.problems import ForbiddenError, NotSignedInError
from api.core.runtime import RuntimeDep
from api.sessions.tokens import Identity, Role, TokenError, read_token, same_secret
from db.clock import utc_now

_staff = HTTPBearer(auto_error=False, scheme_name="staff", description="The token of POST /api/sessions")
_wire = HTTPBearer(auto_error=False, scheme_name="wire", description="The voice process' own token")

StaffCredentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_staff)]
WireCredentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_wire)]


async def signed_in(runtime: RuntimeDep, credentials: StaffCredentials) -> Identity:
    """Return who is signed in. Raises NotSignedInError."""
    if credentials is None:
        raise NotSignedInError("Sign in with POST /api/sessions and send the token as a Bearer token.")
    secret = runtime.settings.session_secret.get_secret_value()
    try:
        return read_token(credentials.credentials, secret, now=utc_now())
    except TokenError as error:
        raise NotSignedInError(f"Sign in again: {error}.") from error


SignedIn = Annotated[Identity, Depends(signed_in)]


async def administrator(identity: SignedIn) -> Identity:
    """Return the administrator who is signed in. Raises ForbiddenError for anybody else."""
    if identity.role is not Role.ADMINISTRATOR:
        raise ForbiddenError("Only an administrator may do this; ask one.")
    return identity


Administrator = Annotated[Identity, Depends(administrator)]


async def supervisor(identity: SignedIn) -> Identity:
    """Return the supervisor or administrator who is signed in. Raises ForbiddenError for anybody else."""
    if not identity.sees_everything:
        raise ForbiddenError("Only a supervisor may do this; ask one.")
    return identity


Supervisor = Annotated[Identity, Depends(supervisor)]


async def voice_only(runtime: RuntimeDep, credentials: WireCredentials) -> None:
    """Let the voice process in. Raises NotSignedInError for anybody else."""
    expected = runtime.settings.intake_token.get_secret_value()
    if credentials is None or not same_secret(credentials.credentials, expected):
        raise NotSignedInError("Send the content of the secret file intake_token as a Bearer token.")
