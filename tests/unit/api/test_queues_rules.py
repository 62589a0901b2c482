from typing import Any

import pytest

from acd.messages import QueueConfiguration
from acd.rules.codec import queue_rules
from acd.rules.policy import Need, Overflow, QueueRules, Returning
from api.queues.rules import normal_rules, routing_findings, rules_findings
from api.queues.schemas import RulesIn

QUEUES = {"city", "linhe"}
ROUTING: dict[str, Any] = {"queues": ["city"], "skills": {}, "handicaps": {}, "county": ""}


@pytest.mark.parametrize(
    ("rules", "where", "what"),
    [
        ({"needs": [{"skill": "a"}, {"skill": "dialect", "level": 11}]}, "rules.needs.1", "level from 1 to 10"),
        ({"needs": [{"skill": "dialect", "until": -1}]}, "rules.needs.0", "number from 0"),
        ({"asked": [{"skill": "dialect", "until": float("nan")}]}, "rules.asked.0", "number from 0"),
        ({"overflow": [{"to": "linhe", "waiting": 0}]}, "rules.overflow.0", "must be 1 or more"),
        ({"overflow": [{"to": "moon"}]}, "rules.overflow.0", "there is no queue moon"),
        ({"overflow": [{"to": "city"}]}, "rules.overflow.0", "city flows over to itself"),
        ({"overflow": [{"to": "linhe"}, {"to": "linhe"}]}, "rules.overflow.1", "linhe stands more than once"),
        ({"owner_seconds": 1e9}, "rules.owner_seconds", "number from 0"),
        ({"hours": {"mon": ["18:00-08:00"]}}, "rules.hours.mon", "ends before it begins"),
        ({"hours": {"someday": []}}, "rules.hours.someday", "is not a day"),
        ({"hours": {"mon-wed": [], "tue": []}}, "rules.hours", "tue stands twice"),
        ({"returning": {"cut_off": 10**9}}, "rules.returning.cut_off", "whole number"),
    ],
)
def test_rules_that_no_office_can_mean_are_found_with_what_to_do(rules: dict[str, Any], where: str, what: str) -> None:
    (found,) = rules_findings("city", rules, QUEUES)
    assert (found["where"], found["severity"]) == (where, "error")
    assert what in found["what"]
    assert found["do"]


def test_everything_that_is_wrong_is_found_at_once() -> None:
    rules = {"county_seconds": -1, "owner_seconds": -1, "overflow": [{"to": "moon"}, {"to": "city"}]}
    found = [finding["where"] for finding in rules_findings("city", rules, QUEUES)]
    assert found == ["rules.county_seconds", "rules.owner_seconds", "rules.overflow.0", "rules.overflow.1"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"queues": ["moon"]}, "queues.0"),
        ({"queues": ["city", "city"]}, "queues.1"),
        ({"skills": {"dialect": 0}}, "skills.dialect"),
        ({"handicaps": {"city": -1.0}}, "handicaps.city"),
        ({"handicaps": {"linhe": 5.0}}, "handicaps.linhe"),
    ],
)
def test_routing_that_cannot_be_followed_is_found(changes: dict[str, Any], where: str) -> None:
    (found,) = routing_findings("1001", ROUTING | changes, QUEUES)
    assert found["where"] == where
    assert found["what"]
    assert found["do"]


def test_what_is_right_has_no_findings_and_reads_back_as_it_was_meant() -> None:
    full = {"queues": ["linhe", "city"], "skills": {"dialect": 7}, "handicaps": {"city": 20.0}, "county": "linhe"}
    assert routing_findings("1001", full, QUEUES) == []
    sent = RulesIn.model_validate(
        {
            "needs": [{"skill": "dialect", "level": 3, "until": 20}],
            "overflow": [{"to": "linhe", "after": 30, "waiting": 5, "handicap": 10}],
            "owner_seconds": 15,
            "returning": {"cut_off": 5},
            "hours": {"mon-fri": ["08:30-12:00"]},
        }
    ).model_dump(exclude_defaults=True)
    assert rules_findings("city", sent, QUEUES) == []
    stored = normal_rules(sent)
    assert stored is not None
    assert stored["hours"]["wed"] == ["08:30-12:00"]
    plain: dict[str, Any] = {"id": "city", "name": "市级", "priority": 0, "ring_seconds": 20}
    read = queue_rules(QueueConfiguration(**plain, **stored))  # type: ignore[typeddict-item]
    assert read == QueueRules(
        id="city",
        name="市级",
        needs=(Need("dialect", 3, 20.0),),
        overflow=(Overflow("linhe", 30.0, 5, 10.0),),
        owner_seconds=15.0,
        returning=Returning(600.0, cut_off=5),
        hours=read.hours,
    )
    assert read.hours is not None
    assert normal_rules({}) is None
