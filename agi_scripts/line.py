"""One citizen's place in the line: waits for the engine's orders, with music and now and then a word."""

import asyncio
import contextlib
from dataclasses import dataclass

import structlog

from acd.engine import Engine
from acd.rules import effects as fx
from acd.rules.pace import Pace
from agi_scripts import commands as agi
from agi_scripts.server import AgiHangup, AgiSession
from agi_scripts.speaker import Speaker
from agi_scripts.waiting import Announcer, Choice, Prospect

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """Ring an agent; `offer_seq` is the number of the offer in the agent's stream."""

    ring: fx.Ring
    offer_seq: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A supervisor has put the call into another queue."""

    queue: str


class InLine:
    """Gives the next order, another queue, the citizen's choice, or None when nobody is signed in for `unstaffed` s."""

    def __init__(
        self,
        session: AgiSession,
        call_id: str,
        *,
        engine: Engine,
        pace: Pace,
        announcer: Announcer,
        speaker: Speaker,
        pause: float,
        unstaffed: float,
    ) -> None:
        self.orders: asyncio.Queue[Order] = asyncio.Queue()
        self._session = session
        self._call_id = call_id
        self._engine = engine
        self._pace = pace
        self._announcer = announcer
        self._speaker = speaker
        self._pause = pause
        self._unstaffed = unstaffed
        self._entered = asyncio.get_running_loop().time()
        self._told = 0

    async def next(self, queue: str) -> Order | Moved | Choice | None:
        """Wait; raises AgiHangup as soon as the caller is gone.

        While music plays no AGI command is pending, so an order goes out at once; only the lease is renewed.
        """
        if not self.orders.empty():
            return self.orders.get_nowait()
        await self._speaker.renew()
        await agi.music_on(self._session)
        unstaffed = 0.0
        while unstaffed < self._unstaffed:
            pause = min(self._pause, self._announcer.due_after(self._waited, self._told))
            came = await self._within(pause) or self._moved_from(queue) or await self._tell_if_due(queue)
            if came is not None:
                return came
            await self._speaker.renew()
            unstaffed = 0.0 if self._engine.floor.staffed(queue) else unstaffed + pause
        log.warning("queue_unstaffed", call_id=self._call_id, queue=queue)
        return None

    @property
    def _waited(self) -> float:
        return asyncio.get_running_loop().time() - self._entered

    def _moved_from(self, queue: str) -> Moved | None:
        call = self._engine.floor.calls.get(self._call_id)
        return Moved(call.queue) if call is not None and call.queue not in {None, queue} else None

    async def _within(self, seconds: float) -> Order | None:
        """An order, or None after `seconds`."""
        order = asyncio.ensure_future(self.orders.get())
        gone = asyncio.ensure_future(self._session.gone.wait())
        try:
            await asyncio.wait({order, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise AgiHangup("the caller is gone while waiting")
            return order.result() if order.done() else None
        finally:
            order.cancel()
            gone.cancel()

    async def _tell_if_due(self, queue: str) -> Order | Choice | None:
        """Say where the citizen stands when it is time for it; an order that comes meanwhile ends it."""
        if self._announcer.due_after(self._waited, self._told) > 0:
            return None
        self._told += 1
        prospect = self._prospect(queue)
        if prospect is None:
            return None
        offer = self._announcer.offers(self._waited, prospect)
        telling = asyncio.ensure_future(self._announcer.tell(prospect, offer=offer))
        order = asyncio.ensure_future(self.orders.get())
        try:
            await asyncio.wait({telling, order}, return_when=asyncio.FIRST_COMPLETED)
            if order.done():
                await self._announcer.silence(telling)
                telling.exception()  # a caller who left in that moment is noticed by the next command
                return order.result()
            choice = telling.result()
        finally:
            order.cancel()
            telling.cancel()
        if choice is None:
            await agi.music_on(self._session)
        return choice

    def _prospect(self, queue: str) -> Prospect | None:
        """Where the call stands; None when it does not wait, because it is being offered just now."""
        floor = self._engine.floor
        with contextlib.suppress(KeyError):
            position = floor.waiting.position(self._call_id)
            return Prospect(position, self._pace.expected_seconds(queue, position, floor.agents.values()))
        return None
