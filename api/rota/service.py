"""Writes the rota: one shift, a week's pattern, a copied week; all of a request or nothing, with who, when and why."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from api.core.audit import record
from api.core.fields import finding
from api.core.problems import NotFoundError, RefusedError
from api.queues.repository import queue_ids
from api.rota import repository
from api.rota.repository import ShiftRow
from api.rota.rules import WEEK, clashes, midnight_of, repeat_week
from api.rota.schemas import SHIFTS_LIMIT, CopyIn, MinimumsIn, ShiftIn, ShiftOut, WeeksIn
from api.rota.spans import Span
from db.engine import WriteSession
from db.tables import Shift
from ivr.hours import CHINA

UNKNOWN: Final = "There is no such shift; GET /api/rota lists those that are."
REFUSED: Final = "Correct what `findings` names; nothing was stored."
TOO_MANY: Final = f"This would write more than {SHIFTS_LIMIT} shifts; name fewer agents or weeks."
DUTY: Final = "duty"
SHOWN: Final = 20

Plan = Mapping[str, Sequence[Span]]
"""Spans by agent."""


def describe(row: ShiftRow, names: Mapping[str, str]) -> ShiftOut:
    """Return a shift as the API tells it."""
    return ShiftOut(
        id=row.id,
        agent_id=row.agent_id,
        name=names[row.agent_id],
        starts=row.span.since,
        ends=row.span.until,
        kind=row.kind,
        note=row.note,
    )


async def add(session: WriteSession, wanted: ShiftIn, *, by: str, now: dt.datetime) -> ShiftRow:
    """Store one shift. Raises RefusedError for an unknown agent, and where the agent has one then."""
    span = Span(wanted.starts, wanted.ends)
    await _require_room(session, {wanted.agent_id: [span]}, wanted.kind)
    values = _values(wanted.agent_id, span, wanted.kind, wanted.note)
    shift_id = await repository.store_shift(session, values)
    await _record_one(session, "shift.created", shift_id, None, values, by=by, why=wanted.why, now=now)
    return ShiftRow(shift_id, wanted.agent_id, span, wanted.kind, wanted.note)


async def change(session: WriteSession, shift_id: int, wanted: ShiftIn, *, by: str, now: dt.datetime) -> ShiftRow:
    """Replace one shift. Raises NotFoundError, and RefusedError as `add`."""
    shift = await repository.find_shift(session, shift_id)
    if shift is None:
        raise NotFoundError(UNKNOWN)
    span = Span(wanted.starts, wanted.ends)
    await _require_room(session, {wanted.agent_id: [span]}, wanted.kind, but=shift_id)
    before, after = _stored(shift), _values(wanted.agent_id, span, wanted.kind, wanted.note)
    if before != after:
        shift.agent_id, shift.starts, shift.ends = wanted.agent_id, span.since, span.until
        shift.kind, shift.note = wanted.kind, wanted.note
        await _record_one(session, "shift.changed", shift_id, before, after, by=by, why=wanted.why, now=now)
    return ShiftRow(shift_id, wanted.agent_id, span, wanted.kind, wanted.note)


async def remove(session: WriteSession, shift_id: int, *, by: str, why: str, now: dt.datetime) -> None:
    """Take one shift away. Raises NotFoundError."""
    shift = await repository.find_shift(session, shift_id)
    if shift is None:
        raise NotFoundError(UNKNOWN)
    await repository.remove_shift(session, shift_id)
    await _record_one(session, "shift.removed", shift_id, _stored(shift), None, by=by, why=why, now=now)


async def write_weeks(session: WriteSession, wanted: WeeksIn, *, by: str, now: dt.datetime) -> int:
    """Store a week's pattern for each week and agent; return how many shifts. Raises RefusedError."""
    agents = sorted(set(wanted.agents))
    if len(agents) * len(wanted.turns) * wanted.weeks > SHIFTS_LIMIT:
        raise RefusedError(TOO_MANY)
    turns = [turn.turn() for turn in wanted.turns]
    plan = dict.fromkeys(agents, repeat_week(turns, monday=wanted.monday, weeks=wanted.weeks))
    await _require_room(session, plan, DUTY)
    rows = [_values(agent, span, DUTY, wanted.note) for agent, spans in plan.items() for span in spans]
    await repository.store_shifts(session, rows)
    detail = wanted.model_dump(mode="json", exclude={"why"}) | {"shifts": len(rows)}
    await record(session, by, "rota.weeks", f"rota:{wanted.monday}", why=wanted.why, detail=detail, now=now)
    return len(rows)


