"""`/api/hall`: the hall now, and a supervisor's acts in it."""

from http import HTTPStatus

from fastapi import APIRouter

from api.core.openapi import problems
from api.core.runtime import Reader, RuntimeDep
from api.hall import service
from api.hall.schemas import ActIn, ActOut, EntriesOut, HallOut
from api.sessions.dependencies import Supervisor
from db.clock import utc_now

router = APIRouter(
    prefix="/api/hall",
    tags=["hall"],
    responses=problems(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN),
)


@router.get("", responses=problems(HTTPStatus.SERVICE_UNAVAILABLE), summary="The hall now")
async def get_hall(_identity: Supervisor, runtime: RuntimeDep) -> HallOut:
    """Give agents, waiting calls and talks as the telephone system has them; needs no database.

    Live: send `{"type":"hall","on":true}` on `WS /api/stream`; `{"type":"hall", ...}` follows at once and then on each
    change, at most twice a second.
    """
    return service.describe(await runtime.link.request("hall", {}, service.HALL_SECONDS), now=utc_now())


@router.post("/acts", responses=problems(HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST), summary="Act in the hall")
async def create_act(body: ActIn, identity: Supervisor, runtime: RuntimeDep) -> ActOut:
    """Do one act; 409 says why not and what to do. Taken or refused, it is in the audit trail with who and why.

    For listen, whisper and join the supervisor's own phone rings; an agent is not told of listening and whispering.
    """
    return await service.act(runtime, identity, body, now=utc_now())


@router.get("/acts", summary="What has been done in the hall")
async def get_acts(_identity: Supervisor, session: Reader) -> EntriesOut:
    """Give the newest acts of the audit trail, taken and refused ones, newest first (at most 200)."""
    return EntriesOut(entries=[service.describe_entry(row) for row in await service.entries(session)])
