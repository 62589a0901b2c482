"""Menus as an operator reads them: what the citizen does, what the citizen gets."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import tree as nodes
from ivr.default import default_tree, demonstration_tree
from ivr.interpreter import advance, begin
from ivr.protocol import Begin, Effect, Enqueue, Failed, HangUp, HungUp, Input, Key, Listen, Play, Played, Silence
from ivr.state import MAX_STEPS, Phase, State, Step
from ivr.tree import KEYS, Announcement, Menu, ToQueue, Tree

NOW = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
QUEUES = {"city", "linhe", "pingyuan"}
GREETING = Play(("hotline/greeting-12345",), "012")
MENU = Play(("hotline/menu-default",), KEYS)
LISTEN = Listen(3.0)
CITY = Enqueue("city", 0)


def walk(tree: Tree, *inputs: Input, queues: set[str] = QUEUES) -> tuple[list[Effect], State]:
    """All effects from the beginning on, and the last state."""
    step = begin(tree, queues=queues, default_queue="city", now=NOW)
    effects = list(step.effects)
    for given_input in inputs:
        step = advance(tree, step.state, given_input, now=NOW)
        effects += step.effects
    return effects, step.state


def test_the_default_tree_greets_and_queues() -> None:
    effects, state = walk(default_tree("linhe"), Played())
    assert effects == [Play(("hotline/greeting-12345",), ""), Enqueue("linhe", 0)]
    assert (state.path, state.phase) == ((), Phase.ENDED)


DEMONSTRATION: list[tuple[list[Input], list[Effect], tuple[str, ...]]] = [
    ([Played(), Played(), Key("0")], [MENU, LISTEN, CITY], ("0",)),
    ([Played(), Key("0")], [MENU, CITY], ("0",)),
    ([Key("1")], [Enqueue("linhe", 0)], ("1",)),
    ([Played(), Played(), Key("2")], [MENU, LISTEN, Enqueue("pingyuan", 0)], ("2",)),
    ([Played(), Played(), Silence()], [MENU, LISTEN, CITY], ()),
    ([Played(), Key("9"), Key("1")], [MENU, MENU, Enqueue("linhe", 0)], ("1",)),
    ([Played(), Key("9"), Played(), Key("*")], [MENU, MENU, LISTEN, CITY], ()),
    ([Played(), Failed("no such sound")], [MENU, CITY], ()),
    ([Failed("no such sound"), Key("2")], [MENU, Enqueue("pingyuan", 0)], ("2",)),
    ([HungUp()], [], ()),
    ([Played(), HungUp(), Key("1")], [MENU], ()),
]


@pytest.mark.parametrize(("inputs", "effects", "path"), DEMONSTRATION)
def test_the_demonstration_menu(inputs: list[Input], effects: list[Effect], path: tuple[str, ...]) -> None:
    seen, state = walk(demonstration_tree(), *inputs)
    assert seen == [GREETING, *effects]
    assert state.path == path
    assert state.phase is Phase.ENDED


def test_silence_asks_again_where_the_menu_names_no_way() -> None:
    menu = Menu(("m",), {"0": "q"}, on_failure="q", attempts=3, on_wrong_key="q")
    tree = Tree("m", {"m": menu, "q": ToQueue("city", 5)})
    effects, _ = walk(tree, Silence(), Silence(), Silence())
    assert effects == [Play(("m",), KEYS)] * 3 + [Enqueue("city", 5)]
    effects, _ = walk(tree, Key("7"))
    assert effects[-1] == Enqueue("city", 5)


def test_a_menu_without_sounds_listens_at_once() -> None:
    tree = Tree("m", {"m": Menu((), {"0": "q"}, on_failure="q"), "q": ToQueue("city")})
    assert walk(tree, Key("0"))[0] == [LISTEN, CITY]


def test_an_unknown_queue_becomes_the_default_queue() -> None:
    effects, state = walk(default_tree("closed"), Played())
    assert effects[-1] == CITY
    assert state.failures == ("there is no queue 'closed'",)


@pytest.mark.parametrize(
    "tree",
    [
        Tree("nowhere", {}),
        Tree("a", {"a": Announcement((), "nowhere")}),
        Tree("a", {"a": Announcement((), "a")}),
        Tree("a", {"a": Announcement((), "b"), "b": Announcement((), "a")}),
    ],
)
def test_a_tree_that_leads_nowhere_ends_at_a_person(tree: Tree) -> None:
    assert walk(tree)[0] == [CITY]


def test_a_circle_of_sounds_ends_at_a_person() -> None:
    tree = Tree("a", {"a": Announcement(("x",), "a")})
    effects, state = walk(tree, *[Played()] * (2 * MAX_STEPS))
    assert effects[-1] == CITY
    assert len(effects) == MAX_STEPS + 1
    assert state.phase is Phase.ENDED


def test_a_line_that_informs_and_hangs_up() -> None:
    tree = Tree("bye", {"bye": nodes.HangUp(("hotline/goodbye",))})
    assert walk(tree, Played())[0] == [Play(("hotline/goodbye",), ""), HangUp()]
    assert walk(Tree("bye", {"bye": nodes.HangUp()}))[0] == [HangUp()]


def test_the_time_of_entry_is_kept() -> None:
    tree = demonstration_tree()
    later = NOW + dt.timedelta(seconds=4)
    step = begin(tree, queues=QUEUES, default_queue="city", now=NOW)
    assert step.state.since == NOW
    step = advance(tree, step.state, Played(), now=later)
    assert (step.state.node, step.state.since) == ("menu", later)


names = st.sampled_from(["a", "b", "c", "d", "nowhere"])
sounds = st.lists(st.sampled_from(["x", "y"]), max_size=2).map(tuple)
menus = st.builds(
    Menu,
    sounds=sounds,
    choices=st.dictionaries(st.sampled_from(KEYS), names),
    on_failure=names,
    wait_seconds=st.floats(0, 30),
    attempts=st.integers(1, 5),
    on_silence=st.none() | names,
    on_wrong_key=st.none() | names,
)
trees = st.builds(
    Tree,
    start=names,
    nodes=st.dictionaries(
        names,
        st.one_of(
            st.builds(Announcement, sounds=sounds, next=names),
            menus,
            st.builds(ToQueue, queue=st.sampled_from(["city", "closed"]), priority=st.integers(0, 9)),
            st.builds(nodes.HangUp, sounds=sounds),
        ),
    ),
)
inputs = st.one_of(
    st.builds(Begin),
    st.builds(Played),
    st.builds(Key, digit=st.sampled_from([*KEYS, "A", "", "12", "é"])),
    st.builds(Silence),
    st.builds(Failed, reason=st.text(max_size=5)),
)


def ended_well(step: Step) -> bool:
    return step.state.phase is Phase.ENDED and (not step.effects or isinstance(step.effects[-1], Enqueue | HangUp))


@given(trees, st.lists(inputs | st.builds(HungUp), max_size=30), st.lists(inputs, min_size=1))
def test_whatever_the_citizen_does_the_menu_ends_at_a_person_or_with_the_call(
    tree: Tree, first: list[Input], then: list[Input]
) -> None:
    step = begin(tree, queues=QUEUES, default_queue="city", now=NOW)
    count = 0
    ends: list[Effect] = [e for e in step.effects if isinstance(e, Enqueue | HangUp)]
    while step.state.phase is not Phase.ENDED:
        assert len(step.effects) == 1
        given_input = first[count] if count < len(first) else then[count % len(then)]
        step = advance(tree, step.state, given_input, now=NOW)
        ends += [e for e in step.effects if isinstance(e, Enqueue | HangUp)]
        count += 1
        assert count <= MAX_STEPS + 1
    gone = any(isinstance(i, HungUp) for i in first[:count])
    assert len(ends) == (0 if gone else 1)
    assert ended_well(step)
    assert all(e.queue in QUEUES for e in ends if isinstance(e, Enqueue))
    assert advance(tree, step.state, Played(), now=NOW).effects == ()
