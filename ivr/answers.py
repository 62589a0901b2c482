"""What each node makes of an answer: the next effect, or the way to go; knows one node, never the tree.

An input that does not fit is taken as what comes nearest: as the end of the sounds where keys are awaited, as a
failure where the driver was to do something.
"""

import datetime as dt
from dataclasses import replace

from ivr import protocol as io
from ivr import tree as nodes
from ivr.state import (
    MAX_MISSES,
    Go,
    Phase,
    State,
    Step,
    Turn,
    act,
    again,
    ask,
    chose,
    got,
    hang_up,
    is_echo,
    listen,
    play,
    pressed,
    queue_of,
)
from ivr.tree import KEYS, MAX_DIGITS, PERSON_KEY, YES_KEY

MIN_MESSAGE_SECONDS = 1.0
MESSAGE_KEYS = "#" + PERSON_KEY


def after_sounds(state: State, node: nodes.Greeting | nodes.Announcement, given: io.Input) -> Turn:
    """Sounds are over; a missing one is passed over where the node names no other way."""
    if isinstance(given, io.Failed) and node.on_failure is not None:
        return Go(state, node.on_failure)
    return Go(state, node.next)


def in_menu(state: State, menu: nodes.Menu, given: io.Input, *, now: dt.datetime) -> Turn:
    """A choice, a wrong key, silence or a failure of a menu."""
    match given:
        case io.Key(digit) if is_echo(state, digit, now=now):
            return _stay(state, menu)
        case io.Key(digit) if digit in menu.choices:
            return Go(pressed(chose(state, digit), digit, now=now), menu.choices[digit])
        case io.Key(digit):
            return _menu_again(pressed(state, digit, now=now), menu, menu.on_wrong_key)
        case io.Silence():
            return _menu_again(state, menu, menu.on_silence)
        case io.Failed():
            return Go(state, menu.on_failure)
        case _:
            return listen(state, menu.wait_seconds)


def ask_keys(state: State, node: nodes.Menu | nodes.ReturnCall | nodes.Rating) -> Step:
    """Play what asks for one key."""
    return ask(state, node.sounds, KEYS, node.wait_seconds)


def _stay(state: State, node: nodes.Menu | nodes.ReturnCall | nodes.Rating) -> Step:
    """As if the key had not been pressed."""
    return listen(state, node.wait_seconds) if state.phase is Phase.LISTENING else ask_keys(state, node)


def _menu_again(state: State, menu: nodes.Menu, way: str | None) -> Turn:
    return again(state, lambda s: ask_keys(s, menu), attempts=menu.attempts, way=way, on_failure=menu.on_failure)


def in_collect(state: State, node: nodes.Collect, given: io.Input) -> Turn:
    """A digit of a number, its end, or a failure; `*` begins the number anew, a `#` before it means nothing."""
    match given:
        case io.Key("#") | io.Silence() if state.typed:
            return _typed(state, node)
        case io.Key("*"):
            return listen(replace(state, typed=""), node.wait_seconds)
        case io.Key(digit) if digit != "#" and digit in KEYS and len(digit) == 1:
            return _digit(state, node, digit)
        case io.Silence():
            return _collect_again(state, node, node.on_silence)
        case io.Failed():
            return Go(replace(state, typed=""), node.on_failure)
        case _:
            return listen(state, node.wait_seconds)


def _digit(state: State, node: nodes.Collect, digit: str) -> Turn:
    """One more digit; it is no step of its own, because its number is bounded already."""
    state = replace(state, typed=state.typed + digit, steps=state.steps - 1)
    full = len(state.typed) >= min(node.max_digits, MAX_DIGITS)
    return _typed(state, node) if full else listen(state, node.wait_seconds)


def _typed(state: State, node: nodes.Collect) -> Turn:
    typed, state = state.typed, replace(state, typed="")
    if typed == PERSON_KEY:
        return Go(chose(state, PERSON_KEY), node.on_failure)
    if len(typed) < node.min_digits:
        return _collect_again(state, node, node.on_wrong_key)
    return Go(replace(state, collected={**state.collected, node.collects: typed}), node.next)


def ask_collect(state: State, node: nodes.Collect) -> Step:
    """Ask for a number."""
    return ask(replace(state, typed=""), node.sounds, KEYS, node.wait_seconds)


def _collect_again(state: State, node: nodes.Collect, way: str | None) -> Turn:
    return again(state, lambda s: ask_collect(s, node), attempts=node.attempts, way=way, on_failure=node.on_failure)


def in_progress(state: State, node: nodes.CaseProgress, given: io.Input) -> Turn:
    """What was found, told; 0 leads to a person meanwhile."""
    state = replace(state, collected={})
    match given:
        case io.CaseFound(sounds) if state.phase is Phase.ACTING:
            return play(state, sounds, PERSON_KEY) if sounds else Go(state, node.next)
        case io.NotFound() if state.phase is Phase.ACTING:
            state = replace(state, misses=state.misses + 1)
            return Go(state, node.on_failure if state.misses >= MAX_MISSES else node.on_not_found)
        case io.Played() if state.phase is Phase.PLAYING:
            return Go(state, node.next)
        case _:
            return Go(state, node.on_failure)


