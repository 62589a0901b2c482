"""What is simulated: queues with their callers, groups of agents, and how long; values that refuse nonsense."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

LARGEST = 10_000
"""The most agents in a group, and the highest priority: beyond it somebody has mistyped."""


class ScenarioError(Exception):
    """What was asked for cannot be simulated; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue: its share of all calls, and its callers' means in seconds (patience may be infinite).

    `asks` are the shares of its callers who ask for a skill; `routing` holds rules as in `QueueConfiguration`.
    """

    id: str
    share: float
    handle_s: float
    patience_s: float = math.inf
    priority: int = 0
    asks: tuple[tuple[str, float], ...] = ()
    routing: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def helpers(self) -> tuple[str, ...]:
        """The queues that this one overflows to."""
        return tuple(overflow["to"] for overflow in self.routing.get("overflow") or ())

    def __post_init__(self) -> None:
        if not all(0 <= share <= 1 for _, share in self.asks) or sum(share for _, share in self.asks) > 1:
            raise ScenarioError(f"queue {self.id}: the shares of those who ask for a skill must lie between 0 and 1")
        if not (0 <= self.share <= 1):
            raise ScenarioError(f"queue {self.id}: the share of calls must lie between 0 and 1, not {self.share}")
        if not (0 < self.handle_s < math.inf and self.patience_s > 0):
            raise ScenarioError(f"queue {self.id}: the handling time and the patience must be more than 0 seconds")


@dataclass(frozen=True, slots=True)
class Group:
    """Agents who serve the same queues; `count` None is the group that is sized from outside.

    `routing` holds skills, handicaps and county as in `AgentConfiguration`.
    """

    queues: tuple[str, ...]
    count: int | None = None
    routing: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Ringing:
    """What happens between an offer and an answer: seconds to pick up, and how offers are missed.

    `missed` is the share of offers that ring out (after the 20 s of the rules); the agent is back `away_s` later.
    """

    pickup_s: float = 0.0
    missed: float = 0.0
    away_s: float = 30.0

    def __post_init__(self) -> None:
        if not (0 <= self.pickup_s < math.inf and 0 <= self.missed < 1 and 0 <= self.away_s < math.inf):
            raise ScenarioError("picking up takes 0 seconds or more; the share of missed offers is at least 0, below 1")


@dataclass(frozen=True, slots=True)
class Scenario:
    """An office's question. `calls_per_hour` counts all queues together; a recorded day stands in `recorded`.

    `recorded` holds pairs of seconds since the beginning and the queue (None: drawn by the queues' shares).
    """

    queues: tuple[Queue, ...]
    groups: tuple[Group, ...]
    calls_per_hour: float = 0.0
    recorded: tuple[tuple[float, str | None], ...] = ()
    target_s: float = 15.0
    hours: float = 200.0
    ringing: Ringing = Ringing()

    def __post_init__(self) -> None:
        known = {q.id for q in self.queues}
        _refuse_unless(abs(sum(q.share for q in self.queues) - 1) < 1e-6, "the shares of the queues must add up to 1")  # noqa: PLR2004 - rounding of shares such as 0.333
        _refuse_unless(bool(self.recorded) or 0 < self.calls_per_hour < math.inf, "give more than 0 calls per hour")
        _refuse_unless(0 < self.hours < math.inf, "give more than 0 hours")
        _refuse_unless(0 <= self.target_s < math.inf, "the target is a number of seconds, 0 or more")
        for group in self.groups:
            _refuse_unless(bool(group.queues), "each group of agents must serve a queue")
            _refuse_unless(0 <= (group.count or 0) <= LARGEST, f"a group has 0 to {LARGEST} agents")
            strange = set(group.queues) - known
            _refuse_unless(not strange, f"agents serve {', '.join(sorted(strange))}, which is not among the queues")
        strange = {helper for queue in self.queues for helper in queue.helpers} - known
        _refuse_unless(not strange, f"queues overflow to {', '.join(sorted(strange))}, which is not among the queues")
        strange = {queue for _, queue in self.recorded if queue is not None} - known
        _refuse_unless(not strange, f"recorded calls name {', '.join(sorted(strange))}, which is not among the queues")

    @property
    def agents(self) -> int:
        """All agents together; a group that is not sized yet counts nothing."""
        return sum(group.count or 0 for group in self.groups)

    @property
    def handle_s(self) -> float:
        """The mean handling time over all calls, by share, in seconds."""
        return sum(q.share * q.handle_s for q in self.queues)

    @property
    def erlangs(self) -> float:
        """The load offered by a steady stream of calls, in agents busy."""
        return self.calls_per_hour / 3600 * self.handle_s

    def sized(self, count: int) -> "Scenario":
        """The same with `count` agents in the one group that has no number of its own."""
        if sum(group.count is None for group in self.groups) != 1:
            raise ScenarioError(
                "exactly one group of agents must leave its count out, to be sized by --agents or --find"
            )
        return replace(self, groups=tuple(replace(g, count=count) if g.count is None else g for g in self.groups))


def unserved(scenario: Scenario) -> list[str]:
    """The queues with calls that no agent serves."""
    served = {queue for group in scenario.groups if group.count for queue in group.queues}
    named = {queue for _, queue in scenario.recorded}
    asked = [q for q in scenario.queues if q.share > 0 or q.id in named]
    return [q.id for q in asked if served.isdisjoint({q.id, *q.helpers})]


def overloaded(scenario: Scenario) -> bool:
    """Whether a steady stream of patient callers brings a queue, or all of them, more work than its agents can do.

    Then the line grows for as long as one looks, and a figure would only tell how long that was.
    """
    patient = {q.id: q.share * q.handle_s for q in scenario.queues if math.isinf(q.patience_s) and q.share}
    some = [{queue} for queue in patient] + ([set(patient)] if patient else [])
    rate = scenario.calls_per_hour / 3600
    return any(rate * sum(patient[queue] for queue in queues) >= _serving(scenario, queues) for queues in some)


def _serving(scenario: Scenario, queues: set[str]) -> int:
    reached = queues | {helper for queue in scenario.queues if queue.id in queues for helper in queue.helpers}
    return sum(group.count or 0 for group in scenario.groups if reached & set(group.queues))


def _refuse_unless(fine: bool, why: str) -> None:
    if not fine:
        raise ScenarioError(why)
