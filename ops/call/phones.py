"""The agents' phones: one SIPp process for all of them, told by this module when to answer, refuse and hang up."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ops.call import tones
from ops.call.place import PHONES, Place
from ops.call.ports import free_udp_port
from ops.call.rtp import Endpoint, Room
from ops.call.sip import Exchange, Sipp
from ops.call.siplog import SipEvent, parse_ringing
from ops.call.until import until

#: A registration outlives every test; it is taken back at the end.
_REGISTERED_FOR = 3600


@dataclass(slots=True)
class PhoneCall:
    """One INVITE at one phone and what became of it; moments are epoch seconds.

    `call_id` is the X-Call-Id header, None when Asterisk rang by itself (the fallback queue). `end` is `ended`,
    `withdrawn` (CANCEL) or `refused`; `ended_by` is `self` or `other`.
    """

    sip_id: str
    endpoint: str
    call_id: str | None
    caller: str
    rang_at: float
    audio: tuple[str, int] | None
    answered_at: float | None = None
    ended_at: float | None = None
    end: str | None = None
    ended_by: str | None = None
    media: Endpoint | None = field(default=None, repr=False)

    @property
    def over(self) -> bool:
        """Whether the phone is on the hook again."""
        return self.ended_at is not None


class Phones:
    """A farm of registered phones; each ring goes to the listener of its endpoint."""

    def __init__(self, place: Place, exchange: Exchange, room: Room) -> None:
        self.calls: dict[str, PhoneCall] = {}
        self._place = place
        self._exchange = exchange
        self._room = room
        self._port = free_udp_port(PHONES)
        self._farm: Sipp | None = None
        self._listeners: dict[str, Callable[[PhoneCall], None]] = {}

    @property
    def where(self) -> str:
        """The files that tell what the phones saw."""
        return self._farm.where if self._farm else str(self._place.logs)

    @property
    def pid(self) -> int | None:
        """The process that all phones live in, for a test that kills them without a BYE."""
        return self._farm.pid if self._farm else None

    async def connect(self, listeners: dict[str, Callable[[PhoneCall], None]]) -> None:
        """Register these endpoints from the farm's own port, then let the farm take the port and ring the listeners.

        Only once in the life of a farm: registrations and calls share its port, one after the other.
        """
        if self._farm is not None:
            raise RuntimeError("the phones are connected already: name all agents at once")
        self._listeners = dict(listeners)
        await self._register(_REGISTERED_FOR)
        self._farm = await self._exchange.farm(self._take, host=PHONES, port=self._port)

    async def disconnect(self) -> None:
        """Stop the farm and take its registrations back."""
        if self._farm is not None:
            await self._farm.stop()
            self._farm = None
            await self._register(0)

    async def restart(self) -> None:
        """Start the farm again after a test has killed it; registrations still point to its port."""
        if self._farm is not None:
            await self._farm.stop()
        self._farm = await self._exchange.farm(self._take, host=PHONES, port=self._port)

    def kill(self) -> None:
        """Kill every phone at once, without a BYE."""
        if self._farm is not None:
            self._farm.kill()

    async def answer(self, call: PhoneCall, *, seconds: float = 5) -> None:
        """Pick up: 200 OK with an RTP endpoint of its own that hums the agents' tone."""
        if call.over:
            return
        media = call.media = self._room.open(PHONES)
        media.heard.expect(tones.CITIZEN_TONE)
        if call.audio is not None:
            media.aim(*call.audio)
        media.hum(tones.AGENT_TONE)
        self._tell("ANSWER", call, {"X-Rtp-Port": str(media.port)})
        await until(
            lambda: call.answered_at or call.over, f"phone {call.endpoint} picks up", seconds=seconds, where=self.where
        )

    def refuse(self, call: PhoneCall) -> None:
        """Answer 486 Busy Here."""
        self._tell("REFUSE", call)

    def hang_up(self, call: PhoneCall) -> None:
        """Send BYE, or 486 while it still rings; nothing when the call is over."""
        if not call.over:
            self._tell("HANGUP", call)

    async def ended(self, call: PhoneCall, *, seconds: float) -> None:
        """Return once the phone is on the hook again."""
        await until(lambda: call.over, f"the call at phone {call.endpoint} ends", seconds=seconds, where=self.where)

    def _tell(self, method: str, call: PhoneCall, headers: dict[str, str] | None = None) -> None:
        if self._farm is not None and self._farm.running:
            self._farm.tell(method, call.sip_id, headers)

    async def _register(self, seconds: int) -> None:
        passwords = {endpoint: self._place.seat_password(endpoint) for endpoint in self._listeners}
        await self._exchange.register(passwords, host=PHONES, port=self._port, seconds=seconds)

    def _take(self, event: SipEvent) -> None:
        if event.what == "rang":
            self._ring(event)
            return
        call = self.calls.get(event.key)
        if call is None:
            return
        if event.what == "answered":
            call.answered_at = call.answered_at or event.at
        elif not call.over:
            call.ended_at, call.end, call.ended_by = event.at, event.what, event.more.strip() or "other"
            if call.media is not None:
                self._room.close(call.media)

    def _ring(self, event: SipEvent) -> None:
        told = parse_ringing(event.more)
        call = PhoneCall(event.key, told.endpoint, told.call_id, told.caller, event.at, told.audio)
        self.calls[event.key] = call
        listener = self._listeners.get(told.endpoint)
        if listener is not None:
            asyncio.get_running_loop().call_soon(listener, call)
