"""Queries about cases."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from api.calls.repository import visible_to
from api.core.paging import Window
from db.engine import ReadSession
from db.tables import Agent, Call, Case, CaseTransition, Incident, Rating


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with its call, or with the incident that it was opened for."""

    case: Case
    call: Call | None
    incident: Incident | None


def _seen_by(agent_id: str | None) -> list[ColumnElement[bool]]:
    """In the hall those of one's own calls and outcomes; in a county the county's, by the call they came by."""
    if agent_id is None:
        return []
    in_hall = exists().where(Agent.id == agent_id, Agent.county.is_(None))
    return [or_(visible_to(agent_id), and_(Case.outcome_by == agent_id, in_hall))]


def _with_origin() -> Select[Case, Call, Incident]:
    return (
        select(Case, Call, Incident)
        .outerjoin(Call, Call.call_id == Case.call_id)
        .outerjoin(Incident, Incident.case_id == Case.id)
    )


async def list_cases(
    session: ReadSession, *, seen_by: str | None, state: str | None, window: Window
) -> tuple[int, list[CaseRow]]:
    """Return how many cases there are, and one page of them, newest first."""
    conditions = _seen_by(seen_by) + ([] if state is None else [Case.state == state])
    count = select(func.count()).select_from(Case).outerjoin(Call, Call.call_id == Case.call_id)
    total = await session.scalar(count.where(*conditions))
    page = _with_origin().where(*conditions).order_by(Case.opened_at.desc(), Case.id.desc())
    rows = await session.execute(page.limit(window.limit).offset(window.offset))
    return total or 0, [CaseRow(*row) for row in rows]


async def find_case(session: ReadSession, number: str, *, seen_by: str | None) -> CaseRow | None:
    """Return a case by its number, if the agent `seen_by` may see it (None: whoever asks sees all)."""
    row = (await session.execute(_with_origin().where(Case.number == number, *_seen_by(seen_by)))).first()
    return CaseRow(*row) if row is not None else None


async def find_rating(session: ReadSession, call_id: str) -> Rating | None:
    """Return how the citizen rated a call."""
    return await session.get(Rating, call_id)


async def list_transitions(session: ReadSession, case_id: int) -> list[CaseTransition]:
    """Return the steps of a case in their order."""
    query = select(CaseTransition).where(CaseTransition.case_id == case_id).order_by(CaseTransition.id)
    return list(await session.scalars(query))
