"""Puts the rota beside what agents did."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from api.attendance import repository
from api.attendance.rules import Actual, Kept, actual_of, keep, overtime
from api.attendance.schemas import AttendanceOut, DutyOut
from api.core.problems import RefusedError
from api.rota.repository import list_shifts, names_of_agents
from api.rota.schemas import SHIFTS_LIMIT
from api.rota.spans import Span, merged
from db.engine import ReadSession

TOO_MANY: Final = "There are too many shifts in this period; ask for a shorter one, or for one agent."


@dataclass(slots=True)
class _Plan:
    duties: list[tuple[int, Span]] = field(default_factory=list)
    leaves: list[Span] = field(default_factory=list)


async def attendance(
    session: ReadSession, period: Span, agents: Collection[str] | None, *, now: dt.datetime, grace: dt.timedelta
) -> list[AttendanceOut]:
    """Return planned against actual of everybody who has a shift or was there, by staff number.

    A duty belongs to the period in which it starts and is judged to its end. Raises RefusedError where it is too much.
    """
    rows = await list_shifts(session, period, agents=agents, limit=SHIFTS_LIMIT + 1)
    if len(rows) > SHIFTS_LIMIT:
        raise RefusedError(TOO_MANY)
    plans: dict[str, _Plan] = defaultdict(_Plan)
    for row in rows:
        if row.kind == "leave":
            plans[row.agent_id].leaves.append(row.span)
        else:
            plans[row.agent_id].duties.append((row.id, row.span))
    until = min(now, max([period.until, *(row.span.until for row in rows)]))
    changes = await repository.list_changes(session, Span(period.since, until), agents)
    names = await names_of_agents(session)
    return [
        _describe(agent, names[agent], plans[agent], actual_of(changes.get(agent, ()), until=until), period, now, grace)
        for agent in sorted(plans.keys() | changes.keys())
        if agent in names
    ]


def _describe(  # noqa: PLR0917 - the parts of one line of the report
    agent: str, name: str, plan: _Plan, actual: Actual, period: Span, now: dt.datetime, grace: dt.timedelta
) -> AttendanceOut:
    leaves = merged(plan.leaves)
    mine = [(shift_id, span) for shift_id, span in plan.duties if period.since <= span.since < period.until]
    judged = [keep(shift_id, span, leaves, actual, now=now, grace=grace) for shift_id, span in mine]
    kept = [one for one in judged if one is not None]
    extra = overtime([span for _, span in plan.duties], leaves, actual.present, period=period)
    return AttendanceOut(
        agent_id=agent,
        name=name,
        planned=_sum([one.planned for one in kept]),
        present=_sum([one.present for one in kept]),
        paused=_sum([one.paused for one in kept]),
        overtime=_seconds(extra),
        late=sum(bool(one.late) for one in kept),
        left_early=sum(bool(one.early) for one in kept),
        absent=sum(one.absent for one in kept),
        duties=[_duty(one) for one in kept],
    )


def _duty(kept: Kept) -> DutyOut:
    return DutyOut(
        shift_id=kept.shift_id,
        starts=kept.duty.since,
        ends=kept.duty.until,
        status=kept.status.value,
        planned=_seconds(kept.planned),
        came=kept.came,
        left=kept.left,
        late=_seconds(kept.late),
        early=_seconds(kept.early),
        present=_seconds(kept.present),
        paused=_seconds(kept.paused),
        absent=kept.absent,
    )


def _sum(lengths: Sequence[dt.timedelta]) -> int:
    return _seconds(sum(lengths, dt.timedelta(0)))


def _seconds(length: dt.timedelta) -> int:
    return round(length.total_seconds())
