"""The real rules under the virtual clock against the closed formulas, and never an agent idle beside a caller."""

import datetime as dt
import heapq
import math

import pytest

from acd.rules import effects as fx
from acd.rules import events as ev
from acd.simulation.arrivals import Caller, steady, stream
from acd.simulation.erlang import Load, erlang_a, erlang_c
from acd.simulation.hall import Hall, IdleAgentError, work_conserving
from acd.simulation.scenario import Group, Queue, Ringing, Scenario
from acd.simulation.staffing import Answer, simulate

HALF_A_POINT = 0.005
TEN_ERLANGS = Load(calls_per_s=100 / 1800, handle_s=180)


class Checked:
    """`work_conserving`, and how often it looked."""

    def __init__(self) -> None:
        self.events = 0

    def __call__(self, hall: Hall) -> None:
        self.events += 1
        work_conserving(hall)


def fourteen_agents(patience_s: float, *, hours: float, seed: int) -> tuple[Answer, int]:
    scenario = Scenario(
        queues=(Queue("city", 1.0, 180.0, patience_s),),
        groups=(Group(("city",), 14),),
        calls_per_hour=200,
        target_s=20,
        hours=hours,
    )
    checked = Checked()
    return simulate(scenario, seed=seed, check=checked), checked.events


def test_callers_meet_what_the_formulas_say() -> None:
    """A day or two; tests/integration/acd does the same with a hundred thousand calls."""
    patient, _ = fourteen_agents(math.inf, hours=60, seed=1)
    assert patient.figures.waited.low <= erlang_c(10, 14) <= patient.figures.waited.high
    impatient, _ = fourteen_agents(300, hours=60, seed=1)
    truth = erlang_a(TEN_ERLANGS, 14, 300)
    assert impatient.figures.abandoned.low <= truth.abandoned <= impatient.figures.abandoned.high


def test_nobody_is_idle_beside_a_caller_when_offers_are_missed_withdrawn_and_queues_cross() -> None:
    scenario = Scenario(
        queues=(
            Queue("city", 0.7, 150, 60),
            Queue("linhe", 0.2, 200, 90, priority=1),
            Queue("emergency", 0.1, 60, 40, priority=9),
        ),
        groups=(
            Group(("city", "emergency"), 6),
            Group(("linhe", "emergency"), 2),
            Group(("emergency", "linhe", "city"), 2),
        ),
        calls_per_hour=260,
        hours=40,
        ringing=Ringing(pickup_s=4, missed=0.08, away_s=45),
    )
    checked = Checked()
    found = simulate(scenario, seed=3, check=checked)
    assert found.figures.calls > 10_000
    assert checked.events > 5 * found.figures.calls
    assert found.queues["emergency"].service_level.value > found.queues["city"].service_level.value
    assert 0.02 < found.figures.abandoned.value < 0.3


def test_each_caller_waits_exactly_as_long_as_first_come_first_served_with_impatience_says() -> None:
    """Kiefer and Wolfowitz: the next caller takes the agent who is free first, or gives up before that moment."""
    scenario = Scenario((Queue("city", 1.0, 180, 120),), (Group(("city",), 12),), calls_per_hour=220)
    waits = dict[int, float]()
    hall = Hall(
        scenario,
        seed="1",
        begin=0.0,
        over=lambda caller, moment: waits.update({caller.number: moment - caller.at}),
        busy=lambda *_: None,
    )
    hall.run(steady(scenario, seed="1", begin=0.0, end=20 * 3600))
    free, expected = [0.0] * 12, dict[int, float]()
    for caller in steady(scenario, seed="1", begin=0.0, end=20 * 3600):
        wait = max(0.0, free[0] - caller.at)
        expected[caller.number] = min(wait, caller.patience_s)
        if wait <= caller.patience_s:
            heapq.heapreplace(free, caller.at + wait + caller.handle_s)
    assert sum(wait > 0 for wait in expected.values()) > 1000
    assert waits == pytest.approx(expected, abs=1e-6)


def test_the_check_sees_an_agent_who_is_passed_over() -> None:
    scenario = Scenario((Queue("city", 1.0, 180),), (Group(("city",), 1),), calls_per_hour=30)
    hall = Hall(scenario, seed="1", begin=0, over=lambda *_: None, busy=lambda *_: None, check=work_conserving)
    hall.waiting["c1"] = Caller(1, 0.0, scenario.queues[0], 180, math.inf)
    with pytest.raises(IdleAgentError, match=r"agent 100001 is free at 0\.000 s, waiting: \['city'\]"):
        work_conserving(hall)


