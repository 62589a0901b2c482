"""Telephones of one address on one UDP socket: citizens who call, agents' phones that ring; stamped by the kernel.

The moment of a message is when it reached this machine's socket (SO_TIMESTAMPNS), so a slow reader changes no figure.
"""

import asyncio
import itertools
import secrets
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ops.bench import sip
from ops.bench.sip import Dialog, Message
from ops.call.until import until

_TIMESTAMPS = 35  # SO_TIMESTAMPNS and SCM_TIMESTAMPNS, which Python's socket module does not name
_MOMENT = struct.Struct("qq")
_ROOM = socket.CMSG_SPACE(_MOMENT.size)
_BUFFER = 4 * 1024 * 1024
_OK = 200
_BUSY = 486
_REGISTERED_FOR = 3600
_REMEMBERED = 10.0
"""Seconds after its end in which a call's messages are still understood."""
_IDS = itertools.count(1)

Server = tuple[str, int]


@dataclass(slots=True)
class Leg:
    """One call at one telephone; moments are epoch seconds.

    `began_at`: its INVITE left (citizen) or came (phone). `ended_by` is `self` or `other`.
    """

    dialog: Dialog
    user: str
    incoming: bool
    began_at: float
    invite: Message | None = None
    sent: bytes = b""
    caller: str = ""
    audio: tuple[str, int] | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    ended_by: str = ""
    status: int = 0

    @property
    def over(self) -> bool:
        """Whether the telephone is on the hook again."""
        return self.ended_at is not None


Told = Callable[[Leg], None]


def _nothing(_: Leg) -> None:
    """Nobody listens."""


