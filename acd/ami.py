"""The AMI edge: panoramisk's protocol and messages behind a link that orders, bounds and times everything.

Nothing of the hotline is known here: what an event means stands in `acd.translation`.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from acd.clock import utc_now

MAX_QUEUE = 20_000
MAX_BLOCK_BYTES = 1024 * 1024
MAX_LINE_BYTES = 1000
"""Asterisk reads an action line by line into 1,025 bytes."""
LIST_SECONDS = 10.0
LAG_ALARM_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE, LONGEST_REFUSED_PAUSE = 0.1, 1.0, 5.0

_END = b"\r\n\r\n"
_EVENT = re.compile(rb"\s*Event: ([^\r\n]*)")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_()-]*", re.ASCII)
_NOTHING_FOUND = re.compile(r"No .* found", re.DOTALL)

log = structlog.get_logger(__name__)

FieldValue = str | int | Sequence[str]


class AmiError(Exception):
    """An AMI action that did not do what it was asked."""


class AmiUnavailable(AmiError):  # noqa: N818 - read as what happened
    """The link is down, or went down before the reply: whether the action was done is not known."""


class AmiTimeout(AmiError):  # noqa: N818 - read as what happened
    """Asterisk did not reply in time: whether the action was done is not known."""


class AmiRefused(AmiError):  # noqa: N818 - read as what happened
    """Asterisk replied with an error; the text is its `Message`."""


@dataclass(frozen=True, slots=True)
class AmiEvent:
    """One event; a field that came several times holds its values joined by line feeds.

    `received_at` is seconds of the monotonic clock.
    """

    name: str
    fields: Mapping[str, str]
    received_at: float


@dataclass(frozen=True, slots=True)
class LinkUp:
    """Logged in and Asterisk is booted: take a snapshot, what follows in the stream is newer than it may be."""


@dataclass(frozen=True, slots=True)
class LinkDown:
    """Events are lost from here until the next LinkUp."""

    reason: str


Item = AmiEvent | LinkUp | LinkDown


class _Request(Action):  # type: ignore[misc] # panoramisk has no types
    """An action whose future gets one message, or for a list all rows up to its completing event."""

    def __init__(self, fields: Mapping[str, FieldValue], *, rows: bool = False, complete: str | None = None) -> None:
        super().__init__(fields)
        self._rows = rows
        self._complete = complete

    def add_message(self, message: Any) -> bool:
        """Take one message; true when the request is complete (and panoramisk forgets it)."""
        if self.future.done():
            return True
        self.responses.append(message)
        if "event" not in message and not message.success:
            self.future.set_exception(AmiRefused(str(message.message or message.response)))
        elif not self._rows:
            self.future.set_result([message])
        elif self._is_last(message):
            self.future.set_result([m for m in self.responses[:-1] if "event" in m])
        return bool(self.future.done())

    def _is_last(self, message: Any) -> bool:
        if "event" not in message:
            return False
        if self._complete is not None:
            return bool(message.event == self._complete)
        return message.eventlist.lower() == "complete" or bool(message.event.endswith("Complete"))


class _Protocol(AMIProtocol):  # type: ignore[misc] # panoramisk has no types
    """panoramisk's protocol with a decoder for any cut of the bytes, and without its replay after a reconnect."""

    encoding = "utf-8"

    def __init__(self, link: "AmiLink") -> None:
        self._link = link
        self._buffer = bytearray()
        self._searched = 0
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Start with an empty buffer and no requests."""
        super().connection_made(transport)
        self.factory = self._link

    def data_received(self, data: bytes) -> None:
        """Hand whole blocks on; an exception never leaves, because asyncio would close the link without a word."""
        self._buffer += data
        try:
            while not self.lost.done() and (end := self._buffer.find(_END, self._searched)) >= 0:
                block = bytes(self._buffer[:end])
                del self._buffer[: end + len(_END)]
                self._searched = 0
                self._block(block)
        except Exception as error:
            log.exception("ami_block_failed")
            self.drop(f"a block could not be read: {error}")
        self._searched = max(0, len(self._buffer) - len(_END) + 1)
        if len(self._buffer) > MAX_BLOCK_BYTES:
            self.drop(f"a block of more than {MAX_BLOCK_BYTES} bytes")

    def _block(self, block: bytes) -> None:
        event = _EVENT.match(block)
        if event is not None and self._unwanted(event[1], block):
            return
        message = Message.from_line(block.decode(errors="replace").strip())
        if message is not None:
            self.handle_message(message)

    def _unwanted(self, name: bytes, block: bytes) -> bool:
        """Whether an event can be skipped unread: not a row of a list that somebody waits for, and not asked for."""
        if self.responses and b"\r\nActionID: " in block:
            return False
        return not self._link.wants(name.decode(errors="replace"))

    def handle_message(self, message: Any) -> None:
        """Give a message to its request, or an event to the link."""
        request = self.responses.get(message.id)
        if request is None:
            if "event" in message:
                self._link.dispatch(message)
        elif request.add_message(message):
            self.forget(request)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Say so once; every request learns that its fate is unknown."""
        self._lose(f"the connection broke: {exc}" if exc else "Asterisk closed the connection")

    def drop(self, reason: str) -> None:
        """Give the connection up, without waiting for a peer that may not listen."""
        self._lose(reason)
        self.transport.abort()

    def _lose(self, reason: str) -> None:
        self.closed = True
        if not self.lost.done():
            self.lost.set_result(reason)
        for request in list(self.responses.values()):
            if not request.future.done():
                request.future.set_exception(AmiUnavailable(reason))
        self.responses.clear()

    async def request(self, request: _Request, seconds: float) -> list[dict[str, str]]:
        """Send and wait; the messages as plain fields."""
        if self.closed:
            raise AmiUnavailable("the AMI link is down")
        try:
            async with asyncio.timeout(seconds):
                return [_fields(message) for message in await self.send(request)]
        except TimeoutError:
            raise AmiTimeout(f"no reply to {request['Action']} within {seconds} s") from None
        finally:
            self.forget(request)

    def forget(self, request: _Request) -> None:
        """Let late messages to this request fall."""
        self.responses.pop(request.id, None)


