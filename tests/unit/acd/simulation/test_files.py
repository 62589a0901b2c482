"""What an office may hand in, and the sentence it gets back where that does not do."""

import math

import pytest

from acd.simulation.files import hall_plan, recorded_day
from acd.simulation.scenario import Group, Queue, ScenarioError

PLAN = """
queues:
  city:  {share: 0.75}
  linhe: {share: 0.25, handle: 240, patience: 90, priority: 2}
agents:
  - {queues: [city], count: 24}
  - {queues: [linhe, city]}
"""


def test_seconds_with_a_queue_come_out_in_order() -> None:
    assert recorded_day("seconds,queue\n30,linhe\n\n0.5,\n31\n") == ((0.5, None), (30.0, "linhe"), (31.0, None))


def test_times_count_from_midnight_of_the_first_call() -> None:
    day = recorded_day("\ufeff2026-07-01T08:00:01+08:00,city\n2026-07-02T00:00:00+08:00\n")
    assert day == ((8 * 3600 + 1.0, "city"), (86400.0, None))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no call"),
        ("at\n", "holds no call"),
        ("5\nfive\n", "line 2 of the recorded day: 'five'"),
        ("5\n-1\n", "line 2"),
        ("5\n\n" + "6" * 200_000, "line 3 of the recorded day is not CSV"),
        ("5\nnan\n", "line 2"),
        ("5\n2026-07-01T08:00:00\n", "mixes"),
        ("2026-07-01T08:00:00\n2026-07-01T08:00:00+08:00\n", "mixes"),
    ],
)
def test_a_day_that_cannot_be_read(text: str, why: str) -> None:
    with pytest.raises(ScenarioError, match=why):
        recorded_day(text)


def test_queues_and_groups() -> None:
    queues, groups = hall_plan(PLAN, handle_s=180, patience_s=math.inf)
    assert queues == (Queue("city", 0.75, 180), Queue("linhe", 0.25, 240, 90, 2))
    assert groups == (Group(("city",), 24), Group(("linhe", "city")))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("queues: [", "not YAML"),
        ("5", "keys with values"),
        ("queues: {city: {share: 1}}", "needs `queues:` and `agents:`"),
        ("queues: {city: {share: lots}}\nagents: [{queues: [city]}]", "queue city: `share` must be a number"),
        ("queues: {city: {share: 2}}\nagents: [{queues: [city]}]", "between 0 and 1"),
        ("queues: {city: {share: 1, handle: 0}}\nagents: [{queues: [city]}]", "more than 0 seconds"),
        ("queues: {city: {share: 1, overflow: linhe}}\nagents: [{queues: [city]}]", "overflow cannot be simulated"),
        ("queues: {city: {share: 1}}\nagents: [{queues: [city], skills: [mongolian]}]", "skills cannot be simulated"),
        ("queues: {city: {share: 1}}\nagents: [{queues: city}]", "`queues` must be a list"),
        ("queues: {city: {share: 1}}\nagents: [{queues: [city], count: 1.5}]", "whole number"),
        ("queues: {city: {share: 1}}\nagents: [{queues: [city], count: yes}]", "`count` must be a whole number"),
        ("queues: {city: {share: 1, priority: .inf}}\nagents: [{queues: [city]}]", "`priority` must be a whole number"),
        ("queues: {city: {share: 1" + "0" * 400 + "}}\nagents: [{queues: [city]}]", "between 0 and 1"),
        ("queues: 2026-99-99", "not YAML"),
        ("[" * 5000, "not YAML"),
    ],
)
def test_a_plan_that_the_rules_cannot_follow(text: str, why: str) -> None:
    with pytest.raises(ScenarioError, match=why):
        hall_plan(text, handle_s=180, patience_s=math.inf)
