"""Queries about incidents, their cases and their callers."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, insert, not_, select, update

from api.cases.rules import CaseState, Outcome, next_state
from api.core.paging import Window
from db.engine import ReadSession, WriteSession
from db.tables import Case, CaseTransition, Incident, IncidentCaller, Number, ReturnCall

Session = ReadSession | WriteSession


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident with its case's number and how many callers it has."""

    incident: Incident
    case_no: str | None
    affected: int


@dataclass(frozen=True, slots=True)
class AffectedRow:
    """A registered caller, and whether the return call is still owed."""

    caller: IncidentCaller
    owed: bool


def _on(now: dt.datetime) -> ColumnElement[bool]:
    return Incident.switched_off_at.is_(None) & (Incident.starts_at <= now) & (Incident.ends_at > now)


def _with_figures() -> Select[Incident, str | None, int]:
    affected = (
        select(func.count())
        .select_from(IncidentCaller)
        .where(IncidentCaller.incident_id == Incident.id)
        .scalar_subquery()
    )
    case_no = select(Case.number).where(Case.id == Incident.case_id).scalar_subquery()
    return select(Incident, case_no, affected)


async def list_incidents(
    session: Session, window: Window, *, on: bool | None, now: dt.datetime
) -> tuple[int, list[IncidentRow]]:
    """Return how many incidents there are (`on`: now, or not now), and one page of them, newest first."""
    conditions = [] if on is None else [_on(now) if on else not_(_on(now))]
    total = await session.scalar(select(func.count()).select_from(Incident).where(*conditions))
    page = _with_figures().where(*conditions).order_by(Incident.starts_at.desc(), Incident.id.desc())
    rows = await session.execute(page.limit(window.limit).offset(window.offset))
    return total or 0, [IncidentRow(*row) for row in rows]


async def find_incident(session: Session, incident_id: int) -> IncidentRow | None:
    """Return one incident."""
    row = (await session.execute(_with_figures().where(Incident.id == incident_id))).first()
    return IncidentRow(*row) if row is not None else None


async def list_callers(session: ReadSession, incident_id: int, window: Window) -> list[AffectedRow]:
    """Return a part of an incident's callers in the order in which they rang."""
    owed = exists().where(
        ReturnCall.caller == IncidentCaller.caller,
        ReturnCall.incident_id == IncidentCaller.incident_id,
        ReturnCall.state == "owed",
    )
    page = (
        select(IncidentCaller, owed)
        .where(IncidentCaller.incident_id == incident_id)
        .order_by(IncidentCaller.at, IncidentCaller.call_id)
    )
    rows = await session.execute(page.limit(window.limit).offset(window.offset))
    return [AffectedRow(*row) for row in rows]


async def lock_incident(session: WriteSession, incident_id: int) -> Incident | None:
    """Return one incident, kept from other changes until the transaction ends."""
    return await session.get(Incident, incident_id, with_for_update=True)


async def store_incident(session: WriteSession, values: dict[str, Any]) -> int:
    """Insert an incident; return its id."""
    return (await session.execute(insert(Incident).values(values).returning(Incident.id))).scalar_one()


async def switch_off(session: WriteSession, incident_id: int, *, by: str, now: dt.datetime) -> None:
    """End an incident."""
    change = {"switched_off_at": now, "switched_off_by": by}
    await session.execute(update(Incident).where(Incident.id == incident_id).values(change))


async def open_case(session: WriteSession, values: dict[str, Any], *, by: str, now: dt.datetime) -> int:
    """Open a case that is to be dispatched, both steps in its history; return its id."""
    draft, outcome = CaseState.DRAFT, Outcome.TO_DISPATCH
    state = next_state(draft, outcome)
    decided = {"state": state, "outcome": outcome, "outcome_at": now, "outcome_by": by, "opened_at": now}
    case_id = (await session.execute(insert(Case).values(values | decided).returning(Case.id))).scalar_one()
    session.add(CaseTransition(case_id=case_id, from_state=None, to_state=draft, trigger="opened", by=by, at=now))
    await session.flush()
    session.add(CaseTransition(case_id=case_id, from_state=draft, to_state=state, trigger=outcome, by=by, at=now))
    await session.flush()
    return case_id


async def known_lines(session: Session) -> tuple[set[str], set[str]]:
    """Return the numbers there are, and the areas they belong to."""
    rows = (await session.execute(select(Number.number, Number.area))).all()
    return {number for number, _ in rows}, {area for _, area in rows if area}
