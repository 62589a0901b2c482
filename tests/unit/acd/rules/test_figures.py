"""Live counts, the definitions of the connect rate, and how far it is from its limit."""

import datetime as dt
import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.messages import AgentStateName, NumberConfiguration, QueueConfiguration
from acd.rules.figures import (
    TOTAL,
    Figures,
    Group,
    Level,
    Live,
    Places,
    Scope,
    count_history,
    count_live,
    live_from_wire,
    live_to_wire,
    standing,
)
from acd.rules.policy import Profile
from acd.rules.state import Agent, Call, Phase

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
WARNING = Fraction(96, 100)


def queue(name: str, **more: Any) -> QueueConfiguration:
    return QueueConfiguration(id=name, name=f"{name} queue", priority=0, ring_seconds=20, **more)


def number(digits: str, to: str, area: str = "") -> NumberConfiguration:
    return NumberConfiguration(number=digits, line=f"line {digits}", menu="default", queue=to, area=area)


PLACES = Places(
    [queue("city"), queue("linhe"), queue("hill", county="pingyuan")],
    [number("12345", "city"), number("96001", "linhe", "linhe"), number("96002", "city", "linhe")],
)


def call(name: str, phase: Phase, *, to: str | None = "city", dialled: str = "12345", seconds: int = 0) -> Call:
    at = T0 + dt.timedelta(seconds=seconds)
    return Call(name, "138", dialled, "", "c", at, phase=phase, queue=to, queued_at=at if to else None)


def agent(name: str, state: str, *queues: str, county: str = "") -> Agent:
    profile = Profile(county=county)
    return Agent(name, name, T0, queues=queues, profile=profile, state=AgentStateName(state))


@pytest.mark.parametrize(
    ("to", "dialled", "keys"),
    [
        ("city", "12345", ("city", "", "12345")),
        ("city", "96002", ("city", "linhe", "96002")),
        ("linhe", "12345", ("linhe", "linhe", "12345")),
        ("hill", "96001", ("hill", "pingyuan", "96001")),
        (None, "96001", ("linhe", "linhe", "96001")),
        ("moon", "96002", ("", "linhe", "96002")),
        (None, "777", ("", "", "")),
        ("city", None, ("city", "", "")),
    ],
)
def test_a_call_counts_once_in_each_scope(to: str | None, dialled: str | None, keys: tuple[str, str, str]) -> None:
    found = PLACES.of_call(to, dialled)
    assert found[0] == TOTAL
    assert tuple(name for _, name in found[1:]) == keys
    assert [scope for scope, _ in found] == list(Scope)


def test_everything_that_is_configured_is_known_also_when_nothing_happens() -> None:
    assert PLACES.known() == [
        TOTAL,
        *((Scope.QUEUE, name) for name in ("city", "linhe", "hill")),
        *((Scope.COUNTY, name) for name in ("", "linhe", "pingyuan")),
        *((Scope.LINE, name) for name in ("12345", "96001", "96002")),
    ]
    assert all(live == Live() for live in count_live([], [], PLACES).values())


def test_whoever_waits_for_an_answer_waits_wherever_the_call_is() -> None:
    calls = [
        call("a", Phase.WAITING, seconds=5),
        call("b", Phase.OFFERED, seconds=3),
        call("c", Phase.FALLBACK, to=None, dialled="96001", seconds=1),
        call("d", Phase.MENU, to=None),
        call("e", Phase.TALKING),
        call("f", Phase.AFTER_TALK),
        call("g", Phase.WAITING, to="moon", dialled="999", seconds=9),
    ]
    broken = call("h", Phase.RESERVED)
    broken.answered_at = T0
    found = count_live([*calls, broken], [], PLACES)
    assert found[TOTAL] == Live(waiting=5, ringing=1, since=T0 + dt.timedelta(seconds=1))
    assert found[Scope.QUEUE, "city"] == Live(waiting=3, ringing=1, since=T0 + dt.timedelta(seconds=3))
    assert found[Scope.QUEUE, "linhe"] == found[Scope.LINE, "96001"] == Live(1, 0, T0 + dt.timedelta(seconds=1))
    assert found[Scope.QUEUE, ""] == found[Scope.LINE, ""] == Live(1, 0, T0 + dt.timedelta(seconds=9))
    for scope in (Scope.QUEUE, Scope.COUNTY, Scope.LINE):
        assert sum(live.waiting for (kind, _), live in found.items() if kind is scope) == 5


def test_agents_count_in_each_queue_they_serve_and_once_in_their_county() -> None:
    agents = [
        agent("1001", "ready", "city", "linhe"),
        agent("2001", "talking", "linhe", "city"),
        agent("3001", "ready", "hill", county="yucheng"),
        agent("9001", "ready"),
    ]
    found = count_live([], agents, PLACES)
    assert found[TOTAL].agents == {"ready": 2, "talking": 1}
    assert found[Scope.QUEUE, "city"].agents == found[Scope.QUEUE, "linhe"].agents == {"ready": 1, "talking": 1}
    assert found[Scope.QUEUE, "hill"].agents == {"ready": 1}
    assert found[Scope.LINE, "96001"].agents == {"ready": 1, "talking": 1}
    counties = {name: live.agents for (scope, name), live in found.items() if scope is Scope.COUNTY}
    assert counties == {"": {"ready": 1}, "linhe": {"talking": 1}, "pingyuan": {}, "yucheng": {"ready": 1}}


