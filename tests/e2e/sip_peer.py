"""A small SIP and RTP peer for tests: sends any bytes a hostile carrier could send, which SIPp cannot.

One UDP socket for signalling and one for sound; a peer is a citizen that calls or a phone that registers and answers.
"""

import asyncio
import hashlib
import itertools
import re
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

SOUND = bytes([0x2A, 0xAA] * 80)
"""Twenty milliseconds of A-law that is not silence."""

_IDS = itertools.count(1)


@dataclass
class Message:
    """One SIP message; header names in lower case, values as sent."""

    start: str
    headers: list[tuple[str, str]]
    body: str = ""

    @classmethod
    def parse(cls, data: bytes) -> "Message":
        head, _, body = data.decode("utf-8", "surrogateescape").partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        headers = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        return cls(start, headers, body)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    @property
    def status(self) -> int:
        match = re.match(r"SIP/2\.0 (\d{3})", self.start)
        return int(match[1]) if match else 0

    @property
    def method(self) -> str:
        return self.first("cseq").split()[-1]


@dataclass
class Leg:
    """One dialog; `status` is the last answer, `invite` what a phone was sent."""

    call_id: str
    status: int = 0
    ringing: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    bye_received: bool = False
    invite: Message | None = None
    request: bytes = b""
    local: str = ""
    remote: str = ""
    target: str = ""
    cseq: int = 1
    media: tuple[str, int] | None = None
    heard: int = 0


