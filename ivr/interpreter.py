"""Walks one call through a menu tree: inputs in, effects out; never raises, and ends at a person whatever fails."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import assert_never

from ivr import answers
from ivr import tree as nodes
from ivr.hours import CHINA, is_open
from ivr.notice import heard_of, needs_notice, told_first
from ivr.protocol import Begin, Failed, HungUp, Input, Key, LookUpCaller, LookUpCase, PlayEarly, SetLanguage, TransferTo
from ivr.state import (
    MAX_STEPS,
    Go,
    Incident,
    Phase,
    State,
    Step,
    Turn,
    World,
    act,
    ask,
    came_to,
    enqueue,
    give_up,
    hang_up,
    noted,
    play,
)
from ivr.tree import KEYS, LINE, PERSON_KEY, Tree

NO_INCIDENT = World()


@dataclass(frozen=True, slots=True)
class _Here:
    """What stays the same during one step."""

    tree: Tree
    now: dt.datetime

    def node(self, name: str) -> nodes.Node | None:
        return self.tree.nodes.get(name)


def begin(
    tree: Tree,
    *,
    queues: Collection[str],
    default_queue: str,
    now: dt.datetime,
    world: World = NO_INCIDENT,
    after_talk: bool = False,
) -> Step:
    """The first step of a call, or of what follows the agent's hang-up; a naive `now` counts as China's.

    A queue that is not in `queues` is replaced by `default_queue`. An incident of the line is told first where the
    tree has no notice of its own; `advance` takes the same tree as this.
    """
    now = now if now.tzinfo else now.replace(tzinfo=CHINA)
    start = tree.after_talk if after_talk else tree.start
    served = ("talk",) if after_talk else ()
    state = State(start or "", frozenset(queues) | {default_queue}, default_queue, now, world=world, served=served)
    if start is None:
        return hang_up(state)
    if not after_talk and needs_notice(tree, world, now=now):
        tree = told_first(tree)
        state = replace(state, node=tree.start, notice_first=True)
    return advance(tree, state, Begin(), now=now)


def advance(tree: Tree, state: State, given: Input, *, now: dt.datetime) -> Step:
    """The next step; inputs that do not fit are taken as what comes nearest, and too many end at a person."""
    if state.phase is Phase.ENDED or isinstance(given, HungUp):
        return Step(replace(state, phase=Phase.ENDED, typed="", collected={}), ())
    state = replace(state, steps=state.steps + 1)
    if isinstance(given, Failed):
        state = noted(state, given.reason)
    if state.notice_first:
        tree = told_first(tree)
    here = _Here(tree, now if now.tzinfo else now.replace(tzinfo=CHINA))
    turn = _react(here, state, given)
    return turn if isinstance(turn, Step) else _arrive(here, turn.state, turn.to)


def _react(here: _Here, state: State, given: Input) -> Turn:
    node = here.node(state.node)
    if isinstance(given, Begin) or node is None:
        return Go(state, state.node)
    match node:
        case nodes.Announcement() | nodes.Greeting():
            return _after_sounds(here, state, node, given)
        case nodes.ToQueue() | nodes.OpeningHours():
            return Go(state, state.node)
        case nodes.HangUp():
            return hang_up(state)
        case _:
            return _answer(here, state, node, given)


_Answering = (
    nodes.Menu
    | nodes.Collect
    | nodes.CaseProgress
    | nodes.CallerLookUp
    | nodes.Setting
    | nodes.ReturnCall
    | nodes.Message
    | nodes.Transfer
    | nodes.IncidentNotice
    | nodes.Rating
)


def _answer(here: _Here, state: State, node: _Answering, given: Input) -> Turn:  # noqa: C901, PLR0911 - one return a kind of node
    match node:
        case nodes.Menu():
            return answers.in_menu(state, node, given, now=here.now)
        case nodes.Collect():
            return answers.in_collect(state, node, given)
        case nodes.CaseProgress():
            return answers.in_progress(state, node, given)
        case nodes.CallerLookUp():
            return answers.in_look_up(state, node, given)
        case nodes.Setting():
            return answers.in_setting(state, node, given)
        case nodes.ReturnCall():
            return answers.in_return_call(state, node, given, now=here.now)
        case nodes.Message():
            return answers.in_message(state, node, given)
        case nodes.Transfer():
            return answers.in_transfer(state, node, given)
        case nodes.IncidentNotice():
            return answers.in_incident(state, node, given, now=here.now)
        case nodes.Rating():
            return answers.in_rating(state, node, given, now=here.now)
        case _:
            assert_never(node)


def _after_sounds(here: _Here, state: State, node: nodes.Greeting | nodes.Announcement, given: Input) -> Turn:
    """A citizen who knows the menu may press its keys during the greeting."""
    if isinstance(given, Key):
        ahead = _pass(here, Go(state, node.next))
        following = here.node(ahead.to)
        if isinstance(following, nodes.Menu | nodes.Collect):
            return _answer(here, _entered(here, ahead), following, given)
    return answers.after_sounds(state, node, given)


def _keys_ahead(here: _Here, state: State, name: str) -> str:
    following = here.node(_pass(here, Go(state, name)).to)
    match following:
        case nodes.Menu():
            return "".join(key for key in KEYS if key in following.choices)
        case nodes.Collect():
            return KEYS
        case _:
            return ""


def _pass(here: _Here, go: Go) -> Go:
    """Go on through nodes of which the citizen hears nothing."""
    while go.state.steps <= MAX_STEPS:
        onward = _silently(here, go.state, here.node(go.to))
        if onward is None:
            return go
        passed = came_to(onward.state, go.to, now=here.now)
        go = replace(onward, state=replace(passed, steps=passed.steps + 1))
    return go


def _silently(here: _Here, state: State, node: nodes.Node | None) -> Go | None:
    match node:
        case nodes.Announcement() | nodes.Greeting() if not _sounds(state, node):
            return Go(state, node.next)
        case nodes.OpeningHours():
            return Go(state, node.on_open if _opened(here, state, node) else node.on_closed)
        case nodes.Setting() if node.language is None:
            return Go(_set(state, node), node.next)
        case nodes.IncidentNotice() if _incident(here, state) is None:
            return Go(state, node.next)
        case _:
            return None


def _opened(here: _Here, state: State, node: nodes.OpeningHours) -> bool:
    week = node.weekly or state.world.line.hours
    return week is None or is_open(week, state.world.calendar, now=here.now)


def _sounds(state: State, node: nodes.Greeting | nodes.Announcement) -> tuple[str, ...]:
    """The sounds of a node, those of the line in place of its word."""
    line = state.world.line.greeting
    return tuple(sound for named in node.sounds for sound in (line if named == LINE else (named,)))


def _set(state: State, node: nodes.Setting) -> State:
    return replace(
        state,
        language=node.language or state.language,
        priority=state.priority + node.priority,
        skill=node.skill or state.skill,
    )


def _incident(here: _Here, state: State) -> Incident | None:
    return next((i for i in state.world.incidents if i.sounds and i.is_on(here.now)), None)


def _entered(here: _Here, go: Go) -> State:
    state = came_to(go.state, go.to, now=here.now)
    return replace(state, node=go.to, since=here.now, phase=Phase.PLAYING, attempts=1, typed="")


def _arrive(here: _Here, state: State, name: str) -> Step:  # noqa: PLR0911 - one return a kind of node
    """Go to a node, and do what comes first there."""
    go = _pass(here, Go(state, name))
    state, node = _entered(here, go), here.node(go.to)
    match node:
        case nodes.Announcement() | nodes.Greeting():
            return _say(here, state, node)
        case nodes.Menu() | nodes.ReturnCall() | nodes.Rating():
            return answers.ask_keys(state, node)
        case nodes.ToQueue():
            return enqueue(state, node.queue, node.priority)
        case nodes.HangUp():
            return play(state, node.sounds, "") if node.sounds else hang_up(state)
        case None:
            return give_up(state, f"there is no node {go.to!r}")
        case nodes.OpeningHours():
            return give_up(state, f"more than {MAX_STEPS} steps")
        case _:
            return _arrive_at(here, state, node)


_Asking = (
    nodes.Collect
    | nodes.CaseProgress
    | nodes.CallerLookUp
    | nodes.Setting
    | nodes.Message
    | nodes.Transfer
    | nodes.IncidentNotice
)


def _arrive_at(here: _Here, state: State, node: _Asking) -> Step:  # noqa: PLR0911 - one return a kind of node
    match node:
        case nodes.Collect():
            return answers.ask_collect(state, node)
        case nodes.CaseProgress():
            return act(state, LookUpCase(*(state.collected.get(name, "") for name in nodes.COLLECTED)))
        case nodes.CallerLookUp():
            return act(state, LookUpCaller())
        case nodes.Setting():
            return act(_set(state, node), SetLanguage(node.language or ""))
        case nodes.Message():
            return answers.ask_message(state, node)
        case nodes.Transfer():
            return play(state, node.sounds, "") if node.sounds else act(state, TransferTo(node.target))
        case nodes.IncidentNotice():
            return _tell_incident(here, state, node)
        case _:
            assert_never(node)


def _say(here: _Here, state: State, node: nodes.Greeting | nodes.Announcement) -> Step:
    if isinstance(node, nodes.Greeting) and node.early:
        return act(state, PlayEarly(_sounds(state, node)))
    return play(state, _sounds(state, node), _keys_ahead(here, state, node.next))


def _tell_incident(here: _Here, state: State, node: nodes.IncidentNotice) -> Step:
    incident = _incident(here, state)
    if incident is None:  # only after too many steps, since it would have been passed
        return give_up(state, f"more than {MAX_STEPS} steps")
    state = replace(state, incident=incident.id)
    return ask(state, heard_of(incident), nodes.YES_KEY + PERSON_KEY, node.wait_seconds)
