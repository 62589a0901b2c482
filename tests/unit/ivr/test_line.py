"""One tree for many lines: what belongs to the dialled number, and an incident that no node tells."""

import datetime as dt
from typing import Any

import pytest

from ivr import tree as nodes
from ivr.codec import TreeError, tree_from_dict, tree_to_dict
from ivr.default import demonstration_tree
from ivr.graph import sounds_of
from ivr.hours import CHINA, Period, Week
from ivr.interpreter import advance, begin
from ivr.notice import PRESS_ONE, REGISTERED, with_notice
from ivr.protocol import Done, Effect, Enqueue, Failed, HangUp, Input, Key, Play, PlayEarly, Played, RegisterAffected
from ivr.state import Incident, Line, State, World
from ivr.tree import LINE, Tree
from ivr.trial import Assumed, try_out
from ivr.validation import Sound, check, check_line

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=CHINA)
NIGHT = NOON.replace(hour=23)
OFFICE = Week(((Period(480, 1080),),) * 5 + ((),) * 2)
QUEUES = {"city", "linhe"}
TREE = Tree(
    "greeting",
    {
        "greeting": nodes.Greeting(("hello", LINE), "hours"),
        "hours": nodes.OpeningHours(None, "offer", "closed"),
        "closed": nodes.Message(("leave",), "bye", on_failure="person"),
        "offer": nodes.ReturnCall(("offer",), LINE, "bye", on_declined="person", on_failure="person"),
        "person": nodes.ToQueue(LINE, 2),
        "bye": nodes.HangUp(),
    },
)
STORM = Incident("7", ("storm", "storm-2"), NOON, NOON + dt.timedelta(hours=1))
LINHE = Line(("linhe-greeting", "linhe-2"), OFFICE, "linhe")


def walk(
    tree: Tree, *inputs: Input, line: Line = LINHE, incidents: tuple[Incident, ...] = (), now: dt.datetime = NOON
) -> tuple[list[Effect], State]:
    world = World(incidents=incidents, line=line)
    step = begin(tree, queues=QUEUES, default_queue="city", now=now, world=world)
    effects = list(step.effects)
    for number, given in enumerate(inputs, start=1):
        step = advance(tree, step.state, given, now=now + dt.timedelta(hours=2, seconds=3 * number))
        effects += step.effects
    return effects, step.state


def test_the_greeting_the_hours_and_the_queue_are_the_lines() -> None:
    effects, _ = walk(TREE, Played(), Key("0"))
    assert effects[0] == PlayEarly(("hello", "linhe-greeting", "linhe-2"))
    assert effects[-1] == Enqueue("linhe", 2)
    assert walk(TREE, Played(), now=NIGHT)[0][-1] == Play(("leave",), "#0")


def test_a_line_without_anything_of_its_own_is_open_and_has_the_default_queue() -> None:
    effects, state = walk(TREE, Played(), Key("0"), line=Line(), now=NIGHT)
    assert effects == [PlayEarly(("hello",)), Play(("offer",), nodes.KEYS), Enqueue("city", 2)]
    assert state.failures == ()


def test_a_lines_queue_that_does_not_exist_is_replaced() -> None:
    effects, state = walk(TREE, Played(), Key("0"), line=Line(queue="closed"))
    assert effects[-1] == Enqueue("city", 0)
    assert state.failures == ("there is no queue 'closed'",)


def test_a_greeting_of_the_line_alone_is_passed_over_where_it_has_none() -> None:
    tree = Tree("g", {"g": nodes.Greeting((LINE,), "q"), "q": nodes.ToQueue(LINE)})
    assert walk(tree, line=Line())[0] == [Enqueue("city", 0)]
    assert walk(tree)[0] == [PlayEarly(LINHE.greeting)]


def test_a_return_call_is_registered_for_the_lines_queue() -> None:
    effects, _ = walk(TREE, Played(), Key("1"))
    assert getattr(effects[-1], "queue", None) == "linhe"


WRITTEN: dict[str, Any] = {
    "start": "greeting",
    "nodes": {
        "greeting": {"kind": "greeting", "sounds": ["@line"], "next": "hours"},
        "hours": {"kind": "hours", "weekly": None, "on_open": "person", "on_closed": "offer"},
        "offer": {
            "kind": "return_call",
            "sounds": ["hotline/closed"],
            "queue": "@line",
            "next": "bye",
            "on_declined": "person",
            "on_failure": "person",
        },
        "person": {"kind": "queue", "queue": "@line"},
        "bye": {"kind": "hang_up"},
    },
}


def test_a_file_names_the_line() -> None:
    tree = tree_from_dict(WRITTEN)
    assert tree.nodes["hours"] == nodes.OpeningHours(None, "person", "offer")
    assert tree_from_dict(tree_to_dict(tree)) == tree
    assert check(tree, QUEUES, sounds={"hotline/closed": Sound(2.0)}) == []


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"kind": "announcement", "sounds": ["@line"], "next": "n"}, "menu.nodes.n.sounds[0]"),
        ({"kind": "greeting", "sounds": ["@line", "@line"], "next": "n"}, "menu.nodes.n.sounds"),
        ({"kind": "greeting", "sounds": ["@lines"], "next": "n"}, "menu.nodes.n.sounds[0]"),
        ({"kind": "greeting", "sounds": [], "next": "@line"}, "menu.nodes.n.next"),
        ({"kind": "queue", "queue": "@Line"}, "menu.nodes.n.queue"),
        ({"kind": "transfer", "target": "@line", "on_failure": "n"}, "menu.nodes.n.target"),
    ],
)
def test_the_line_stands_only_where_it_means_something(fields: dict[str, object], where: str) -> None:
    with pytest.raises(TreeError) as refused:
        tree_from_dict({"start": "n", "nodes": {"n": fields}})
    assert refused.value.where == where


