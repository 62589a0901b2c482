"""The far end of transfers: numbers of other people, reached over the carrier, who answer, are busy or never do."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

from ops.call.phones import Farm, PhoneCall
from ops.call.rtp import Room
from ops.call.sip import Exchange
from ops.call.tones import AGENT_TONE, CITIZEN_TONE
from ops.call.until import until

#: Where the demonstration city's carrier takes calls.
CARRIER = "127.0.0.3"
#: Seconds in which somebody who has picked up finds the key to press.
_BEFORE_KEYS = 1.0
#: Where the gateway of the demonstration city's county Linhe takes calls to its telephones.
COUNTY = "127.0.0.4"
#: What somebody who was called hums, in Hz: neither a citizen nor an agent.
CALLED_TONE = 1500
#: What the carrier itself plays before anybody has answered, in Hz.
CARRIER_TONE = 1900


@dataclass(frozen=True, slots=True)
class Line:
    """What happens at a called number.

    Seconds until somebody answers (None: it rings for ever) and until they hang up (None: the citizen does); `busy`
    refuses at once; `tone` is what they hum and `hears` what they listen for, in Hz; `keys` are pressed a second after
    the answer. `announced` is heard from the beginning on, in Hz, as a carrier's own words or ringing; None: nothing.
    """

    answers_after: float | None = 0.1
    talks_for: float | None = None
    busy: bool = False
    tone: int = CALLED_TONE
    keys: str = ""
    hears: int = CITIZEN_TONE
    announced: int | None = None


BUSY = Line(busy=True)
SILENT = Line(answers_after=None)
CITIZEN = Line(tone=CITIZEN_TONE, hears=AGENT_TONE)
"""A citizen at home, whom an agent calls."""


class Carrier:
    """Takes every call that is sent to it; `calls` are all of them, a number that is not in `lines` is busy."""

    def __init__(
        self, exchange: Exchange, room: Room, port: int, *, host: str = CARRIER, name: str = "carrier"
    ) -> None:
        self.lines: dict[str, Line] = {}
        self.calls: list[PhoneCall] = []
        self._farm = Farm(name, exchange, room, self._rang, host=host, port=port)
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, lines: Mapping[str, Line]) -> None:
        """Listen from now on; `lines` says what happens at which number."""
        self.lines.update(lines)
        if not self._farm.running:
            await self._farm.start()

    async def aclose(self) -> None:
        """End whatever is still going on."""
        for task in tuple(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._farm.stop()

    def of(self, number: str) -> list[PhoneCall]:
        """Return the calls to a number, oldest first; `caller_number` of each is what it was shown."""
        return [call for call in self.calls if call.endpoint == number]

    async def called(self, number: str, *, seconds: float = 20) -> PhoneCall:
        """Return the first call to a number."""
        return (await until(lambda: self.of(number), f"{number} is called", seconds=seconds, where=self._farm.where))[0]

    async def talking(self, number: str, *, seconds: float = 20) -> PhoneCall:
        """Return the first call to a number once whom it listens for is heard there."""
        call = await self.called(number, seconds=seconds)
        what = f"the other side is heard at {number}"
        await until(
            lambda: call.media and call.media.heard.tone_heard_at, what, seconds=seconds, where=self._farm.where
        )
        return call

    def hang_up(self, number: str) -> None:
        """Hang up whatever goes on at a number."""
        for call in self.of(number):
            self._farm.hang_up(call)

    def _rang(self, call: PhoneCall) -> None:
        self.calls.append(call)
        task = asyncio.create_task(self._serve(call, self.lines.get(call.endpoint, BUSY)), name=f"line-{call.endpoint}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, call: PhoneCall, line: Line) -> None:
        if line.busy:
            self._farm.refuse(call)
            return
        if line.announced is not None:
            self._farm.announce(call, tone=line.announced)
        if line.answers_after is None:
            return
        await asyncio.sleep(line.answers_after)
        await self._farm.answer(call, tone=line.tone, hears=line.hears)
        if line.keys and call.media is not None:
            await asyncio.sleep(_BEFORE_KEYS)
            call.media.press(line.keys)
        if line.talks_for is not None:
            await asyncio.sleep(line.talks_for)
            self._farm.hang_up(call)
