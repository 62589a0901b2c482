"""Figures of the hall: who waits and who works now, how many were answered how soon, and whether 95 % still stand.

GB/T 33358-2016 《政府热线服务规范》 asks for an answer within 15 s and for a connect rate 接通率 of at least 95 % in
any continuous 24 hours. Its full text is not public; the two figures are those of published excerpts, and what an
excerpt leaves open is chosen here:

* a call is *offered* when its citizen asked for a person: it entered a queue (after greeting and menu). One that none
  of our processes saw counts when Asterisk's records tell that it was answered or abandoned. Whoever leaves in the
  menu, or is connected with a number outside by it, did not ask for a person of the hotline.
* *answered*: an agent spoke with the citizen. *Lost*: it ended without that, also with a message or with a wish to be
  called back. *Abandoned* are those of the lost who just hung up. *Undecided*: still on the line.
* connect rate = answered / (answered + lost). Those who gave up within 5 s may be left out of it: both are told.
* a call belongs to the period in which it asked for a person.
* the wait of a call is the time from its queue to the answer (or the end); where its queue is unknown, from its
  arrival. What was answered within 15 s and 20 s is also counted from the arrival, the greeting included.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final, NamedTuple

from acd.messages import AgentStateName, NumberConfiguration, QueueConfiguration
from acd.rules.state import Agent, Call, Phase, Virtual

LIMIT: Final = Fraction(95, 100)
PERIOD: Final = dt.timedelta(hours=24)
SHORT_SECONDS: Final = 5
UNANSWERED: Final = frozenset({Phase.WAITING, Phase.OFFERED, Phase.RESERVED, Phase.FALLBACK})

Key = tuple["Scope", str]
"""One thing that has figures: a queue, county or number, or all together; empty text for what is not configured."""


class Scope(StrEnum):
    """By what figures are told apart; within each scope every call is counted exactly once."""

    TOTAL = "total"
    QUEUE = "queue"
    COUNTY = "county"
    LINE = "line"


TOTAL: Final[Key] = (Scope.TOTAL, "")


class Places:
    """The queues and numbers that are configured, and which county they belong to."""

    def __init__(self, queues: Iterable[QueueConfiguration], numbers: Iterable[NumberConfiguration]) -> None:
        self.numbers = {number["number"]: number for number in numbers}
        self.queues = {queue["id"]: queue for queue in queues}
        areas = {number.get("area") or "" for number in self.numbers.values()}
        own = {queue_id: queue_id if queue_id in areas else "" for queue_id in self.queues}
        self._counties = {queue["id"]: queue.get("county") or own[queue["id"]] for queue in self.queues.values()}

    def county(self, queue: str, number: str) -> str:
        """The county of a call: that of its queue, else the area of the number dialled; empty: the whole city."""
        dialled = self.numbers.get(number)
        return self._counties.get(queue) or (dialled.get("area") or "" if dialled else "")

    def known(self) -> list[Key]:
        """Everything that is configured, also what nobody calls."""
        counties = {self.county("", number) for number in self.numbers} | {*self._counties.values(), ""}
        return [
            TOTAL,
            *((Scope.QUEUE, queue) for queue in self.queues),
            *((Scope.COUNTY, county) for county in sorted(counties)),
            *((Scope.LINE, number) for number in self.numbers),
        ]

    def of_call(self, queue: str | None, number: str | None) -> tuple[Key, ...]:
        """Where a call counts; one that never came to a queue of ours counts in its number's."""
        dialled = self.numbers.get(number or "")
        queue = queue or (dialled["queue"] if dialled else "")
        queue = queue if queue in self.queues else ""
        number = dialled["number"] if dialled else ""
        return TOTAL, (Scope.QUEUE, queue), (Scope.COUNTY, self.county(queue, number)), (Scope.LINE, number)

    def of_seats(self, queues: Sequence[str], county: str) -> list[Key]:
        """Where agents count: in each queue they serve and its lines, once in the county (else their first queue's)."""
        served = [queue for queue in queues if queue in self.queues]
        if not served:
            return []
        lines = [(Scope.LINE, number["number"]) for number in self.numbers.values() if number["queue"] in served]
        own = (Scope.COUNTY, county or self.county(served[0], ""))
        return [TOTAL, own, *((Scope.QUEUE, queue) for queue in served), *lines]