def in_look_up(state: State, node: nodes.CallerLookUp, given: io.Input) -> Turn:
    """By what is known of the caller."""
    match given:
        case io.Caller(known, open_case):
            way = (node.on_open_case if open_case else None) or node.on_known
            return Go(state, way if known else node.on_unknown)
        case _:
            return Go(state, node.on_failure)


def in_setting(state: State, node: nodes.Setting, given: io.Input) -> Turn:
    """The language was set, or stays what it was."""
    if isinstance(given, io.Failed):
        return Go(replace(state, language=None), node.on_failure or node.next)
    return Go(state, node.next)


def in_return_call(state: State, node: nodes.ReturnCall, given: io.Input, *, now: dt.datetime) -> Turn:
    """1 registers the caller for a call back, anything else waits for a person."""
    if state.phase is Phase.ACTING:
        return Go(got(state, "return_call"), node.next) if isinstance(given, io.Done) else Go(state, node.on_failure)
    match given:
        case io.Key(digit) if is_echo(state, digit, now=now):
            return _stay(state, node)
        case io.Key(digit) if digit == YES_KEY:
            state = pressed(chose(state, digit), digit, now=now)
            queue = queue_of(state, node.queue)
            queue = queue if queue in state.queues else state.default_queue
            return act(state, io.RegisterReturnCall(queue, state.priority, state.skill))
        case io.Key() | io.Silence():
            return Go(state, node.on_declined)
        case io.Failed():
            return Go(state, node.on_failure)
        case _:
            return listen(state, node.wait_seconds)


def is_message(given: io.Input) -> bool:
    """Whether something was recorded that is long enough, and not given up for a person."""
    return isinstance(given, io.Recorded) and given.key != PERSON_KEY and given.seconds >= MIN_MESSAGE_SECONDS


def in_message(state: State, node: nodes.Message, given: io.Input) -> Turn:
    """The request played, then the message recorded; one that is too short is no message."""
    match given:
        case io.Failed() | io.Key("0") | io.Recorded(_, "0"):
            return Go(state, node.on_failure)
        case io.Recorded(seconds) if state.phase is Phase.ACTING and seconds >= MIN_MESSAGE_SECONDS:
            return Go(got(state, "message"), node.next)
        case _ if state.phase is Phase.ACTING:
            way, asked = node.on_silence, lambda s: ask_message(s, node)
            return again(state, asked, attempts=node.attempts, way=way, on_failure=node.on_failure)
        case _:
            return act(state, io.Record(node.seconds, MESSAGE_KEYS))


def ask_message(state: State, node: nodes.Message) -> Step:
    """Ask for a message; `#` ends the request early."""
    if not node.sounds:
        return act(state, io.Record(node.seconds, MESSAGE_KEYS))
    return play(state, node.sounds, MESSAGE_KEYS)


def in_transfer(state: State, node: nodes.Transfer, given: io.Input) -> Turn:
    """After the sounds the transfer, even when one of them is missing; a target that fails leads on."""
    if state.phase is not Phase.ACTING:
        return act(state, io.TransferTo(node.target))
    return hang_up(got(state, "transfer")) if isinstance(given, io.Done) else Go(state, node.on_failure)


def in_incident(state: State, node: nodes.IncidentNotice, given: io.Input, *, now: dt.datetime) -> Turn:
    """1 registers the caller as affected, anything else stays for a person."""
    if state.phase is Phase.ACTING:
        done = isinstance(given, io.Done)
        return Go(got(state, "affected"), node.on_registered) if done else Go(state, node.on_failure)
    match given:
        case io.Key(digit) if digit == YES_KEY and not is_echo(state, digit, now=now):
            state = pressed(chose(state, digit), digit, now=now)
            return act(state, io.RegisterAffected(state.incident or ""))
        case io.Key(digit) if not is_echo(state, digit, now=now):
            return Go(pressed(state, digit, now=now), node.next)
        case io.Silence():
            return Go(state, node.next)
        case io.Failed():
            return Go(state, node.on_failure)
        case _:
            return listen(state, node.wait_seconds)


def in_rating(state: State, node: nodes.Rating, given: io.Input, *, now: dt.datetime) -> Turn:
    """A score, or that none was given; the talk is over, so nothing here leads back to a queue."""
    if state.phase is Phase.ACTING:
        return Go(got(state, "rated"), node.next)
    match given:
        case io.Key(digit) if is_echo(state, digit, now=now):
            return _stay(state, node)
        case io.Key(digit) if digit in node.scores:
            state = pressed(chose(state, digit), digit, now=now)
            return act(state, io.Rate(node.scores[digit]))
        case io.Key(digit) if state.attempts < min(node.attempts, MAX_MISSES):
            state = pressed(replace(state, attempts=state.attempts + 1), digit, now=now)
            return ask_keys(state, node)
        case io.Key() | io.Silence() | io.Failed():
            return act(state, io.Rate(None))
        case _:
            return listen(state, node.wait_seconds)
