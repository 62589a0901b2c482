"""The use of a menu, counted on calls few enough to count by hand."""

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import tree as nodes
from ivr.default import demonstration_tree
from ivr.drawing import DrawnEdge, drawing
from ivr.figures import ChoiceFigures, NodeFigures, Spent, figures
from ivr.hours import CHINA
from ivr.interpreter import advance, begin
from ivr.journey import ENDS, Journey, Visit, journey_of
from ivr.protocol import HungUp, Input, Key, Played, Silence
from ivr.tree import Tree

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=CHINA)
TREE = demonstration_tree()
CALLS: list[list[Input]] = [
    [Played(), Key("1")],
    [Played(), Key("2")],
    [Played(), Played(), Silence()],
    [Played(), Key("9"), Key("1")],
    [Played(), Played(), HungUp()],
]


def call(inputs: Sequence[Input]) -> Journey:
    """A call whose inputs come a second apart; in the queue, or gone, it is when the last one has come."""
    step = begin(TREE, queues={"city", "linhe", "pingyuan"}, default_queue="city", now=NOON)
    at = NOON
    for given_input in inputs:
        at += dt.timedelta(seconds=1)
        step = advance(TREE, step.state, given_input, now=at)
    return journey_of(step.state, at=at)


COUNTED = figures(map(call, CALLS))
BY_NAME = {node.node: node for node in COUNTED.nodes}


def test_all_calls_together() -> None:
    assert COUNTED.calls == 5
    assert COUNTED.ends == {"queue": 4, "gave_up": 1}
    assert COUNTED.spent == Spent(mean=2600, p50=3000, p90=3000)
    assert COUNTED.to_person == Spent(mean=2500, p50=2000, p90=3000)


def test_a_node_and_its_choices() -> None:
    assert BY_NAME["menu"] == NodeFigures(
        node="menu",
        calls=5,
        share=1.0,
        visits=5,
        spent=Spent(mean=1600, p50=2000, p90=2000),
        gave_up=1,
        ended={"gave_up": 1},
        to_person=Spent(mean=2500, p50=2000, p90=3000),
        choices=(ChoiceFigures("1", 2, 0.4), ChoiceFigures("2", 1, 0.2)),
    )
    assert (BY_NAME["linhe"].calls, BY_NAME["linhe"].share, BY_NAME["linhe"].ended) == (2, 0.4, {"queue": 2})
    assert [node.node for node in COUNTED.nodes] == ["greeting", "menu", "linhe", "pingyuan", "city"]


def test_no_calls_have_no_figures() -> None:
    empty = figures([])
    assert (empty.calls, empty.spent, empty.to_person, empty.nodes) == (0, None, None, ())
    assert {edge.passes for edge in drawing(TREE, empty).edges} == {0}
    gone = figures([Journey((), "hang_up", "", 0)])
    assert (gone.calls, gone.ends, gone.nodes) == (1, {"hang_up": 1}, ())


def test_ranks_are_what_so_many_did_not_exceed() -> None:
    times = [100 * number for number in range(1, 101)]
    journeys = [Journey((Visit("a", 0, ms),), "gave_up", "a", ms) for ms in times]
    assert figures(journeys).spent == Spent(mean=5050, p50=5000, p90=9000)
    assert figures(journeys[:1]).spent == Spent(100, 100, 100)


def test_a_node_that_is_come_to_again_counts_one_call_and_two_visits() -> None:
    steps = (Visit("a", 0, 10), Visit("b", 10, 10), Visit("a", 20, 10))
    counted = figures([Journey(steps, "gave_up", "a", 30)])
    assert [(node.calls, node.visits) for node in counted.nodes] == [(1, 2), (1, 1)]
    assert counted.passes == {("a", "b"): 1, ("b", "a"): 1}


