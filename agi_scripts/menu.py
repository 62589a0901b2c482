"""Drives the pure menu interpreter: its effects become AGI commands, what Asterisk answers becomes its input."""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from acd.clock import utc_now
from agi_scripts import commands as agi
from agi_scripts.server import AgiFailed, AgiInvalid, AgiSession, AgiTimeout
from ivr.interpreter import advance, begin
from ivr.protocol import (
    Done,
    Enqueue,
    Failed,
    HangUp,
    Input,
    Key,
    Listen,
    LookUpCaller,
    LookUpCase,
    Play,
    PlayEarly,
    Played,
    Rate,
    Record,
    RegisterAffected,
    RegisterReturnCall,
    SetLanguage,
    Silence,
    TransferTo,
)
from ivr.tree import Tree

Action = (
    Play
    | PlayEarly
    | Listen
    | SetLanguage
    | LookUpCaller
    | LookUpCase
    | RegisterReturnCall
    | Record
    | TransferTo
    | RegisterAffected
    | Rate
)
"""The effects after which the menu goes on."""

log = structlog.get_logger(__name__)


SPEAKING_SECONDS = 30
"""The longest that one sound of a menu plays; the lease is counted from its beginning."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the menu led: a queue with its priority, or None for a good-bye; `path` holds the keys that chose."""

    queue: str | None
    priority: int
    path: tuple[str, ...]


async def walk(
    session: AgiSession,
    tree: Tree,
    *,
    queues: frozenset[str],
    default_queue: str,
    lease: int,
    clock: Callable[[], dt.datetime] = utc_now,
) -> Destination:
    """Speak the menu to its end; raises AgiHangup or AgiGone when the caller is gone, and nothing else.

    Before each command that takes time the lease is renewed: `lease` seconds beyond what the command may take, after
    which a caller whom this process has forgotten goes on in the dialplan.
    """
    step = begin(tree, queues=queues, default_queue=default_queue, now=clock())
    while True:
        (effect,) = step.effects
        match effect:
            case Enqueue(queue, priority):
                _note(session, step.state.failures)
                return Destination(queue, priority, step.state.path)
            case HangUp():
                return Destination(None, 0, step.state.path)
            case _:
                answer = await _carry_out(session, effect, lease)
        step = advance(tree, step.state, answer, now=clock())


async def _carry_out(session: AgiSession, effect: Action, lease: int) -> Input:
    """Have Asterisk do it; a command that fails on a living channel is an input like any other."""
    try:
        match effect:
            case Play():
                return await _play(session, effect, lease)
            case PlayEarly():
                return await _play_early(session, effect, lease)
            case Listen():
                return await _listen(session, effect, lease)
            case SetLanguage():
                await agi.set_language(session, effect.language)
                return Done()
            case _:  # these need tables, a spool folder or a dialplan of their own; the tree's way out is a person
                return Failed(f"{type(effect).__name__} is not available yet")
    except (AgiFailed, AgiInvalid, AgiTimeout, ValueError) as error:
        return Failed(str(error))


async def _play(session: AgiSession, effect: Play, lease: int) -> Input:
    for sound in effect.sounds:
        await agi.set_autohangup(session, SPEAKING_SECONDS + lease)
        key, _ = await agi.stream_file(session, sound, effect.until_keys)
        if key is not None:
            return Key(key)
    return Played()


async def _play_early(session: AgiSession, effect: PlayEarly, lease: int) -> Input:
    """Before the answer where the channel is not answered yet; whatever fails, the call is answered afterwards."""
    try:
        await agi.exec_application(session, "Progress")
        for sound in effect.sounds:
            await agi.set_autohangup(session, SPEAKING_SECONDS + lease)
            await agi.stream_file(session, sound)
    finally:
        await agi.answer(session)
    return Played()


async def _listen(session: AgiSession, effect: Listen, lease: int) -> Input:
    await agi.set_autohangup(session, math.ceil(effect.seconds) + lease)
    key = await agi.wait_for_digit(session, round(effect.seconds * 1000))
    return Silence() if key is None else Key(key)


def _note(session: AgiSession, failures: tuple[str, ...]) -> None:
    if failures:
        log.warning("menu_failed", call_id=session.header.get("uniqueid"), failures=list(failures))
