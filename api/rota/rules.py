"""Rules of the rota: every minute in which a queue has too few on duty, shifts that clash, a week repeated; pure."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from api.rota.spans import Span, common, merged, without
from ivr.hours import CHINA, Calendar, Week, periods_of

MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Planned:
    """What the rota says of one agent: `leave` takes away from duty."""

    agent_id: str
    span: Span
    leave: bool = False


@dataclass(frozen=True, slots=True)
class Want:
    """A queue needs `agents` on duty at every minute of its hours; without hours round the clock."""

    queue: str
    agents: int = 1
    hours: Week | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch with fewer on duty than the queue needs: `on_duty`, the same number all along."""

    queue: str
    span: Span
    on_duty: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A duty of a week's pattern: `day` 0 is Monday, `start` are minutes after midnight in China."""

    day: int
    start: int
    minutes: int


def on_duty(planned: Iterable[Planned]) -> dict[str, list[Span]]:
    """When each agent is on duty, leaves taken away."""
    duties: dict[str, list[Span]] = defaultdict(list)
    leaves: dict[str, list[Span]] = defaultdict(list)
    for one in planned:
        (leaves if one.leave else duties)[one.agent_id].append(one.span)
    return {agent: list(without(merged(spans), merged(leaves.get(agent, ())))) for agent, spans in duties.items()}


def find_gaps(
    duty: Mapping[str, Sequence[Span]],
    serves: Mapping[str, Collection[str]],
    wants: Iterable[Want],
    *,
    period: Span,
    calendar: Calendar,
) -> list[Gap]:
    """Every stretch of `period` in which a queue has fewer agents on duty than it needs, by queue and then by time.

    `duty` is what `on_duty` gives, `serves` tells the queues of an agent.
    """
    found: list[Gap] = []
    for want in wants:
        serving = [spans for agent, spans in duty.items() if want.queue in serves.get(agent, ())]
        if want.hours is not None:  # where it is closed there are as many as it needs
            serving += [list(without([period], open_spans(want.hours, calendar, period)))] * want.agents
        thin = ((span, count) for span, count in _counted(serving, period) if count < want.agents)
        found += [Gap(want.queue, span, count, want.agents) for span, count in thin]
    return found


def _counted(serving: Iterable[Sequence[Span]], period: Span) -> Iterator[tuple[Span, int]]:
    """The period cut where the number on duty changes, with that number."""
    changes: dict[dt.datetime, int] = defaultdict(int)
    for spans in serving:
        for since, until in spans:
            if since < period.until and period.since < until:
                changes[max(since, period.since)] += 1
                changes[min(until, period.until)] -= 1
    count = changes.pop(period.since, 0)
    cuts = [moment for moment in sorted(changes) if changes[moment] and moment < period.until]
    for since, until in pairwise([period.since, *cuts, period.until]):
        count += changes.get(since, 0)
        if since < until:
            yield Span(since, until), count


def open_spans(hours: Week, calendar: Calendar, period: Span) -> list[Span]:
    """When the hours are open within the period, holidays and make-up days as the calendar has them."""
    day = period.since.astimezone(CHINA).date()
    found: list[Span] = []
    while (midnight := midnight_of(day)) < period.until:
        here = periods_of(hours, calendar, day)
        found += [Span(midnight + one.start * MINUTE, midnight + one.end * MINUTE) for one in here]
        day += DAY
    return list(common(merged(found), [period]))


def clashes(spans: Iterable[Span]) -> list[tuple[Span, Span]]:
    """The neighbours that overlap; those that only touch do not."""
    return [(one, other) for one, other in pairwise(sorted(spans)) if other.since < one.until]


def repeat_week(turns: Iterable[Turn], *, monday: dt.date, weeks: int) -> list[Span]:
    """The duties of a week's pattern in `weeks` weeks, the first of which begins on `monday`."""
    first = midnight_of(monday)
    return [
        Span(start, start + turn.minutes * MINUTE)
        for week in range(weeks)
        for turn in turns
        for start in [first + week * WEEK + turn.day * DAY + turn.start * MINUTE]
    ]


def midnight_of(day: dt.date) -> dt.datetime:
    """When a day begins in China; UTC."""
    return dt.datetime.combine(day, dt.time(), CHINA).astimezone(dt.UTC)
