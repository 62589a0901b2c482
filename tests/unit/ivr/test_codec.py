import json
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ivr.codec import KINDS, TreeError, kind_of, mistakes, tree_from_dict, tree_to_dict
from ivr.default import default_tree, demonstration_tree
from ivr.tree import Announcement, HangUp, Menu, Node, ToQueue, Tree

MENU = """
start: greeting
nodes:
  greeting: {kind: announcement, sounds: [hotline/greeting-12345], next: menu}
  menu:
    kind: menu
    sounds: [hotline/menu-default]
    choices: {0: city, 1: bye, "*": city}
    wait_seconds: 2
    on_failure: city
  city: {kind: queue, queue: city, priority: 3}
  bye: {kind: hang_up, sounds: [hotline/goodbye]}
"""


def test_a_yaml_file_is_read() -> None:
    assert tree_from_dict(yaml.safe_load(MENU)) == Tree(
        "greeting",
        {
            "greeting": Announcement(("hotline/greeting-12345",), "menu"),
            "menu": Menu(
                ("hotline/menu-default",), {"0": "city", "1": "bye", "*": "city"}, wait_seconds=2.0, on_failure="city"
            ),
            "city": ToQueue("city", 3),
            "bye": HangUp(("hotline/goodbye",)),
        },
    )


@pytest.mark.parametrize("tree", [default_tree("city"), demonstration_tree(), tree_from_dict(yaml.safe_load(MENU))])
def test_what_is_written_reads_back_equal(tree: Tree) -> None:
    assert tree_from_dict(tree_to_dict(tree)) == tree


def changed(*path: str, value: object = None, drop: bool = False) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(MENU)
    at = data
    for name in path[:-1]:
        at = at[name]
    if drop:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (None, "menu", "empty"),
        ([], "menu", "a list"),
        ({}, "menu", "'start' is missing"),
        (changed("start", value="gone"), "menu.start", "no node 'gone'"),
        (changed("start", value=7), "menu.start", "not a name"),
        (changed("starts", value="x"), "menu.starts", "not known"),
        (changed("nodes", value="text"), "menu.nodes", "text"),
        (changed("nodes", "city", value=None), "menu.nodes.city", "empty"),
        (changed("nodes", "city", "kind", value="Queue"), "menu.nodes.city.kind", "'Queue' is not known"),
        (changed("nodes", "city", "kind", value=["x"]), "menu.nodes.city.kind", "a list"),
        (changed("nodes", "city", "queue", value="a,b"), "menu.nodes.city.queue", "'a,b' is not a name"),
        (changed("nodes", "city", "priority", value="high"), "menu.nodes.city.priority", "text"),
        (changed("nodes", "city", "priority", value=True), "menu.nodes.city.priority", "yes or no"),
        (changed("nodes", "city", "priority", value=1.5), "menu.nodes.city.priority", "out of bounds"),
        (changed("nodes", "menu", "nxt", value="x"), "menu.nodes.menu.nxt", "not known"),
        (changed("nodes", "menu", "on_failure", drop=True), "menu.nodes.menu", "'on_failure' is missing"),
        (changed("nodes", "menu", "wait_seconds", value=99), "menu.nodes.menu.wait_seconds", "out of bounds"),
        (changed("nodes", "menu", "wait_seconds", value=float("nan")), "menu.nodes.menu.wait_seconds", "float"),
        (changed("nodes", "menu", "attempts", value=0), "menu.nodes.menu.attempts", "out of bounds"),
        (changed("nodes", "menu", "choices", value={"12": "city"}), "menu.nodes.menu.choices", "'12' is not a key"),
        (changed("nodes", "menu", "choices", value={True: "city"}), "menu.nodes.menu.choices", "'True' is not a key"),
        (changed("nodes", "menu", "choices", value={1: "city", "1": "bye"}), "menu.nodes.menu.choices", "twice"),
        (changed("nodes", "menu", "choices", value={"1": None}), "menu.nodes.menu.choices.1", "not a name"),
        (changed("nodes", "greeting", "sounds", value="x"), "menu.nodes.greeting.sounds", "text"),
        (changed("nodes", "greeting", "sounds", value=["../x"]), "menu.nodes.greeting.sounds[0]", "not a sound"),
        (changed("nodes", "greeting", "sounds", value=["ok", "a&b"]), "menu.nodes.greeting.sounds[1]", "not a sound"),
        (changed("nodes", "greeting", "sounds", value=[None]), "menu.nodes.greeting.sounds[0]", "empty"),
        ({"start": "n0", "nodes": {f"n{i}": {} for i in range(501)}}, "menu.nodes", "501 nodes"),
    ],
)
def test_an_error_says_where_what_and_what_to_do(data: object, where: str, what: str) -> None:
    with pytest.raises(TreeError) as refused:
        tree_from_dict(data)
    assert refused.value.where == where
    assert what in refused.value.what
    assert refused.value.do


