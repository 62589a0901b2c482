"""Who calls, when, for how long and how patiently: drawn from seeded streams, one each, so that runs compare.

The streams do not depend on the agents: two runs of one seed that differ in staffing meet the same callers.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from acd.simulation.scenario import Queue, Scenario


@dataclass(slots=True)
class Caller:
    """One call: seconds of the virtual clock for `at`, lengths in seconds for `handle_s` and `patience_s`."""

    number: int
    at: float
    queue: Queue
    handle_s: float
    patience_s: float
    skill: str | None = None
    offer_no: int = 0
    agent_id: str | None = None
    waited: bool = False
    answered_at: float | None = None

    @property
    def call_id(self) -> str:
        """Ids sort as the calls came in: the rules break ties of one microsecond by them."""
        return f"c{self.number:09d}"


def stream(seed: str, name: str) -> Random:
    """A repeatable source of draws of its own for each `name`."""
    return Random(f"{seed}/{name}")  # noqa: S311 - drawn to be repeated, not to be secret


def steady(scenario: Scenario, *, seed: str, begin: float, end: float) -> Iterator[Caller]:
    """Calls of a Poisson stream between two moments."""
    gaps, rate = stream(seed, "gaps"), scenario.calls_per_hour / 3600
    draw = _Draw(scenario, seed)
    at = begin + gaps.expovariate(rate)
    while at < end:
        yield draw.caller(at, None)
        at += gaps.expovariate(rate)


def repeated(scenario: Scenario, *, seed: str) -> Iterator[Caller]:
    """The recorded calls, once, with fresh handling times and patience for each seed."""
    draw = _Draw(scenario, seed)
    for at, queue in scenario.recorded:
        yield draw.caller(at, queue)


class _Draw:
    def __init__(self, scenario: Scenario, seed: str) -> None:
        self._queues = {q.id: q for q in scenario.queues}
        self._names, self._shares = list(self._queues), [q.share for q in scenario.queues]
        self._choice, self._handle = stream(seed, "queues"), stream(seed, "handling")
        self._patience, self._skill = stream(seed, "patience"), stream(seed, "skills")
        self._count = 0

    def caller(self, at: float, queue_id: str | None) -> Caller:
        self._count += 1
        chosen = queue_id or self._choice.choices(self._names, self._shares)[0]
        queue = self._queues[chosen]
        patience = self._patience.expovariate(1.0)
        return Caller(
            self._count,
            at,
            queue,
            self._handle.expovariate(1 / queue.handle_s),
            math.inf if math.isinf(queue.patience_s) else patience * queue.patience_s,
            self._asks(queue) if queue.asks else None,
        )

    def _asks(self, queue: Queue) -> str | None:
        left = self._skill.random()
        for skill, share in queue.asks:
            left -= share
            if left < 0:
                return skill
        return None