def test_every_call_is_over_once_and_agents_are_busy_for_their_calls() -> None:
    scenario = Scenario((Queue("city", 1.0, 100, 30),), (Group(("city",), 3),), calls_per_hour=120, hours=5)
    over, busy = list[Caller](), list[float]()
    hall = Hall(
        scenario,
        seed="7",
        begin=0.0,
        over=lambda caller, _: over.append(caller),
        busy=lambda begin, end: busy.append(end - begin),
    )
    hall.run(steady(scenario, seed="7", begin=0.0, end=5 * 3600))
    callers = list(steady(scenario, seed="7", begin=0.0, end=5 * 3600))
    assert sorted(c.number for c in over) == [c.number for c in callers]
    assert sum(busy) == pytest.approx(sum(c.handle_s for c in over if c.answered_at is not None))
    assert (hall.floor.calls, len(hall.floor.waiting), hall.waiting) == ({}, 0, {})


def test_a_first_agent_who_rings_out_is_followed_by_the_second() -> None:
    """time | event | expected: 0 offered to 100001 | 20 missed, offered to 100002 | 23 answered."""
    scenario = Scenario(
        (Queue("city", 1.0, 60),),
        (Group(("city",), 2),),
        recorded=((0.0, None),),
        ringing=Ringing(pickup_s=3, missed=0.5),
    )
    seed = next(s for s in map(str, range(99)) if _luck(scenario, s) == [True, False])
    over = list[tuple[str | None, float]]()
    hall = Hall(scenario, seed=seed, begin=0, over=lambda c, at: over.append((c.agent_id, at)), busy=lambda *_: None)
    hall.run(iter([Caller(1, 0.0, scenario.queues[0], 60, math.inf)]))
    assert over == [("100002", 23.0)]


def _luck(scenario: Scenario, seed: str) -> list[bool]:
    draws = stream(seed, "ringing")
    return [draws.random() < scenario.ringing.missed for _ in range(2)]


def test_the_floor_itself_decides() -> None:
    scenario = Scenario((Queue("city", 1.0, 60),), (Group(("city",), 1),), calls_per_hour=1)
    hall = Hall(scenario, seed="1", begin=0, over=lambda *_: None, busy=lambda *_: None)
    now = dt.datetime(2026, 1, 1, 0, 1, tzinfo=dt.UTC)
    hall.floor.handle(ev.CallStarted("c1", "", "", ""), now=now)
    rings = [e for e in hall.floor.handle(ev.CallQueued("c1", "city"), now=now) if isinstance(e, fx.Ring)]
    assert [ring.agent_id for ring in rings] == ["100001"]


def hall_of_two(linhe: dict[str, object], asks: tuple[tuple[str, float], ...] = ()) -> Answer:
    scenario = Scenario(
        queues=(Queue("city", 0.7, 180, 120), Queue("linhe", 0.3, 180, 120, asks=asks, routing=linhe)),
        groups=(Group(("city",), 16), Group(("linhe",), 3), Group(("linhe",), 1, {"skills": {"mongolian": 3}})),
        calls_per_hour=240,
        hours=20,
    )
    checked = Checked()
    answer = simulate(scenario, seed=5, check=checked)
    assert checked.events > 5 * answer.figures.calls
    return answer


def test_a_county_that_overflows_answers_sooner_and_a_skill_that_is_waited_for_later() -> None:
    alone = hall_of_two({}).queues["linhe"].service_level
    helped = hall_of_two({"overflow": [{"to": "city", "after": 10}]}).queues["linhe"].service_level
    flooded = hall_of_two({"overflow": [{"to": "city", "waiting": 1}]}).queues["linhe"].service_level
    assert alone.high < helped.low
    assert helped.value < flooded.value
    strict = hall_of_two({}, (("mongolian", 0.5),)).queues["linhe"].service_level
    relaxed = (
        hall_of_two({"asked": [{"skill": "mongolian", "level": 3, "until": 5}]}, (("mongolian", 0.5),))
        .queues["linhe"]
        .service_level
    )
    assert strict.high < relaxed.value < alone.high