def test_ways_that_are_left_out_are_none() -> None:
    menu = tree_from_dict(yaml.safe_load(MENU)).nodes["menu"]
    assert isinstance(menu, Menu)
    assert (menu.on_silence, menu.on_wrong_key, menu.attempts) == (None, None, 2)


json_like = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
)


@given(
    json_like | st.fixed_dictionaries({"start": json_like, "nodes": st.dictionaries(st.text(max_size=3), json_like)})
)
def test_any_data_is_a_tree_or_a_tree_error(data: object) -> None:
    try:
        tree_from_dict(data)
    except TreeError:
        return


def test_every_kind_of_node_can_be_written_in_a_file() -> None:
    assert set(KINDS.values()) == set(get_args(Node))
    assert kind_of(HangUp()) == "hang_up"


def test_trees_of_before_are_written_as_they_were() -> None:
    assert json.loads(json.dumps(tree_to_dict(demonstration_tree("city", ("linhe",))))) == {
        "start": "greeting",
        "nodes": {
            "greeting": {"kind": "announcement", "sounds": ["hotline/greeting-12345"], "next": "menu"},
            "menu": {
                "kind": "menu",
                "sounds": ["hotline/menu-default"],
                "choices": {"0": "city", "1": "linhe"},
                "wait_seconds": 3.0,
                "attempts": 2,
                "on_silence": "city",
                "on_failure": "city",
            },
            "city": {"kind": "queue", "queue": "city", "priority": 0},
            "linhe": {"kind": "queue", "queue": "linhe", "priority": 0},
        },
    }


def one(**fields: object) -> dict[str, Any]:
    return {"start": "n", "nodes": {"n": fields}}


RATING = {"kind": "rating", "next": "n"}
COLLECT = {"kind": "collect", "next": "n", "on_failure": "n"}
HOURS = {"kind": "hours", "on_open": "n", "on_closed": "n"}


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (one(kind="greeting", next="n", early="yes"), "menu.nodes.n.early", "text"),
        (one(**COLLECT, collects="identity"), "menu.nodes.n.collects", "'identity' is not known"),
        (one(**COLLECT, collects="case_number", max_digits=18), "menu.nodes.n.max_digits", "out of bounds"),
        (one(**COLLECT, collects="case_number", min_digits=1), "menu.nodes.n.min_digits", "out of bounds"),
        (one(kind="set", next="n", language="../x"), "menu.nodes.n.language", "not a language"),
        (one(kind="transfer", target="110,hangup", on_failure="n"), "menu.nodes.n.target", "not a name"),
        (one(kind="transfer", target=110, on_failure="n"), "menu.nodes.n.target", "(a int) is not a name"),
        (one(kind="message", next="n"), "menu.nodes.n", "'on_failure' is missing"),
        (one(kind="message", next="n", on_failure="n", seconds=9000), "menu.nodes.n.seconds", "out of bounds"),
        (one(**RATING, scores={"1": "good"}), "menu.nodes.n.scores.1", "text"),
        (one(**RATING, scores={"1": 11}), "menu.nodes.n.scores.1", "out of bounds"),
        (one(**RATING, scores={"x": 1}), "menu.nodes.n.scores", "'x' is not a key"),
        (one(**HOURS, weekly={"mon": ["8-9"]}), "menu.nodes.n.weekly", "not a period"),
        (one(**HOURS, weekly=["mon"]), "menu.nodes.n.weekly", "a list"),
        (one(kind="queue", queue="q", priority=10**400), "menu.nodes.n.priority", "out of bounds"),
        (one(kind="queue", queue="q" * 10_000), "menu.nodes.n.queue", "is not a name"),
        ({"start": "n", "nodes": {"n" * 10_000: {"kind": "queue", "queue": "q"}}}, "menu.nodes", "is not a name"),
        ({"start": "n0", "nodes": {f"n{i}": {} for i in range(10_000)}}, "menu.nodes", "10000 nodes"),
        ({**one(kind="queue", queue="q"), "after_talk": "gone"}, "menu.after_talk", "no node 'gone'"),
        (one(**{"kind": "queue", "queue": "q", "x" * 10_000: 1}), "menu.nodes.n." + "x" * 40, "not known"),
    ],
)
def test_an_error_in_another_node_says_where_what_and_what_to_do(data: object, where: str, what: str) -> None:
    with pytest.raises(TreeError) as refused:
        tree_from_dict(data)
    assert refused.value.where == where
    assert what in refused.value.what
    assert refused.value.do
    assert len(str(refused.value)) < 400


def test_all_mistakes_are_told_at_once() -> None:
    data = {
        "start": "gone",
        "nodes": {"a": {"kind": "x"}, "b": {"kind": "queue"}, "c": {"kind": "queue", "queue": "q"}},
    }
    assert [mistake.where for mistake in mistakes(data)] == ["menu.nodes.a.kind", "menu.nodes.b", "menu.start"]
    assert [mistake.where for mistake in mistakes(None)] == ["menu"]
    assert mistakes(yaml.safe_load(MENU)) == []
