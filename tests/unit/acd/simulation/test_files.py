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


def test_skills_relaxation_and_overflow() -> None:
    queues, groups = hall_plan(
        "queues: {city: {share: 1, asks: {law: 0.1}, asked: [{skill: law, until: 20}], overflow: [{to: linhe}]}}\n"
        "agents: [{queues: [city], skills: {law: 2}, handicaps: {city: 5}, county: linhe}]",
        handle_s=180,
        patience_s=math.inf,
    )
    asked = {"asked": [{"skill": "law", "until": 20}], "overflow": [{"to": "linhe"}]}
    assert queues == (Queue("city", 1.0, 180, asks=(("law", 0.1),), routing=asked),)
    assert queues[0].helpers == ("linhe",)
    assert groups == (Group(("city",), None, {"skills": {"law": 2}, "handicaps": {"city": 5}, "county": "linhe"}),)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("queues: [", "not YAML"),
        ("5", "keys with values"),
        ("queues: {city: {share: 1}}", "needs `queues:` and `agents:`"),
        ("queues: {city: {share: lots}}\nagents: [{queues: [city]}]", "queue city: `share` must be a number"),
        ("queues: {city: {share: 2}}\nagents: [{queues: [city]}]", "between 0 and 1"),
        ("queues: {city: {share: 1, handle: 0}}\nagents: [{queues: [city]}]", "more than 0 seconds"),
        ("queues: {city: {share: 1, overflow: linhe}}\nagents: [{queues: [city]}]", "`overflow` must be a list"),
        ("queues: {city: {share: 1}}\nagents: [{queues: [city], skills: [mongolian]}]", "`skills` must hold keys"),
        ("queues: {city: {share: 1, hours: {}}}\nagents: [{queues: [city]}]", "hours cannot be simulated"),
        ("queues: {city: {share: 1, asks: {law: lots}}}\nagents: [{queues: [city]}]", "`law` must be a number"),
        ("queues: {city: {share: 1, asks: {law: 2}}}\nagents: [{queues: [city]}]", "who ask for a skill"),
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
