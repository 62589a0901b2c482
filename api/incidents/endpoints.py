"""`/api/incidents`: a notice on chosen lines in one action, and the citizens whom it concerns."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.configuration.service import tell_voice
from api.core.openapi import problems
from api.core.paging import WindowDep
from api.core.problems import NotFoundError
from api.core.runtime import Reader, Runtime, RuntimeDep
from api.incidents import repository, service
from api.incidents.schemas import EndIn, IncidentDetailOut, IncidentIn, IncidentPage, IncidentStored
from api.sessions.dependencies import SignedIn, Supervisor
from db.clock import utc_now

router = APIRouter(prefix="/api/incidents", tags=["incidents"], responses=problems(HTTPStatus.UNAUTHORIZED))

IncidentId = Annotated[int, Path(ge=1, lt=2**63)]
WRITE_PROBLEMS = problems(HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)


@router.get("", summary="List incidents")
async def get_incidents(
    _identity: SignedIn,
    session: Reader,
    window: WindowDep,
    on: Annotated[bool | None, Query(description="Only those that callers hear now, or only the others")] = None,
) -> IncidentPage:
    """Give incidents with the number of callers who were registered, newest first."""
    now = utc_now()
    total, rows = await repository.list_incidents(session, window, on=on, now=now)
    items = [service.describe(row, now=now) for row in rows]
    return IncidentPage(total=total, limit=window.limit, offset=window.offset, items=items)


@router.post("", status_code=HTTPStatus.CREATED, responses=WRITE_PROBLEMS, summary="Switch an incident on")
async def create_incident(body: IncidentIn, identity: Supervisor, runtime: RuntimeDep) -> IncidentStored:
    """Tell callers of an incident from now on; its case is opened, and it ends by itself."""
    async with runtime.database.write() as session:
        incident_id = await service.switch_on(runtime, session, body, by=identity.agent_id, now=utc_now())
    return await _stored(runtime, incident_id)


@router.get("/{incident_id}", responses=problems(HTTPStatus.NOT_FOUND), summary="One incident with its callers")
async def get_incident(
    incident_id: IncidentId, _identity: SignedIn, session: Reader, window: WindowDep
) -> IncidentDetailOut:
    """Give an incident and a part of those who were registered as affected, in the order in which they rang."""
    row = await repository.find_incident(session, incident_id)
    if row is None:
        raise NotFoundError(service.UNKNOWN)
    callers = [service.describe_caller(one) for one in await repository.list_callers(session, incident_id, window)]
    return IncidentDetailOut(**service.describe(row, now=utc_now()).model_dump(), callers=callers)


@router.post(
    "/{incident_id}/end",
    responses=WRITE_PROBLEMS | problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    summary="End an incident early",
)
async def end_incident(
    incident_id: IncidentId, body: EndIn, identity: Supervisor, runtime: RuntimeDep
) -> IncidentStored:
    """End an incident before its time; callers who arrive now do not hear it any more."""
    async with runtime.database.write() as session:
        await service.end(session, incident_id, by=identity.agent_id, why=body.why, now=utc_now())
    return await _stored(runtime, incident_id)


async def _stored(runtime: Runtime, incident_id: int) -> IncidentStored:
    heard = await tell_voice(runtime.database, runtime.link)
    async with runtime.database.read() as session:
        row = await repository.find_incident(session, incident_id)
    if row is None:
        raise NotFoundError(service.UNKNOWN)
    return IncidentStored(**service.describe(row, now=utc_now()).model_dump(), heard=heard)
