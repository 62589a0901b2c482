"""A citizen's call: dialled, listened to, keys pressed, hung up; and which agent it reached."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ops.call.hearing import Match
from ops.call.phones import PhoneCall
from ops.call.rtp import Endpoint
from ops.call.scenarios import Citizen
from ops.call.screen import Arrival
from ops.call.sip import Sipp
from ops.call.siplog import SipEvent, parse_address
from ops.call.until import StepMissing, until

T = TypeVar("T")

#: Frames after which a prompt is looked for again (half a second), and seconds without one that end a sound.
_LOOK_FRAMES = 25
_QUIET = 0.1
#: Two SIPp processes stamp what they do a moment after they did it: a ring may seem earlier than its dialling.
_SLACK = 0.5


@dataclass(frozen=True, slots=True)
class Offer:
    """One `offer` message at one agent's screen."""

    agent: str
    arrival: Arrival

    @property
    def call_id(self) -> str:
        """The hotline's call id."""
        return str(self.arrival.body.get("call_id", ""))

    @property
    def caller(self) -> str:
        """The caller number as the engine was told it."""
        return str(self.arrival.body.get("caller", ""))

    @property
    def decided_at(self) -> float:
        """When the engine decided, epoch seconds."""
        return float(self.arrival.body["decided_at"])


@dataclass(slots=True)
class Moments:
    """What SIP told about one citizen's call, epoch seconds; `ended_by`: `self` or `other`, `refused`: a SIP status."""

    dialled_at: float | None = None
    connected_at: float | None = None
    pressed_at: float | None = None
    ended_at: float | None = None
    ended_by: str | None = None
    refused: str | None = None


class Sightings:
    """What a city has seen at its agents' phones and screens: all of it in order, and by caller number or call id."""

    def __init__(self) -> None:
        self.offers: list[Offer] = []
        self.rings: list[PhoneCall] = []
        self._offers: dict[str, list[Offer]] = defaultdict(list)
        self._rings: dict[str, list[PhoneCall]] = defaultdict(list)

    def note_offer(self, offer: Offer) -> None:
        """Note an offer at a screen."""
        self.offers.append(offer)
        for key in {offer.call_id, offer.caller} - {""}:
            self._offers[key].append(offer)

    def note_ring(self, ring: PhoneCall) -> None:
        """Note a ring at a phone."""
        self.rings.append(ring)
        for key in {ring.call_id or "", ring.caller_number} - {""}:
            self._rings[key].append(ring)

    def offers_of(self, key: str) -> list[Offer]:
        """Return the offers of a caller number or a call id, oldest first."""
        return self._offers.get(key, [])

    def rings_of(self, key: str) -> list[PhoneCall]:
        """Return the rings of a caller number or a call id, oldest first."""
        return self._rings.get(key, [])