def test_live_figures_cross_the_wire_unchanged_and_other_things_do_not() -> None:
    found = count_live([call("a", Phase.WAITING)], [agent("1", "wrap_up", "city")], PLACES)
    told = live_to_wire(found)
    assert live_from_wire(told) == found
    assert told["queue"]["city"]["since"] == "2026-11-21T08:00:00+00:00"
    for wrong in (
        {"moon": told["total"]},
        {"total": {"": {}}},
        {"total": {"": {**told["total"][""], "since": "yesterday"}}},
        {"total": {"": {**told["total"][""], "agents": {"13800000000": 1}}}},
        {"total": []},
    ):
        with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
            live_from_wire(wrong)  # type: ignore[arg-type]


def group(outcome: str, wait_s: int | None, calls: int = 1, **more: Any) -> Group:
    sum_ms = 0 if wait_s is None else 1000 * wait_s * calls
    longest = None if wait_s is None else 1000 * wait_s
    fields = {"queue": "city", "number": "12345", "today": True, "soon_15": 0, "soon_20": 0, **more}
    return Group(outcome=outcome, wait_s=wait_s, calls=calls, waited_ms=sum_ms, longest_ms=longest, **fields)


def test_figures_follow_the_definitions() -> None:
    figures = Figures()
    for one in (
        group("answered", 15, 6, soon_15=2, soon_20=5),
        group("answered", 16, 2),
        group("answered", 21, 1),
        group("answered", None, 1),
        group("abandoned", 5, 2),
        group("abandoned", 6, 1),
        group("lost", 3, 1),
        group("undecided", 400, 7),
    ):
        figures.add(one)
    assert (figures.offered, figures.answered, figures.lost, figures.undecided) == (14, 10, 4, 7)
    assert (figures.abandoned, figures.abandoned_short) == (3, 2)
    assert (figures.within_15_s, figures.within_20_s) == (6, 8)
    assert (figures.within_15_s_of_arrival, figures.within_20_s_of_arrival) == (2, 5)
    assert figures.connect_rate == pytest.approx(10 / 14)
    assert figures.connect_rate_without_short == pytest.approx(10 / 12)
    assert figures.mean_wait_ms == pytest.approx(1000 * (6 * 15 + 2 * 16 + 21) / 9)
    assert (figures.p90_wait_ms, figures.longest_wait_ms) == (21_000, 21_000)


def test_of_nothing_there_are_no_shares() -> None:
    nothing = Figures()
    assert (nothing.connect_rate, nothing.connect_rate_without_short) == (None, None)
    assert (nothing.mean_wait_ms, nothing.p90_wait_ms, nothing.longest_wait_ms) == (None, None, None)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=200))
def test_nine_of_ten_waited_no_longer_than_the_ninetieth_percentile(waits: list[int]) -> None:
    figures = Figures()
    for wait in waits:
        figures.add(group("answered", wait))
    assert figures.p90_wait_ms == 1000 * sorted(waits)[math.ceil(0.9 * len(waits)) - 1]


def test_history_is_kept_apart_by_scope_and_by_day() -> None:
    groups = [
        group("answered", 1, 3),
        group("abandoned", 9, 2, today=False, number="96002"),
        group("lost", 9, 1, queue="moon", number=None),
    ]
    found = count_history(groups, PLACES)
    assert found[TOTAL].rolling.offered == 6
    assert found[TOTAL].today.offered == 4
    assert (found[Scope.QUEUE, "city"].rolling.answered, found[Scope.QUEUE, "city"].rolling.lost) == (3, 2)
    assert found[Scope.COUNTY, "linhe"].rolling.abandoned == 2
    assert found[Scope.COUNTY, "linhe"].today.offered == 0
    assert found[Scope.QUEUE, ""].today.lost == found[Scope.LINE, ""].today.lost == 1
    for scope in Scope:
        assert sum(p.rolling.offered for (kind, _), p in found.items() if kind is scope) == 6


@pytest.mark.parametrize(
    ("answered", "lost", "level", "left", "needed"),
    [
        (0, 0, Level.NONE, 1, 0),
        (100, 0, Level.GOOD, 6, 0),
        (96, 4, Level.GOOD, 2, 0),
        (959, 41, Level.WARNING, 10, 0),
        (95, 5, Level.WARNING, 1, 0),
        (949, 51, Level.LOST, 0, 20),
        (0, 1, Level.LOST, 0, 19),
    ],
)
def test_the_alarm_comes_before_the_limit(answered: int, lost: int, level: Level, left: int, needed: int) -> None:
    found = standing(answered, lost, warning=WARNING)
    assert (found.level, found.losses_left, found.answers_needed) == (level, left, needed)


@given(st.integers(0, 100_000), st.integers(0, 10_000))
def test_calls_to_come_are_counted_exactly(answered: int, lost: int) -> None:
    found = standing(answered, lost, warning=WARNING)

    def stands(more_answered: int, more_lost: int) -> bool:
        return 100 * (answered + more_answered) >= 95 * (answered + lost + more_answered + more_lost)

    if found.level is Level.LOST:
        needed = found.answers_needed
        assert needed is not None
        assert not stands(needed - 1, 0)
        assert stands(needed, 0)
    else:
        assert stands(0, found.losses_left - 1)
        assert not stands(0, found.losses_left)


def test_a_limit_of_everything_is_never_won_back() -> None:
    found = standing(9, 1, warning=Fraction(1), limit=Fraction(1))
    assert (found.level, found.losses_left, found.answers_needed) == (Level.LOST, 0, None)
