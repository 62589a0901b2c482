"""How long the matcher takes for a decision, on a hall drawn from a seed; what is decided is thrown away.

The clock that measures is an argument, so nothing here does I/O or reads the time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

from acd.rules.matching import Matcher
from acd.rules.policy import Demand, Need, Overflow, Profile, QueueRules
from acd.simulation.arrivals import stream

COUNTIES = 8
SKILLS_OF_AGENT = 4
HANDLE_S = 180.0
"""How long an agent keeps a call: with it, the agents make one decision in `HANDLE_S / agents` of the hall's clock."""
OWNED, OF_A_COUNTY = 0.1, 0.3
"""Shares of callers with an open case, and of callers of a county's number."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Nanoseconds of each decision by kind: a free agent finds a caller, a caller finds a free agent."""

    agent_free: list[int]
    caller_arrives: list[int]


def run(agents: int, skills: int, waiting: int, decisions: int, seed: int, *, timer: Callable[[], int]) -> list[int]:
    """Nanoseconds of each decision, half of each kind; `timer` is a clock in nanoseconds (`time.perf_counter_ns`)."""
    found = measure(agents, skills, waiting, decisions, seed, timer=timer)
    return found.agent_free + found.caller_arrives


def measure(agents: int, skills: int, waiting: int, decisions: int, seed: int, *, timer: Callable[[], int]) -> Measured:
    """The same, told apart by kind.

    Every rule is on: levels, needs that relax, overflow by time and load, owners of cases, counties, handicaps,
    priorities. First `waiting` callers stand in line and each decision is an agent who becomes free: what is counted
    is from the news to the pair, the agent's and the caller's places included. Then nobody waits, a tenth of the
    agents is idle, and each decision is a caller who comes in. What becomes due by time is settled between decisions,
    and each kind of caller has come once before: the rules are worked out then, once for each configuration.
    """
    source = stream(str(seed), "decisions")
    return Measured(
        list(_Trial(source, agents, skills).free_agents(waiting, decisions - decisions // 2, timer)),
        list(_Trial(source, agents, skills).callers(decisions // 2, timer)),
    )


class _Trial:
    def __init__(self, source: Random, agents: int, skills: int) -> None:
        self._source = source
        self._skills = [f"skill{n}" for n in range(skills)]
        self._counties = [f"county{n}" for n in range(COUNTIES)]
        self._queues = ["city", "enterprise", "emergency", *self._counties]
        self._profiles = {f"{n:05}": self._profile() for n in range(agents)}
        self._names = list(self._profiles)
        self._matcher = Matcher([self._rules(queue) for queue in self._queues])
        self._now = 1000.0
        self._callers = 0
        self._pause = HANDLE_S / agents
        for agent_id, profile in self._profiles.items():
            self._matcher.note(agent_id, profile, since=None, on_duty=True)
        self._warm_up()

    def _warm_up(self) -> None:
        for queue, skill, county in product(self._queues, (None, *self._skills), ("", *self._counties)):
            demand = Demand("warm", queue, self._now, self._now, skill=skill, county=county)
            self._matcher.wait(demand, now=self._now)
            self._settle()
            self._matcher.remove("warm")

    def free_agents(self, waiting: int, decisions: int, timer: Callable[[], int]) -> Iterator[int]:
        matcher = self._matcher
        for _ in range(waiting):
            self._arrive()
        self._settle()
        for _ in range(decisions):
            self._now += self._pause
            self._settle()
            agent_id = self._source.choice(self._names)
            profile, now = self._profiles[agent_id], self._now
            begin = timer()
            matcher.note(agent_id, profile, since=now, on_duty=True)
            pair = next(matcher.pairs(now=now), None)
            yield timer() - begin
            matcher.note(agent_id, profile, since=None, on_duty=True)
            if pair is not None:
                self._arrive()

    def callers(self, decisions: int, timer: Callable[[], int]) -> Iterator[int]:
        matcher = self._matcher
        for agent_id in self._source.sample(self._names, max(1, len(self._names) // 10)):
            matcher.note(agent_id, self._profiles[agent_id], since=self._source.uniform(0, 1000), on_duty=True)
        self._settle()
        for _ in range(decisions):
            self._now += self._pause
            self._settle()
            demand, now = self._demand(), self._now
            begin = timer()
            matcher.wait(demand, now=now)
            pair = next(matcher.pairs(now=now), None)
            yield timer() - begin
            matcher.remove(demand.call_id)
            if pair is not None:
                matcher.note(pair[1], self._profiles[pair[1]], since=None, on_duty=True)
                free = self._source.choice(self._names)
                matcher.note(free, self._profiles[free], since=now, on_duty=True)

    def _settle(self) -> None:
        for _, agent_id in self._matcher.pairs(now=self._now):
            self._matcher.note(agent_id, self._profiles[agent_id], since=None, on_duty=True)

    def _arrive(self) -> None:
        self._matcher.wait(self._demand(), now=self._now)

    def _demand(self) -> Demand:
        source = self._source
        self._callers += 1
        return Demand(
            call_id=f"c{self._callers:09}",
            queue=source.choice(self._queues),
            entered=self._now,
            joined=self._now,
            priority=source.choice((0, 0, 0, 0, 1, 5)),
            skill=source.choice((None, *self._skills)),
            owner=source.choice(self._names) if source.random() < OWNED else None,
            county=source.choice(self._counties) if source.random() < OF_A_COUNTY else "",
        )

    def _profile(self) -> Profile:
        source = self._source
        queues = source.sample(self._queues, source.randint(2, 4))
        skills = source.sample(self._skills, min(SKILLS_OF_AGENT, len(self._skills)))
        return Profile(
            queues=tuple((queue, source.choice((0.0, 0.0, 15.0))) for queue in queues),
            skills=tuple((skill, source.randint(1, 5)) for skill in skills),
            county=source.choice(("", *self._counties)),
        )

    def _rules(self, queue: str) -> QueueRules:
        others = [other for other in self._queues if other != queue]
        return QueueRules(
            queue,
            asked=tuple(need for skill in self._skills for need in (Need(skill, 3, 10.0), Need(skill, 1, 60.0))),
            overflow=(Overflow(others[0], after=20.0, waiting=30), Overflow(others[1], after=40.0, handicap=5.0)),
            owner_seconds=15.0,
            county_seconds=10.0,
        )