# What is so now


@dataclass(slots=True)
class Live:
    """How many wait now, `ringing` of them at an agent's phone, `since` when the first of them; agents by state.

    `virtual` callers, who keep a place for a return call, are counted beside those who wait.
    """

    waiting: int = 0
    ringing: int = 0
    since: dt.datetime | None = None
    agents: dict[str, int] = field(default_factory=dict)
    virtual: int = 0

    def add(self, other: "Live") -> None:
        """Count its callers too."""
        self.waiting += other.waiting
        self.ringing += other.ringing
        if other.since is not None and (self.since is None or other.since < self.since):
            self.since = other.since


def count_live(
    calls: Iterable[Call], agents: Iterable[Agent], places: Places, returns: Iterable[Virtual] = ()
) -> dict[Key, Live]:
    """Count calls that wait for an answer, wherever they are, and agents who serve a queue.

    Who has spoken with an agent whose phone then broke waits again; the time before does not count as waiting.
    """
    found = {key: Live() for key in places.known()}
    for (queue, dialled), live in _waiting(calls).items():
        for key in places.of_call(queue, dialled):
            found.setdefault(key, Live()).add(live)
    for virtual in returns:
        for key in places.of_call(virtual.queue, virtual.dialled):
            found.setdefault(key, Live()).virtual += 1
    seats = Counter((agent.queues, agent.profile.county, agent.state.value) for agent in agents)
    for (queues, county, state), count in seats.items():
        for key in places.of_seats(queues, county):
            states = found.setdefault(key, Live()).agents
            states[state] = states.get(state, 0) + count
    return found


def _waiting(calls: Iterable[Call]) -> dict[tuple[str | None, str], Live]:
    found: dict[tuple[str | None, str], Live] = {}
    for call in calls:
        if call.phase in UNANSWERED and call.out is None:
            since = None if call.answered_at else call.queued_at or call.started_at
            found.setdefault((call.queue, call.dialled), Live()).add(Live(1, int(call.phase is Phase.OFFERED), since))
    return found


def live_to_wire(found: Mapping[Key, Live]) -> dict[str, dict[str, Any]]:
    """JSON form: scope -> id -> figures; nothing in it changes with time alone."""
    told: dict[str, dict[str, Any]] = {scope.value: {} for scope in Scope}
    for (scope, name), live in found.items():
        since = live.since.astimezone(dt.UTC).isoformat() if live.since else None
        told[scope.value][name] = {
            "waiting": live.waiting,
            "ringing": live.ringing,
            "since": since,
            "virtual": live.virtual,
            "agents": dict(sorted(live.agents.items())),
        }
    return told


def live_from_wire(told: Mapping[str, Mapping[str, Any]]) -> dict[Key, Live]:
    """Read the JSON form; raises KeyError, TypeError, ValueError or AttributeError for anything else."""
    return {(Scope(scope), name): _live(one) for scope, by_name in told.items() for name, one in by_name.items()}


def _live(one: Mapping[str, Any]) -> Live:
    since = None if one["since"] is None else dt.datetime.fromisoformat(one["since"])
    agents = {AgentStateName(name).value: int(count) for name, count in one["agents"].items()}
    return Live(int(one["waiting"]), int(one["ringing"]), since, agents, int(one.get("virtual", 0)))


# What has been


