"""`/api/pause-reasons`: for what, and how long a day, agents may pause."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.configuration.service import tell_voice
from api.core.fields import HeardOut, Why
from api.core.openapi import problems
from api.core.revisions import IfMatch
from api.core.runtime import Reader, RuntimeDep
from api.pauses import repository, service
from api.pauses.schemas import REASON, PauseIn, PauseOut, PauseStored
from api.sessions.dependencies import Administrator, SignedIn
from db.clock import utc_now

router = APIRouter(prefix="/api/pause-reasons", tags=["pause reasons"], responses=problems(HTTPStatus.UNAUTHORIZED))

ReasonPath = Annotated[str, Path(pattern=REASON, examples=["rest"])]
WRITE_PROBLEMS = problems(HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)


@router.get("", summary="List the reasons for a pause")
async def get_pauses(_identity: SignedIn, session: Reader) -> list[PauseOut]:
    """Give every reason; without any agents may pause for whatever they say."""
    return [service.describe(row) for row in await repository.list_pauses(session)]


@router.put(
    "/{reason}",
    responses=WRITE_PROBLEMS | problems(HTTPStatus.PRECONDITION_FAILED),
    summary="Create or change a reason for a pause",
)
async def put_pause(
    reason: ReasonPath, body: PauseIn, identity: Administrator, runtime: RuntimeDep, if_match: IfMatch = None
) -> PauseStored:
    """Store a reason; a pause in progress ends by the new quota."""
    async with runtime.database.write() as session:
        stored = await service.store(session, reason, body, if_match=if_match, by=identity.agent_id, now=utc_now())
    heard = await tell_voice(runtime.database, runtime.link)
    return PauseStored(**stored.model_dump(), heard=heard)


@router.delete(
    "/{reason}",
    responses=WRITE_PROBLEMS | problems(HTTPStatus.NOT_FOUND),
    summary="Take a reason for a pause out",
)
async def delete_pause(
    reason: ReasonPath, identity: Administrator, runtime: RuntimeDep, why: Annotated[Why, Query()]
) -> HeardOut:
    """Take a reason out; what agents have paused for it stays recorded."""
    async with runtime.database.write() as session:
        await service.remove(session, reason, by=identity.agent_id, why=why, now=utc_now())
    return HeardOut(heard=await tell_voice(runtime.database, runtime.link))
