"""Each kind of node as an operator reads it: what the citizen does, what happens."""

import datetime as dt

import pytest

from ivr import tree as nodes
from ivr.hours import CHINA, Calendar, Period, Week
from ivr.interpreter import advance, begin
from ivr.notice import PRESS_ONE
from ivr.protocol import (
    Caller,
    CaseFound,
    Done,
    Effect,
    Enqueue,
    Failed,
    HangUp,
    HungUp,
    Input,
    Key,
    Listen,
    LookUpCaller,
    LookUpCase,
    NotFound,
    Play,
    PlayEarly,
    Played,
    Rate,
    Record,
    Recorded,
    RegisterAffected,
    RegisterReturnCall,
    SetLanguage,
    Silence,
    TransferTo,
)
from ivr.state import Incident, State, World
from ivr.tree import KEYS, Tree

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=CHINA)
OFFICE = Week(((Period(480, 1080),),) * 5 + ((),) * 2)
QUIET = World()
TOLD = Play(("storm", PRESS_ONE), "10")
STORM = World(incidents=(Incident("storm", ("storm",), NOON, NOON + dt.timedelta(hours=1)),))
QUEUE = Enqueue("city", 0)
LINHE = Enqueue("linhe", 0)
BYE = Play(("bye",), "")
ASK = Play(("ask",), KEYS)

ENDS: dict[str, nodes.Node] = {
    "q": nodes.ToQueue("city"),
    "linhe": nodes.ToQueue("linhe"),
    "bye": nodes.HangUp(("bye",)),
}
GREETING = nodes.Greeting(("hello",), "linhe", on_failure="q")
HOURS = nodes.OpeningHours(OFFICE, "q", "linhe")
LOOK_UP = nodes.CallerLookUp(on_unknown="q", on_known="linhe", on_failure="q")
SETTING = nodes.Setting("linhe", language="en", priority=2, skill="english", on_failure="q")
RETURN_CALL = nodes.ReturnCall(("ask",), "linhe", "bye", on_declined="linhe", on_failure="q")
MESSAGE = nodes.Message(("ask",), "bye", on_failure="q", seconds=60)
TRANSFER = nodes.Transfer(("ask",), "110", on_failure="q")
INCIDENT = nodes.IncidentNotice("linhe", on_registered="bye", on_failure="q")
RATING = nodes.Rating(("ask",), {"1": 3, "3": 1}, "bye")


def walk(
    tree: Tree, *inputs: Input, world: World = QUIET, now: dt.datetime = NOON, every: float = 3.0
) -> tuple[list[Effect], State]:
    """All effects from the beginning on, and the last state; an input comes `every` seconds."""
    step = begin(tree, queues={"city", "linhe"}, default_queue="city", now=now, world=world)
    effects = list(step.effects)
    for number, given_input in enumerate(inputs, start=1):
        step = advance(tree, step.state, given_input, now=now + dt.timedelta(seconds=every * number))
        effects += step.effects
    return effects, step.state


