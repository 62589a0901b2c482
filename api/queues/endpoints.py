"""`/api/queues`: what citizens wait in, and by which rules they find an agent."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from api.configuration.service import tell_voice
from api.core.openapi import problems
from api.core.revisions import IfMatch
from api.core.runtime import Reader, RuntimeDep
from api.queues import repository, service
from api.queues.schemas import QueueIn, QueueOut, QueueStored
from api.sessions.dependencies import Administrator, SignedIn
from db.clock import utc_now

router = APIRouter(prefix="/api/queues", tags=["queues"], responses=problems(HTTPStatus.UNAUTHORIZED))

QueuePath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["city"])]
WRITE_PROBLEMS = problems(
    HTTPStatus.FORBIDDEN,
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.PRECONDITION_FAILED,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)


@router.get("", summary="List queues")
async def get_queues(_identity: SignedIn, session: Reader) -> list[QueueOut]:
    """Give all queues by id."""
    return [service.describe(row) for row in await repository.list_queues(session)]


@router.put("/{queue_id}", responses=WRITE_PROBLEMS, summary="Change a queue and its rules")
async def put_queue(
    queue_id: QueuePath, body: QueueIn, identity: Administrator, runtime: RuntimeDep, if_match: IfMatch = None
) -> QueueStored:
    """Store the queue; who waits already is looked at by the new rules, too.

    A new queue cannot be made here: Asterisk's fallback queues are rendered when the system is set up, and a queue
    without one would leave its callers to nobody while the voice process is away.
    """
    async with runtime.database.write() as session:
        stored = await service.store(session, queue_id, body, if_match=if_match, by=identity.agent_id, now=utc_now())
    heard = await tell_voice(runtime.database, runtime.link)
    return QueueStored(**stored.model_dump(), heard=heard)