class Outcome(StrEnum):
    """What became of a call that asked for a person."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    LOST = "lost"
    UNDECIDED = "undecided"


class Group(NamedTuple):
    """Calls with one queue, number (None: unknown), outcome and wait; `today`: they asked since midnight.

    `wait_s` is rounded up to a whole second, above 60 s to whole ten seconds; None when it is unknown. `waited_ms` is
    the exact sum, `longest_ms` the longest of them. `soon_15` and `soon_20` were answered so soon after they arrived.
    """

    queue: str | None
    number: str | None
    today: bool
    outcome: str
    wait_s: int | None
    calls: int
    waited_ms: int
    longest_ms: int | None
    soon_15: int
    soon_20: int


@dataclass(slots=True)
class Figures:
    """Counts of calls that asked for a person in a period; the waits are those of the answered."""

    answered: int = 0
    lost: int = 0
    abandoned: int = 0
    abandoned_short: int = 0
    undecided: int = 0
    within_15_s: int = 0
    within_20_s: int = 0
    within_15_s_of_arrival: int = 0
    within_20_s_of_arrival: int = 0
    waited_ms: int = 0
    longest_wait_ms: int | None = None
    waits: Counter[int] = field(default_factory=Counter)

    def add(self, group: Group) -> None:
        """Count these calls too."""
        calls, wait = group.calls, group.wait_s
        match group.outcome:
            case Outcome.ANSWERED:
                self._add_answered(group)
            case Outcome.UNDECIDED:
                self.undecided += calls
            case Outcome.ABANDONED:
                self.lost += calls
                self.abandoned += calls
                self.abandoned_short += calls if wait is not None and wait <= SHORT_SECONDS else 0
            case _:
                self.lost += calls

    def _add_answered(self, group: Group) -> None:
        calls, wait = group.calls, group.wait_s
        self.answered += calls
        self.within_15_s_of_arrival += group.soon_15
        self.within_20_s_of_arrival += group.soon_20
        if wait is None:
            return
        self.within_15_s += calls if wait <= 15 else 0  # noqa: PLR2004 - the names say it
        self.within_20_s += calls if wait <= 20 else 0  # noqa: PLR2004
        self.waits[wait] = self.waits.get(wait, 0) + calls
        self.waited_ms += group.waited_ms
        self.longest_wait_ms = max(self.longest_wait_ms or 0, group.longest_ms or 0)

    @property
    def offered(self) -> int:
        """Calls that asked for a person and know the answer."""
        return self.answered + self.lost

    @property
    def connect_rate(self) -> float | None:
        """Share answered of those offered; None when there are none."""
        return share(self.answered, self.offered)

    @property
    def connect_rate_without_short(self) -> float | None:
        """The same without those who gave up within 5 s."""
        return share(self.answered, self.offered - self.abandoned_short)

    @property
    def mean_wait_ms(self) -> float | None:
        """Of the answered whose wait is known."""
        waited = self.waits.total()
        return self.waited_ms / waited if waited else None

    @property
    def p90_wait_ms(self) -> int | None:
        """Nine of ten answered calls waited no longer; in the steps of `Group.wait_s`."""
        wanted, seen = 9 * self.waits.total(), 0
        for wait, calls in sorted(self.waits.items()):
            seen += 10 * calls
            if seen >= wanted:
                return 1000 * wait
        return None


def share(part: int, whole: int) -> float | None:
    """Part of a whole; None of nothing."""
    return part / whole if whole else None


class Periods(NamedTuple):
    """The figures of the last 24 hours and of today."""

    rolling: Figures
    today: Figures


def count_history(groups: Iterable[Group], places: Places) -> dict[Key, Periods]:
    """Add the groups up wherever they count."""
    found = {key: Periods(Figures(), Figures()) for key in places.known()}
    where: dict[tuple[str | None, str | None], list[Periods]] = {}
    for group in groups:
        periods = where.get(group[:2])
        if periods is None:
            keys = places.of_call(*group[:2])
            periods = where[group[:2]] = [found.setdefault(key, Periods(Figures(), Figures())) for key in keys]
        for rolling, today in periods:
            rolling.add(group)
            if group.today:
                today.add(group)
    return found


# The alarm


class Level(StrEnum):
    """How the connect rate stands: no calls yet, good, close to the limit, or below it."""

    NONE = "none"
    GOOD = "good"
    WARNING = "warning"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Standing:
    """`losses_left`: so many of the next calls lost in a row lose the limit; `answers_needed`: so many answered win it.

    The one or the other is 0; `answers_needed` is None where no number of them can.
    """

    level: Level
    losses_left: int
    answers_needed: int | None


def standing(answered: int, lost: int, *, warning: Fraction, limit: Fraction = LIMIT) -> Standing:
    """Tell how far a connect rate is from its limit, counted in calls to come; exact, whatever the numbers."""
    offered = answered + lost
    if answered < limit * offered:
        missing = limit * offered - answered
        return Standing(Level.LOST, 0, ceil(missing / (1 - limit)) if limit < 1 else None)
    left = floor(answered / limit) - offered + 1
    if not offered:
        return Standing(Level.NONE, left, 0)
    return Standing(Level.WARNING if answered < warning * offered else Level.GOOD, left, 0)
