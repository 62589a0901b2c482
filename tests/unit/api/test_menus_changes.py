from typing import Any

from api.menus.changes import Change, changes
from ivr.codec import tree_from_dict
from ivr.tree import Tree


def tree(**nodes: Any) -> Tree:
    menu = {"kind": "menu", "sounds": ["hotline/a"], "choices": {"0": "person"}, "on_failure": "person"}
    every = {"menu": menu, "person": {"kind": "queue", "queue": "city"}} | nodes
    return tree_from_dict({"start": "menu", "nodes": every})


def test_equal_trees_have_no_changes() -> None:
    assert changes(tree(), tree()) == []


def test_fields_keys_nodes_and_kinds_are_told() -> None:
    menu = {
        "kind": "menu",
        "sounds": [],
        "choices": {"0": "person", "1": "bye"},
        "on_failure": "person",
        "wait_seconds": 5,
        "on_silence": "person",
    }
    new = tree(menu=menu, person={"kind": "hang_up"}, bye={"kind": "hang_up", "sounds": ["hotline/bye"]})
    assert changes(tree(), new) == [
        Change("bye", None, "hang_up, sounds: hotline/bye"),
        Change("menu.sounds", "hotline/a", "-"),
        Change("menu.choices.1", None, "bye"),
        Change("menu.wait_seconds", "3", "5"),
        Change("menu.on_silence", None, "person"),
        Change("person", "queue, queue: city, priority: 0", "hang_up"),
    ]
    assert Change("bye", "hang_up, sounds: hotline/bye", None) in changes(new, tree())


def test_hours_are_told_by_day() -> None:
    hours: dict[str, Any] = {"kind": "hours", "on_open": "person", "on_closed": "person"}
    old = tree(menu=hours | {"weekly": {"mon-tue": ["08:00-12:00"]}})
    new = tree(menu=hours | {"weekly": {"mon": ["08:00-12:00", "14:00-18:00"]}})
    assert changes(old, new) == [
        Change("menu.weekly.mon", "08:00-12:00", "08:00-12:00, 14:00-18:00"),
        Change("menu.weekly.tue", "08:00-12:00", None),
    ]
    line = tree(menu=hours)
    assert changes(old, line) == [Change("menu.weekly", "mon = 08:00-12:00, tue = 08:00-12:00", None)]


def test_everything_is_new_where_there_was_nothing() -> None:
    found = changes(Tree(""), tree())
    assert found[0] == Change("start", None, "menu")
    assert [change.before for change in found] == [None] * 3