class Peer(asyncio.DatagramProtocol):
    """One address with any number of legs; `on_invite` is called for each call that comes in."""

    def __init__(self, host: str, server: tuple[str, int]) -> None:
        self.host = host
        self.server = server
        self.legs: dict[str, Leg] = {}
        self.on_invite: Callable[[Leg], None] | None = None
        self.replies: asyncio.Queue[Message] = asyncio.Queue()
        self._sound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> "Peer":
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, 0))
        self.port: int = self._transport.get_extra_info("sockname")[1]
        self._sound.bind((self.host, 0))
        self._sound.settimeout(0)
        self._sound_port = self._sound.getsockname()[1]
        loop.add_reader(self._sound.fileno(), self._hear)
        self._tasks.add(asyncio.create_task(self._speak()))
        return self

    async def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._sound.fileno())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._sound.close()
        self._transport.close()

    def call(self, dialled: bytes = b"12345", caller: bytes = b"13900000001", name: bytes = b"") -> Leg:
        """Send an INVITE with exactly these bytes as user part, caller and display name."""
        leg = Leg(f"{next(_IDS)}-{secrets.token_hex(6)}")
        self.legs[leg.call_id] = leg
        shown = b'"' + name + b'" ' if name else b""
        domain = f"{self.server[0]}:{self.server[1]}".encode()
        uri = b"sip:" + (dialled + b"@" if dialled else b"") + domain
        leg.target = uri.decode("utf-8", "surrogateescape")
        leg.local = (shown + b"<sip:" + caller + b"@" + self.host.encode() + b">").decode("utf-8", "surrogateescape")
        leg.local += f";tag={secrets.token_hex(4)}"
        leg.remote = f"<{leg.target}>"
        leg.request = self._request(leg, "INVITE", self._sdp())
        self._send(leg.request)
        return leg

    def cancel(self, leg: Leg) -> None:
        text = leg.request.decode("utf-8", "surrogateescape").partition("\r\n\r\n")[0]
        text = text.replace("INVITE ", "CANCEL ", 1).replace(" INVITE", " CANCEL")
        kept = [line for line in text.split("\r\n") if not line.startswith("Content-")]
        self._send(("\r\n".join([*kept, "Content-Length: 0"]) + "\r\n\r\n").encode("utf-8", "surrogateescape"))

    def answer(self, leg: Leg, code: int = 200) -> None:
        """A phone's final answer."""
        assert leg.invite is not None
        self._reply(leg.invite, code, self._sdp() if code == 200 else "", tag=leg.call_id[:8])
        if code == 200:
            leg.answered.set()
        else:
            leg.ended.set()

    def hang_up(self, leg: Leg) -> None:
        leg.cseq += 1
        self._send(self._request(leg, "BYE"))
        leg.ended.set()

    async def register(self, user: str, password: str) -> None:
        """Register the phone; raises AssertionError when Asterisk does not accept it."""
        leg = Leg(f"reg-{secrets.token_hex(6)}", target=f"sip:{self.server[0]}:{self.server[1]}")
        leg.local = leg.remote = f"<sip:{user}@{self.server[0]}>"
        leg.local += f";tag={secrets.token_hex(4)}"
        self._send(self._request(leg, "REGISTER", user=user))
        challenge = (await asyncio.wait_for(self.replies.get(), 5)).first("www-authenticate")
        leg.cseq += 1
        self._send(self._request(leg, "REGISTER", user=user, extra=_digest(challenge, user, password, leg.target)))
        reply = await asyncio.wait_for(self.replies.get(), 5)
        assert reply.status == 200, reply.start

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        del addr
        message = Message.parse(data)
        if message.status:
            self._take_reply(message)
        else:
            self._take_request(message)

    def _take_reply(self, message: Message) -> None:
        leg = self.legs.get(message.first("call-id"))
        if message.method == "REGISTER":
            self.replies.put_nowait(message)
        if leg is None or message.method != "INVITE":
            return
        leg.status = message.status
        if message.status >= 180:
            leg.ringing.set()
        if message.status < 200:
            return
        leg.remote = message.first("to")
        if message.status == 200:
            leg.media = _media(message.body)
            leg.target = _uri(message.first("contact"))
            self._send(self._request(leg, "ACK"))
            leg.answered.set()
        else:
            self._send(self._request(leg, "ACK", via=message.first("via")))
            leg.ended.set()

    def _take_request(self, message: Message) -> None:
        method = message.start.split()[0]
        leg = self.legs.get(message.first("call-id"))
        if method == "INVITE" and leg is None:
            leg = Leg(message.first("call-id"), invite=message, media=_media(message.body))
            leg.local = message.first("to") + f";tag={leg.call_id[:8]}"
            leg.remote, leg.target = message.first("from"), _uri(message.first("contact"))
            self.legs[leg.call_id] = leg
            self._reply(message, 180, "", tag=leg.call_id[:8])
            leg.ringing.set()
            if self.on_invite:
                self.on_invite(leg)
        elif method in {"BYE", "CANCEL", "OPTIONS", "NOTIFY"}:
            self._reply(message, 200, "")
            if leg and method == "BYE":
                leg.bye_received = True
                leg.ended.set()
            if leg and method == "CANCEL" and leg.invite:
                self.answer(leg, 487)

    def _request(
        self, leg: Leg, method: str, body: str = "", *, user: str = "x", via: str = "", extra: str = ""
    ) -> bytes:
        lines = [
            f"{method} {leg.target} SIP/2.0",
            f"Via: {via or f'SIP/2.0/UDP {self.host}:{self.port};rport;branch=z9hG4bK{secrets.token_hex(8)}'}",
            "Max-Forwards: 70",
            f"From: {leg.local}",
            f"To: {leg.remote}",
            f"Call-ID: {leg.call_id}",
            f"CSeq: {leg.cseq} {method}",
            f"Contact: <sip:{user}@{self.host}:{self.port}>",
            *([extra] if extra else []),
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")

    def _reply(self, request: Message, code: int, body: str, tag: str = "") -> None:
        lines = [f"SIP/2.0 {code} Test"]
        for name, value in request.headers:
            if name in {"via", "from", "call-id", "cseq", "record-route"}:
                lines.append(f"{name}: {value}")
            if name == "to":
                lines.append(f"to: {value}" + (f";tag={tag}" if tag and "tag=" not in value else ""))
        lines.append(f"Contact: <sip:x@{self.host}:{self.port}>")
        if body:
            lines.append("Content-Type: application/sdp")
        text = "\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n" + body
        self._send(text.encode("utf-8", "surrogateescape"))

    def _sdp(self) -> str:
        return (
            f"v=0\r\no=- 1 1 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
            f"m=audio {self._sound_port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        )

    def _send(self, data: bytes) -> None:
        self._transport.sendto(data, self.server)

    def _hear(self) -> None:
        data = self._sound.recv(2048)
        source_legs = [leg for leg in self.legs.values() if leg.answered.is_set() and not leg.ended.is_set()]
        for leg in source_legs:
            leg.heard += len(data) - 12

    async def _speak(self) -> None:
        for number in itertools.count():
            for leg in self.legs.values():
                if leg.media and leg.answered.is_set() and not leg.ended.is_set():
                    self._sound.sendto(self._packet(leg, number), leg.media)
            await asyncio.sleep(0.02)

    def _packet(self, leg: Leg, number: int) -> bytes:
        """What a leg says in these 20 ms, in RTP."""
        del leg
        stamp = (0x80080000 | number & 0xFFFF).to_bytes(4, "big") + (number * 160 & 0xFFFFFFFF).to_bytes(4, "big")
        return stamp + b"test" + SOUND


def _uri(contact: str) -> str:
    match = re.search(r"<([^>]*)>", contact)
    return match[1] if match else contact


def _media(sdp: str) -> tuple[str, int] | None:
    host, port = re.search(r"c=IN IP4 (\S+)", sdp), re.search(r"m=audio (\d+)", sdp)
    return (host[1], int(port[1])) if host and port else None


def _digest(challenge: str, user: str, password: str, uri: str) -> str:
    fields = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge.removeprefix("Digest ")))
    realm, nonce, cnonce = fields["realm"], fields["nonce"], secrets.token_hex(4)
    first = hashlib.md5(f"{user}:{realm}:{password}".encode()).hexdigest()  # noqa: S324 - SIP's digest
    second = hashlib.md5(f"REGISTER:{uri}".encode()).hexdigest()  # noqa: S324 - SIP's digest
    response = hashlib.md5(f"{first}:{nonce}:00000001:{cnonce}:auth:{second}".encode()).hexdigest()  # noqa: S324
    return (
        f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", qop=auth, '
        f'nc=00000001, cnonce="{cnonce}", response="{response}", algorithm=MD5'
        + (f', opaque="{fields["opaque"]}"' if "opaque" in fields else "")
    )