async def copy_week(session: WriteSession, wanted: CopyIn, *, by: str, now: dt.datetime) -> int:
    """Copy the duties that start in a week; return how many were written. Raises RefusedError."""
    start = midnight_of(wanted.monday)
    found = await repository.list_shifts(
        session, Span(start, start + WEEK), agents=wanted.agents, kind=DUTY, limit=SHIFTS_LIMIT + 1
    )
    week = [row for row in found if row.span.since >= start]
    if not week:
        raise RefusedError("No duty starts in the week that is to be copied; GET /api/rota shows it.")
    if len(week) * wanted.weeks > SHIFTS_LIMIT:
        raise RefusedError(TOO_MANY)
    copies = [(row, _moved(row.span, wanted, place)) for place in range(wanted.weeks) for row in week]
    plan: dict[str, list[Span]] = defaultdict(list)
    for row, span in copies:
        plan[row.agent_id].append(span)
    await _require_room(session, plan, DUTY)
    await repository.store_shifts(session, [_values(row.agent_id, span, DUTY, row.note) for row, span in copies])
    detail = wanted.model_dump(mode="json", exclude={"why"}) | {"shifts": len(copies)}
    await record(session, by, "rota.copied", f"rota:{wanted.to}", why=wanted.why, detail=detail, now=now)
    return len(copies)


def _moved(span: Span, wanted: CopyIn, place: int) -> Span:
    by = wanted.to - wanted.monday + place * WEEK
    return Span(span.since + by, span.until + by)


async def clear(
    session: WriteSession, period: Span, agents: Collection[str], kind: str, *, by: str, why: str, now: dt.datetime
) -> int:
    """Take away the shifts of these agents that start in the period; return how many."""
    await repository.lock_agents(session, agents)
    gone = await repository.remove_shifts(session, period, agents=agents, kind=kind)
    if gone:
        detail = {"until": period.until.isoformat(), "agents": sorted(agents), "kind": kind, "shifts": gone}
        subject = f"rota:{period.since.astimezone(CHINA).date()}"
        await record(session, by, "rota.cleared", subject, why=why, detail=detail, now=now)
    return gone


async def set_minimums(session: WriteSession, wanted: MinimumsIn, *, by: str, now: dt.datetime) -> None:
    """Set how many agents queues need on duty. Raises RefusedError for a queue that is not there."""
    queues = await queue_ids(session)
    do = f"use one of {', '.join(sorted(queues))}"
    unknown = sorted(set(wanted.minimums) - queues)
    if unknown:
        raise RefusedError(REFUSED, [finding("minimums", f"there is no queue {queue}", do) for queue in unknown])
    before = await repository.list_minimums(session)
    await repository.store_minimums(session, wanted.minimums)
    detail = {"before": before, "after": before | wanted.minimums}
    await record(session, by, "rota.minimums", "rota:minimums", why=wanted.why, detail=detail, now=now)


async def _require_room(session: WriteSession, plan: Plan, kind: str, *, but: int | None = None) -> None:
    """Refuse a plan that clashes with itself or with what there is (`but` for one shift); locks the agents."""
    known = await repository.lock_agents(session, plan.keys())
    found = [
        finding("agent_id", f"nobody works here as {agent}", "GET /api/agents lists all")
        for agent in plan
        if agent not in known
    ]
    spans = [span for spans in plan.values() for span in spans]
    reach = Span(min(span.since for span in spans), max(span.until for span in spans))
    there = await repository.list_shifts(session, reach, agents=plan.keys(), kind=kind, limit=10 * SHIFTS_LIMIT)
    taken: dict[str, list[Span]] = defaultdict(list)
    for row in there:
        if row.id != but:
            taken[row.agent_id].append(row.span)
    for agent, wanted in plan.items():
        found += _clashing(agent, [*taken[agent], *wanted])
    if found:
        raise RefusedError(REFUSED, found[:SHOWN])


def _clashing(agent: str, spans: Iterable[Span]) -> list[dict[str, str]]:
    do = "end the one before the other begins, or take one away"
    return [
        finding(_text(other.since), f"{agent} would have two: {_told(one)} and {_told(other)}", do)
        for one, other in clashes(spans)[:SHOWN]
    ]


def _told(span: Span) -> str:
    return f"{_text(span.since)} to {_text(span.until)}"


def _text(at: dt.datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def _values(agent_id: str, span: Span, kind: str, note: str) -> dict[str, Any]:
    return {"agent_id": agent_id, "starts": span.since, "ends": span.until, "kind": kind, "note": note}


def _stored(shift: Shift) -> dict[str, Any]:
    return _values(shift.agent_id, Span(shift.starts, shift.ends), shift.kind, shift.note)


async def _record_one(
    session: WriteSession,
    action: str,
    shift_id: int,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    *,
    by: str,
    why: str,
    now: dt.datetime,
) -> None:
    detail = {"before": _plain(before), "after": _plain(after)}
    await record(session, by, action, f"shift:{shift_id}", why=why, detail=detail, now=now)


def _plain(values: dict[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return {name: value.isoformat() if isinstance(value, dt.datetime) else value for name, value in values.items()}
