"""Who is asking: dependencies that read the bearer token; the staff's need no database.

They are coroutines although they await nothing: FastAPI sends anything else to a thread and back.
"""

from typing import Annotated

import structlog
from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from acd.rules.guests import GRACE
from api.core.problems import ForbiddenError, NotSignedInError
from api.core.runtime import Runtime, RuntimeDep
from api.guests.repository import find_seat
from api.sessions.tokens import Identity, Role, TokenError, read_token, same_secret
from db.clock import utc_now
from db.engine import DatabaseAwayError

log = structlog.get_logger(__name__)

_staff = HTTPBearer(auto_error=False, scheme_name="staff", description="The token of POST /api/sessions")
_wire = HTTPBearer(auto_error=False, scheme_name="wire", description="The voice process' own token")

StaffCredentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_staff)]
WireCredentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_wire)]


async def bearer(runtime: RuntimeDep, credentials: StaffCredentials) -> Identity:
    """Return whose token it is. Raises NotSignedInError."""
    if credentials is None:
        raise NotSignedInError("Sign in with POST /api/sessions and send the token as a Bearer token.")
    secret = runtime.settings.session_secret.get_secret_value()
    try:
        return read_token(credentials.credentials, secret, now=utc_now())
    except TokenError as error:
        raise NotSignedInError(f"Sign in again: {error}.") from error


async def staff_or_guest(identity: Annotated[Identity, Depends(bearer)], runtime: RuntimeDep) -> Identity:
    """Return who is signed in, a guest too. Raises NotSignedInError, also once a guest's session has been ended.

    With the database away a guest's token, which ends with the session as it was planned, is enough.
    """
    if identity.role is Role.GUEST and not await _may_stay(runtime, identity.agent_id):
        raise NotSignedInError("This session has ended. Thank you for answering.")
    return identity


async def _may_stay(runtime: Runtime, guest_id: str) -> bool:
    try:
        async with runtime.database.read() as session:
            seat = await find_seat(session, guest_id)
    except DatabaseAwayError as error:
        log.warning("guest_not_checked", guest_id=guest_id, reason=str(error))
        return True
    return seat is not None and utc_now() < seat.session.ends_at + GRACE


StaffOrGuest = Annotated[Identity, Depends(staff_or_guest)]
"""For what a guest needs to answer calls; everything else takes `SignedIn`."""


async def signed_in(identity: Annotated[Identity, Depends(bearer)]) -> Identity:
    """Return the member of staff who is signed in. Raises NotSignedInError, ForbiddenError for a guest."""
    if identity.role is Role.GUEST:
        raise ForbiddenError("Guests of a session see their own calls and nothing else.")
    return identity


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
