"""Walks one call through a menu tree: inputs in, effects out; never raises, and ends at a person whatever fails."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from ivr import tree as nodes
from ivr.tree import KEYS, Tree

MAX_STEPS = 60
"""Inputs and moves together; a call that needs more goes to a person."""


@dataclass(frozen=True, slots=True)
class Begin:
    """The call stands at the start."""


@dataclass(frozen=True, slots=True)
class Played:
    """The sounds came to their end and no key ended them."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, pressed while sounds played or afterwards."""

    digit: str


@dataclass(frozen=True, slots=True)
class Silence:
    """The time to listen passed without a key."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The effect could not be carried out: a missing sound, an AGI error."""

    reason: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """The citizen is gone."""


Input = Begin | Played | Key | Silence | Failed | HungUp


@dataclass(frozen=True, slots=True)
class Play:
    """Play the sounds one after the other until the end or one of the keys; answer Played, Key or Failed."""

    sounds: tuple[str, ...]
    until_keys: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for a key; answer Key or Silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Enqueue:
    """The menu is over: the citizen waits for a person of this queue."""

    queue: str
    priority: int


@dataclass(frozen=True, slots=True)
class HangUp:
    """The menu is over: end the call."""


Effect = Play | Listen | Enqueue | HangUp


class Phase(StrEnum):
    """What the citizen hears: sounds, silence, or this menu no more."""

    PLAYING = "playing"
    LISTENING = "listening"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class State:
    """Where one call stands; `path` holds the keys that were choices, `since` is when the node was entered."""

    node: str
    queues: frozenset[str]
    default_queue: str
    since: dt.datetime
    phase: Phase = Phase.PLAYING
    attempts: int = 1
    path: tuple[str, ...] = ()
    steps: int = 0
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """The new state and what to do now: one effect, or none once the citizen has hung up."""

    state: State
    effects: tuple[Effect, ...]


def begin(tree: Tree, *, queues: Collection[str], default_queue: str, now: dt.datetime) -> Step:
    """The first step of a call; a queue that is not in `queues` is replaced by `default_queue`."""
    state = State(tree.start, frozenset(queues) | {default_queue}, default_queue, now)
    return advance(tree, state, Begin(), now=now)


def advance(tree: Tree, state: State, given: Input, *, now: dt.datetime) -> Step:
    """The next step; inputs that do not fit are taken as what comes nearest, and too many end at a person."""
    if state.phase is Phase.ENDED or isinstance(given, HungUp):
        return Step(replace(state, phase=Phase.ENDED), ())
    state = replace(state, steps=state.steps + 1)
    if isinstance(given, Failed):
        state = _noted(state, given.reason)
    return _react(tree, state, given, now=now)


def _react(tree: Tree, state: State, given: Begin | Played | Key | Silence | Failed, *, now: dt.datetime) -> Step:
    node = tree.nodes.get(state.node)
    if isinstance(given, Begin) or node is None or isinstance(node, nodes.ToQueue):
        return _enter(tree, state, state.node, now=now)
    match node:
        case nodes.Announcement():
            return _after_announcement(tree, state, node, given, now=now)
        case nodes.Menu():
            return _in_menu(tree, state, node, given, now=now)
        case nodes.HangUp():
            return _hang_up(state)
        case _:
            assert_never(node)


def _enter(tree: Tree, state: State, name: str, *, now: dt.datetime) -> Step:
    """Go to a node, and on through announcements that have nothing to play."""
    node = tree.nodes.get(name)
    while isinstance(node, nodes.Announcement) and not node.sounds and state.steps <= MAX_STEPS:
        name, state = node.next, replace(state, steps=state.steps + 1)
        node = tree.nodes.get(name)
    state = replace(state, node=name, since=now, phase=Phase.PLAYING, attempts=1)
    match node:
        case nodes.Announcement():
            return _play(state, node.sounds, _keys_of_next(tree, node))
        case nodes.Menu():
            return _ask(state, node)
        case nodes.ToQueue():
            return _enqueue(state, node)
        case nodes.HangUp():
            return _play(state, node.sounds, "") if node.sounds else _hang_up(state)
        case None:
            return _give_up(state, f"there is no node {name!r}")
        case _:
            assert_never(node)


def _play(state: State, sounds: tuple[str, ...], until_keys: str) -> Step:
    if state.steps > MAX_STEPS:
        return _give_up(state, f"more than {MAX_STEPS} steps")
    return Step(replace(state, phase=Phase.PLAYING), (Play(sounds, until_keys),))


def _listen(state: State, menu: nodes.Menu) -> Step:
    if state.steps > MAX_STEPS:
        return _give_up(state, f"more than {MAX_STEPS} steps")
    return Step(replace(state, phase=Phase.LISTENING), (Listen(menu.wait_seconds),))


def _hang_up(state: State) -> Step:
    return Step(replace(state, phase=Phase.ENDED), (HangUp(),))


def _keys_of_next(tree: Tree, node: nodes.Announcement) -> str:
    """A citizen who knows the menu may press its keys during the greeting."""
    following = tree.nodes.get(node.next)
    return "".join(key for key in KEYS if key in following.choices) if isinstance(following, nodes.Menu) else ""


def _after_announcement(
    tree: Tree, state: State, node: nodes.Announcement, given: Played | Key | Silence | Failed, *, now: dt.datetime
) -> Step:
    following = tree.nodes.get(node.next)
    if isinstance(given, Key) and isinstance(following, nodes.Menu):
        state = replace(state, node=node.next, since=now, attempts=1)
        return _in_menu(tree, state, following, given, now=now)
    return _enter(tree, state, node.next, now=now)


def _ask(state: State, menu: nodes.Menu) -> Step:
    return _play(state, menu.sounds, KEYS) if menu.sounds else _listen(state, menu)


def _in_menu(
    tree: Tree, state: State, menu: nodes.Menu, given: Played | Key | Silence | Failed, *, now: dt.datetime
) -> Step:
    match given:
        case Played():
            return _listen(state, menu)
        case Key(digit) if digit in menu.choices:
            return _enter(tree, replace(state, path=(*state.path, digit)), menu.choices[digit], now=now)
        case Key():
            return _again(tree, state, menu, menu.on_wrong_key, now=now)
        case Silence():
            return _again(tree, state, menu, menu.on_silence, now=now)
        case Failed():
            return _enter(tree, state, menu.on_failure, now=now)
        case _:
            assert_never(given)


def _again(tree: Tree, state: State, menu: nodes.Menu, target: str | None, *, now: dt.datetime) -> Step:
    """Follow the way that the menu names, or play it again while attempts are left."""
    if target is not None:
        return _enter(tree, state, target, now=now)
    if state.attempts >= menu.attempts:
        return _enter(tree, state, menu.on_failure, now=now)
    return _ask(replace(state, attempts=state.attempts + 1), menu)


def _enqueue(state: State, node: nodes.ToQueue) -> Step:
    if node.queue not in state.queues:
        return _give_up(state, f"there is no queue {node.queue!r}")
    return Step(replace(state, phase=Phase.ENDED), (Enqueue(node.queue, node.priority),))


def _give_up(state: State, reason: str) -> Step:
    """Whatever fails, the citizen gets a person."""
    return Step(replace(_noted(state, reason), phase=Phase.ENDED), (Enqueue(state.default_queue, 0),))


def _noted(state: State, reason: str) -> State:
    return replace(state, failures=(*state.failures, reason[:200]))
