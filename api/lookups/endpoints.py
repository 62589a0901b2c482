"""`/internal/callers` and `/internal/case-progress`: what the voice process asks while a citizen is in a menu."""

from http import HTTPStatus

import structlog
from fastapi import APIRouter, Depends

from api.cases.numbers import case_day
from api.core.openapi import problems
from api.core.phones import canonical_number
from api.core.runtime import Reader, RuntimeDep, Writer
from api.lookups import repository, service
from api.lookups.schemas import CallerIn, CallerOut, FoundOut, NotFoundOut, ProgressIn
from api.sessions.dependencies import voice_only
from db.clock import utc_now

log = structlog.get_logger(__name__)

router = APIRouter(
    prefix="/internal",
    tags=["wires"],
    dependencies=[Depends(voice_only)],
    responses=problems(HTTPStatus.UNAUTHORIZED, HTTPStatus.BAD_REQUEST),
)


@router.post("/callers", summary="Is this caller known")
async def find_caller(body: CallerIn, session: Reader, runtime: RuntimeDep) -> CallerOut:
    """Tell whether the number is known, whether it has an open case, and who took that one."""
    number = canonical_number(body.caller, area_code=runtime.settings.area_code)
    if number is None:
        return CallerOut(known=False, open_case=False, owner=None)
    found = await repository.find_caller(session, number)
    return CallerOut(known=found.known, open_case=found.open_case, owner=found.owner)


@router.post("/case-progress", summary="How far is this case")
async def find_case_progress(body: ProgressIn, session: Writer, runtime: RuntimeDep) -> FoundOut | NotFoundOut:
    """Give the progress of a case to whoever knows its number and code; the log keeps neither."""
    settings = runtime.settings
    case = await service.find_progress(
        session,
        body.case_number,
        body.query_code,
        region=settings.region_code,
        secret=settings.session_secret.get_secret_value(),
        now=utc_now(),
    )
    log.info("case_progress", call_id=body.call_id, found=case is not None)
    if case is None:
        return NotFoundOut()
    return FoundOut(case_no=case.number, state=case.state, opened_on=case_day(case.opened_at).isoformat())
