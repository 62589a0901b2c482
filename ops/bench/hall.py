"""A hall at work on one side: citizens call, agents pick up, talk and hang up; every moment is kept."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ops.bench.native import QUEUE
from ops.bench.phones import Leg
from ops.bench.stage import OURS, Stage
from ops.call.until import until

_IN_QUEUE = 0.8
"""Seconds after the answer in which greeting and menu are surely over."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How agents work, in seconds: until the phone is picked up, the talk, and (ours) from its end to the outcome."""

    pick_up: float
    talk: tuple[float, float]
    wrap_up: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Free:
    """An agent became free; `waiting` callers were in the queue then."""

    at: float
    waiting: int


@dataclass(frozen=True, slots=True)
class Ring:
    """An INVITE at an agent's phone; `free` is when this agent had become free, None for the first ring."""

    agent: str
    caller: str
    call_id: str
    at: float
    free: Free | None


@dataclass(slots=True)
class Seen:
    """What one run of a hall saw."""

    rings: list[Ring] = field(default_factory=list)
    dialled: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    refused: int = 0


class Hall:
    """One run on one side: `ours` or `other`.

    An agent of ours becomes free by the outcome command at the link, one of the other's by hanging up.
    """

    def __init__(self, stage: Stage, side: str, manner: Manner, *, dialled: str | None = None) -> None:
        self.seen = Seen()
        self.side = side
        self._stage = stage
        self._manner = manner
        self._dialled = dialled or (OURS if side == "ours" else QUEUE)
        self._waiting: set[str] = set()
        self._rung: set[str] = set()
        self._free: dict[str, Free] = {}
        self._live = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._followed = False

    def __enter__(self) -> "Hall":
        """Take the telephones over."""
        stage = self._stage
        stage.phones.on_ring, stage.phones.on_answer, stage.phones.on_end = self._rang, self._talks, self._hung_up
        stage.citizens.on_answer, stage.citizens.on_end = self._connected, self._left
        stage.on_wrap_up = self._wraps_up
        return self

    def __exit__(self, *_: object) -> None:
        """Leave them alone."""
        nothing: Callable[[Leg], None] = lambda leg: None  # noqa: E731 - typed
        stage = self._stage
        stage.phones.on_ring = stage.phones.on_answer = stage.phones.on_end = nothing
        stage.citizens.on_answer = stage.citizens.on_end = nothing
        stage.on_wrap_up = lambda agent, call: None

    def dial(self) -> Leg:
        """One more citizen calls."""
        caller = self._stage.caller()
        leg = self._stage.citizens.dial(self._stage.server(self.side), self._dialled, caller)
        self.seen.dialled[caller] = leg.began_at
        self._live += 1
        return leg

    async def busy(self, callers: int, *, seconds: float, rate: float) -> None:
        """Keep `callers` citizens in the system for so long: whoever leaves is followed by another."""
        for _ in range(callers):
            self.dial()
            await asyncio.sleep(1 / rate)
        self._followed = True
        await asyncio.sleep(seconds)
        self._followed = False
        self.send_home()
        await self.quiet()

    async def steady(self, rate: float, *, seconds: float) -> None:
        """Let `rate` citizens a second call, evenly; return when all calls are over."""
        loop = asyncio.get_running_loop()
        began, count = loop.time(), round(rate * seconds)
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
            self.dial()
        await self.quiet()

    def send_home(self) -> None:
        """Whoever has not reached an agent hangs up."""
        for leg in list(self._stage.citizens.legs.values()):
            if not leg.over and leg.caller not in self._rung:
                self._stage.citizens.hang_up(leg)

    async def quiet(self, *, seconds: float = 30) -> None:
        """Return once every call is over and every agent of ours is ready again; raise `StepMissing` otherwise."""
        await until(lambda: self._live == 0, f"the calls of {self.side} end", seconds=seconds)
        over = lambda: all(leg.over for leg in self._stage.phones.legs.values())  # noqa: E731
        await until(over, "every phone is on the hook", seconds=seconds)
        if self.side == "ours":
            await self._stage.in_state("ready")
        self._stage.citizens.legs.clear()
        self._stage.phones.legs.clear()

    # The agents' phones

    def _rang(self, leg: Leg) -> None:
        self._waiting.discard(leg.caller)
        self._rung.add(leg.caller)
        free = self._free.pop(leg.user, None)
        self.seen.rings.append(Ring(leg.user, leg.caller, leg.hotline_id, leg.began_at, free))
        asyncio.get_running_loop().call_later(self._manner.pick_up, self._stage.phones.answer, leg)

    def _talks(self, leg: Leg) -> None:
        self._stage.sounder.speak(self._stage.phones, leg)
        seconds = self._stage.chance.uniform(*self._manner.talk)
        asyncio.get_running_loop().call_later(seconds, self._stage.phones.hang_up, leg)

    def _hung_up(self, leg: Leg) -> None:
        self._stage.sounder.silent(self._stage.phones, leg)
        if self.side == "other" and leg.ended_at is not None and leg.answered_at is not None:
            self._free[leg.user] = Free(leg.ended_at, len(self._waiting))

    def _wraps_up(self, agent: str, call_id: str) -> None:
        seconds = self._stage.chance.uniform(*self._manner.wrap_up)
        task = asyncio.create_task(self._finish(agent, call_id, seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, agent: str, call_id: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        # Noted before it is sent: the next ring may be there before this task goes on.
        self._free[agent] = Free(time.time(), len(self._waiting))
        await self._stage.link.command(agent, "outcome", call_id=call_id)

    # The citizens

    def _connected(self, leg: Leg) -> None:
        self._stage.sounder.speak(self._stage.citizens, leg)
        asyncio.get_running_loop().call_later(_IN_QUEUE, self._waits, leg)

    def _waits(self, leg: Leg) -> None:
        if not leg.over and leg.caller not in self._rung:
            self._waiting.add(leg.caller)

    def _left(self, leg: Leg) -> None:
        self._stage.sounder.silent(self._stage.citizens, leg)
        self._waiting.discard(leg.caller)
        self.seen.ended[leg.caller] = leg.ended_at or 0.0
        self.seen.refused += leg.status != 0 and leg.status != 487  # noqa: PLR2004 - SIP's "given up"
        self._live -= 1
        if self._followed:
            self.dial()

