"""`/api/agents`: who works here, what they do now, by what calls find them, and what I do."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from api.agents import repository, routing, service
from api.agents.schemas import AgentOut, MeOut, MicrophoneIn, PhoneOut, RoutingIn, RoutingStored, StateOut, StateWish
from api.configuration.repository import list_agents
from api.configuration.service import tell_voice
from api.core.openapi import problems
from api.core.problems import ForbiddenError
from api.core.revisions import IfMatch
from api.core.runtime import Reader, RuntimeDep
from api.core.text import WORD_LIMIT, clean
from api.sessions.dependencies import SignedIn, StaffOrGuest, Supervisor
from db.clock import utc_now

router = APIRouter(prefix="/api/agents", tags=["agents"], responses=problems(HTTPStatus.UNAUTHORIZED))

AgentPath = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,32}$", examples=["1001"])]
WRITE_PROBLEMS = problems(
    HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY
)


@router.get("", summary="List agents with their live states")
async def get_agents(identity: SignedIn, runtime: RuntimeDep, session: Reader) -> list[AgentOut]:
    """Give everybody to supervisors and administrators, agents only themselves."""
    agents = [
        agent for agent in await list_agents(session) if identity.sees_everything or agent["id"] == identity.agent_id
    ]
    return [service.describe_agent(agent, runtime.link.state_of(agent["id"])) for agent in agents]


@router.get("/me", summary="Who am I, in what state, with which call")
async def get_me(identity: StaffOrGuest, runtime: RuntimeDep, session: Reader) -> MeOut:
    """Give the signed-in person's state and the call that still needs an outcome, with its draft."""
    state = runtime.link.state_of(identity.agent_id)
    current = await repository.find_current_call(session, identity.agent_id, state["call_id"] if state else None)
    return MeOut(
        id=identity.agent_id,
        name=identity.name,
        role=identity.role.value,
        expires_at=identity.expires_at,
        state=StateOut.model_validate(state) if state else None,
        call=service.describe_call(current) if current else None,
    )


@router.put(
    "/me/state",
    responses=problems(HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST),
    summary="Become ready, pause, or sign out",
)
async def put_my_state(wish: StateWish, identity: StaffOrGuest, runtime: RuntimeDep) -> StateOut:
    """Ask the telephone system for a state; during a call it is kept as `next` and comes after the call.

    `ready` takes back what was kept. 409 says what to do first, 503 that the telephone system is away.
    """
    args = {"reason": clean(wish.reason, WORD_LIMIT)} if wish.reason else {}
    state = await runtime.link.command(identity.agent_id, service.COMMANDS[wish.state], args)
    return StateOut.model_validate(state)


@router.put(
    "/me/microphone",
    responses=problems(HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST),
    summary="Tell whether my microphone is there",
)
async def put_my_microphone(word: MicrophoneIn, identity: StaffOrGuest, runtime: RuntimeDep) -> StateOut:
    """Nobody is offered a call whom the citizen could not hear; the state before comes back with the microphone."""
    state = await runtime.link.command(identity.agent_id, "microphone", {"ok": word.ok})
    return StateOut.model_validate(state)


@router.get("/me/phone", responses=problems(HTTPStatus.FORBIDDEN), summary="Account of my browser phone")
async def get_my_phone(identity: StaffOrGuest, runtime: RuntimeDep, session: Reader) -> PhoneOut:
    """Give address, user name and password for the browser phone."""
    extension = await repository.find_extension(session, identity.agent_id)
    if extension is None:
        raise ForbiddenError("This account is closed; ask an administrator.")
    return service.phone_account(identity, extension, runtime.settings)


@router.put(
    "/{agent_id}/routing",
    responses=WRITE_PROBLEMS | problems(HTTPStatus.PRECONDITION_FAILED),
    summary="Change by what calls find an agent",
)
async def put_routing(
    agent_id: AgentPath, body: RoutingIn, identity: Supervisor, runtime: RuntimeDep, if_match: IfMatch = None
) -> RoutingStored:
    """Store queues, skills, handicaps, county and seat; a call that is offered or talked already stays where it is."""
    async with runtime.database.write() as session:
        stored = await routing.store(session, agent_id, body, if_match=if_match, by=identity.agent_id, now=utc_now())
    heard = await tell_voice(runtime.database, runtime.link)
    return RoutingStored(**stored.model_dump(), id=agent_id, heard=heard)
