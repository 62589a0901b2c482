"""Questions of an office and their answers."""

import math
from dataclasses import replace

import pytest

from acd.simulation.erlang import Load, service_level
from acd.simulation.scenario import Group, Queue, Ringing, Scenario, ScenarioError
from acd.simulation.staffing import _Book, _fewest, find, simulate

OFFICE = Scenario((Queue("city", 1.0, 60.0),), (Group(("city",)),), calls_per_hour=120, hours=12)


def test_the_same_seed_is_the_same_answer_and_another_is_not() -> None:
    four = OFFICE.sized(4)
    assert simulate(four, seed=5) == simulate(four, seed=5)
    assert simulate(four, seed=5) != simulate(four, seed=6)


def test_busy_time_is_counted_whole_whatever_the_length_of_a_sample() -> None:
    """A sample's own end, divided by its length, may fall into the sample again: once it was counted for ever."""
    for hours in range(100, 500):
        length = hours * 1.02 * 36 / 30
        book = _Book(OFFICE.sized(1), 30, length, 0.0)
        book.busy(-1.0, 40 * length)
        assert sum(counts.busy_s for counts in book.together) == pytest.approx(30 * length)


def test_the_fewest_agents_are_found() -> None:
    found = find(OFFICE, 0.9, seed=1)
    assert service_level(Load(120 / 3600, 60), 4, 15) < 0.9 < service_level(Load(120 / 3600, 60), 5, 15)
    assert found.agents == 5
    assert found.figures.service_level.value >= 0.9


def test_the_group_without_a_number_is_the_one_that_is_sized() -> None:
    queues = (Queue("city", 0.5, 60, 120), Queue("linhe", 0.5, 60, 120))
    hall = replace(OFFICE, queues=queues, groups=(Group(("city",), 5), Group(("linhe",))))
    found = find(hall, 0.9, seed=1)
    assert found.agents > 5
    assert found.queues["city"].calls + found.queues["linhe"].calls == found.figures.calls


@pytest.mark.parametrize("guess", [1, 6, 7, 8, 40])
def test_the_search_finds_the_edge_from_wherever_it_begins(guess: int) -> None:
    tried = list[int]()

    def enough(agents: int) -> bool:
        tried.append(agents)
        return agents >= 7

    assert _fewest(enough, guess) == 7
    assert len(tried) < 16


def test_a_search_without_end_is_ended() -> None:
    with pytest.raises(ScenarioError, match="other queues or groups"):
        _fewest(lambda _: False, 1)


def test_a_recorded_day_is_repeated_with_other_talks() -> None:
    day = tuple((60.0 * minute, None) for minute in range(180))
    found = simulate(replace(OFFICE, recorded=day, hours=36).sized(2), seed=1)
    assert found.figures.calls == 12 * 180
    assert found.figures.occupancy is not None
    assert found.figures.occupancy.value == pytest.approx(0.5, abs=0.03)


def test_a_day_that_begins_with_a_rush() -> None:
    """Two agents, four patient callers at once, then none: two wait for the first to be free."""
    rush = tuple((0.0, None) for _ in range(4))
    found = simulate(replace(OFFICE, recorded=rush, hours=400).sized(2), seed=1).figures
    assert found.waited.value == 0.5
    # The third waits for the first of two exponential talks (30 s on average), the fourth for one more of two.
    assert found.mean_wait_s.low <= (0 + 0 + 30 + 60) / 4 <= found.mean_wait_s.high


@pytest.mark.parametrize(
    ("scenario", "why"),
    [
        (OFFICE.sized(2), "grow for ever"),
        (replace(OFFICE, hours=3).sized(4), "3 hours are too few to tell chance from fact: give 3.3 or more"),
        (OFFICE.sized(0), "no agent serves city"),
    ],
)
def test_what_has_no_answer(scenario: Scenario, why: str) -> None:
    with pytest.raises(ScenarioError, match=why):
        simulate(scenario, seed=1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"calls_per_hour": 0}, "more than 0 calls"),
        ({"calls_per_hour": math.inf}, "more than 0 calls"),
        ({"hours": -1}, "more than 0 hours"),
        ({"target_s": math.nan}, "target"),
        ({"queues": (Queue("city", 0.5, 60),)}, "add up to 1"),
        ({"groups": (Group(("city", "moon"), 1),)}, "serve moon"),
        ({"groups": (Group((), 1),)}, "must serve a queue"),
        ({"groups": (Group(("city",), -1),)}, "0 to 10000 agents"),
        ({"recorded": ((0.0, "moon"),)}, "recorded calls name moon"),
    ],
)
def test_what_is_no_scenario(change: dict[str, object], why: str) -> None:
    with pytest.raises(ScenarioError, match=why):
        replace(OFFICE, **change)  # type: ignore[arg-type]


def test_a_share_of_missed_offers_stays_below_all() -> None:
    with pytest.raises(ScenarioError, match="below 1"):
        Ringing(missed=1.0)


def test_only_one_group_can_be_sized() -> None:
    with pytest.raises(ScenarioError, match="exactly one group"):
        OFFICE.sized(3).sized(4)
