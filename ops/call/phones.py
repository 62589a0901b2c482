"""Phones that are called: one SIPp process for a farm of them, told by this module when to answer, refuse, hang up."""

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

    `call_id` is the X-Call-Id header (the fallback queue), else what the agent's screen was offered; None when neither
    tells. `end` is `ended`, `withdrawn` (CANCEL) or `refused`; `ended_by` is `self` or `other`.
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

    @property
    def caller_number(self) -> str:
        """The user part of the From header's URI: who calls, as the phone shows it."""
        return self.caller.partition("sip:")[2].partition("@")[0]


class Farm:
    """Phones behind one SIP address: every INVITE becomes a `PhoneCall` and is handed to `listener`."""

    def __init__(
        self, name: str, exchange: Exchange, room: Room, listener: Callable[[PhoneCall], None], *, host: str, port: int
    ) -> None:
        self.calls: dict[str, PhoneCall] = {}
        self.name = name
        self.host = host
        self.port = port
        self._exchange = exchange
        self._room = room
        self._listener = listener
        self._process: Sipp | None = None

    @property
    def where(self) -> str:
        """The files that tell what the phones saw."""
        return self._process.where if self._process else "the log folder"

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """The process that all phones live in, for a test that kills them without a BYE."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Return once the phones listen at their port."""
        self._process = await self._exchange.farm(self._take, name=self.name, host=self.host, port=self.port)

    async def stop(self) -> None:
        """End the process; calls in hand are left as a power cut leaves them."""
        if self._process is not None:
            await self._process.stop()
            self._process = None

    def kill(self) -> None:
        """Kill every phone at once, without a BYE."""
        if self._process is not None:
            self._process.kill()

    async def answer(
        self, call: PhoneCall, *, tone: int = tones.AGENT_TONE, hears: int = tones.CITIZEN_TONE, seconds: float = 5
    ) -> None:
        """Pick up: 200 OK with an RTP endpoint of its own that hums `tone` and listens for `hears` (Hz)."""
        if call.over:
            return
        media = self._speak(call, tone)
        media.heard.expect(hears)
        self._tell("ANSWER", call, {"X-Rtp-Port": str(media.port)})
        await until(
            lambda: call.answered_at or call.over, f"phone {call.endpoint} picks up", seconds=seconds, where=self.where
        )

    def announce(self, call: PhoneCall, *, tone: int) -> None:
        """Hum `tone` (Hz) before anybody has picked up: 183 Session Progress."""
        self._tell("ANNOUNCE", call, {"X-Rtp-Port": str(self._speak(call, tone).port)})

    def _speak(self, call: PhoneCall, tone: int) -> Endpoint:
        """The sound of this end, made when it is first needed."""
        media = call.media = call.media or self._room.open(self.host)
        if call.audio is not None:
            media.aim(*call.audio)
        media.hum(tone)
        return media

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
        if self._process is not None and self._process.running:
            self._process.tell(method, call.sip_id, headers)

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
        asyncio.get_running_loop().call_soon(self._listener, call)


class Phones(Farm):
    """The agents' phones, registered; each ring goes to the listener of its endpoint."""

    def __init__(self, place: Place, exchange: Exchange, room: Room) -> None:
        super().__init__("phones", exchange, room, self._rang, host=PHONES, port=free_udp_port(PHONES))
        self._place = place
        self._listeners: dict[str, Callable[[PhoneCall], None]] = {}

    async def connect(self, listeners: dict[str, Callable[[PhoneCall], None]]) -> None:
        """Register these endpoints from the farm's own port, then let the farm take the port and ring the listeners.

        Only once in the life of a farm: registrations and calls share its port, one after the other.
        """
        if self.running:
            raise RuntimeError("the phones are connected already: name all agents at once")
        self._listeners = dict(listeners)
        await self._register(_REGISTERED_FOR)
        await self.start()

    async def disconnect(self) -> None:
        """Stop the farm and take its registrations back."""
        if self.running:
            await self.stop()
            await self._register(0)

    async def restart(self) -> None:
        """Start the farm again after a test has killed it; registrations still point to its port."""
        await self.stop()
        await self.start()

    async def _register(self, seconds: int) -> None:
        passwords = {endpoint: self._place.seat_password(endpoint) for endpoint in self._listeners}
        await self._exchange.register(passwords, host=PHONES, port=self.port, seconds=seconds)

    def _rang(self, call: PhoneCall) -> None:
        listener = self._listeners.get(call.endpoint)
        if listener is not None:
            listener(call)