class Telephones:
    """All telephones at `host`; sound goes to and from `media` (see `ops.bench.media`).

    `on_ring`, `on_answer` and `on_end` are told of each leg, also those that this side began or ended.
    """

    def __init__(self, host: str, media_port: int) -> None:
        self.host = host
        self.legs: dict[str, Leg] = {}
        self.on_ring: Told = _nothing
        self.on_answer: Told = _nothing
        self.on_end: Told = _nothing
        self._description = sip.description(host, media_port)
        self._registering: dict[str, int] = {}
        self._secrets: dict[str, tuple[str, Dialog]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.setblocking(False)  # noqa: FBT003 - the socket module's own signature
        self._socket.bind((host, 0))
        self.own: Server = self._socket.getsockname()

    def open(self) -> None:
        """Begin to listen."""
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._read)

    def close(self) -> None:
        """Give the port back."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()

    def dial(self, server: Server, dialled: str, caller: str) -> Leg:
        """Send an INVITE."""
        call_id = f"b{next(_IDS)}-{secrets.token_hex(6)}"
        target = f"sip:{dialled}@{server[0]}:{server[1]}"
        local = f"<sip:{caller}@{self.host}>;tag={secrets.token_hex(4)}"
        dialog = Dialog(call_id, server, local, f"<{target}>", target)
        data = sip.request(dialog, "INVITE", self.own, via=sip.branch(), user=caller, body=self._description)
        leg = self.legs[call_id] = Leg(dialog, caller, incoming=False, began_at=time.time(), sent=data, caller=caller)
        self._send(data, server)
        return leg

    def answer(self, leg: Leg) -> None:
        """Pick a ringing phone up, unless the caller is gone."""
        if leg.invite is not None and leg.answered_at is None and not leg.over:
            leg.answered_at = time.time()
            self._reply(leg, leg.invite, _OK, self._description)
            self.on_answer(leg)

    def hang_up(self, leg: Leg) -> None:
        """Send BYE, CANCEL before the answer, 486 from a phone that rings; nothing when it is over."""
        if leg.over:
            return
        if leg.answered_at is not None:
            leg.dialog.cseq += 1
            data = sip.request(leg.dialog, "BYE", self.own, via=sip.branch(), user=leg.user)
            self._end(leg, time.time(), "self")
            self._send(data, leg.dialog.server)
        elif leg.invite is not None:
            self._end(leg, time.time(), "self")
            self._reply(leg, leg.invite, _BUSY)
        else:
            self._end(leg, time.time(), "self")
            self._send(_cancel(leg.sent), leg.dialog.server)

    async def register(self, passwords: Mapping[str, str], server: Server, *, seconds: int = _REGISTERED_FOR) -> None:
        """Register these endpoints at a server, 0 s to undo; raise `StepMissing` when one is not accepted."""
        own = [self._ask_to_register(user, password, server, seconds) for user, password in passwords.items()]
        done = lambda: all(self._registering.get(one) == _OK for one in own)  # noqa: E731 - a name for a condition
        await until(done, f"{len(own)} phones are registered at port {server[1]}", seconds=10)
        for one in own:
            del self._registering[one], self._secrets[one]

    def _ask_to_register(self, user: str, password: str, server: Server, seconds: int) -> str:
        call_id = f"r{next(_IDS)}-{secrets.token_hex(6)}"
        who = f"<sip:{user}@{server[0]}>"
        target = f"sip:{server[0]}:{server[1]}"
        dialog = Dialog(call_id, server, f"{who};tag={secrets.token_hex(4)}", who, target)
        self._secrets[call_id] = (password, dialog)
        self._registering[call_id] = seconds  # no SIP status is as small as 0 or as large as an hour
        self._register(dialog, user, seconds)
        return call_id

    def _register(self, dialog: Dialog, user: str, seconds: int, *proof: str) -> None:
        more = (*proof, f"Expires: {seconds}")
        data = sip.request(dialog, "REGISTER", self.own, via=sip.branch(), user=user, more=more)
        self._send(data, dialog.server)

    def _registered(self, message: Message) -> None:
        call_id = message.first("call-id")
        if call_id not in self._registering:
            return
        password, dialog = self._secrets[call_id]
        if message.status == 401 and dialog.cseq == 1:  # noqa: PLR2004 - SIP's "prove it"
            user = sip.user_of(sip.uri_of(dialog.local))
            proof = sip.authorization(message.first("www-authenticate"), user, password, dialog.target)
            dialog.cseq = 2
            self._register(dialog, user, self._registering[call_id], proof)
        else:
            self._registering[call_id] = message.status

    def _read(self) -> None:
        while True:
            try:
                data, extra, _, address = self._socket.recvmsg(8192, _ROOM)
            except BlockingIOError:
                return
            message = sip.parse(data)
            if message.status:
                self._take_reply(message, _stamp(extra))
            else:
                self._take_request(message, address, _stamp(extra))

    def _take_reply(self, message: Message, at: float) -> None:
        if message.method == "REGISTER":
            self._registered(message)
            return
        leg = self.legs.get(message.first("call-id"))
        if leg is None or message.method != "INVITE" or message.status < _OK:
            return
        leg.dialog.remote = message.first("to")
        if message.status == _OK:
            leg.dialog.target = sip.uri_of(message.first("contact")) or leg.dialog.target
            self._acknowledge(leg, sip.branch())
            self._connected(leg, message, at)
        else:
            self._acknowledge(leg, _branch_of(leg.sent))
            leg.status = message.status
            self._end(leg, at, "other")

    def _connected(self, leg: Leg, message: Message, at: float) -> None:
        if leg.answered_at is not None:
            return
        leg.audio, leg.answered_at = message.audio, at
        if leg.over:  # given up while the answer was on its way
            leg.ended_at = None
            self.hang_up(leg)
        else:
            self.on_answer(leg)

    def _acknowledge(self, leg: Leg, via: str) -> None:
        # Its number is the INVITE's, whatever has been sent since.
        dialog = leg.dialog
        ack = Dialog(dialog.call_id, dialog.server, dialog.local, dialog.remote, dialog.target, 1)
        self._send(sip.request(ack, "ACK", self.own, via=via, user=leg.user), dialog.server)

    def _take_request(self, message: Message, address: Server, at: float) -> None:
        leg = self.legs.get(message.first("call-id"))
        match message.method:
            case "ACK":
                return
            case "INVITE" if leg is None:
                self._ring(message, address, at)
            case "INVITE" if leg is not None:
                self._repeat(leg, message)
            case "CANCEL" if leg is not None and leg.invite is not None:
                self._send(sip.reply(message, _OK, self.own), address)
                if leg.answered_at is None and not leg.over:
                    self._reply(leg, leg.invite, 487)
                    self._end(leg, at, "other")
            case _:
                self._send(sip.reply(message, _OK, self.own), address)
                if message.method == "BYE" and leg is not None:
                    self._end(leg, at, "other")

    def _ring(self, message: Message, address: Server, at: float) -> None:
        call_id = message.first("call-id")
        tag = f";tag={secrets.token_hex(4)}"
        target = sip.uri_of(message.first("contact"))
        dialog = Dialog(call_id, address, message.first("to") + tag, message.first("from"), target)
        user = sip.user_of(message.start.split(" ")[1])
        leg = Leg(dialog, user, incoming=True, began_at=at, invite=message, audio=message.audio)
        leg.caller = sip.user_of(sip.uri_of(message.first("from")))
        self.legs[call_id] = leg
        self._reply(leg, message, 180)
        self.on_ring(leg)

    def _repeat(self, leg: Leg, message: Message) -> None:
        """An INVITE once more: the first one again while it rings, or a new offer of the same sound."""
        if leg.answered_at is not None:
            self._reply(leg, message, _OK, self._description)
        elif not leg.over:
            self._reply(leg, message, 180)

    def _reply(self, leg: Leg, message: Message, code: int, body: str = "") -> None:
        tag = leg.dialog.local.rpartition("tag=")[2]
        self._send(sip.reply(message, code, self.own, tag=tag, body=body), leg.dialog.server)

    def _end(self, leg: Leg, at: float, by: str) -> None:
        if not leg.over:
            leg.ended_at, leg.ended_by = at, by
            # Its last messages may still be repeated.
            asyncio.get_running_loop().call_later(_REMEMBERED, self.legs.pop, leg.dialog.call_id, None)
            self.on_end(leg)

    def _send(self, data: bytes, server: Server) -> None:
        self._socket.sendto(data, server)


def _stamp(extra: list[tuple[int, int, bytes]]) -> float:
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == _TIMESTAMPS:
            seconds, nanoseconds = _MOMENT.unpack(data[: _MOMENT.size])
            return float(seconds + nanoseconds / 1e9)
    return time.time()


def _branch_of(sent: bytes) -> str:
    return sip.parse(sent).first("via").rpartition("branch=")[2]


def _cancel(invite: bytes) -> bytes:
    """Take an INVITE back: the same request line, Via, From, To and number."""
    head = invite.decode("utf-8", "surrogateescape").partition("\r\n\r\n")[0]
    head = head.replace("INVITE ", "CANCEL ", 1).replace(" INVITE", " CANCEL")
    kept = [line for line in head.split("\r\n") if not line.startswith("Content-")]
    return ("\r\n".join([*kept, "Content-Length: 0"]) + "\r\n\r\n").encode("utf-8", "surrogateescape")
