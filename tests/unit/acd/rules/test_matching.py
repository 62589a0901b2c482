"""The matcher against one that looks at every caller and every agent each time, written here from the rules alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.rules.matching import Matcher
from acd.rules.policy import Demand, Need, Overflow, Profile, QueueRules

QUEUES, SKILLS, COUNTIES = ("city", "linhe", "tax"), ("mongolian", "law"), ("", "linhe", "pingyuan")
AGENTS = tuple(f"100{n}" for n in range(6))


@dataclass
class Free:
    profile: Profile
    since: float | None
    on_duty: bool


@dataclass
class Model:
    """Looks at everybody; knows nothing of groups, lines, heads or steps."""

    rules: dict[str, QueueRules]
    now: float = 0.0
    agents: dict[str, Free] = field(default_factory=dict)
    calls: dict[str, Demand] = field(default_factory=dict)

    def waited(self, call: Demand) -> float:
        return self.now - call.joined

    def ways(self, call: Demand) -> list[tuple[str, float]]:
        rules = self.rules[call.queue]
        count = sum(other.queue == call.queue for other in self.calls.values())
        staffed = any(a.on_duty and call.queue in dict(a.profile.queues) for a in self.agents.values())
        shut = call.queue in call.closed
        others = [
            (o.to, o.handicap)
            for o in rules.overflow
            if o.to not in call.closed
            and (
                shut
                or not staffed
                or (o.after is not None and self.waited(call) >= o.after)
                or (o.waiting is not None and count >= o.waiting)
            )
        ]
        return others if shut and others else [(call.queue, 0.0), *others]

    def needs(self, call: Demand) -> list[Need]:
        rules = self.rules[call.queue]
        asked = [n for n in rules.asked if n.skill == call.skill]
        if call.skill is not None and not asked:
            asked = [Need(call.skill, 1, 30.0)]
        on_duty = [dict(a.profile.skills) for a in self.agents.values() if a.on_duty]
        return [
            n
            for n in [*rules.needs, *asked]
            if n.until is None
            or (self.waited(call) < n.until and any(skills.get(n.skill, 0) >= n.level for skills in on_duty))
        ]

    def able(self, agent_id: str, call: Demand) -> bool:
        """Apart from being free, and from whom the call is kept for."""
        profile, rules = self.agents[agent_id].profile, self.rules[call.queue]
        skills, queues = dict(profile.skills), dict(profile.queues)
        if any(skills.get(n.skill, 0) < n.level for n in self.needs(call)):
            return False
        seats = any(
            a.on_duty and a.profile.county == call.county and call.queue in dict(a.profile.queues)
            for a in self.agents.values()
        )
        if call.county and seats and self.waited(call) < rules.county_seconds and profile.county != call.county:
            return False
        return any(queue in queues for queue, _ in self.ways(call))

    def kept(self, call: Demand) -> bool:
        owner = self.agents.get(call.owner or "")
        return (
            owner is not None
            and owner.on_duty
            and self.waited(call) < self.rules[call.queue].owner_seconds
            and self.able(call.owner or "", call)
        )

    def eligible(self, agent_id: str, call: Demand) -> bool:
        if self.agents[agent_id].since is None or not self.able(agent_id, call):
            return False
        return agent_id == call.owner or not self.kept(call)

    def handicap(self, agent_id: str, call: Demand) -> float:
        own = dict(self.agents[agent_id].profile.queues)
        return min(own[queue] + more for queue, more in self.ways(call) if queue in own)

    def best_call(self, agent_id: str) -> str:
        found = [c for c in self.calls.values() if self.eligible(agent_id, c)]

        def order(c: Demand) -> tuple[object, ...]:
            if c.owner == agent_id and self.kept(c):
                return (-c.priority, 0, c.entered, 0.0, c.call_id)
            return (-c.priority, 1, c.entered + self.handicap(agent_id, c), c.entered, c.call_id)

        return min(found, key=order).call_id

    def best_agent(self, call: Demand) -> str:
        found = [a for a in self.agents if self.eligible(a, call)]

        def order(agent_id: str) -> tuple[object, ...]:
            agent = self.agents[agent_id]
            own = dict(agent.profile.queues)
            via = next(n for n, (queue, _) in enumerate(self.ways(call)) if queue in own)
            away = call.county not in ("", agent.profile.county)
            return (agent_id != call.owner, away, via, self.handicap(agent_id, call), agent.since, agent_id)

        return min(found, key=order)

    def left_alone(self) -> list[tuple[str, str]]:
        return [(c.call_id, a) for c in self.calls.values() for a in self.agents if self.eligible(a, c)]

    def next_due(self) -> float | None:
        moments = [moment for c in self.calls.values() for moment in self.moments(c) if moment > self.now]
        return min(moments, default=None)

    def moments(self, call: Demand) -> Iterator[float]:
        rules = self.rules[call.queue]
        asked = [n for n in rules.asked if n.skill == call.skill]
        if call.skill is not None and not asked:
            asked = [Need(call.skill, 1, 30.0)]
        yield from (call.joined + n.until for n in [*rules.needs, *asked] if n.until is not None)
        yield from (call.joined + o.after for o in rules.overflow if o.after is not None)
        if call.county:
            yield call.joined + rules.county_seconds
        if call.owner is not None:
            yield call.joined + rules.owner_seconds


SECONDS = st.sampled_from([0.0, 5.0, 12.0, 20.0])
NEEDS = st.lists(
    st.builds(Need, st.sampled_from(SKILLS), st.integers(1, 3), st.one_of(st.none(), SECONDS)), max_size=2
).map(tuple)


def rules_of(queue: str) -> st.SearchStrategy[QueueRules]:
    overflow = st.builds(
        Overflow,
        st.sampled_from([q for q in QUEUES if q != queue]),
        st.one_of(st.none(), SECONDS),
        st.one_of(st.none(), st.integers(1, 4)),
        st.sampled_from([0.0, 0.0, 7.0]),
    )
    return st.builds(
        QueueRules,
        st.just(queue),
        needs=NEEDS,
        asked=NEEDS,
        overflow=st.lists(overflow, max_size=2, unique_by=lambda o: o.to).map(tuple),
        owner_seconds=SECONDS,
        county_seconds=SECONDS,
    )


PROFILES = st.builds(
    Profile,
    st.lists(
        st.tuples(st.sampled_from(QUEUES), st.sampled_from([0.0, 0.0, 6.0])), max_size=3, unique_by=lambda q: q[0]
    ).map(tuple),
    st.lists(st.tuples(st.sampled_from(SKILLS), st.integers(1, 3)), max_size=2, unique_by=lambda s: s[0]).map(
        lambda skills: tuple(sorted(skills))
    ),
    st.sampled_from(COUNTIES),
)
STEPS = st.one_of(
    st.tuples(st.just("free"), st.sampled_from(AGENTS)),
    st.tuples(st.just("busy"), st.sampled_from(AGENTS)),
    st.tuples(st.just("away"), st.sampled_from(AGENTS)),
    st.tuples(st.just("learns"), st.sampled_from(AGENTS), PROFILES),
    st.tuples(
        st.just("call"),
        st.integers(0, 7),
        st.sampled_from(QUEUES),
        st.integers(0, 1),
        st.sampled_from([None, *SKILLS]),
        st.one_of(st.none(), st.sampled_from(AGENTS)),
        st.sampled_from(COUNTIES),
        st.sets(st.sampled_from(QUEUES), max_size=1),
    ),
    st.tuples(st.just("gone"), st.integers(0, 7)),
    st.tuples(st.just("later"), st.sampled_from([1.0, 4.0, 5.0, 11.0])),
)


class Both:
    """The matcher and the model, told the same."""

    def __init__(self, rules: list[QueueRules], profiles: list[Profile]) -> None:
        self.matcher = Matcher(rules)
        self.model = Model({one.id: one for one in rules})
        self.count = 0
        self.idle = set[str]()
        for agent_id, profile in zip(AGENTS, profiles, strict=True):
            self.note(agent_id, profile, since=None, on_duty=True)

    def note(self, agent_id: str, profile: Profile, *, since: float | None, on_duty: bool) -> None:
        self.idle.discard(agent_id)
        self.model.agents[agent_id] = Free(profile, since, on_duty)
        self.matcher.note(agent_id, profile, since=since, on_duty=on_duty)

    def take(self, step: tuple[object, ...]) -> None:
        match step:
            case ("free" | "busy" | "away" as what, str(agent_id)):
                known = self.model.agents[agent_id]
                since = (known.since or self.model.now) if what == "free" else None
                self.note(agent_id, known.profile, since=since, on_duty=what != "away")
            case ("learns", str(agent_id), Profile() as profile):
                known = self.model.agents[agent_id]
                self.note(agent_id, profile, since=known.since, on_duty=known.on_duty)
            case ("call", int(age), str(queue), int(priority), skill, owner, str(county), closed):
                self.count += 1
                now = self.model.now
                demand = Demand(
                    f"c{self.count:03}",
                    queue,
                    now - age,
                    now,
                    priority,
                    skill,
                    owner,
                    county,
                    frozenset(closed),  # type: ignore[arg-type, call-overload]
                )
                self.model.calls[demand.call_id] = demand
                self.matcher.wait(demand, now=now)
            case ("gone", int(number)) if self.model.calls:
                gone = sorted(self.model.calls)[number % len(self.model.calls)]
                del self.model.calls[gone]
                self.matcher.remove(gone)
            case ("later", float(seconds)):
                self.model.now += seconds

    def settle(self) -> None:
        model = self.model
        for call_id, agent_id in self.matcher.pairs(now=model.now):
            call = model.calls[call_id]
            assert model.eligible(agent_id, call), f"{agent_id} must not take {call}"
            if agent_id in self.idle:
                assert agent_id == model.best_agent(call)
            else:
                assert call_id == model.best_call(agent_id)
            for other in model.calls.values():
                later = (call.entered, call.call_id) > (other.entered, other.call_id)
                if later and _kind(other) == _kind(call) and model.eligible(agent_id, other):
                    assert model.handicap(agent_id, other) > model.handicap(agent_id, call), f"{other} is passed over"
            del model.calls[call_id]
            self.note(agent_id, model.agents[agent_id].profile, since=None, on_duty=model.agents[agent_id].on_duty)

    def compare(self) -> None:
        model, matcher = self.model, self.matcher
        self.idle = {agent_id for agent_id, agent in model.agents.items() if agent.since is not None}
        assert model.left_alone() == []
        assert len(matcher) == len(model.calls)
        assert matcher.next_due == model.next_due()
        for agent_id, agent in model.agents.items():
            assert matcher.free(agent_id) == (agent.since is not None)
        for call in model.calls.values():
            same = [c for c in model.calls.values() if c.queue == call.queue]
            place = (-call.priority, call.entered, call.call_id)
            assert matcher.position(call.call_id) == 1 + sum((-c.priority, c.entered, c.call_id) < place for c in same)


def _kind(call: Demand) -> Demand:
    return call._replace(call_id="", entered=0.0, joined=0.0)


def play(rules: list[QueueRules], profiles: list[Profile], steps: list[tuple[object, ...]]) -> None:
    both = Both(rules, profiles)
    for step in steps:
        both.take(step)
        both.settle()
        both.compare()


CITY = st.lists(PROFILES, min_size=len(AGENTS), max_size=len(AGENTS))


@settings(max_examples=150, deadline=None)
@given(st.tuples(*(rules_of(q) for q in QUEUES)).map(list), CITY, st.lists(STEPS, max_size=40))
def test_it_chooses_whom_a_look_at_everybody_would_choose(
    rules: list[QueueRules], profiles: list[Profile], steps: list[tuple[object, ...]]
) -> None:
    play(rules, profiles, steps)


class Crowded:
    """Draws a hall where many wait and few are free, so that choices are hard."""

    def __init__(self, seed: int, *, by_load: bool) -> None:
        self.dice, self.by_load = Random(seed), by_load  # noqa: S311 - drawn to be repeated

    def one(self, *values: object) -> Any:
        return self.dice.choice(values)

    def needs(self) -> tuple[Need, ...]:
        return tuple(
            Need(self.one(*SKILLS), self.dice.randint(1, 3), self.one(None, 5.0, 12.0))
            for _ in range(self.one(0, 0, 1, 2))
        )

    def rules(self, queue: str) -> QueueRules:
        others = self.dice.sample([q for q in QUEUES if q != queue], self.one(0, 1, 2))
        waiting = self.dice.randint(1, 6) if self.by_load else None
        return QueueRules(
            queue,
            needs=self.needs() if self.dice.random() < 0.3 else (),
            asked=self.needs(),
            overflow=tuple(Overflow(q, self.one(None, 5.0, 12.0), waiting, self.one(0.0, 0.0, 7.0)) for q in others),
            owner_seconds=self.one(0.0, 5.0, 20.0),
            county_seconds=self.one(0.0, 5.0),
        )

    def profile(self) -> Profile:
        queues = self.dice.sample(QUEUES, self.one(1, 2, 3))
        skills = self.dice.sample(SKILLS, self.one(0, 1, 2))
        return Profile(
            tuple((q, self.one(0.0, 0.0, 3.0, 6.0)) for q in queues),
            tuple(sorted((s, self.dice.randint(1, 3)) for s in skills)),
            self.one(*COUNTIES),
        )

    def step(self) -> tuple[object, ...]:
        agent = self.one(*AGENTS)
        what = self.one("call", "call", "call", "call", "free", "free", "busy", "away", "learns", "gone", "later")
        match what:
            case "call":
                owner = self.one(None, None, None, agent)
                closed = {self.one(*QUEUES)} if self.dice.random() < 0.1 else set[str]()
                skill, county = self.one(None, None, *SKILLS), self.one("", "", *COUNTIES)
                return (
                    what,
                    self.dice.randint(0, 7),
                    self.one(*QUEUES),
                    self.one(0, 0, 1),
                    skill,
                    owner,
                    county,
                    closed,
                )
            case "learns":
                return (what, agent, self.profile())
            case "gone":
                return (what, self.dice.randint(0, 7))
            case "later":
                return (what, self.one(1.0, 4.0, 5.0))
        return (what, agent)


@pytest.mark.parametrize("by_load", [False, True], ids=["by time", "by load"])
@pytest.mark.parametrize("seeds", [range(n, n + 100) for n in range(0, 300, 100)], ids=str)
def test_the_same_in_a_crowded_hall(seeds: range, *, by_load: bool) -> None:
    for seed in seeds:
        drawn = Crowded(seed, by_load=by_load)
        rules, profiles = [drawn.rules(q) for q in QUEUES], [drawn.profile() for _ in AGENTS]
        play(rules, profiles, [drawn.step() for _ in range(70)])


def test_nothing_is_offered_while_it_rests_and_everything_after_a_stir() -> None:
    matcher = Matcher([QueueRules("city")])
    matcher.note("1001", Profile((("city", 0.0),)), since=1.0, on_duty=True)
    matcher.wait(Demand("c1", "city", 2.0, 2.0), now=2.0)
    matcher.rest(now=2.0)
    assert list(matcher.pairs(now=3.0)) == []
    matcher.stir()
    assert list(matcher.pairs(now=3.0)) == [("c1", "1001")]


def test_an_agent_off_duty_is_offered_nothing_and_a_stranger_has_no_place() -> None:
    matcher = Matcher()
    matcher.note("1001", Profile((("city", 0.0),)), since=None, on_duty=False)
    matcher.wait(Demand("c1", "city", 2.0, 2.0), now=2.0)
    assert list(matcher.pairs(now=2.0)) == []
    with pytest.raises(KeyError):
        matcher.position("c2")
