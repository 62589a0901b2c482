"""What a city lays down for its queues and seats, as frozen values, and what a call asks for as it waits longer.

The JSON shapes stand at `QueueConfiguration` and `AgentConfiguration` in `acd.messages`; all times are seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ivr.hours import Week

NO_RULE_SECONDS = 20
ASKED_SECONDS = 30.0
"""How long a skill that a menu asks for is waited for, where its queue says nothing of it."""


@dataclass(frozen=True, slots=True)
class Need:
    """Agents must have `skill` at `level` or above, until the call has waited `until` seconds (None: always).

    One that ends is dropped at once while nobody on duty meets it: waiting would be for nothing.
    """

    skill: str
    level: int = 1
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Overflow:
    """Agents of the queue `to` may take the call too.

    That is so when it has waited `after` seconds, while at least `waiting` calls wait in its own queue, while nobody
    who serves its own queue is on duty, or when its own queue had closed before it came. For these agents the call
    counts as `handicap` seconds younger.
    """

    to: str
    after: float | None = None
    waiting: int | None = None
    handicap: float = 0.0


@dataclass(frozen=True, slots=True)
class Returning:
    """Who rings again within `seconds` gets so much more priority: cut off, gave up waiting, or was called back."""

    seconds: float
    cut_off: int = 0
    abandoned: int = 0
    called_back: int = 0


@dataclass(frozen=True, slots=True)
class ReturnCalls:
    """Who asked to be called back keeps the place for `seconds`; so many attempts are made, `every` seconds apart.

    No attempts: nobody keeps a place, and people see to all return calls.
    """

    seconds: float = 7200.0
    attempts: int = 3
    every: float = 300.0


@dataclass(frozen=True, slots=True)
class QueueRules:
    """One queue. `asked` tells how a skill that the menu asks for is needed here.

    `owner_seconds`: so long a call is kept for the agent who owns the caller's open case, if on duty (首问首办);
    `county_seconds`: so long for seats of its county, if one of them is on duty. `county` is that of all its calls.
    A wrap-up ends by itself after `wrap_up_seconds` (0: it does not).
    """

    id: str
    name: str = ""
    priority: int = 0
    ring_seconds: int = NO_RULE_SECONDS
    needs: tuple[Need, ...] = ()
    asked: tuple[Need, ...] = ()
    overflow: tuple[Overflow, ...] = ()
    owner_seconds: float = 0.0
    county: str = ""
    county_seconds: float = 0.0
    hours: Week | None = None
    returning: Returning | None = None
    return_calls: ReturnCalls = ReturnCalls()
    wrap_up_seconds: float = 0.0

    def needs_of(self, skill: str | None) -> tuple[Need, ...]:
        """What every call needs, and what one needs for which the menu asked for `skill`."""
        if skill is None:
            return self.needs
        asked = tuple(need for need in self.asked if need.skill == skill)
        return self.needs + (asked or (Need(skill, until=ASKED_SECONDS),))


@dataclass(frozen=True, slots=True)
class Profile:
    """What matters of an agent: queues with a handicap in seconds, skills with a level, and the county of the seat.

    A call of a queue with a handicap counts as that many seconds younger for this agent: what it would rather do comes
    first, but nobody waits longer than the handicap for it.
    """

    queues: tuple[tuple[str, float], ...] = ()
    skills: tuple[tuple[str, int], ...] = ()
    county: str = ""


class Demand(NamedTuple):
    """What a waiting call asks for. `entered` orders it, `joined` begins its steps: moments in seconds of one clock.

    `owner` is the agent who owns the caller's open case, `closed` holds the queues that had closed when it joined.
    """

    call_id: str
    queue: str
    entered: float
    joined: float
    priority: int = 0
    skill: str | None = None
    owner: str | None = None
    county: str = ""
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """What a call asks for from `after` seconds of waiting on; `opened` has a bit for each overflow open by time."""

    after: float
    opened: int
    needs: tuple[Need, ...]
    held: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """The steps of a call in the order of time, the first from 0 on.

    `allowed` has a bit for each overflow that may open at all; `closed` when the queue itself had closed before.
    """

    rules: QueueRules
    county: str
    steps: tuple[Step, ...]
    allowed: int
    closed: bool


def schedule_of(rules: QueueRules, *, skill: str | None, county: str, closed: frozenset[str]) -> Schedule:
    """What such a call asks for as time goes by; `closed` are queues that had closed before it came."""
    needs, shut = rules.needs_of(skill), rules.id in closed
    held = rules.county_seconds if county else 0.0
    ends = {need.until for need in needs if need.until is not None}
    opens = {o.after for o in rules.overflow if o.after is not None}
    steps = (
        Step(
            after=moment,
            opened=_bits(o.after is not None and o.after <= moment for o in rules.overflow),
            needs=tuple(need for need in needs if need.until is None or moment < need.until),
            held=moment < held,
        )
        for moment in sorted({0.0, held, *ends, *opens})
    )
    return Schedule(rules, county, tuple(steps), _bits(o.to not in closed for o in rules.overflow), shut)


def opened_by(rules: QueueRules, *, waiting: int, staffed: bool) -> int:
    """The overflows that are open by load, a bit for each; all of them while nobody on duty serves the queue."""
    return _bits(not staffed or (o.waiting is not None and o.waiting <= waiting) for o in rules.overflow)


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)


def ways_of(schedule: Schedule, opened: int) -> tuple[tuple[str, float], ...]:
    """The queues whose agents may take the call, the nearest first, each with its handicap.

    All overflows are open for a call that came after its own queue had closed; where there is none its own serves it.
    """
    others = opened & schedule.allowed
    if schedule.closed:
        others = schedule.allowed
    found = tuple((o.to, o.handicap) for n, o in enumerate(schedule.rules.overflow) if others >> n & 1)
    return found if schedule.closed and found else ((schedule.rules.id, 0.0), *found)
