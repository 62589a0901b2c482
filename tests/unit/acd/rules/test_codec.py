"""Published rules: what is read, and the sentence for what is not."""

from typing import Any

import pytest

from acd.rules.codec import RulesError, profile_of, queue_rules
from acd.rules.policy import Need, Overflow, Profile, QueueRules, Returning
from ivr.hours_codec import week_from_dict

PLAIN: dict[str, Any] = {"id": "linhe", "name": "临河县", "priority": 0, "ring_seconds": 15}
AGENT: dict[str, Any] = {
    "id": "2001",
    "name": "彭家乐",
    "extension": "2001",
    "queues": ["linhe", "city"],
    "role": "agent",
}


def test_a_queue_as_it_always_was() -> None:
    assert queue_rules({**PLAIN}) == QueueRules("linhe", "临河县", ring_seconds=15)  # type: ignore[typeddict-item]


def test_everything_a_queue_can_say() -> None:
    week = {"mon-fri": ["08:30-17:30"]}
    full = {
        **PLAIN,
        "needs": [{"skill": "law", "level": 3}],
        "asked": [{"skill": "mongolian", "until": 20}],
        "overflow": [{"to": "city", "after": 15, "waiting": 3, "handicap": 5}, {"to": "pingyuan"}],
        "owner_seconds": 15,
        "county": "linhe",
        "county_seconds": 10,
        "hours": week,
        "returning": {"minutes": 5, "cut_off": 5, "abandoned": 1},
    }
    assert queue_rules(full) == QueueRules(  # type: ignore[arg-type]
        "linhe",
        "临河县",
        ring_seconds=15,
        needs=(Need("law", 3),),
        asked=(Need("mongolian", 1, 20.0),),
        overflow=(Overflow("city", 15.0, 3, 5.0), Overflow("pingyuan")),
        owner_seconds=15.0,
        county="linhe",
        county_seconds=10.0,
        hours=week_from_dict(week),  # type: ignore[arg-type]
        returning=Returning(300.0, cut_off=5, abandoned=1),
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"needs": {}}, "`needs` must be a list"),
        ({"needs": [{"level": 2}]}, "needs 1: `skill` is missing"),
        ({"needs": [{"skill": "law", "level": 11}]}, "'level' must be a level from 1 to 10"),
        ({"asked": [{"skill": "law", "until": -1}]}, "asked 1: 'until' must be a number from 0"),
        ({"overflow": ["city"]}, "`overflow` must hold keys"),
        ({"overflow": [{"to": "city", "waiting": 0}]}, "`waiting` must be 1 or more"),
        ({"overflow": [{"to": 5}]}, "`to` must be text"),
        ({"owner_seconds": float("nan")}, "must be a number from 0"),
        ({"county_seconds": True}, "must be a number"),
        ({"hours": {"someday": []}}, "queue 'linhe', hours: 'someday' is not a day"),
        ({"returning": {"cut_off": 99_999}}, "`cut_off` must be a whole number"),
        ({"priority": 1.5}, "`priority` must be a whole number"),
        ({"needs": [{"skill": "x"}] * 101}, "at most 100"),
    ],
)
def test_a_queue_that_cannot_be_followed(change: dict[str, Any], why: str) -> None:
    with pytest.raises(RulesError, match=why):
        queue_rules({**PLAIN, **change})  # type: ignore[typeddict-item]


def test_an_agent_with_and_without_more() -> None:
    assert profile_of({**AGENT}) == Profile((("linhe", 0.0), ("city", 0.0)))  # type: ignore[typeddict-item]
    more = {**AGENT, "skills": {"mongolian": 4, "law": 1}, "handicaps": {"city": 30}, "county": "linhe"}
    assert profile_of(more) == Profile(  # type: ignore[arg-type]
        (("linhe", 0.0), ("city", 30.0)), (("law", 1), ("mongolian", 4)), "linhe"
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"skills": ["law"]}, "agent '2001': `skills` must hold keys"),
        ({"skills": {"law": 0}}, "agent '2001', skills: 'law' must be a level"),
        ({"handicaps": {"city": "long"}}, "handicaps: 'city' must be a number"),
        ({"county": 7}, "`county` must be text"),
    ],
)
def test_an_agent_that_cannot_be_followed(change: dict[str, Any], why: str) -> None:
    with pytest.raises(RulesError, match=why):
        profile_of({**AGENT, **change})  # type: ignore[typeddict-item]
