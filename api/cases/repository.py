"""Queries about cases."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from api.calls.repository import concerns
from api.core.paging import Window
from db.engine import ReadSession
from db.tables import Call, Case, CaseTransition


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with its call."""

    case: Case
    call: Call


def _seen_by(agent_id: str | None) -> list[ColumnElement[bool]]:
    return [] if agent_id is None else [or_(Case.outcome_by == agent_id, concerns(agent_id))]


async def list_cases(
    session: ReadSession, *, seen_by: str | None, state: str | None, window: Window
) -> tuple[int, list[CaseRow]]:
    """Return how many cases there are, and one page of them, newest first."""
    conditions = _seen_by(seen_by) + ([] if state is None else [Case.state == state])
    joined = select(Case, Call).join(Call, Call.call_id == Case.call_id).where(*conditions)
    total = await session.scalar(select(func.count()).select_from(joined.subquery()))
    page = joined.order_by(Case.opened_at.desc(), Case.id.desc()).limit(window.limit).offset(window.offset)
    return total or 0, [CaseRow(case, call) for case, call in await session.execute(page)]


async def find_case(session: ReadSession, number: str, *, seen_by: str | None) -> CaseRow | None:
    """Return a case by its number, if it concerns the agent `seen_by` (None: whoever asks sees all)."""
    query = select(Case, Call).join(Call, Call.call_id == Case.call_id).where(Case.number == number)
    row = (await session.execute(query.where(*_seen_by(seen_by)))).first()
    return CaseRow(row[0], row[1]) if row is not None else None


async def list_transitions(session: ReadSession, case_id: int) -> list[CaseTransition]:
    """Return the steps of a case in their order."""
    query = select(CaseTransition).where(CaseTransition.case_id == case_id).order_by(CaseTransition.id)
    return list(await session.scalars(query))
