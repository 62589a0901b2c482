"""What the figures keep of a call, as an operator would write it down."""

import datetime as dt

import pytest

from ivr import tree as nodes
from ivr.default import demonstration_tree
from ivr.hours import CHINA, Period, Week
from ivr.interpreter import advance, begin
from ivr.journey import MAX_VISITS, Journey, Visit, journey_of
from ivr.protocol import Done, Failed, HungUp, Input, Key, Played, Recorded, Silence
from ivr.state import State
from ivr.tree import Tree

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=CHINA)
OFFICE = Week(((Period(480, 1080),),) * 5 + ((),) * 2)
ENDS: dict[str, nodes.Node] = {"q": nodes.ToQueue("city"), "bye": nodes.HangUp(("bye",))}


def walk(tree: Tree, *inputs: Input, every: float = 3.0) -> State:
    step = begin(tree, queues={"city", "linhe", "pingyuan"}, default_queue="city", now=NOON)
    for number, given in enumerate(inputs, start=1):
        step = advance(tree, step.state, given, now=NOON + dt.timedelta(seconds=every * number))
    return step.state


def told(tree: Tree, *inputs: Input, every: float = 3.0) -> Journey:
    """The journey when the call ends with the last input, or half a second later."""
    at = NOON + dt.timedelta(seconds=every * len(inputs) + 0.5)
    return journey_of(walk(tree, *inputs, every=every), at=at)


def test_nodes_times_and_choices_are_told() -> None:
    assert told(demonstration_tree(), Played(), Key("9"), Played(), Key("2")) == Journey(
        (Visit("greeting", 0, 3000), Visit("menu", 3000, 9000, "2"), Visit("pingyuan", 12000, 500)),
        end="queue",
        node="pingyuan",
        ms=12500,
    )


def test_a_key_pressed_ahead_is_the_menus_choice() -> None:
    steps = told(demonstration_tree(), Key("1")).steps
    assert [(v.node, v.ms, v.choice) for v in steps] == [
        ("greeting", 3000, None),
        ("menu", 0, "1"),
        ("linhe", 500, None),
    ]


def test_nodes_that_are_passed_silently_count() -> None:
    tree = Tree("h", {"h": nodes.OpeningHours(OFFICE, "s", "bye"), "s": nodes.Setting("q", priority=1), **ENDS})
    assert [v.node for v in told(tree).steps] == ["h", "s", "q"]


def test_data_is_what_the_wire_carries() -> None:
    data = told(demonstration_tree(), Played(), Key("0")).as_data()
    assert data == {
        "end": "queue",
        "node": "city",
        "ms": 6500,
        "steps": [
            {"node": "greeting", "at_ms": 0, "ms": 3000, "choice": None},
            {"node": "menu", "at_ms": 3000, "ms": 3000, "choice": "0"},
            {"node": "city", "at_ms": 6000, "ms": 500, "choice": None},
        ],
    }


MESSAGE = Tree("m", {"m": nodes.Message(("ask",), "bye", "q"), **ENDS})
RETURN_CALL = Tree("r", {"r": nodes.ReturnCall(("ask",), "city", "bye", "q", "q"), **ENDS})
TRANSFER = Tree("t", {"t": nodes.Transfer((), "110", "q"), **ENDS})


@pytest.mark.parametrize(
    ("tree", "inputs", "end", "node"),
    [
        (demonstration_tree(), [], "gave_up", "greeting"),
        (demonstration_tree(), [Played(), HungUp()], "gave_up", "menu"),
        (demonstration_tree(), [Played(), Played(), Silence()], "queue", "city"),
        (MESSAGE, [Played()], "gave_up", "m"),
        (MESSAGE, [Played(), Recorded(9.0)], "message", "bye"),
        (MESSAGE, [Played(), Recorded(9.0), HungUp()], "message", "bye"),
        (MESSAGE, [Played(), Recorded(9.0), Played()], "message", "bye"),
        (MESSAGE, [Played(), Failed("the disk is full")], "queue", "q"),
        (RETURN_CALL, [Key("1"), Done()], "return_call", "bye"),
        (TRANSFER, [Done()], "transfer", "t"),
        (TRANSFER, [Failed("busy")], "queue", "q"),
        (Tree("bye", ENDS), [Played()], "hang_up", "bye"),
        (Tree("gone", ENDS), [], "queue", "gone"),
    ],
)
def test_how_and_where_it_ended(tree: Tree, inputs: list[Input], end: str, node: str) -> None:
    journey = told(tree, *inputs)
    assert (journey.end, journey.node) == (end, node)


def test_a_typed_number_is_never_kept() -> None:
    number = nodes.Collect((), "case_number", "code", "q", max_digits=6)
    tree = Tree("n", {"n": number, "code": nodes.Collect((), "query_code", "q", "q"), **ENDS})
    journey = told(tree, *[Key(digit) for digit in "371426"], *[Key(digit) for digit in "4711#"])
    assert [(v.node, v.choice) for v in journey.steps] == [("n", None), ("code", None), ("q", None)]
    assert [(v.node, v.choice) for v in told(tree, Key("0"), Silence()).steps] == [("n", "0"), ("q", None)]


def test_a_circle_is_cut_to_sixty_visits_with_the_last_among_them() -> None:
    tree = Tree("a", {"a": nodes.Setting("b", priority=0), "b": nodes.Setting("a", priority=0)})
    journey = told(tree)
    assert len(journey.steps) == MAX_VISITS
    assert (journey.end, journey.steps[-1].node) == ("queue", journey.node)


def test_a_clock_that_was_put_back_and_a_naive_one_count_as_china() -> None:
    state = walk(demonstration_tree())
    assert journey_of(state, at=NOON - dt.timedelta(seconds=5)).ms == 0
    assert journey_of(state, at=NOON.replace(tzinfo=None) + dt.timedelta(seconds=1)).ms == 1000


def test_a_call_without_a_menu_has_no_visits() -> None:
    step = begin(Tree("q", ENDS), queues=(), default_queue="city", now=NOON, after_talk=True)
    assert journey_of(step.state, at=NOON) == Journey((), "hang_up", "", 0)