def test_the_drawing_has_layers_and_labelled_edges_with_counts() -> None:
    drawn = drawing(TREE, COUNTED)
    assert [(node.name, node.kind, node.layer, node.position) for node in drawn.nodes] == [
        ("greeting", "announcement", 0, 0),
        ("menu", "menu", 1, 0),
        ("city", "queue", 2, 0),
        ("linhe", "queue", 2, 1),
        ("pingyuan", "queue", 2, 2),
    ]
    assert drawn.edges == (
        DrawnEdge("greeting", "menu", ("next",), 5, 1.0, backwards=False),
        DrawnEdge("menu", "city", ("key 0", "on_silence", "on_wrong_key", "on_failure"), 1, 0.2, backwards=False),
        DrawnEdge("menu", "linhe", ("key 1",), 2, 0.4, backwards=False),
        DrawnEdge("menu", "pingyuan", ("key 2",), 1, 0.2, backwards=False),
    )
    assert drawn.nodes[1].figures == BY_NAME["menu"]
    json.dumps(dataclasses.asdict(drawn))


def test_a_circle_the_talk_and_a_lost_node_are_drawn() -> None:
    tree = Tree(
        "number",
        {
            "lost": nodes.HangUp(),
            "q": nodes.ToQueue("city"),
            "told": nodes.CaseProgress("q", "number", "gone"),
            "number": nodes.Collect((), "case_number", "told", "q"),
            "rate": nodes.Rating((), {"1": 1}, "bye"),
            "bye": nodes.HangUp(),
        },
        after_talk="rate",
    )
    drawn = drawing(tree, figures([]))
    assert {node.name: node.layer for node in drawn.nodes} == {
        "number": 0,
        "rate": 0,
        "told": 1,
        "bye": 1,
        "q": 2,
        "lost": 3,
    }
    assert [(edge.source, edge.target) for edge in drawn.edges if edge.backwards] == [("told", "number")]
    assert "gone" not in {edge.target for edge in drawn.edges}


def test_the_largest_trees_are_drawn() -> None:
    chain: dict[str, nodes.Node] = {f"n{i}": nodes.Announcement((), f"n{(i + 1) % 500}") for i in range(500)}
    drawn = drawing(Tree("n0", chain), figures([]))
    assert [node.layer for node in drawn.nodes] == list(range(500))
    assert drawing(Tree("gone", {}), figures([])).nodes == ()


visits = st.lists(
    st.builds(Visit, st.sampled_from("abc"), st.just(0), st.integers(0, 90_000), st.none() | st.sampled_from("12")),
    min_size=1,
    max_size=6,
)
journeys = st.builds(
    lambda steps, end: Journey(tuple(steps), end, steps[-1].node, sum(visit.ms for visit in steps)),
    visits,
    st.sampled_from(ENDS),
)


@given(st.lists(journeys, max_size=20))
def test_the_parts_add_up_to_the_whole(given_calls: list[Journey]) -> None:
    counted = figures(given_calls)
    assert sum(counted.ends.values()) == counted.calls == len(given_calls)
    assert sum(sum(node.ended.values()) for node in counted.nodes) == counted.calls
    assert sum(node.gave_up for node in counted.nodes) == counted.ends.get("gave_up", 0)
    assert sum(node.visits for node in counted.nodes) == sum(len(journey.steps) for journey in given_calls)
    assert sum(counted.passes.values()) == sum(len(journey.steps) - 1 for journey in given_calls)
    for node in counted.nodes:
        assert node.spent is not None
        assert node.spent.p50 <= node.spent.p90
        assert node.calls <= node.visits
        assert 0 < node.share <= 1
        assert sum(choice.share for choice in node.choices) == pytest.approx(
            sum(choice.visits for choice in node.choices) / node.visits
        )


edges = st.dictionaries(st.sampled_from("abcdef"), st.tuples(*[st.sampled_from("abcdefx")] * 2), max_size=6)


@given(edges, st.sampled_from("abcdef"))
def test_any_tree_is_drawn_with_each_node_once(ways: dict[str, tuple[str, str]], start: str) -> None:
    tree = Tree(start, {name: nodes.OpeningHours(None, *onward) for name, onward in ways.items()})
    drawn = drawing(tree, figures([]))
    assert {node.name for node in drawn.nodes} == set(ways)
    assert len({(node.layer, node.position) for node in drawn.nodes}) == len(ways)
    layers = {node.name: node.layer for node in drawn.nodes}
    assert all(edge.backwards == (layers[edge.target] <= layers[edge.source]) for edge in drawn.edges)
    assert {(e.source, e.target) for e in drawn.edges} == {(a, b) for a, to in ways.items() for b in to if b in ways}
