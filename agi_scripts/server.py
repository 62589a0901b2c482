"""The FastAGI edge: panoramisk's routes with a session that survives every peer; knows no call flow."""

import asyncio
import contextlib
import secrets
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import structlog
from panoramisk.fast_agi import Application

from agi_scripts.quoting import command_line
from agi_scripts.replies import (
    MAX_HEADER_BYTES,
    AgiError,
    AgiFailed,
    AgiGone,
    AgiHangup,
    AgiInvalid,
    AgiReply,
    AgiTimeout,
    Hangup,
    Header,
    Heard,
    ReplyParser,
    StreamBroken,
    parse_header,
)

__all__ = [
    "AgiError",
    "AgiFailed",
    "AgiGone",
    "AgiHangup",
    "AgiInvalid",
    "AgiReply",
    "AgiSession",
    "AgiTimeout",
    "FastAgiServer",
    "Handler",
]

HEADER_SECONDS = 5.0
SYNC_SECONDS = 10.0
SYNC_VARIABLE = "HOTLINE_SYNC"
MAX_STRAYS = 1000

log = structlog.get_logger(__name__)


class AgiSession:
    """One channel's FastAGI session; commands go one at a time, hang-ups are noticed while idle too.

    `header` holds the `agi_*` fields without the prefix (`uniqueid`, `callerid`, `network_script`, `arg_1`).
    `gone` is set by a `HANGUP` line or the end of the stream; after `HANGUP` alone, commands may still be sent.
    """

    def __init__(self, header: Header, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.header: Mapping[str, str] = header.fields
        self.route = header.route
        self.query = header.query
        self.gone = asyncio.Event()
        self._reader = reader
        self._writer = writer
        self._parser = ReplyParser()
        self._lock = asyncio.Lock()
        self._pending: deque[asyncio.Future[AgiReply]] = deque()
        self._hung_up = False
        self._ended: AgiError | None = None
        self._strays = 0
        # Asterisk ends each header with the thread's id: one that ended before it was cut by a caller's line feeds.
        self._confused = "threadid" not in header.fields
        self._nonce: str | None = None
        self._hangs_up_at = 0.0

    @property
    def hangs_up_in(self) -> float:
        """Seconds until the channel leaves by itself, as this session has asked for; 0 when it does not know."""
        return self._hangs_up_at - asyncio.get_running_loop().time()

    @hangs_up_in.setter
    def hangs_up_in(self, seconds: float) -> None:
        self._hangs_up_at = asyncio.get_running_loop().time() + seconds

    async def command(self, *words: str, timeout: float | None = 10.0) -> AgiReply:  # noqa: ASYNC109 - Asterisk must still be heard after it
        """Send one command and wait for its reply, at most `timeout` seconds (None: as long as the stream lives).

        Raises ValueError (bad words), AgiInvalid (510, 520), AgiHangup, AgiGone, AgiTimeout, AgiFailed (other codes).
        A result of -1 is returned as it is: its meaning depends on the command (`agi_scripts.commands` knows).
        After AgiTimeout or a cancellation the late reply is dropped and the next command gets its own.
        """
        line = command_line(words)
        async with self._lock:
            if self._confused:
                await self._synchronise()
            return _checked(await self._exchange(line, timeout, words[0]))

    async def _exchange(self, line: bytes, seconds: float | None, name: str) -> AgiReply:
        if self._ended is not None:
            raise type(self._ended)(*self._ended.args)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[AgiReply] = loop.create_future()
        self._pending.append(answer)
        self._writer.write(line)  # one short command at a time: there is nothing to drain
        alarm = None if seconds is None else loop.call_later(seconds, _expire, answer, name, seconds)
        try:
            return await answer
        finally:
            if alarm is not None:
                alarm.cancel()

    async def _synchronise(self) -> None:
        """Find the place in the reply stream again: a variable with a value that nobody can have sent before."""
        self._pending.clear()
        self._confused = False
        self._nonce = secrets.token_hex(8)
        lines = command_line(["SET", "VARIABLE", SYNC_VARIABLE, self._nonce])
        lines += command_line(["GET", "VARIABLE", SYNC_VARIABLE])
        try:
            await self._exchange(lines, SYNC_SECONDS, "GET VARIABLE")
        except BaseException:
            self._confused = True
            raise
        finally:
            self._nonce = None

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Read the stream in a task of its own for the length of the block."""
        task = asyncio.create_task(self._listen(), name="agi-reader")
        try:
            await asyncio.sleep(0)  # what came with the header is heard before the first command
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _listen(self) -> None:
        reason = "the peer closed the stream"
        try:
            while data := await self._reader.read(65536):
                if data.startswith(b"100"):
                    _acknowledge(self._writer)
                for heard in self._parser.feed(data):
                    self._hear(heard)
        except (ConnectionError, StreamBroken) as error:
            reason = str(error)
        except Exception as error:
            log.exception("agi_reader_failed")
            reason = f"the reader failed: {error}"
        self._end(AgiHangup(reason) if self._hung_up else AgiGone(reason))
        self._writer.close()

    def _hear(self, heard: Heard) -> None:
        if isinstance(heard, Hangup):
            self._hung_up = True
            self.gone.set()
            self._fail_pending(AgiHangup("Asterisk said HANGUP"))
        elif isinstance(heard, AgiReply) and self._nonce is not None:
            if heard.data == self._nonce:
                self._answer(heard)
        elif isinstance(heard, AgiReply) and self._pending:
            self._answer(heard)
        else:
            self._count_stray()

    def _answer(self, reply: AgiReply) -> None:
        """Give the reply to the oldest command; one that no longer waits has taken it nevertheless."""
        answer = self._pending.popleft()
        if not answer.done():
            answer.set_result(reply)

    def _count_stray(self) -> None:
        """Text outside any reply: a caller's line feeds, so the next command looks for its place first."""
        self._strays += 1
        self._confused = True
        if self._strays > MAX_STRAYS:
            raise StreamBroken(f"more than {MAX_STRAYS} lines that belong to no reply")

    def _fail_pending(self, error: AgiError) -> None:
        for answer in self._pending:
            if not answer.done():
                answer.set_exception(error)
                answer.exception()  # seen: a caller that was cancelled will not ask

    def _end(self, error: AgiError) -> None:
        self._ended = error
        self.gone.set()
        self._fail_pending(error)


def _expire(answer: asyncio.Future[AgiReply], name: str, seconds: float) -> None:
    if not answer.done():
        answer.set_exception(AgiTimeout(f"no reply to {name} within {seconds} s"))


def _checked(reply: AgiReply) -> AgiReply:
    """Pass a 200 on, raise what any other code means."""
    match reply.code:
        case 200:
            return reply
        case 510 | 520:
            raise AgiInvalid(f"{reply.code}: {reply.data[:200]}")
        case 511:
            raise AgiHangup("511: the channel is dead")
        case _:
            raise AgiFailed(f"{reply.code} result={reply.result} {reply.data[:200]}")


Handler = Callable[[AgiSession], Awaitable[None]]


class FastAgiServer(Application):  # type: ignore[misc] # panoramisk has no types
    """panoramisk's FastAGI application with its own handler; make it inside the running loop."""

    def __init__(self) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()

    def add_route(self, path: str, endpoint: Handler) -> None:
        """Serve `agi://host:port/<path>` with an `async def` that takes the session; ValueError when taken."""
        super().add_route(path.strip("/"), endpoint)

    async def start(self, host: str, port: int) -> None:
        """Listen; raises OSError when the address cannot be had."""
        self._server = await asyncio.start_server(self.handler, host, port, backlog=1024)

    @property
    def port(self) -> int:
        """The port that is listened on (for a start with port 0)."""
        if self._server is None:
            raise RuntimeError("the FastAGI server is not started")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def open_sessions(self) -> int:
        """How many streams are open now."""
        return len(self._sessions)

    async def close(self) -> None:
        """Stop listening, cancel all sessions (their callers go on in the dialplan) and wait for them."""
        if self._server is not None:
            self._server.close()
        for task in self._sessions:
            task.cancel()
        if self._sessions:
            await asyncio.wait(self._sessions)

    async def handler(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One stream from its header to its end; whatever happens in it stays in it."""
        task = asyncio.current_task()
        if task is not None:
            self._sessions.add(task)
            task.add_done_callback(self._sessions.discard)
        try:
            await self._serve(reader, writer)
        finally:
            _close(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _no_delay(writer)
        header = await _read_header(reader)
        if header is None:
            return
        route: Handler | None = self._route.get(header.route)
        if route is None:
            log.error("agi_no_route", script=header.route)
            return
        session = AgiSession(header, reader, writer)
        async with session.listening():
            await _run(route, session)


async def _run(route: Handler, session: AgiSession) -> None:
    """Run the handler; the caller of one that fails goes on in the dialplan."""
    call_id = session.header.get("uniqueid")
    try:
        await route(session)
    except (AgiHangup, AgiGone) as end:
        log.info("agi_session_ended", call_id=call_id, reason=str(end))
    except Exception:
        log.exception("agi_session_failed", call_id=call_id)


async def _read_header(reader: asyncio.StreamReader) -> Header | None:
    """Read the header; None (logged) for a peer that closes, stalls or floods before its end."""
    block = bytearray()
    try:
        async with asyncio.timeout(HEADER_SECONDS):
            while len(block) <= MAX_HEADER_BYTES:
                line = await reader.readuntil(b"\n")
                if line in {b"\n", b"\r\n"} and block:
                    return parse_header(bytes(block))
                block += line
        log.error("agi_header_too_long", limit_bytes=MAX_HEADER_BYTES)
    except TimeoutError:
        log.error("agi_header_too_slow", limit_seconds=HEADER_SECONDS)  # noqa: TRY400 - no trace needed
    except asyncio.IncompleteReadError:
        log.debug("agi_header_not_finished")  # a health check
    except (asyncio.LimitOverrunError, ConnectionError) as error:
        log.error("agi_header_unreadable", error=str(error))  # noqa: TRY400 - no trace needed
    return None


def _no_delay(writer: asyncio.StreamWriter) -> None:
    """Send each command at once: a wait for the last acknowledgement would cost up to 40 ms a command."""
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.family in {socket.AF_INET, socket.AF_INET6}:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _acknowledge(writer: asyncio.StreamWriter) -> None:
    """Tell Asterisk's kernel at once that "100 Trying" is here: until then it holds the reply behind it back (Nagle).

    A GOSUB took 43 ms for that alone. The option lasts for one acknowledgement, so it is set each time.
    """
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.family in {socket.AF_INET, socket.AF_INET6}:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _close(writer: asyncio.StreamWriter) -> None:
    """Close without waiting for a peer that does not read."""
    if writer.transport.get_write_buffer_size():
        writer.transport.abort()
    else:
        writer.close()