NODES: list[tuple[nodes.Node, list[Input], list[Effect]]] = [
    (GREETING, [Played()], [PlayEarly(("hello",)), LINHE]),
    (GREETING, [Failed("no sound")], [PlayEarly(("hello",)), QUEUE]),
    (nodes.Greeting(("hello",), "linhe", early=False), [Key("0")], [Play(("hello",), ""), LINHE]),
    (nodes.Greeting((), "linhe"), [], [LINHE]),
    (nodes.Announcement(("x",), "linhe", on_failure="q"), [Failed("")], [Play(("x",), ""), QUEUE]),
    (HOURS, [], [QUEUE]),
    (LOOK_UP, [Caller(known=False)], [LookUpCaller(), QUEUE]),
    (LOOK_UP, [Caller(known=True, open_case=True)], [LookUpCaller(), LINHE]),
    (nodes.CallerLookUp("q", "q", "q", "linhe"), [Caller(known=True, open_case=True)], [LookUpCaller(), LINHE]),
    (LOOK_UP, [Failed("the tables are away")], [LookUpCaller(), QUEUE]),
    (LOOK_UP, [Played()], [LookUpCaller(), QUEUE]),
    (SETTING, [Done()], [SetLanguage("en"), Enqueue("linhe", 2, "english")]),
    (SETTING, [Failed("")], [SetLanguage("en"), Enqueue("city", 2, "english")]),
    (nodes.Setting("linhe", priority=-1), [], [Enqueue("linhe", -1)]),
    (RETURN_CALL, [Key("1"), Done()], [ASK, RegisterReturnCall("linhe"), BYE]),
    (RETURN_CALL, [Played(), Silence()], [ASK, Listen(3.0), LINHE]),
    (RETURN_CALL, [Key("0")], [ASK, LINHE]),
    (RETURN_CALL, [Key("1"), Failed("")], [ASK, RegisterReturnCall("linhe"), QUEUE]),
    (RETURN_CALL, [Failed("")], [ASK, QUEUE]),
    (MESSAGE, [Played(), Recorded(9.0, "#")], [Play(("ask",), "#0"), Record(60, "#0"), BYE]),
    (MESSAGE, [Key("#"), Recorded(9.0)], [Play(("ask",), "#0"), Record(60, "#0"), BYE]),
    (MESSAGE, [Key("0")], [Play(("ask",), "#0"), QUEUE]),
    (MESSAGE, [Played(), Recorded(9.0, "0")], [Play(("ask",), "#0"), Record(60, "#0"), QUEUE]),
    (MESSAGE, [Played(), Recorded(0.2)] * 2, [Play(("ask",), "#0"), Record(60, "#0")] * 2 + [QUEUE]),
    (MESSAGE, [Played(), HungUp()], [Play(("ask",), "#0"), Record(60, "#0")]),
    (nodes.Message((), "bye", "q"), [Recorded(9.0)], [Record(120, "#0"), BYE]),
    (TRANSFER, [Played(), Done()], [Play(("ask",), ""), TransferTo("110"), HangUp()]),
    (TRANSFER, [Failed("no sound"), Failed("busy")], [Play(("ask",), ""), TransferTo("110"), QUEUE]),
    (nodes.Transfer((), "110", "q"), [Failed("busy")], [TransferTo("110"), QUEUE]),
    (INCIDENT, [Key("1"), Done()], [TOLD, RegisterAffected("storm"), BYE]),
    (INCIDENT, [Key("0")], [TOLD, LINHE]),
    (INCIDENT, [Played(), Silence()], [TOLD, Listen(3.0), LINHE]),
    (INCIDENT, [Key("1"), Failed("")], [TOLD, RegisterAffected("storm"), QUEUE]),
    (INCIDENT, [Failed("no sound")], [TOLD, QUEUE]),
    (RATING, [Key("3"), Done()], [ASK, Rate(1), BYE]),
    (RATING, [Played(), Silence(), Failed("")], [ASK, Listen(5.0), Rate(None), BYE]),
    (RATING, [Key("9"), Key("9"), Done()], [ASK, ASK, Rate(None), BYE]),
    (RATING, [Failed("no sound"), Done()], [ASK, Rate(None), BYE]),
]


@pytest.mark.parametrize(("node", "inputs", "effects"), NODES)
def test_a_node(node: nodes.Node, inputs: list[Input], effects: list[Effect]) -> None:
    world = STORM if isinstance(node, nodes.IncidentNotice) else QUIET
    assert walk(Tree("n", {"n": node, **ENDS}), *inputs, world=world)[0] == effects


def test_what_was_got_and_pressed_is_kept() -> None:
    _, state = walk(Tree("n", {"n": RETURN_CALL, **ENDS}), Key("1"), Done())
    assert (state.path, state.served) == (("1",), ("return_call",))


@pytest.mark.parametrize(
    ("now", "queue"),
    [(NOON, "city"), (NOON.replace(hour=7), "linhe"), (NOON.replace(day=21), "linhe"), (NOON.replace(day=23), "linhe")],
)
def test_opening_hours_look_at_the_clock_and_the_calendar(now: dt.datetime, queue: str) -> None:
    world = World(Calendar(frozenset({dt.date(2026, 11, 23)})))
    for moment in (now, now.astimezone(dt.UTC), now.replace(tzinfo=None)):
        assert walk(Tree("n", {"n": HOURS, **ENDS}), world=world, now=moment)[0] == [Enqueue(queue, 0)]


def test_an_incident_is_heard_from_its_start_until_its_end() -> None:
    tree = Tree("n", {"n": INCIDENT, **ENDS})
    hour = dt.timedelta(hours=1)
    assert walk(tree, world=STORM, now=NOON - dt.timedelta(seconds=1))[0] == [LINHE]
    assert walk(tree, world=STORM, now=NOON)[0] == [TOLD]
    assert walk(tree, world=STORM, now=NOON + hour)[0] == [LINHE]
    with pytest.raises(ValueError, match="offset"):
        Incident("x", (), NOON.replace(tzinfo=None), NOON)


NUMBER = nodes.Collect(("number",), "case_number", "code", "q", min_digits=4, max_digits=6)
CODE = nodes.Collect(("code",), "query_code", "told", "q", min_digits=4, max_digits=4)
PROGRESS = nodes.CaseProgress("linhe", "n", "q")
CASE = Tree("n", {"n": NUMBER, "code": CODE, "told": PROGRESS, **ENDS})


def typed(digits: str) -> list[Input]:
    return [Key(digit) for digit in digits]


def test_a_case_number_and_its_code_tell_the_progress() -> None:
    effects, state = walk(CASE, *typed("2026#"), Played(), *typed("4711"), CaseFound(("done",)), Played())
    assert LookUpCase("2026", "4711") in effects
    assert effects[-2:] == [Play(("done",), "0"), LINHE]
    assert not state.collected


def test_a_number_ends_by_hash_by_its_length_or_by_silence() -> None:
    for ending in [*typed("1234#")], [*typed("123456")], [*typed("1234"), Silence()]:
        assert walk(CASE, *ending)[0][-1] == Play(("code",), KEYS)


