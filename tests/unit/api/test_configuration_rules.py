from acd.messages import IncidentConfiguration, MenuConfiguration, NumberConfiguration
from api.configuration.rules import lines_of, sounds_in
from api.configuration.service import matches


def number(digits: str, area: str, *greeting: str) -> NumberConfiguration:
    return NumberConfiguration(
        number=digits, line="x", menu="default", queue="city", area=area, greeting=list(greeting)
    )


NUMBERS = [number("12345", ""), number("63160000", "linhe", "own/linhe-1"), number("63160001", "pingyuan")]


def test_an_incident_is_on_for_chosen_numbers_for_areas_for_both_or_for_all() -> None:
    every = ["12345", "63160000", "63160001"]
    assert lines_of(NUMBERS, chosen=None, areas=None) == every
    assert lines_of(NUMBERS, chosen=["12345"], areas=None) == ["12345"]
    assert lines_of(NUMBERS, chosen=None, areas=["linhe", "nowhere"]) == ["63160000"]
    assert lines_of(NUMBERS, chosen=["12345", "63160000"], areas=["linhe"]) == ["12345", "63160000"]
    assert lines_of(NUMBERS, chosen=[], areas=[]) == []
    assert lines_of(NUMBERS, chosen=None, areas=[""]) == ["12345"]


def test_sounds_of_greetings_menus_and_incidents_are_found() -> None:
    nodes = {"a": {"kind": "greeting", "sounds": ["@line", "own/a-1"]}, "b": {"kind": "queue", "queue": "city"}}
    menu: MenuConfiguration = {"name": "default", "version": 1, "tree": {"start": "a", "nodes": nodes}, "from": ""}
    incident = IncidentConfiguration(id="1", sounds=["own/water-1"], numbers=[], starts="", ends="")
    assert sounds_in(NUMBERS, [menu], [incident]) == {"own/linhe-1", "own/a-1", "own/water-1"}


def test_a_version_is_named_by_its_tag() -> None:
    assert matches('"abc"', "abc")
    assert matches('W/"x", "abc"', "abc")
    assert matches("*", "abc")
    assert not matches('"abcd"', "abc")
    assert not matches(None, "abc")
