"""`POST /api/sessions`: sign-in."""

from http import HTTPStatus

from fastapi import APIRouter

from api.core.openapi import problems
from api.core.runtime import RuntimeDep
from api.sessions import service
from api.sessions.schemas import AgentOut, SessionOut, SignIn
from api.sessions.tokens import issue_token
from db.clock import utc_now

router = APIRouter(prefix="/api/sessions", tags=["sessions"])


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    responses=problems(
        HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_REQUEST
    ),
    summary="Sign in",
)
async def create_session(body: SignIn, runtime: RuntimeDep) -> SessionOut:
    """Give a token for staff number and password; five failures lock the number for 15 minutes."""
    now, settings = utc_now(), runtime.settings
    identity = await service.sign_in(
        runtime.database, runtime.hashing, body.agent_id, body.password, hours=settings.session_hours, now=now
    )
    token = issue_token(identity, settings.session_secret.get_secret_value(), now=now)
    agent = AgentOut(id=identity.agent_id, name=identity.name, role=identity.role.value)
    return SessionOut(token=token, expires_at=identity.expires_at, agent=agent)
