"""An agent: a phone, a screen, and a manner of working that a test may change at any time."""

import asyncio
import contextlib
import time
from dataclasses import dataclass

from ops.call.phones import PhoneCall, Phones
from ops.call.screen import Screen
from ops.call.until import StepMissing, until

#: Seconds of a conversation after which it counts as stuck.
LONGEST_CALL = 600.0
#: Seconds in which a screen with a link learns that its call is over.
_SCREEN_LAG = 3.0
#: Seconds in which a screen learns what rang, on a machine that has other things to do.
_OFFER_LAG = 10.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How an agent works.

    Seconds until the phone is picked up (None: never), seconds until the agent hangs up (None: the citizen does), and
    the outcome chosen at the end (None: the test does).
    """

    answers_after: float | None = 0.3
    talks_for: float | None = None
    outcome: str | None = "answered"
    note: str = ""


class Agent:
    """One agent at work.

    `calls` are the INVITEs at the phone; `outcomes` tells when (epoch seconds) each call's outcome was stored.
    """

    def __init__(self, number: str, phones: Phones, screen: Screen | None, manner: Manner) -> None:
        self.number = number
        self.screen = screen
        self.manner = manner
        self.calls: list[PhoneCall] = []
        self.outcomes: dict[str, float] = {}
        self.problems: list[Exception] = []
        self._phones = phones
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether a call or its outcome is still in hand."""
        return any(not task.done() for task in self._tasks)

    def ring(self, call: PhoneCall) -> None:
        """Take notice of a ringing phone and serve it in this agent's manner."""
        self.calls.append(call)
        self._recognise(call)
        task = asyncio.create_task(self._serve(call), name=f"agent-{self.number}-{call.sip_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def answer(self, call: PhoneCall) -> None:
        """Pick up by hand, for a manner that never does; what follows the pick-up is up to the test too."""
        await self._phones.answer(call)

    def hang_up(self) -> None:
        """Hang up whatever is at this phone; a ringing call is refused."""
        for call in self.calls:
            self._phones.hang_up(call)

    async def choose_outcome(self, call_id: str, outcome: str, *, seconds: float = 30) -> None:
        """Store the outcome of a call; `seconds` bound how long it is tried while the web process is away."""
        if self.screen is not None:
            note = self.manner.note
            await self.screen.desk.choose_outcome(self.number, call_id, outcome, note, seconds=seconds)
            self.outcomes[call_id] = time.time()

    async def leave(self) -> None:
        """Drop what is in hand, without waiting for it to end well."""
        for task in tuple(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _serve(self, call: PhoneCall) -> None:
        try:
            if await self._pick_up(call):
                await self._talk(call)
                await self._wrap_up(call)
        except Exception as error:  # noqa: BLE001 - whatever it was, the one who waits for this call must hear of it
            self.problems.append(error)

    async def _pick_up(self, call: PhoneCall) -> bool:
        if self.manner.answers_after is None:
            return False
        await asyncio.sleep(self.manner.answers_after)
        await self._phones.answer(call)
        return call.answered_at is not None

    async def _talk(self, call: PhoneCall) -> None:
        if self.manner.talks_for is not None:
            await asyncio.sleep(self.manner.talks_for)
            self._phones.hang_up(call)
        await self._phones.ended(call, seconds=LONGEST_CALL)

    def _recognise(self, call: PhoneCall) -> bool:
        """Take the call for the one that the screen was offered last and that has no outcome yet.

        Numbers would not tell: what a caller's number may hold is not what the phone shows of it.
        """
        if call.call_id is None and self.screen is not None:
            offers = self.screen.find("offer")
            if offers and offers[-1].call_id not in self.outcomes:
                call.call_id = offers[-1].call_id
        return call.call_id is not None

    async def _wrap_up(self, call: PhoneCall) -> None:
        if self.screen is None or self.manner.outcome is None:
            return
        # A screen without a link learns only later what rang.
        with contextlib.suppress(StepMissing):
            await until(lambda: self._recognise(call), "the screen knows the call", seconds=_OFFER_LAG)
        if call.call_id is None:
            return
        # The phone is on the hook a moment before the screen says so; a screen without a link learns it only later.
        with contextlib.suppress(StepMissing):
            ended = await self.screen.next("ended", call.call_id, seconds=_SCREEN_LAG)
            if "result" in ended.body:  # a return call that reached nobody: the hotline tries it again by itself
                return
        await self.choose_outcome(call.call_id, self.manner.outcome)


async def all_free(agents: list[Agent], *, seconds: float) -> None:
    """Return once no agent has a call or an outcome in hand; raise the first problem one of them met."""
    await until(lambda: not any(agent.busy for agent in agents), "all agents are free again", seconds=seconds)
    for agent in agents:
        if agent.problems:
            raise agent.problems[0]
