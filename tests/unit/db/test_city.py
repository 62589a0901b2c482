from typing import Any

from acd.rules.codec import queue_rules
from db import city
from ivr.codec import tree_from_dict
from ivr.default import demonstration_tree


def test_the_seeded_menu_is_the_demonstration_tree() -> None:
    assert tree_from_dict(city.default_tree()) == demonstration_tree()


def test_thirty_agents_in_the_hall_and_four_phones_a_county_and_one_telephone() -> None:
    people = city.people()
    by_first = {first: [p for p in people if p.queues[:1] == (first,)] for first, _ in city.QUEUES}
    assert {queue: len(agents) for queue, agents in by_first.items()} == {"city": 30, "linhe": 5, "pingyuan": 4}
    assert [(p.id, p.county) for p in people if p.phone_number] == [("2005", "linhe")]
    assert len({person.id for person in people}) == len(people)


def test_a_county_call_is_answerable_though_the_county_has_lost_its_line() -> None:
    hall = [person for person in city.people() if person.id.startswith("10")]
    assert all({"linhe", "pingyuan"} <= set(person.queues) for person in hall)


def test_calls_flow_over_from_the_city_to_the_counties_to_their_neighbours_and_back() -> None:
    rules = {queue: queue_rules({"id": queue, "name": "", **plain(queue)}) for queue, _ in city.QUEUES}
    flows = {queue: [overflow.to for overflow in one.overflow] for queue, one in rules.items()}
    assert flows == {"city": ["linhe", "pingyuan"], "linhe": ["city", "pingyuan"], "pingyuan": ["city", "linhe"]}
    assert {queue: one.county for queue, one in rules.items()} == {"city": "", "linhe": "linhe", "pingyuan": "pingyuan"}
    assert [queue for queue, one in rules.items() if one.hours is None] == ["city"]


def plain(queue: str) -> Any:
    return {"priority": 0, "ring_seconds": 20, **city.queue_rules(queue)}


def test_those_who_supervise_take_no_calls() -> None:
    assert {p.id: p.queues for p in city.people() if p.role != "agent"} == {"9001": (), "9901": (), "9902": ()}
