import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.intake.fold import MESSAGE_SEQ, MESSAGE_TYPE, Fact
from api.intake.traces import VISITS_LIMIT, Affected, Rated, Spoken, Traces, traces

START = dt.datetime(2026, 11, 21, 0, 0, tzinfo=dt.UTC)


def fact(seq: int, kind: str, **data: Any) -> Fact:
    return Fact(seq, kind, START + dt.timedelta(seconds=seq), data)


def menu(seq: int, *nodes: str, **more: Any) -> Fact:
    steps = [{"node": node, "at_ms": 100 * n, "ms": 100, "choice": None} for n, node in enumerate(nodes)]
    return fact(seq, "call.menu", menu="default", version=3, steps=steps, **more)


def at(seq: int) -> dt.datetime:
    return START + dt.timedelta(seconds=seq)


BEFORE, AFTER = menu(2, "greeting", "menu", "city"), menu(9, "rating", "bye")
ANSWER = fact(5, "call.answered", agent_id="1001")


def test_visits_are_numbered_through_and_the_way_ends_once() -> None:
    visits = traces([BEFORE, ANSWER, AFTER]).visits
    assert [(visit.visit_no, visit.node) for visit in visits] == [
        *((1, "greeting"), (2, "menu"), (3, "city"), (4, "rating"), (5, "bye")),
    ]
    assert [visit.node for visit in visits if visit.last] == ["city"]
    assert (visits[1].menu, visits[1].version, visits[1].entered_ms, visits[1].spent_ms) == ("default", 3, 100, 100)


def test_of_two_ways_through_the_menu_the_later_one_ends_it() -> None:
    assert [visit.node for visit in traces([BEFORE, menu(3, "menu", "linhe")]).visits if visit.last] == ["linhe"]
    assert [visit.node for visit in traces([ANSWER, AFTER]).visits if visit.last] == ["bye"]


def test_old_events_leave_nothing() -> None:
    old = [fact(2, "call.menu", menu="default", version=1, path=["0"]), fact(3, "call.queued", queue="city")]
    spool = fact(MESSAGE_SEQ, MESSAGE_TYPE, caller="1", file_name="1.json")
    assert traces([*old, spool]) == Traces()


def test_visits_are_bounded() -> None:
    menus = [menu(seq, *(["menu"] * 60)) for seq in range(1, 9)]
    assert len(traces(menus).visits) == VISITS_LIMIT


def test_a_press_counts_more_than_its_absence() -> None:
    pressed, gone = fact(9, "call.rated", score=4, reason="pressed"), fact(10, "call.rated", reason="hung_up")
    assert traces([gone]).rated == Rated(None, "hung_up", at(10))
    assert traces([gone, pressed]).rated == Rated(4, "pressed", at(9))


def test_an_incident_counts_once_and_only_by_its_number() -> None:
    names = ["7", "7", "nine", "٧", "9" * 19, "8"]
    told = [fact(n, "call.affected", incident=name) for n, name in enumerate(names, start=1)]
    assert traces(told).affected == (Affected(7, at(1)), Affected(8, at(6)))


def test_each_recording_is_one_message() -> None:
    told = [fact(n, "call.message", recording=name) for n, name in enumerate(["a.wav", "b.wav", "a.wav"], start=1)]
    assert traces(told).spoken == (Spoken("a.wav", at(1)), Spoken("b.wav", at(2)))


EVERY = [
    BEFORE,
    ANSWER,
    AFTER,
    fact(10, "call.rated", score=4, reason="pressed"),
    fact(3, "call.affected", incident="7"),
]


@given(st.permutations(EVERY), st.integers(0, len(EVERY)))
def test_no_order_changes_what_is_left(events: list[Fact], count: int) -> None:
    assert traces(events) == traces(EVERY)
    assert traces(events[:count]) == traces(sorted(events[:count], key=lambda one: one.seq))
