"""Drives the pure menu interpreter: its effects become AGI commands, what Asterisk answers becomes its input."""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, assert_never

import structlog

from acd.clock import utc_now
from agi_scripts import commands as agi
from agi_scripts.actions import Actions
from agi_scripts.server import AgiFailed, AgiInvalid, AgiSession, AgiTimeout
from agi_scripts.service import Service
from agi_scripts.speaker import Speaker
from ivr import protocol as io
from ivr.interpreter import advance, begin
from ivr.journey import journey_of
from ivr.state import Step
from ivr.tree import KEYS

log = structlog.get_logger(__name__)

Action = (
    io.Play
    | io.PlayEarly
    | io.Listen
    | io.SetLanguage
    | io.LookUpCaller
    | io.LookUpCase
    | io.RegisterReturnCall
    | io.Record
    | io.TransferTo
    | io.RegisterAffected
    | io.Rate
)
"""The effects after which the menu goes on."""

BEFORE_ANSWER = io.PlayEarly | io.LookUpCaller | io.SetLanguage
"""What is done while the citizen is not charged yet: the call is answered before anything else."""

NOT_DONE = (AgiFailed, AgiInvalid, AgiTimeout, ValueError)
"""What went wrong on a channel that lives."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the menu led: a queue with priority and skill, or None for a good-bye; `path` holds the keys that chose."""

    queue: str | None
    priority: int
    path: tuple[str, ...]
    skill: str | None = None


class MenuWalk:
    """One way of one call through a tree, from `walk` to its destination."""

    def __init__(
        self,
        session: AgiSession,
        service: Service,
        actions: Actions,
        speaker: Speaker,
        *,
        answered: bool = False,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._session = session
        self._service = service
        self._actions = actions
        self._speaker = speaker
        self._answered = answered
        self._clock = clock
        self._step: Step | None = None

    async def walk(self, *, after_talk: bool = False) -> Destination:
        """Speak the menu to its end; raises AgiHangup or AgiGone when the caller is gone, and nothing else.

        Before each command that takes time the lease is renewed: `lease` seconds beyond what the command may take,
        after which a caller whom this process has forgotten goes on in the dialplan.
        """
        service = self._service
        self._step = step = begin(
            service.tree,
            queues=service.queues,
            default_queue=service.queue,
            now=self._clock(),
            world=service.world,
            after_talk=after_talk,
        )
        while True:
            (effect,) = step.effects
            match effect:
                case io.Enqueue(queue, priority, skill):
                    await self._answer()
                    self._note_failures()
                    return Destination(queue, priority, step.state.path, skill)
                case io.HangUp():
                    self._note_failures()
                    return Destination(None, 0, step.state.path)
                case io.Play() if effect.until_keys == KEYS:
                    step, given = await self._question(step, effect)
                case _:
                    given = await self._carry_out(effect)
            self._step = step = advance(service.tree, step.state, given, now=self._clock())

    async def _question(self, step: Step, play: io.Play) -> tuple[Step, io.Input]:
        """Play what may be a question; gives what came, and where the menu stood then.

        Where a key is awaited afterwards, the last sound and the wait are one command: a round trip less a key.
        """
        listening = advance(self._service.tree, step.state, io.Played(), now=self._clock())
        match listening.effects, play.sounds:
            case (io.Listen(seconds),), (*before, last):
                given = await self._carry_out(io.Play(tuple(before), KEYS))
                if isinstance(given, io.Played):
                    return await self._last_sound(step, listening, last, seconds)
            case _:
                given = await self._carry_out(play)
        return step, given

    async def _last_sound(self, step: Step, listening: Step, sound: str, seconds: float) -> tuple[Step, io.Input]:
        try:
            key, heard = await self._speaker.ask(sound, KEYS, seconds)
        except NOT_DONE as error:
            return step, io.Failed(str(error))
        if key is not None:
            return step, io.Key(key)
        if heard:
            return listening, io.Silence()
        return step, await self._carry_out(io.Play((sound,), KEYS))  # by itself it tells what is wrong with it

    def journey(self) -> dict[str, Any]:
        """What the records keep of the way so far (`call.menu`)."""
        return {} if self._step is None else journey_of(self._step.state, at=self._clock()).as_data()

    @property
    def path(self) -> tuple[str, ...]:
        """The keys that have chosen so far."""
        return () if self._step is None else self._step.state.path

    async def _answer(self) -> None:
        if not self._answered:
            self._answered = True
            await agi.answer(self._session)

    async def _carry_out(self, effect: Action) -> io.Input:
        """Have it done; what fails on a living channel is an input like any other."""
        try:
            if not isinstance(effect, BEFORE_ANSWER):
                await self._answer()
            return await self._do(effect)
        except NOT_DONE as error:
            return io.Failed(str(error))

    async def _do(self, effect: Action) -> io.Input:  # noqa: PLR0911 - one return an effect
        actions = self._actions
        match effect:
            case io.Play(sounds, until_keys):
                return await self._play(sounds, until_keys)
            case io.PlayEarly(sounds):
                return await self._play_early(sounds)
            case io.Listen(seconds):
                return await self._listen(seconds)
            case io.SetLanguage(language):
                await agi.set_language(self._session, language)
                return io.Done()
            case io.Record(seconds, until_keys):
                await self._speaker.hold(seconds)
                return await actions.record(seconds, until_keys)
            case io.TransferTo(target):
                return await actions.transfer(target)
            case _:
                await self._speaker.renew()
                return await self._ask(effect)

    async def _ask(
        self, effect: io.LookUpCaller | io.LookUpCase | io.RegisterReturnCall | io.RegisterAffected | io.Rate
    ) -> io.Input:
        match effect:
            case io.LookUpCaller():
                return await self._actions.look_up_caller()
            case io.LookUpCase(case_number, query_code):
                return await self._actions.look_up_case(case_number, query_code)
            case io.RegisterReturnCall(queue, priority, skill):
                return await self._actions.register_return(queue, priority=priority, skill=skill)
            case io.RegisterAffected(incident):
                return await self._actions.register_affected(incident)
            case io.Rate(score):
                return await self._actions.rate(score)
            case _:
                assert_never(effect)

    async def _play(self, sounds: tuple[str, ...], until_keys: str) -> io.Input:
        for sound in sounds:
            key = await self._speaker.say(sound, until_keys)
            if key is not None:
                return io.Key(key)
        return io.Played()

    async def _play_early(self, sounds: tuple[str, ...]) -> io.Input:
        """Before the answer where the channel is not answered yet; whatever fails, the call is answered afterwards."""
        try:
            if not self._answered:
                await agi.exec_application(self._session, "Progress")
            for sound in sounds:
                await self._speaker.say(sound)
        finally:
            await self._answer()
        return io.Played()

    async def _listen(self, seconds: float) -> io.Input:
        await self._speaker.hold(math.ceil(seconds))
        key = await agi.wait_for_digit(self._session, round(seconds * 1000))
        return io.Silence() if key is None else io.Key(key)

    def _note_failures(self) -> None:
        failures = () if self._step is None else self._step.state.failures
        if failures:
            log.warning("menu_failed", call_id=self._session.header.get("uniqueid"), failures=list(failures))