class AmiLink:
    """One AMI login kept alive: `run` connects for ever, `events` is the ordered stream, actions may be sent while up.

    `wanted`: names of events to pass on; None for all; an empty set logs in without events.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        username: str,
        secret: str,
        wanted: frozenset[str] | None = None,
        ping_seconds: float = 0.5,
        timeout: float = 3.0,
        max_queue: int = MAX_QUEUE,
    ) -> None:
        self._address = (host, port)
        self._username = username
        self._secret = secret
        self._wanted = wanted
        self._ping_seconds = ping_seconds
        self._timeout = timeout
        self._max_queue = max_queue
        self._items: deque[Item] = deque()
        self._arrived = asyncio.Event()
        self._booted = asyncio.Event()
        self._protocol: _Protocol | None = None
        self._up = False
        self._lag = 0.0
        self._lag_alarmed = False
        self._log = log.bind(ami=username)

    @property
    def up(self) -> bool:
        """Whether the link is logged in and answers."""
        return self._up

    @property
    def lag_seconds(self) -> float:
        """How old the last stamped event or pong was when it arrived (needs `timestampevents=yes`)."""
        return self._lag

    async def run(self) -> None:
        """Connect, and again after every loss, until cancelled."""
        pause = FIRST_PAUSE
        while True:
            was_up, longest, reason = await self._one_connection()
            pause = FIRST_PAUSE if was_up else min(pause * 2, longest)
            self._log.info("ami_reconnect", reason=reason, pause_seconds=pause)
            await asyncio.sleep(pause)

    async def _one_connection(self) -> tuple[bool, float, str]:
        """One connection from its start to its end: whether it was up, the longest pause after it, why it ended."""
        try:
            async with asyncio.timeout(self._timeout):
                loop = asyncio.get_running_loop()
                _, protocol = await loop.create_connection(lambda: _Protocol(self), *self._address)
        except (OSError, TimeoutError) as error:
            return False, LONGEST_PAUSE, f"cannot connect to {self._address[0]}:{self._address[1]}: {error}"
        self._protocol = protocol
        was_up = False
        try:
            await self._log_in(protocol)
            was_up = True
            reason = await self._stay(protocol)
        except AmiRefused as error:
            self._log.error("ami_login_refused", message=str(error), do="compare the secret with manager.conf")
            return False, LONGEST_REFUSED_PAUSE, f"login refused: {error}"
        except AmiError as error:
            reason = str(error)
        finally:
            protocol.drop("the link is closed")
            self._protocol = None
            self._set_down(protocol.lost.result())
        return was_up, LONGEST_PAUSE, reason

    async def _log_in(self, protocol: _Protocol) -> None:
        with_events = self._wanted is None or bool(self._wanted)
        self._booted.clear()
        login = {"Action": "Login", "Username": self._username, "Secret": self._secret}
        login["Events"] = "on" if with_events else "off"
        await protocol.request(_Request(_checked(login)), self._timeout)
        if with_events:
            await self._wait_until_booted(protocol)
        self._up = True
        self._put(LinkUp())
        self._log.info("ami_up")

    async def _wait_until_booted(self, protocol: _Protocol) -> None:
        """FullyBooted follows the login at once, or when Asterisk has loaded its modules."""
        booted = asyncio.ensure_future(self._booted.wait())
        either: set[asyncio.Future[Any]] = {booted, protocol.lost}
        try:
            await asyncio.wait(either, timeout=self._timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            booted.cancel()
        if protocol.lost.done():
            raise AmiUnavailable(protocol.lost.result())
        if not self._booted.is_set():
            self._log.warning("ami_not_booted", do="wait for Asterisk, or give the login the read class 'system'")

    async def _stay(self, protocol: _Protocol) -> str:
        """Ping until the connection is lost or a ping is not answered; gives the reason."""
        while True:
            await asyncio.wait({protocol.lost}, timeout=self._ping_seconds)
            if protocol.lost.done():
                return protocol.lost.result()
            try:
                pong = await protocol.request(_Request({"Action": "Ping"}), self._timeout)
            except AmiTimeout:
                protocol.drop(f"Asterisk did not answer a ping within {self._timeout} s")
            except AmiError as error:
                protocol.drop(str(error))
            else:
                self._measure(pong[0])

    def _set_down(self, reason: str) -> None:
        if self._up:
            self._up = False
            self._log.warning("ami_down", reason=reason)
            self._put(LinkDown(reason))

    def _put(self, item: Item) -> None:
        """Append; a reconnect that nobody has read about yet leaves no second pair of markers."""
        if isinstance(item, LinkDown) and self._items and isinstance(self._items[-1], LinkUp):
            self._items.pop()
        if not (isinstance(item, LinkDown) and self._items and isinstance(self._items[-1], LinkDown)):
            self._items.append(item)
        self._arrived.set()

    async def events(self) -> AsyncIterator[Item]:
        """Everything in its order, for ever; for one reader."""
        while True:
            while not self._items:
                self._arrived.clear()
                await self._arrived.wait()
            yield self._items.popleft()

    def wants(self, name: str) -> bool:
        """Whether an event of this name is passed on."""
        return name == "FullyBooted" or self._wanted is None or name in self._wanted

    def dispatch(self, message: Any) -> None:
        """Take an event from the protocol, in the read callback: store it, nothing more."""
        fields = _fields(message)
        self._measure(fields)
        if message.event == "FullyBooted":
            self._on_booted()
        if not self._up or (self._wanted is not None and message.event not in self._wanted):
            return  # before LinkUp: the snapshot that follows it knows
        if len(self._items) >= self._max_queue:
            self._overflow()
        else:
            self._put(AmiEvent(message.event, fields, time.monotonic()))

    def _on_booted(self) -> None:
        """Booted after we had stopped waiting for it: what was asked in between may be wrong."""
        self._booted.set()
        if self._up:
            self._put(LinkDown("Asterisk has finished booting"))
            self._put(LinkUp())

    def _overflow(self) -> None:
        """Never lose one event silently: lose all, say so, and let a snapshot replace them."""
        count = len(self._items)
        self._items.clear()
        if self._protocol is not None:
            self._protocol.drop(f"{count} events were not taken in time")
        self._set_down(f"{count} events were not taken in time")

    def _measure(self, fields: Mapping[str, str]) -> None:
        stamp = fields.get("Timestamp", "")
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", stamp):
            return
        self._lag = utc_now().timestamp() - float(stamp)
        if (alarm := self._lag > LAG_ALARM_SECONDS) != self._lag_alarmed:
            self._lag_alarmed = alarm
            self._log.warning("ami_lag" if alarm else "ami_lag_over", seconds=round(self._lag, 3))

    async def action(self, name: str, **fields: FieldValue) -> Mapping[str, str]:
        """Send one action, never twice; the fields of its response.

        Raises ValueError (text that would end a line), AmiUnavailable, AmiTimeout, AmiRefused.
        """
        request = _Request(_checked({"Action": name, **fields}))
        return (await self._live().request(request, self._timeout))[0]

    async def action_list(
        self, name: str, complete: str | None = None, **fields: FieldValue
    ) -> list[Mapping[str, str]]:
        """Send an action that answers with a list (CoreShowChannels, QueueStatus): its rows, with their `Event`.

        `complete`: the name of the event that ends the list, where it does not end in `Complete`. Raises as `action`;
        "No ... found" is an empty list.
        """
        request = _Request(_checked({"Action": name, **fields}), rows=True, complete=complete)
        try:
            return list(await self._live().request(request, max(LIST_SECONDS, self._timeout)))
        except AmiRefused as refusal:
            if _NOTHING_FOUND.match(str(refusal)):
                return []
            raise

    def _live(self) -> _Protocol:
        if not self._up or self._protocol is None:
            raise AmiUnavailable("the AMI link is down")
        return self._protocol


def _fields(message: Any) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else "\n".join(value)
        for name, value in message.items()
        if name != "content" or value
    }


def _checked(fields: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
    """Fields that stay the fields they are: no line can be ended or cut by a value."""
    for name, value in fields.items():
        if not _FIELD_NAME.fullmatch(name):
            raise ValueError(f"{name[:80]!r} is not an AMI field name")
        for text in [str(value)] if isinstance(value, str | int) else value:
            _check_value(name, text)
    return dict(fields)


def _check_value(name: str, text: str) -> None:
    if any(character in text for character in "\r\n\0"):
        raise ValueError(f"{name} holds a line end or NUL, which would begin another AMI field: clean the text first")
    if len(f"{name}: {text}".encode()) > MAX_LINE_BYTES:
        raise ValueError(f"{name} is longer than {MAX_LINE_BYTES} bytes: Asterisk would cut it")
