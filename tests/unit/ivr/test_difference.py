"""Two trees, and what an approver reads of them."""

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import tree as nodes
from ivr.codec import KINDS
from ivr.default import demonstration_tree
from ivr.difference import difference
from ivr.hours_codec import week_from_dict
from ivr.tree import LINE, Node, Tree

OLD = demonstration_tree()
MENU = OLD.nodes["menu"]
OFFICE = week_from_dict({"mon-tue": ["08:30-12:00", "14:00-18:00"], "makeup": ["09:00-10:00"]})
LONGER = week_from_dict({"mon": ["08:30-18:00"], "wed": ["08:00-09:00"], "holiday": ["10:00-12:00"]})


POLICE = "transfer, says nothing, target 110, on_failure leads to city"


def menu(**changes: Any) -> nodes.Menu:
    assert isinstance(MENU, nodes.Menu)
    return replace(MENU, **changes)


def with_node(name: str, node: Node) -> Tree:
    return replace(OLD, nodes={**OLD.nodes, name: node})


def one(node: Node) -> Tree:
    return Tree("n", {"n": node})


def test_equal_trees_differ_in_nothing() -> None:
    assert difference(OLD, demonstration_tree()) == []


@pytest.mark.parametrize(
    ("new", "lines"),
    [
        (
            with_node("menu", menu(choices={"0": "city", "1": "linhe", "2": "linhe"})),
            ["menu: key 2 now leads to linhe (was pingyuan)"],
        ),
        (
            with_node("menu", menu(choices={"0": "city", "2": "pingyuan", "9": "临河"})),
            ["menu: key 1 taken out (was linhe)", "menu: key 9 added, leads to 临河"],
        ),
        (
            with_node("greeting", nodes.Announcement(("hotline/greeting", "own/x-1"), "menu")),
            ["greeting: sound hotline/greeting-12345 -> hotline/greeting, own/x-1"],
        ),
        (
            with_node("greeting", nodes.Announcement((), "city", on_failure="city")),
            [
                "greeting: sound hotline/greeting-12345 -> nothing",
                "greeting: next now leads to city (was menu)",
                "greeting: on_failure now leads to city (was no node of its own)",
            ],
        ),
        (
            with_node("menu", menu(wait_seconds=2.5, attempts=3, on_silence=None)),
            [
                "menu: wait_seconds 3 -> 2.5",
                "menu: attempts 2 -> 3",
                "menu: on_silence now leads to no node of its own (was city)",
            ],
        ),
        (
            with_node("x", nodes.Announcement(("hotline/closed",), "city")),
            ["node x added: announcement, says hotline/closed, next leads to city"],
        ),
        (
            with_node("linhe", nodes.Transfer((), "110", "city")),
            ["linhe: now " + POLICE + " (was queue, queue linhe, priority 0)"],
        ),
        (
            replace(OLD, start="menu", after_talk="menu"),
            ["calls begin at menu (was greeting)", "after the talk calls go on at menu (was no node)"],
        ),
        (with_node("city", nodes.ToQueue(LINE, 2)), ["city: queue city -> @line", "city: priority 0 -> 2"]),
    ],
)
def test_a_change_reads_as_a_person_would_say_it(new: Tree, lines: list[str]) -> None:
    assert difference(OLD, new) == lines


def test_what_is_taken_out_comes_before_what_is_new() -> None:
    kept = {name: node for name, node in OLD.nodes.items() if name not in {"linhe", "greeting"}}
    lines = difference(OLD, Tree("menu", {"new": nodes.HangUp(), **kept}))
    assert lines == [
        "calls begin at menu (was greeting)",
        "node greeting taken out: announcement, says hotline/greeting-12345, next leads to menu",
        "node linhe taken out: queue, queue linhe, priority 0",
        "node new added: hang_up, says nothing",
    ]


def test_hours_are_compared_day_by_day() -> None:
    hours, longer, lines = (one(nodes.OpeningHours(week, "a", "b")) for week in (OFFICE, LONGER, None))
    assert difference(hours, longer) == [
        "n: hours of mon 08:30-12:00, 14:00-18:00 -> 08:30-18:00",
        "n: hours of wed closed -> 08:00-09:00",
        "n: hours of holiday closed -> 10:00-12:00",
        "n: hours of tue 08:30-12:00, 14:00-18:00 -> closed",
        "n: hours of makeup 09:00-10:00 -> as Monday",
    ]
    assert difference(longer, lines) == [
        "n: hours mon 08:30-18:00; wed 08:00-09:00; holiday 10:00-12:00 -> those of the line"
    ]


def test_scores_and_words_are_told() -> None:
    old, new = nodes.Rating((), {"1": 3, "2": 2}, "b"), nodes.Rating((), {"1": 5, "2": 2}, "b")
    assert difference(one(old), one(new)) == ["n: key 1 now gives 5 (was 3)"]
    early, late = nodes.Greeting((LINE,), "b"), nodes.Greeting((LINE,), "b", early=False)
    assert difference(one(early), one(late)) == ["n: early yes -> no"]


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "sounds": st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple),
    "choices": st.dictionaries(st.sampled_from("0123"), st.sampled_from("xy"), max_size=3),
    "scores": st.dictionaries(st.sampled_from("0123"), st.integers(0, 3), max_size=3),
    "weekly": st.sampled_from([None, OFFICE, LONGER]),
    "early": st.booleans(),
}
WORDS = st.sampled_from(["x", "y"])


def any_node(kind: type[Node]) -> st.SearchStrategy[Node]:
    return st.builds(kind, **{field: FIELDS.get(field, WORDS) for field in kind.__dataclass_fields__})


trees = st.builds(
    Tree,
    WORDS,
    st.dictionaries(WORDS, st.one_of([any_node(kind) for kind in KINDS.values()]), max_size=2),
    st.none() | WORDS,
)


@given(trees, trees)
def test_lines_stand_for_every_change_and_for_nothing_else(old: Tree, new: Tree) -> None:
    lines = difference(old, new)
    assert bool(lines) == (old != new)
    assert len(set(lines)) == len(lines)
    assert lines == difference(old, new)
    assert all("\n" not in line for line in lines)
    assert set(get_args(Node)) == set(KINDS.values())
