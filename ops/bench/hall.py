"""A hall at work on one side: citizens call, agents pick up, talk and hang up; every moment is kept."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Self

from ops.bench.native import QUEUE
from ops.bench.phones import Leg
from ops.bench.stage import OURS, Stage
from ops.call.until import until

_IN_QUEUE = 0.4
"""Seconds after the answer in which the greeting is surely over."""
_GIVEN_UP = 487


@dataclass(frozen=True, slots=True)
class Manner:
    """How agents work, in seconds: until the phone is picked up, the talk, and (ours) from its end to the outcome."""

    pick_up: float
    talk: tuple[float, float]
    wrap_up: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A recorded call: seconds since the beginning, seconds of talk, seconds until the citizen gives up."""

    at: float
    talk: float
    patience: float


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
    at: float
    free: Free | None


@dataclass(slots=True)
class Seen:
    """What one run of a hall saw; epoch seconds by caller number, `frees` by agent."""

    rings: list[Ring] = field(default_factory=list)
    frees: list[tuple[str, float]] = field(default_factory=list)
    dialled: dict[str, float] = field(default_factory=dict)
    connected: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    refused: int = 0


class Hall:
    """One run on one side: `ours` or `other`; a context manager, in which the phones' calls of that side come here.

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
        self._expected: dict[str, Arrival] = {}
        self._free: dict[str, Free] = {}
        self._live: dict[str, Leg] = {}
        self._talking: set[str] = set()
        self._followed = False
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        """Take the calls of this side."""
        self._stage.at_work[self._stage.server(self.side)] = self
        return self

    def __exit__(self, *_: object) -> None:
        """Take no more."""
        del self._stage.at_work[self._stage.server(self.side)]

    def dial(self, arrival: Arrival | None = None) -> None:
        """One more citizen calls."""
        caller = self._stage.caller()
        if arrival is not None:
            self._expected[caller] = arrival
        leg = self._stage.citizens.dial(self._stage.server(self.side), self._dialled, caller)
        self.seen.dialled[caller] = leg.began_at
        self._live[caller] = leg

    async def busy(self, callers: int, *, seconds: float, rate: float) -> None:
        """Keep `callers` citizens in the system for so long: whoever leaves is followed by another."""
        for _ in range(callers):
            self.dial()
            await asyncio.sleep(1 / rate)
        self._followed = True
        await asyncio.sleep(seconds)
        self._followed = False
        for caller, leg in list(self._live.items()):
            if caller not in self._rung:
                self._stage.citizens.hang_up(leg)
        await self.quiet()

    async def steady(self, rate: float, *, seconds: float) -> None:
        """Let `rate` citizens a second call, evenly; return when all calls are over."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
            self.dial()
        await self.quiet()

    async def recorded(self, arrivals: list[Arrival]) -> None:
        """Let the recorded citizens call, each at its moment; return when all calls are over."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for arrival in arrivals:
            await asyncio.sleep(max(0.0, began + arrival.at - loop.time()))
            self.dial(arrival)
        await self.quiet(seconds=90)

    async def quiet(self, *, seconds: float = 30) -> None:
        """Return once every call is over and every agent of ours has none in hand; raise `StepMissing` otherwise."""
        over = lambda: not self._live and not self._talking  # noqa: E731 - a name for a condition
        await until(over, f"the calls of {self.side} end", seconds=seconds)
        if self.side == "ours":
            await until(self._stage.nobody_busy, "every agent has chosen an outcome", seconds=seconds)

    # The agents' phones

    def rang(self, leg: Leg) -> None:
        """An agent's phone rings."""
        self._waiting.discard(leg.caller)
        self._rung.add(leg.caller)
        self._talking.add(leg.dialog.call_id)
        free = self._free.pop(leg.user, None)
        self.seen.rings.append(Ring(leg.user, leg.caller, leg.began_at, free))
        asyncio.get_running_loop().call_later(self._manner.pick_up, self._stage.phones.answer, leg)

    def talks(self, leg: Leg) -> None:
        """An agent has picked up."""
        self._stage.sounder.speak(self._stage.phones, leg)
        expected = self._expected.get(leg.caller)
        seconds = expected.talk if expected else self._stage.chance.uniform(*self._manner.talk)
        asyncio.get_running_loop().call_later(seconds, self._stage.phones.hang_up, leg)

    def hung_up(self, leg: Leg) -> None:
        """An agent's phone is on the hook again."""
        self._stage.sounder.silent(self._stage.phones, leg)
        self._talking.discard(leg.dialog.call_id)
        if self.side == "other" and leg.ended_at is not None:
            self._note_free(leg.user, leg.ended_at)

    def wraps_up(self, agent: str, call_id: str) -> None:
        """An agent of ours has an outcome to choose."""
        seconds = self._stage.chance.uniform(*self._manner.wrap_up)
        task = asyncio.create_task(self._finish(agent, call_id, seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, agent: str, call_id: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        # Noted before it is sent: the next ring may be there before this task goes on.
        self._note_free(agent, time.time())
        await self._stage.link.command(agent, "outcome", call_id=call_id)

    def _note_free(self, agent: str, at: float) -> None:
        self._free[agent] = Free(at, len(self._waiting))
        self.seen.frees.append((agent, at))

    # The citizens

    def connected(self, leg: Leg) -> None:
        """A citizen is answered by the system."""
        self._stage.sounder.speak(self._stage.citizens, leg)
        self.seen.connected[leg.caller] = leg.answered_at or 0.0
        loop = asyncio.get_running_loop()
        loop.call_later(_IN_QUEUE, self._waits, leg)
        expected = self._expected.get(leg.caller)
        if expected is not None:
            loop.call_later(expected.patience, self._gives_up, leg)

    def left(self, leg: Leg) -> None:
        """A citizen is gone."""
        self._stage.sounder.silent(self._stage.citizens, leg)
        self._waiting.discard(leg.caller)
        self.seen.ended[leg.caller] = leg.ended_at or 0.0
        self.seen.refused += leg.status not in {0, _GIVEN_UP}
        self._live.pop(leg.caller, None)
        if self._followed:
            self.dial()

    def _waits(self, leg: Leg) -> None:
        if not leg.over and leg.caller not in self._rung:
            self._waiting.add(leg.caller)

    def _gives_up(self, leg: Leg) -> None:
        if leg.caller not in self._rung:
            self._stage.citizens.hang_up(leg)
