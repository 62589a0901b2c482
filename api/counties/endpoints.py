"""`/api/counties`: where remote seats are, and how many of them are there now."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from api.configuration.repository import list_agents, list_queues
from api.core.openapi import problems
from api.core.revisions import IfMatch
from api.core.runtime import Reader, RuntimeDep
from api.counties import repository, service
from api.counties.schemas import COUNTY, CountyIn, CountyOut, CountyStored
from api.sessions.dependencies import Administrator, Supervisor
from db.clock import utc_now

router = APIRouter(
    prefix="/api/counties", tags=["counties"], responses=problems(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
)

CountyPath = Annotated[str, Path(pattern=COUNTY, examples=["linhe"])]


@router.get("", summary="List counties with their seats")
async def get_counties(_identity: Supervisor, runtime: RuntimeDep, session: Reader) -> list[CountyOut]:
    """Give every county; a county whose line is cut has seats and none that are reachable."""
    queues, agents = await list_queues(session), await list_agents(session)
    known = [state for agent in agents if (state := runtime.link.state_of(agent["id"])) is not None]
    states = known if runtime.link.up else None
    return [service.describe(row, queues, agents, states) for row in await repository.list_counties(session)]


@router.put(
    "/{county}",
    responses=problems(HTTPStatus.BAD_REQUEST, HTTPStatus.PRECONDITION_FAILED),
    summary="Create or change a county",
)
async def put_county(
    county: CountyPath, body: CountyIn, identity: Administrator, runtime: RuntimeDep, if_match: IfMatch = None
) -> CountyStored:
    """Store a county; agents and queues are then made its own by their own requests.

    A changed trunk is used once Asterisk has been started anew: `make down` and `make up`, or the containers' set-up.
    """
    async with runtime.database.write() as session:
        return await service.store(session, county, body, if_match=if_match, by=identity.agent_id, now=utc_now())
