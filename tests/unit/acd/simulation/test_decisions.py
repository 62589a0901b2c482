from itertools import count

from acd.simulation.decisions import measure, run


def test_every_decision_is_measured_once_and_the_clock_is_the_callers() -> None:
    ticks = count()
    found = measure(20, 4, 30, 101, 1, timer=lambda: next(ticks))
    assert (len(found.agent_free), len(found.caller_arrives)) == (51, 50)
    assert set(found.agent_free + found.caller_arrives) == {1}
    assert next(ticks) == 2 * 101


def test_one_list_for_a_bench() -> None:
    ticks = count(step=7)
    assert run(5, 2, 3, 10, 1, timer=lambda: next(ticks)) == [7] * 10