class Call:
    """One citizen's call. Every wait is bounded and names the log files to look in when it ends in `StepMissing`."""

    def __init__(self, key: str, citizen: Citizen, media: Endpoint, seen: Sightings) -> None:
        self.key = key
        self.citizen = citizen
        self.media = media
        self.moments = Moments()
        self.sip_id: str | None = None
        self.process: Sipp | None = None
        self._call_id: str | None = None
        self._seen = seen
        self._close: Callable[[Endpoint], None] | None = None

    @property
    def where(self) -> str:
        """The files that tell what this citizen saw."""
        return self.process.where if self.process else "the log folder"

    @property
    def over(self) -> bool:
        """Whether the citizen's phone is on the hook again, or was refused."""
        return self.moments.ended_at is not None

    @property
    def settled(self) -> bool:
        """Whether nothing of this call is left to be said: over, or SIPp is done with it."""
        return self.process is None or not self.process.running or (self.over and self.moments.ended_by == "other")

    @property
    def offers(self) -> list[Offer]:
        """The offers of this call, oldest first."""
        if self._call_id is not None:
            return self._seen.offers_of(self._call_id)
        return [offer for offer in self._seen.offers_of(self.citizen.user) if self._is_later(offer.decided_at)]

    @property
    def rings(self) -> list[PhoneCall]:
        """The agents' phones that this call rang, oldest first; one may not say which call it is."""
        of_number = [ring for ring in self._seen.rings_of(self.citizen.user) if self._is_later(ring.rang_at)]
        if self._call_id is None:
            return of_number
        nameless = [ring for ring in of_number if ring.call_id is None]
        return sorted([*self._seen.rings_of(self._call_id), *nameless], key=lambda ring: ring.rang_at)

    @property
    def call_id(self) -> str | None:
        """The hotline's call id, once an offer or a ring of this caller number has told it."""
        if self._call_id is None:
            known = [offer.call_id for offer in self.offers] + [ring.call_id for ring in self.rings]
            self._call_id = next((one for one in known if one), None)
        return self._call_id

    def adopt(self, call_id: str) -> None:
        """Say which call of the hotline this is, for a caller number that is withheld or comes out changed."""
        self._call_id = call_id

    async def connected(self, *, seconds: float = 10) -> None:
        """Return once the call is answered by the system (SIP 200)."""
        await self._until(lambda: self.moments.connected_at, "is connected", seconds)

    async def greeted(self, *, seconds: float = 10) -> float:
        """Return when the first sound was heard, epoch seconds."""
        return await self._until(lambda: self.media.heard.first_sound_at, "hears a greeting", seconds)

    async def ringing(self, *, seconds: float = 30) -> PhoneCall:
        """Return the first ring of this call at an agent's phone."""
        return (await self._until(lambda: self.rings, "rings at an agent", seconds))[0]

    async def answered(self, *, seconds: float = 60) -> PhoneCall:
        """Return the agent's leg once an agent has picked up."""
        return await self._until(self.answered_ring, "is answered by an agent", seconds)

    async def talking(self, *, seconds: float = 10) -> PhoneCall:
        """Return the agent's leg once both sides have heard each other's tone (a browser's ear is not ours to ask)."""
        leg = await self.answered(seconds=seconds)
        await self._until(lambda: self.media.heard.tone_heard_at, "hears the agent", seconds)
        if leg.media is not None:
            ear = leg.media.heard
            await self._until(lambda: ear.tone_heard_at, "is heard by the agent", seconds)
        return leg

    async def ended(self, *, seconds: float = 60) -> None:
        """Return once the citizen's phone is on the hook."""
        await self._until(lambda: self.over, "ends", seconds)

    def answered_ring(self) -> PhoneCall | None:
        """Return the last leg at which an agent picked up, or None."""
        return next((ring for ring in reversed(self.rings) if ring.answered_at is not None), None)

    def press(self, keys: str) -> None:
        """Press keys (RFC 4733), 100 ms each."""
        self.moments.pressed_at = self.moments.pressed_at or time.time()
        self.media.press(keys)

    async def press_when_greeted(self, keys: str, *, seconds: float = 15) -> None:
        """Press keys as soon as a sound is heard."""
        await self.greeted(seconds=seconds)
        self.press(keys)

    def heard(self, prompt: Path, *, since: float = 0.0) -> Match:
        """Return how well the prompt of this WAV file was heard since then; true when it was."""
        return self.media.heard.contains(prompt, since=since)

    async def hears(self, prompt: Path, *, since: float = 0.0, seconds: float = 20) -> Match:
        """Return once a prompt was heard to its end, at or after `since` (epoch seconds)."""
        return await self._listen(prompt, lambda match: bool(match) and not match.cut_short, "all", since, seconds)

    async def hears_begin(self, prompt: Path, *, since: float = 0.0, seconds: float = 20) -> Match:
        """Return once the first words of a prompt are heard; what else begins with them is not told apart."""
        return await self._listen(prompt, lambda match: match.begun, "the beginning", since, seconds)

    async def press_during(self, prompt: Path, keys: str, *, seconds: float = 20) -> None:
        """Press keys while a prompt is being said."""
        await self.hears_begin(prompt, seconds=seconds)
        self.press(keys)

    async def press_after(self, prompt: Path, keys: str, *, seconds: float = 20) -> None:
        """Press keys when a prompt has been said to its end."""
        await self.hears(prompt, seconds=seconds)
        self.press(keys)

    def was_early(self, match: Match) -> bool:
        """Whether what was found was heard to its end before the call was answered (early media)."""
        connected_at = self.moments.connected_at
        return connected_at is None or match.at + match.length <= connected_at + _SLACK

    async def _listen(
        self, prompt: Path, enough: Callable[[Match], bool], how_much: str, since: float, seconds: float
    ) -> Match:
        """Look again only when half a second more was heard, or when it became quiet: a look costs milliseconds."""
        looked_at, heard = 0, self.media.heard
        last: Match | None = None

        def look() -> tuple[Match] | None:
            nonlocal looked_at, last
            quiet = time.time() - (heard.last_packet_at or 0) > _QUIET
            if heard.packets - looked_at < (1 if quiet else _LOOK_FRAMES):
                return None
            looked_at = heard.packets
            last = self.heard(prompt, since=since)
            return (last,) if enough(last) else None

        try:
            return (await self._until(look, f"hears {how_much} of {prompt.stem}", seconds))[0]
        except StepMissing as missing:
            raise StepMissing(f"{missing.what} (heard best: {last})", missing.seconds, missing.where) from None

    def hang_up(self) -> None:
        """Send BYE, or CANCEL before the call is connected; nothing when it is over."""
        if not self.over and self.sip_id and self.process is not None and self.process.running:
            self.process.tell("HANGUP", self.sip_id)

    def on_end(self, close: Callable[[Endpoint], None]) -> None:
        """Give the RTP port back with `close` when the call is over."""
        self._close = close

    def take(self, event: SipEvent) -> None:
        """Note what SIPp tells about this call."""
        moments = self.moments
        match event.what:
            case "created":
                self.sip_id = event.more.strip()
            case "dialled":
                moments.dialled_at = event.at
            case "early" | "answered":
                self._hear(event)
            case "ended" | "refused":
                self._end(event)
            case _:
                pass

    def _hear(self, event: SipEvent) -> None:
        if event.what == "answered":
            self.moments.connected_at = event.at
        address = parse_address(event.more)
        if address is not None:
            self.media.aim(*address)

    def _end(self, event: SipEvent) -> None:
        moments = self.moments
        if moments.ended_at is None:
            moments.ended_at = event.at
            moments.ended_by = event.more.strip() if event.what == "ended" else "other"
            moments.refused = event.more.strip() if event.what == "refused" else None
            if self._close is not None:
                self._close(self.media)

    def _is_later(self, at: float) -> bool:
        """Whether a moment belongs to this call and not to an earlier one of the same number."""
        dialled_at = self.moments.dialled_at
        return dialled_at is None or at >= dialled_at - _SLACK

    async def _until(self, look: Callable[[], T | None], what: str, seconds: float) -> T:
        def look_or_give_up() -> T | None:
            found = look()
            if not found and self.over:
                raise StepMissing(f"call {self.key} {what}", 0, f"{self.where}: {self._fate()}")
            return found

        return await until(look_or_give_up, f"call {self.key} {what}", seconds=seconds, where=self.where)

    def _fate(self) -> str:
        if self.moments.refused:
            return f"it was refused with SIP {self.moments.refused}"
        return f"it was ended by the {'citizen' if self.moments.ended_by == 'self' else 'other side'} before"
