import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.rules.waiting import WaitingLine

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)


def at(seconds: int) -> dt.datetime:
    return T0 + dt.timedelta(seconds=seconds)


def test_priority_goes_before_entry_time() -> None:
    line = WaitingLine()
    line.add("early", queue="city", priority=0, entered_at=at(0))
    line.add("urgent", queue="city", priority=5, entered_at=at(9))
    assert line.first(["city"]) == "urgent"


def test_a_returned_call_stands_in_front_again() -> None:
    line = WaitingLine()
    line.add("first", queue="city", priority=0, entered_at=at(0))
    line.remove("first")
    line.add("second", queue="city", priority=0, entered_at=at(1))
    line.add("first", queue="city", priority=0, entered_at=at(0))
    assert [line.position("first"), line.position("second")] == [1, 2]


def test_no_head_of_line_block_between_queues() -> None:
    line = WaitingLine()
    line.add("for-nobody", queue="pingyuan", priority=9, entered_at=at(0))
    line.add("for-us", queue="city", priority=0, entered_at=at(5))
    assert line.first(["city", "linhe"]) == "for-us"
    assert line.first(["linhe"]) is None


def test_unknown_calls_are_no_trouble() -> None:
    line = WaitingLine()
    line.remove("nobody")
    with pytest.raises(KeyError):
        line.position("nobody")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.booleans()), max_size=60))
def test_agrees_with_sorting_the_whole_line(entries: list[tuple[int, int, bool]]) -> None:
    line, model = WaitingLine(), {}
    for number, (priority, second, leaves) in enumerate(entries):
        line.add(str(number), queue="q", priority=priority, entered_at=at(second))
        model[str(number)] = (-priority, second, str(number))
        if leaves:
            line.remove(str(number))
            del model[str(number)]
    expected = sorted(model, key=model.__getitem__)
    assert len(line) == len(expected)
    assert [line.position(call) for call in expected] == list(range(1, len(expected) + 1))
    assert line.first(["q"]) == (expected[0] if expected else None)
