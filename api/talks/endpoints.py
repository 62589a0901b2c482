"""`/api/agents/me/talk`: hold, transfer, consult and bring together; voice decides, 409 says what to do first."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter

from acd.rules.places import EMERGENCY
from api.agents.schemas import StateOut
from api.configuration.repository import list_agents, list_queues
from api.core.openapi import problems
from api.core.runtime import Reader, RuntimeDep
from api.sessions.dependencies import StaffOrGuest
from api.talks.schemas import TalkIn, TargetOut
from api.targets.repository import list_targets

router = APIRouter(prefix="/api/agents/me/talk", tags=["talks"], responses=problems(HTTPStatus.UNAUTHORIZED))

SIGNED_OUT: Final = "logged_out"


@router.post(
    "",
    responses=problems(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    summary="Do something with my talk",
)
async def create_talk_act(body: TalkIn, identity: StaffOrGuest, runtime: RuntimeDep) -> StateOut:
    """Do something with the talk that the signed-in agent has now; the stream's `talk` tells what came of it."""
    args = {"to": body.to.model_dump()} if body.to is not None else {}
    return StateOut.model_validate(await runtime.link.command(identity.agent_id, body.act.value, args))


@router.get("/targets", summary="Whom a talk can be given to")
async def get_talk_targets(identity: StaffOrGuest, runtime: RuntimeDep, session: Reader) -> list[TargetOut]:
    """Give the queues, the colleagues who are signed in, and the numbers."""
    queues = [TargetOut(kind="queue", id=queue["id"], name=queue["name"]) for queue in await list_queues(session)]
    here = {agent["id"]: (agent["name"], runtime.link.state_of(agent["id"])) for agent in await list_agents(session)}
    colleagues = [
        TargetOut(kind="agent", id=agent_id, name=name, state=state["state"])
        for agent_id, (name, state) in here.items()
        if agent_id != identity.agent_id and state is not None and state["state"] != SIGNED_OUT
    ]
    numbers = EMERGENCY | {row.number: row.name for row in await list_targets(session)}
    return [
        *queues,
        *colleagues,
        *(TargetOut(kind="number", id=number, name=name) for number, name in sorted(numbers.items())),
    ]
