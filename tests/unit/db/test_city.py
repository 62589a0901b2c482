from db import city
from ivr.codec import tree_from_dict
from ivr.default import demonstration_tree


def test_the_seeded_menu_is_the_demonstration_tree() -> None:
    assert tree_from_dict(city.default_tree()) == demonstration_tree()


def test_thirty_agents_in_the_hall_and_four_seats_a_county() -> None:
    people = city.people()
    by_first = {first: [p for p in people if p.queues[:1] == (first,)] for first, _ in city.QUEUES}
    assert {queue: len(agents) for queue, agents in by_first.items()} == {"city": 30, "linhe": 4, "pingyuan": 4}
    assert len({person.id for person in people}) == len(people)


def test_a_county_call_is_answerable_though_the_county_has_lost_its_line() -> None:
    hall = [person for person in city.people() if person.id.startswith("10")]
    assert all({"linhe", "pingyuan"} <= set(person.queues) for person in hall)


def test_those_who_supervise_take_no_calls() -> None:
    assert {p.id: p.queues for p in city.people() if p.role != "agent"} == {"9001": (), "9901": (), "9902": ()}
