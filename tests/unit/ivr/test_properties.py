"""Whatever a citizen does, on any tree that passes the checks: a person, something left behind, a transfer, or gone."""

import datetime as dt
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ivr import protocol as io
from ivr import tree as nodes
from ivr.codec import tree_from_dict, tree_to_dict
from ivr.graph import reachable, targets
from ivr.hours import Calendar, Period, Week
from ivr.interpreter import advance, begin
from ivr.journey import MAX_VISITS, journey_of
from ivr.notice import with_notice
from ivr.state import MAX_STEPS, Incident, Line, Phase, Step, World
from ivr.tree import KEYS, LINE, MAX_DIGITS, Tree
from ivr.validation import Severity, check

NOW = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
MAX_INPUTS = (MAX_STEPS + 2) * (MAX_DIGITS + 1)
QUEUES = ("city", "linhe")
EXAMPLES = Path(__file__).resolve().parents[3] / "ivr" / "examples"

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no failure."""

PERSONS = ["q", "q2", "say"]
ENDS: dict[str, nodes.Node] = {
    "q": nodes.ToQueue("city"),
    "q2": nodes.ToQueue(LINE, 3),
    "say": nodes.Announcement(("s",), "q"),
    "bye": nodes.HangUp(("s",)),
    "thanks": nodes.Announcement(("s",), "bye"),
}
KINDS = [
    "greeting",
    "announcement",
    "hours",
    "look_up",
    "case",
    "set",
    "return_call",
    "message",
    "transfer",
    "incident",
]

sounds = st.lists(st.sampled_from(["s", "t"]), max_size=2).map(tuple)
some = st.sampled_from
seconds = st.floats(0, 30)
attempts = st.integers(1, 5)
periods = st.sampled_from([(), (Period(0, 1440),), (Period(480, 720), Period(840, 1080))])
line_sounds = st.lists(st.sampled_from(["s", LINE]), unique=True).map(tuple)
weeks = st.builds(Week, st.tuples(*[periods] * 7), periods, st.none() | periods)


@st.composite
def checked_trees(draw: st.DrawFn) -> Tree:
    """Trees that lead onwards, with at most one menu, so that many of them pass; those with an error are dropped."""
    kinds = draw(st.lists(st.sampled_from(KINDS), max_size=5))
    menu_at = draw(st.none() | st.integers(0, len(kinds)))
    if menu_at is not None:
        kinds.insert(menu_at, "menu")
    made: dict[str, nodes.Node] = dict(ENDS)
    onward = list(PERSONS)
    for place, kind in reversed(list(enumerate(kinds))):
        name = f"n{place}"
        made |= _made(draw, kind, name, onward)
        onward.append(name)
    after_talk = draw(st.none() | st.just("rating"))
    if after_talk:
        scores = draw(st.dictionaries(some(KEYS), st.integers(0, 5), min_size=1))
        made["rating"] = nodes.Rating(draw(sounds), scores, "thanks", draw(seconds), draw(attempts))
    tree = Tree(onward[-1], made, after_talk)
    assume(not [f for f in check(tree, QUEUES) if f.severity is Severity.ERROR])
    return tree


def _made(draw: st.DrawFn, kind: str, name: str, onward: Sequence[str]) -> dict[str, nodes.Node]:
    ahead, person, maybe = some(onward), some(PERSONS), st.none() | some(PERSONS)
    served = some([*PERSONS, "bye", "thanks"])
    shapes: dict[str, st.SearchStrategy[Any]] = {
        "greeting": st.builds(nodes.Greeting, line_sounds, ahead, st.booleans(), maybe),
        "announcement": st.builds(nodes.Announcement, sounds, ahead, maybe),
        "menu": st.builds(
            nodes.Menu,
            sounds=sounds,
            choices=st.dictionaries(some("12*#"), ahead, max_size=4).flatmap(
                lambda choices: person.map(lambda zero: choices | {"0": zero})
            ),
            on_failure=person,
            wait_seconds=seconds,
            attempts=attempts,
            on_silence=maybe,
            on_wrong_key=maybe,
        ),
        "hours": st.builds(nodes.OpeningHours, st.none() | weeks, ahead, ahead),
        "look_up": st.builds(nodes.CallerLookUp, ahead, ahead, person, st.none() | ahead),
        "set": st.builds(
            nodes.Setting, ahead, st.none() | st.just("en"), st.integers(0, 3), st.none() | st.just("x"), maybe
        ),
        "return_call": st.builds(nodes.ReturnCall, sounds, some([*QUEUES, LINE]), served, person, person, seconds),
        "message": st.builds(nodes.Message, sounds, served, person, st.integers(1, 600), attempts, maybe),
        "transfer": st.builds(nodes.Transfer, sounds, st.just("110"), person),
        "incident": st.builds(nodes.IncidentNotice, ahead, served, person, seconds),
    }
    if kind == "case":
        return _case(draw, name, onward)
    return {name: draw(shapes[kind])}


def _case(draw: st.DrawFn, name: str, onward: Sequence[str]) -> dict[str, nodes.Node]:
    person, digits = some(PERSONS), st.integers(2, MAX_DIGITS)

    def collect(what: str, following: str) -> nodes.Collect:
        low, high = sorted((draw(digits), draw(digits)))
        maybe = st.none() | person
        return nodes.Collect(
            draw(sounds), what, following, draw(person), low, high, 5.0, draw(attempts), draw(maybe), draw(maybe)
        )

    return {
        name: collect("case_number", f"{name}b"),
        f"{name}b": collect("query_code", f"{name}c"),
        f"{name}c": nodes.CaseProgress(draw(some(onward)), draw(some([name, *PERSONS])), draw(person)),
    }


inputs: st.SearchStrategy[io.Input] = st.one_of(
    st.builds(io.Key, some([*KEYS, *KEYS, "A", "", "12", "é"])),
    st.builds(io.Played),
    st.builds(io.Silence),
    st.builds(io.Done),
    st.builds(io.Failed, st.text(max_size=5)),
    st.builds(io.Recorded, st.floats(0, 600), st.none() | some(["0", "#"])),
    st.builds(io.Caller, st.booleans(), st.booleans()),
    st.builds(io.CaseFound, sounds),
    st.builds(io.NotFound),
    st.builds(io.Begin),
)
FITTING: dict[type[io.Effect], st.SearchStrategy[Any]] = {
    io.Play: st.one_of(st.builds(io.Played), st.builds(io.Key, some(KEYS))),
    io.PlayEarly: st.builds(io.Played),
    io.Listen: st.one_of(st.builds(io.Key, some(KEYS)), st.builds(io.Silence)),
    io.Record: st.builds(io.Recorded, st.floats(0, 600), st.none() | some(["0", "#"])),
    io.LookUpCaller: st.builds(io.Caller, st.booleans(), st.booleans()),
    io.LookUpCase: st.one_of(st.builds(io.NotFound), st.builds(io.CaseFound, sounds)),
}
moments = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 31), timezones=st.just(dt.UTC))  # noqa: DTZ001 - given a zone
worlds = st.builds(
    World,
    st.builds(Calendar, st.frozensets(st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)), max_size=3)),
    st.lists(st.builds(Incident, st.just("storm"), sounds, st.just(NOW), moments), max_size=2).map(tuple),
    st.builds(Line, sounds, st.none() | weeks, st.none() | some([*QUEUES, "closed"])),
)


def walked(tree: Tree, data: st.DataObject, now: dt.datetime, *, after_talk: bool = False) -> Step:
    """Drive a call to its end with drawn answers, mostly fitting ones; the citizen may leave at any point."""
    world = data.draw(worlds)
    step = begin(tree, queues=QUEUES, default_queue="city", now=now, world=world, after_talk=after_talk)
    known = tree if after_talk else with_notice(tree, world, now=now)
    drawn = 0
    while step.state.phase is not Phase.ENDED:
        assert len(step.effects) == 1
        assert drawn <= MAX_INPUTS
        fitting = FITTING.get(type(step.effects[0]), st.builds(io.Done))
        given_input = data.draw(st.one_of(fitting, fitting, fitting, inputs)) if drawn < 40 else io.Key("1")
        now += dt.timedelta(seconds=data.draw(some([0.0, 0.2, 1.0, 9.0])) if drawn < 40 else 0.6)
        before = step
        step = advance(tree, before.state, given_input, now=now)
        assert step.state.node in reachable(known, [before.state.node])
        drawn += 1
    ways = [(a.node, b.node) for a, b in itertools.pairwise(step.state.trail)]
    assert all(there in {here, *targets(known, here).values()} for here, there in ways)
    return step


@UNHURRIED
@given(checked_trees(), st.data(), moments)
def test_any_call_on_a_checked_tree_ends_with_a_person_or_with_something_got(
    tree: Tree, data: st.DataObject, now: dt.datetime
) -> None:
    step = walked(tree, data, now)
    (end,) = step.effects
    assert isinstance(end, io.Enqueue) or step.state.served
    assert not isinstance(end, io.Enqueue) or end.queue in QUEUES
    told = journey_of(step.state, at=now + dt.timedelta(hours=1))
    assert told.end == ("queue" if isinstance(end, io.Enqueue) else told.end)
    assert told.end in {"queue", "message", "transfer", "return_call", "affected"}
    assert len(told.steps) <= MAX_VISITS
    assert tuple(visit.choice for visit in told.steps if visit.choice is not None) == step.state.path
    assert advance(tree, step.state, io.Played(), now=now).effects == ()


@UNHURRIED
@given(checked_trees().filter(lambda tree: tree.after_talk is not None), st.data())
def test_after_the_talk_a_score_or_its_absence_is_stored_and_nobody_waits_again(
    tree: Tree, data: st.DataObject
) -> None:
    step = begin(tree, queues=QUEUES, default_queue="city", now=NOW, after_talk=True)
    seen: list[io.Effect] = []
    while step.effects and not isinstance(step.effects[0], io.HangUp | io.Enqueue):
        seen.extend(step.effects)
        step = advance(tree, step.state, data.draw(st.one_of(FITTING[io.Listen], st.builds(io.Played))), now=NOW)
    assert [effect for effect in seen if isinstance(effect, io.Rate)] or step.state.steps > MAX_STEPS


@UNHURRIED
@given(checked_trees(), st.data(), st.integers(0, 30))
def test_a_citizen_who_hangs_up_is_gone_at_once(tree: Tree, data: st.DataObject, after: int) -> None:
    step = begin(tree, queues=QUEUES, default_queue="city", now=NOW)
    for _ in range(after):
        step = advance(tree, step.state, data.draw(inputs), now=NOW)
    gone = advance(tree, step.state, io.HungUp(), now=NOW)
    assert (gone.effects, gone.state.phase) == ((), Phase.ENDED)
    assert "collected={" not in repr(gone.state)
    told = journey_of(gone.state, at=NOW)
    assert (told.ms, told.node) == (0, told.steps[-1].node)


@UNHURRIED
@given(checked_trees())
def test_a_tree_reads_back_equal(tree: Tree) -> None:
    assert tree_from_dict(tree_to_dict(tree)) == tree


@pytest.mark.parametrize("answer", [io.Failed("all is broken"), io.Silence(), io.Key("9"), io.Key("0")])
@pytest.mark.parametrize("example", sorted(p for p in EXAMPLES.glob("*.yaml") if p.stem != "broken"))
def test_an_example_ends_whatever_is_repeated(example: Path, answer: io.Input) -> None:
    data = yaml.safe_load(example.read_text(encoding="utf-8"))
    if "nodes" not in data:
        return
    tree = tree_from_dict(data)
    step = begin(tree, queues={"city", "linhe", "pingyuan"}, default_queue="city", now=NOW)
    count = 0
    while step.state.phase is not Phase.ENDED:
        step = advance(tree, step.state, answer, now=NOW + dt.timedelta(seconds=3 * count))
        count += 1
        assert count < 30
    assert isinstance(step.effects[0], io.Enqueue) or step.state.served
