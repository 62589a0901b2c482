"""`/api/queues`: what citizens wait in."""

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel

from api.configuration.repository import list_queues
from api.core.openapi import problems
from api.core.runtime import Reader
from api.sessions.dependencies import SignedIn

router = APIRouter(prefix="/api/queues", tags=["queues"], responses=problems(HTTPStatus.UNAUTHORIZED))


class QueueOut(BaseModel):
    """One queue; a phone rings for at most `ring_seconds` before the next agent is asked."""

    id: str
    name: str
    priority: int
    ring_seconds: int


@router.get("", summary="List queues")
async def get_queues(_identity: SignedIn, session: Reader) -> list[QueueOut]:
    """Give all queues by id."""
    return [QueueOut.model_validate(queue) for queue in await list_queues(session)]
