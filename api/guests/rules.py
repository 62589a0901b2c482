"""Which guest sessions can be opened, on which phones they sit, and what a report counts; pure."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from api.core.fields import finding

LONGEST = dt.timedelta(hours=24)
AHEAD = dt.timedelta(days=366)
ON_TIME_MS = 20_000


def findings(
    *,
    starts: dt.datetime,
    ends: dt.datetime,
    now: dt.datetime,
    numbers: Sequence[str],
    taken_numbers: Collection[str],
    guests: int,
    free: int,
    overflow_known: bool,
) -> list[dict[str, str]]:
    """Return what is wrong with a session; empty: it can be opened."""
    found = _of_time(starts, ends, now)
    found += [
        finding("numbers", f"{number} leads to another session at that time", "leave it out, or choose another time")
        for number in sorted(set(numbers) & set(taken_numbers))
    ]
    if guests > free:
        found.append(finding("guests", f"only {free} phones are free at that time", "invite fewer, or at another time"))
    if not overflow_known:
        found.append(finding("overflow_to", "there is no such queue", "choose one of GET /api/queues"))
    return found


def _of_time(starts: dt.datetime, ends: dt.datetime, now: dt.datetime) -> list[dict[str, str]]:
    if ends <= max(starts, now):
        return [finding("ends", "the session would be over before it begins", "let it end later")]
    if ends - starts > LONGEST:
        return [finding("ends", "a session lasts 24 hours at most", "open one for each day")]
    if starts > now + AHEAD:
        return [finding("starts", "that is more than a year ahead", "open it later")]
    return []


def state_of(starts: dt.datetime, ends: dt.datetime, *, now: dt.datetime) -> str:
    """Return planned, on or over."""
    if now < starts:
        return "planned"
    return "on" if now < ends else "over"


@dataclass(frozen=True, slots=True)
class Told:
    """One call of a session as the report counts it."""

    answered_by: str | None
    disposition: str | None
    waited_ms: int | None
    case_state: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What a report counts of calls."""

    calls: int
    answered: int
    by_guests: int
    by_others: int
    abandoned: int
    within_20_s: int
    mean_wait_ms: int | None
    longest_wait_ms: int | None
    outcomes: dict[str, int]


def count(told: Iterable[Told], guests: Collection[str]) -> Counts:
    """Count the calls of a session."""
    calls = list(told)
    answered = [call for call in calls if call.answered_by is not None]
    waits = [call.waited_ms for call in answered if call.waited_ms is not None]
    by_guests = sum(call.answered_by in guests for call in answered)
    return Counts(
        calls=len(calls),
        answered=len(answered),
        by_guests=by_guests,
        by_others=len(answered) - by_guests,
        abandoned=sum(call.disposition == "abandoned" for call in calls),
        within_20_s=sum(wait <= ON_TIME_MS for wait in waits),
        mean_wait_ms=round(sum(waits) / len(waits)) if waits else None,
        longest_wait_ms=max(waits, default=None),
        outcomes=dict(sorted(Counter(call.case_state for call in calls if call.case_state is not None).items())),
    )
