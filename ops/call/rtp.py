"""A small RTP endpoint, a mouth and an ear, and the room that paces many of them; SIP is not in here."""

import asyncio
import errno
import secrets
import socket
import struct
import time
import wave
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ops.call import g711, tones
from ops.call.hearing import Match, Recording

PCMA = 8
TELEPHONE_EVENT = 101
KEYS = "0123456789*#ABCD"

_HEADER = struct.Struct("!BBHII")
_VERSION = 0x80
_MARKER = 0x80
_TICK = 0.02
#: Ticks between two frames of a silent mouth: enough for Asterisk's `rtp_timeout`, cheap for two hundred calls.
_QUIET_EVERY = 10
#: Frames looked at together when a tone is searched: 100 ms.
_WINDOW = 5
#: What an endpoint remembers: 60 s of frames.
_MEMORY = 3000
_MAX_DATAGRAM = 2048
_BURST = 8
_PAUSE = b""


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet (RFC 3550) without extensions."""

    payload_type: int
    sequence: int
    timestamp: int
    source: int
    payload: bytes
    marker: bool = False


def build(packet: Packet) -> bytes:
    """Return the datagram of `packet`."""
    second = packet.payload_type | (_MARKER if packet.marker else 0)
    header = _HEADER.pack(_VERSION, second, packet.sequence & 0xFFFF, packet.timestamp & 0xFFFFFFFF, packet.source)
    return header + packet.payload


def parse(datagram: bytes) -> Packet | None:
    """Return the packet in `datagram`, or None when it is no RTP of version 2 (RTCP to a neighbour's port, a stray)."""
    if len(datagram) < _HEADER.size:
        return None
    first, second, sequence, timestamp, source = _HEADER.unpack_from(datagram)
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0xC0 != _VERSION or len(datagram) < start:
        return None
    if first & 0x10 and len(datagram) >= start + 4:
        start += 4 + 4 * int.from_bytes(datagram[start + 2 : start + 4])
    return Packet(second & 0x7F, sequence, timestamp, source, datagram[start:], marker=bool(second & _MARKER))


def key_payloads(key: str, *, milliseconds: int = 100) -> list[bytes]:
    """Return the RFC 4733 payloads of one key press: one each 20 ms, the last three with the end bit."""
    if key not in KEYS or len(key) != 1:
        raise ValueError(f"{key!r} is no key of a telephone: use one of {KEYS}")
    event, volume = KEYS.index(key), 10
    frames = milliseconds // 20
    going = [struct.pack("!BBH", event, volume, g711.FRAME * n) for n in range(1, frames)]
    return going + [struct.pack("!BBH", event, _MARKER | volume, g711.FRAME * frames)] * 3


@dataclass(slots=True)
class Heard:
    """What an ear took in; moments are epoch seconds."""

    frames: deque[tuple[float, bytes]] = field(default_factory=lambda: deque(maxlen=_MEMORY))
    packets: int = 0
    first_packet_at: float | None = None
    first_sound_at: float | None = None
    last_packet_at: float | None = None
    #: The tone that the other side hums, in Hz, and when 100 ms of it were first heard.
    expected: int | None = None
    tone_heard_at: float | None = None

    def take(self, payload: bytes, at: float) -> None:
        """Note one A-law frame that arrived `at`."""
        self.packets += 1
        self.last_packet_at = at
        if self.first_packet_at is None:
            self.first_packet_at = at
        if self.first_sound_at is None and tones.is_sound(payload):
            self.first_sound_at = at
        self.frames.append((at, payload))
        if self.expected is not None and self.tone_heard_at is None and self.packets % _WINDOW == 0:
            self._look_for(self.expected)

    def expect(self, frequency: int) -> None:
        """Look out for a tone of `frequency` Hz from now on."""
        self.expected = frequency
        self.tone_heard_at = None

    def _look_for(self, frequency: int) -> None:
        recent = [self.frames[place] for place in range(-min(_WINDOW, len(self.frames)), 0)]
        if len(recent) == _WINDOW and tones.is_tone(b"".join(payload for _, payload in recent), frequency):
            self.tone_heard_at = recent[0][0]

    def tone_at(self, frequency: int, *, since: float = 0.0) -> float | None:
        """Return when 100 ms of `frequency` Hz began to be heard at or after `since`, or None."""
        frames = [entry for entry in self.frames if entry[0] >= since]
        for start in range(0, len(frames) - _WINDOW + 1, _WINDOW):
            if tones.is_tone(b"".join(payload for _, payload in frames[start : start + _WINDOW]), frequency):
                return frames[start][0]
        return None

    def recording(self, *, since: float = 0.0) -> Recording:
        """Return what arrived at or after `since` (epoch seconds), to look for prompts in it."""
        return Recording.of_frames([frame for frame in self.frames if frame[0] >= since])

    def contains(self, path: Path, *, since: float = 0.0) -> Match:
        """Return how well the prompt of this WAV file was heard since then; it counts as true when it was."""
        return self.recording(since=since).find(path)

    def save(self, path: Path) -> None:
        """Write what is remembered as a WAV file (8000 Hz, 16 bit, one channel)."""
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(g711.RATE)
            file.writeframes(g711.to_pcm(b"".join(payload for _, payload in self.frames)))


def wav_frames(path: Path) -> list[bytes]:
    """Return the A-law frames of a WAV file (8000 Hz, 16 bit, one channel); the last one is filled with silence."""
    with wave.open(str(path), "rb") as file:
        if (file.getframerate(), file.getsampwidth(), file.getnchannels()) != (g711.RATE, 2, 1):
            raise ValueError(f"{path} must be 8000 Hz, 16 bit, one channel")
        raw = file.readframes(file.getnframes())
    samples = [value for (value,) in struct.iter_unpack("<h", raw)]
    coded = g711.encode(samples)
    coded += g711.SILENCE[: -len(coded) % g711.FRAME]
    return [coded[start : start + g711.FRAME] for start in range(0, len(coded), g711.FRAME)]


class Endpoint:
    """One RTP address: says frames or presses keys when its room ticks, and hears what arrives."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.heard = Heard()
        self._socket = even_socket(host)
        self.port: int = self._socket.getsockname()[1]
        self._target: tuple[str, int] | None = None
        self._source = secrets.randbits(32)
        self._sequence = secrets.randbits(15)
        self._timestamp = secrets.randbits(31)
        self._said: Sequence[bytes] = ()
        self._position = 0
        self._once = False
        self._keys: deque[list[bytes]] = deque()
        self._pressing: Iterator[tuple[int, bytes]] | None = None
        self._pressing_since = 0
        self._ticks = 0
        self.sent = 0

    def fileno(self) -> int:
        """Return the socket's descriptor, for the loop."""
        return self._socket.fileno()

    def aim(self, host: str, port: int) -> None:
        """Send to this address from now on."""
        self._target = (host, port)

    def say(self, frames: Sequence[bytes]) -> None:
        """Repeat these A-law frames until told otherwise; an empty sequence is silence."""
        self._said = frames
        self._position = 0
        self._once = False

    def say_once(self, frames: Sequence[bytes]) -> None:
        """Say these A-law frames one time, then be silent."""
        self.say(frames)
        self._once = True

    def hum(self, frequency: int) -> None:
        """Say one tone until told otherwise."""
        self.say([tones.tone_frame(frequency)])

    def press(self, keys: str) -> None:
        """Press `keys` one after the other, 100 ms each with 100 ms between them."""
        self._keys.extend(key_payloads(key) + [_PAUSE] * 5 for key in keys)

    @property
    def pressing(self) -> bool:
        """Whether keys are still being pressed."""
        return bool(self._keys) or self._pressing is not None

    @property
    def saying(self) -> bool:
        """Whether frames are still being said; for those that repeat, always."""
        return bool(self._said)

    def tick(self) -> None:
        """Send what is due in this 20 ms."""
        if self._target is None:
            return
        self._ticks += 1
        self._timestamp += g711.FRAME
        if not self._press_on():
            self._speak_on()

    def _press_on(self) -> bool:
        if self._pressing is None and self._keys:
            self._pressing = enumerate(self._keys.popleft())
            self._pressing_since = self._timestamp
        if self._pressing is None:
            return False
        step = next(self._pressing, None)
        if step is None:
            self._pressing = None
            return False
        number, payload = step
        if payload is _PAUSE:
            return False
        self._send(TELEPHONE_EVENT, self._pressing_since, payload, marker=number == 0)
        return True

    def _speak_on(self) -> None:
        if self._said:
            payload = self._said[self._position % len(self._said)]
            self._position += 1
            self._send(PCMA, self._timestamp, payload, marker=self._position == 1)
            if self._once and self._position == len(self._said):
                self.say(())
        elif self._ticks % _QUIET_EVERY == 1:
            self._send(PCMA, self._timestamp, g711.SILENCE)

    def _send(self, payload_type: int, timestamp: int, payload: bytes, *, marker: bool = False) -> None:
        assert self._target is not None  # noqa: S101 - `tick` looked
        self._sequence += 1
        packet = Packet(payload_type, self._sequence, timestamp, self._source, payload, marker=marker)
        try:
            self._socket.sendto(build(packet), self._target)
        except OSError as error:
            # The other side is gone (its port answers with ICMP) or the buffer is full: as on a real network, the frame
            # is lost and the call's own signalling tells the rest.
            if error.errno not in {errno.ECONNREFUSED, errno.EAGAIN, errno.ENOBUFS}:
                raise
        else:
            self.sent += 1

    def hear(self) -> None:
        """Take in the datagrams that wait, a few at a time so that no endpoint starves the others."""
        now = time.time()
        for _ in range(_BURST):
            try:
                datagram = self._socket.recv(_MAX_DATAGRAM)
            except (BlockingIOError, ConnectionRefusedError):
                return
            packet = parse(datagram)
            if packet is not None and packet.payload_type == PCMA:
                self.heard.take(packet.payload, now)

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()


def even_socket(host: str) -> socket.socket:
    """Return a bound UDP socket with an even port: RTCP goes to the odd one above it (RFC 3550, 11)."""
    refused: list[socket.socket] = []
    try:
        while True:
            candidate = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            candidate.setblocking(False)  # noqa: FBT003 - the socket module's own signature
            candidate.bind((host, 0))
            if candidate.getsockname()[1] % 2 == 0:
                return candidate
            refused.append(candidate)
    finally:
        for odd in refused:
            odd.close()


class Room:
    """Every endpoint of one city, paced by one task."""

    def __init__(self) -> None:
        self._endpoints: set[Endpoint] = set()
        self._pacer: asyncio.Task[None] | None = None

    def open(self, host: str) -> Endpoint:
        """Return a new endpoint at `host` with its own even port."""
        endpoint = Endpoint(host)
        self._endpoints.add(endpoint)
        asyncio.get_running_loop().add_reader(endpoint.fileno(), endpoint.hear)
        if self._pacer is None:
            self._pacer = asyncio.create_task(self._pace(), name="rtp-pacer")
        return endpoint

    def close(self, endpoint: Endpoint) -> None:
        """Close one endpoint; what it heard stays."""
        if endpoint in self._endpoints:
            self._endpoints.discard(endpoint)
            asyncio.get_running_loop().remove_reader(endpoint.fileno())
            endpoint.close()

    async def aclose(self) -> None:
        """Close every endpoint and end the pacer."""
        for endpoint in tuple(self._endpoints):
            self.close(endpoint)
        if self._pacer is not None:
            self._pacer.cancel()
            await asyncio.gather(self._pacer, return_exceptions=True)
            self._pacer = None

    async def _pace(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for endpoint in tuple(self._endpoints):
                endpoint.tick()
            # A late tick is not made up for in a burst: a real phone's clock does not jump either.
            due = max(due + _TICK, loop.time())
            await asyncio.sleep(due - loop.time())
