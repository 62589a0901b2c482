"""Planned against actual for one agent: late, left early, absent, overtime, paused; pure."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from api.rota.spans import NOTHING, Span, common, merged, total, without


class Status(StrEnum):
    """Where a duty stands at the moment of asking."""

    PLANNED = "planned"
    RUNNING = "running"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Actual:
    """When the agent was there, pauses among it, and when paused; each as `merged` gives it."""

    present: list[Span]
    paused: list[Span]


@dataclass(frozen=True, slots=True)
class Kept:
    """How one duty was kept: `duty` is what of the shift no leave took away; it is judged up to the present.

    `late` and `early` are nothing within the grace; who is absent is neither.
    """

    shift_id: int
    duty: Span
    planned: dt.timedelta
    status: Status
    came: dt.datetime | None
    left: dt.datetime | None
    late: dt.timedelta
    early: dt.timedelta
    present: dt.timedelta
    paused: dt.timedelta
    absent: bool


def keep(
    shift_id: int, shift: Span, leaves: list[Span], actual: Actual, *, now: dt.datetime, grace: dt.timedelta
) -> Kept | None:
    """Judge one duty; None where leaves (as `merged` gives them) took all of it."""
    parts = list(without([shift], leaves))
    if not parts:
        return None
    duty = Span(parts[0].since, parts[-1].until)
    status = _status(duty, now)
    there = list(common(actual.present, parts))
    came, left = (there[0].since, there[-1].until) if there else (None, None)
    due = now - duty.since > grace if status is not Status.OVER else True
    return Kept(
        shift_id=shift_id,
        duty=duty,
        planned=total(parts),
        status=status,
        came=came,
        left=left if status is Status.OVER else None,
        late=_beyond(came - duty.since, grace) if came else NOTHING,
        early=_beyond(duty.until - left, grace) if left and status is Status.OVER else NOTHING,
        present=total(there),
        paused=total(common(actual.paused, parts)),
        absent=not there and due,
    )


def overtime(shifts: Iterable[Span], leaves: list[Span], present: Sequence[Span], *, period: Span) -> dt.timedelta:
    """How long the agent was there in the period without being on duty; `shifts` are all that reach into it."""
    duty = list(without(merged(shifts), leaves))
    return total(without(list(common(list(present), [period])), duty))


def actual_of(changes: Sequence[tuple[dt.datetime, str]], *, until: dt.datetime) -> Actual:
    """Intervals out of changes in order: (since, `away`, `present` or `paused`); the last lasts until `until`."""
    ends = [*(since for since, _ in changes[1:]), until]
    spans = [(Span(since, end), what) for (since, what), end in zip(changes, ends, strict=True)] if changes else []
    present = merged(span for span, what in spans if what != "away")
    return Actual(present, merged(span for span, what in spans if what == "paused"))


def _status(duty: Span, now: dt.datetime) -> Status:
    if now < duty.since:
        return Status.PLANNED
    return Status.RUNNING if now < duty.until else Status.OVER


def _beyond(length: dt.timedelta, grace: dt.timedelta) -> dt.timedelta:
    return length if length > grace else NOTHING