SOUNDS = {
    "hello": Sound(5.0),
    "leave": Sound(2.0),
    "offer": Sound(4.0),
    "linhe-greeting": Sound(3.0),
    "linhe-2": Sound(1.0),
    "long": Sound(9.0),
}


def test_the_longest_greeting_of_the_lines_counts() -> None:
    assert check(TREE, QUEUES, sounds=SOUNDS) == []
    assert check(TREE, QUEUES, sounds=SOUNDS, lines=[LINHE, Line()]) == []
    (long,) = check(TREE, QUEUES, sounds=SOUNDS, lines=[Line(("long",)), LINHE])
    assert (long.where, long.what) == ("offer", "18.0 s of sound go before a person can be reached here")
    (gone,) = check(TREE, QUEUES, sounds=SOUNDS, lines=[Line(("gone",))])
    assert (gone.where, gone.what) == ("greeting", "there is no sound 'gone'")
    assert sounds_of(TREE.nodes["greeting"]) == ("hello",)


def test_a_line_may_close_so_its_closed_way_is_cared_for() -> None:
    bad = Tree(
        "h", {"h": nodes.OpeningHours(None, "q", "bye"), "q": nodes.ToQueue(LINE), "bye": nodes.HangUp(("bye",))}
    )
    assert [f.where for f in check(bad, QUEUES) if "when the line is closed nobody answers" in f.what] == ["h"]


def test_what_is_wrong_with_a_line_is_told() -> None:
    hours = Week(((Period(0, 1439),),) * 7)
    found = check_line("12345", Line(("gone", "long", "long"), hours), sounds=SOUNDS)
    assert [(f.severity, f.where) for f in found] == [("error", "12345")] * 2 + [("warning", "12345")]
    assert check_line("12345", LINHE, sounds=SOUNDS) == []


HEARD = Play((*STORM.sounds, PRESS_ONE), "10")


def test_an_incident_is_told_before_a_tree_that_has_no_notice() -> None:
    assert walk(TREE, Key("0"), incidents=(STORM,))[0] == [HEARD, PlayEarly(("hello", *LINHE.greeting))]
    assert walk(TREE, Failed("no sound"), incidents=(STORM,))[0][-1] == PlayEarly(("hello", *LINHE.greeting))
    effects, state = walk(TREE, Key("1"), Played(), incidents=(STORM,))
    assert effects == [HEARD, RegisterAffected("7"), PlayEarly(("hello", *LINHE.greeting))]
    assert state.path == ("1",)


def test_what_one_does_is_said_once() -> None:
    storm = Incident("8", (PRESS_ONE, "storm"), STORM.starts, STORM.ends)
    assert walk(TREE, incidents=(storm,))[0] == [Play((PRESS_ONE, "storm"), "10")]


def test_whoever_is_registered_hears_so_and_is_done() -> None:
    effects, state = walk(TREE, Key("1"), Done(), Played(), incidents=(STORM,))
    assert effects == [HEARD, RegisterAffected("7"), Play((REGISTERED,), ""), HangUp()]
    assert state.served == ("affected",)


def test_a_call_that_heard_the_notice_goes_on_when_the_incident_has_ended() -> None:
    effects, _ = walk(TREE, Key("0"), Played(), Key("0"), incidents=(STORM,))
    assert effects[-1] == Enqueue("linhe", 2)


def test_a_tree_with_its_own_notice_and_a_quiet_line_stay_as_they_are() -> None:
    own = Tree("n", {"n": nodes.IncidentNotice("q", "q", "q"), "q": nodes.ToQueue("city")})
    storm = World(incidents=(STORM,))
    assert with_notice(own, storm, now=NOON) is own
    assert with_notice(TREE, World(), now=NOON) is TREE
    assert with_notice(TREE, storm, now=NOON - dt.timedelta(seconds=1)) is TREE
    told = with_notice(TREE, storm, now=NOON.replace(tzinfo=None))
    assert told != TREE
    assert with_notice(told, storm, now=NOON) is told
    assert begin(told, queues=QUEUES, default_queue="city", now=NOON, world=storm).effects == (HEARD,)


def test_a_notice_that_no_call_comes_to_does_not_count_and_names_are_never_taken_twice() -> None:
    lost = Tree("q", {"q": nodes.ToQueue("city"), "incident": nodes.IncidentNotice("q", "q", "q")})
    told = with_notice(lost, World(incidents=(STORM,)), now=NOON)
    assert (told.start, told.nodes["incident"]) == ("incident-", lost.nodes["incident"])


def test_no_incident_is_told_after_the_talk() -> None:
    tree = Tree("q", {"q": nodes.ToQueue("city"), "bye": nodes.HangUp()}, after_talk="bye")
    world = World(incidents=(STORM,))
    step = begin(tree, queues=QUEUES, default_queue="city", now=NOON, world=world, after_talk=True)
    assert step.effects == (HangUp(),)


def test_a_trial_hears_the_line_and_its_incident() -> None:
    assumed = Assumed(QUEUES, "city", World(incidents=(STORM,), line=LINHE), {})
    trial = try_out(TREE, ["!0", "0"], assumed, now=NOON)
    assert [(s.node, s.kind) for s in trial.steps][:2] == [("incident", "incident"), ("greeting", "greeting")]
    assert (trial.end, trial.queue) == ("person", "linhe")
    affected = try_out(demonstration_tree(), ["!1"], assumed, now=NOON)
    assert affected.end == "affected"
