"""`/api/cases`: lists and single cases."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from api.cases import repository, service
from api.cases.numbers import is_case_number
from api.cases.rules import LABELS, CaseState, Outcome, next_state
from api.cases.schemas import CaseDetailOut, CasePage, OutcomeChoiceOut, TransitionOut
from api.core.openapi import problems
from api.core.paging import WindowDep
from api.core.problems import NotFoundError
from api.core.runtime import Reader
from api.sessions.dependencies import StaffOrGuest

router = APIRouter(prefix="/api/cases", tags=["cases"], responses=problems(HTTPStatus.UNAUTHORIZED))

CaseNumber = Annotated[str, Path(pattern=r"^[0-9-]{6,40}$", examples=["3714-261121-00001-7"])]


@router.get("", summary="List cases")
async def get_cases(
    identity: StaffOrGuest, session: Reader, window: WindowDep, state: CaseState | None = None
) -> CasePage:
    """Give cases, newest first; agents see those of their own calls, agents of a county those of the county."""
    seen_by = None if identity.sees_everything else identity.agent_id
    total, rows = await repository.list_cases(session, seen_by=seen_by, state=state, window=window)
    items = [service.describe(row, identity) for row in rows]
    return CasePage(total=total, limit=window.limit, offset=window.offset, items=items)


@router.get("/outcomes", summary="Outcomes to choose from")
async def get_outcomes(_identity: StaffOrGuest) -> list[OutcomeChoiceOut]:
    """Give the outcomes of a call in the order a desk shows them."""
    return [
        OutcomeChoiceOut(outcome=outcome, label=LABELS[next_state(CaseState.DRAFT, outcome)]) for outcome in Outcome
    ]


@router.get("/{number}", responses=problems(HTTPStatus.NOT_FOUND), summary="One case with its history")
async def get_case(number: CaseNumber, identity: StaffOrGuest, session: Reader) -> CaseDetailOut:
    """Give a case by its number; agents are told the citizen's rating once the case is closed."""
    if not is_case_number(number):
        raise NotFoundError("The check digit does not fit; compare the number with the citizen's.")
    seen_by = None if identity.sees_everything else identity.agent_id
    row = await repository.find_case(session, number, seen_by=seen_by)
    if row is None:
        raise NotFoundError("There is no such case, or it is none of yours; GET /api/cases lists those that are.")
    steps = await repository.list_transitions(session, row.case.id)
    history = [TransitionOut.model_validate(step, from_attributes=True) for step in steps]
    rated = row.case.call_id if service.may_see_rating(identity, row.case.state) else None
    rating = await repository.find_rating(session, rated) if rated is not None else None
    return CaseDetailOut(
        **service.describe(row, identity).model_dump(),
        query_code=row.case.query_code,
        rating=service.describe_rating(rating),
        history=history,
    )