def test_a_star_begins_the_number_anew_and_a_first_hash_means_nothing() -> None:
    effects, _ = walk(CASE, *typed("99*#1234#1111"))
    assert effects[-1] == LookUpCase("1234", "1111")


def test_a_lone_zero_leads_to_a_person_wherever_a_number_is_asked() -> None:
    assert walk(CASE, *typed("0#"))[0][-1] == QUEUE
    assert walk(CASE, Key("0"), Silence())[0][-1] == QUEUE
    assert walk(CASE, *typed("0123#"))[0][-1] == Play(("code",), KEYS)


def test_numbers_that_are_too_short_and_silence_lead_to_a_person() -> None:
    effects, state = walk(CASE, *typed("12#"), Silence())
    assert effects[-1] == QUEUE
    assert state.misses == 2


def test_a_case_that_is_not_found_is_asked_for_again_until_three_failures() -> None:
    once = [*typed("1234#1111"), NotFound()]
    effects, _ = walk(CASE, *once, *once, *once)
    assert effects.count(Play(("number",), KEYS)) == 3
    assert effects[-1] == QUEUE


def test_zero_while_the_progress_is_told_leads_to_a_person() -> None:
    assert walk(CASE, *typed("1234#1111"), CaseFound(("done",)), Key("0"))[0][-1] == QUEUE
    assert walk(CASE, *typed("1234#1111"), CaseFound(()))[0][-1] == LINHE
    assert walk(CASE, *typed("1234#1111"), Failed("the tables are away"))[0][-1] == QUEUE


def test_an_identity_number_is_never_whole_and_never_shown() -> None:
    long = nodes.Collect((), "case_number", "code", "q", max_digits=99)
    _, state = walk(Tree("n", {"n": long, "code": CODE, **ENDS}), *typed("110101199003070011"))
    assert len(state.collected["case_number"]) == 16
    assert "1101" not in repr(state)
    assert "1101" not in repr(LookUpCase("1101", "1101"))
    assert "7" not in repr(Key("7"))


MENU = nodes.Menu(("menu",), {"0": "q", "1": "linhe", "2": "n"}, on_failure="q", attempts=5)
WITH_MENU = Tree("hello", {"hello": nodes.Announcement(("hello",), "h"), "h": HOURS, "n": MENU, **ENDS})


def test_keys_pressed_before_the_menu_count_through_silent_nodes() -> None:
    tree = Tree("hello", {**WITH_MENU.nodes, "h": nodes.OpeningHours(OFFICE, "n", "q")})
    assert walk(tree, Key("1"))[0] == [Play(("hello",), "012"), LINHE]
    before_a_number = Tree("hello", {**CASE.nodes, "hello": nodes.Announcement(("hello",), "n")})
    assert walk(before_a_number, *typed("1234#1111"))[0][-1] == LookUpCase("1234", "1111")


def test_three_failures_lead_to_a_person_however_many_attempts_a_menu_allows() -> None:
    effects, state = walk(Tree("n", {"n": MENU, **ENDS}), Silence(), Key("9"), Silence())
    assert effects == [Play(("menu",), KEYS)] * 3 + [QUEUE]
    assert state.misses == 3


def test_a_key_pressed_twice_and_a_hash_at_the_end_count_once() -> None:
    second = nodes.ReturnCall(("ask",), "city", "bye", "linhe", "q")
    tree = Tree("n", {"n": nodes.Menu(("menu",), {"0": "q", "1": "r"}, "q"), "r": second, **ENDS})
    assert walk(tree, Key("1"), Key("1"), every=0.2)[0] == [Play(("menu",), KEYS), ASK, ASK]
    assert walk(tree, Key("1"), Key("#"), every=1.0)[0] == [Play(("menu",), KEYS), ASK, ASK]
    assert walk(tree, Key("1"), Played(), Key("1"), every=0.2)[0][-1] == Listen(3.0)
    assert walk(tree, Key("1"), Key("1"), every=1.0)[0][-1] == RegisterReturnCall("city")
    effects, state = walk(tree, Key("9"), Key("9"), Key("1"), every=0.3)
    assert (effects[-1], state.misses) == (ASK, 1)


def test_a_call_back_is_asked_for_with_what_the_call_carries() -> None:
    setting = nodes.Setting("r", priority=2, skill="english")
    tree = Tree("n", {"n": setting, "r": nodes.ReturnCall(("ask",), "city", "bye", "linhe", "q"), **ENDS})
    assert walk(tree, Key("1"))[0][-1] == RegisterReturnCall("city", 2, "english")


def test_after_the_talk_the_rating_comes_or_the_end() -> None:
    tree = Tree("q", {"r": RATING, **ENDS}, after_talk="r")
    step = begin(tree, queues=(), default_queue="city", now=NOON, after_talk=True)
    assert (step.effects, step.state.served) == ((ASK,), ("talk",))
    none = begin(Tree("q", ENDS), queues=(), default_queue="city", now=NOON, after_talk=True)
    assert none.effects == (HangUp(),)
