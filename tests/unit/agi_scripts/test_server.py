"""The FastAGI server against a fake Asterisk on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from agi_scripts import server as edge
from agi_scripts.server import (
    AgiError,
    AgiFailed,
    AgiGone,
    AgiHangup,
    AgiInvalid,
    AgiReply,
    AgiSession,
    AgiTimeout,
    FastAgiServer,
)

HEADER = b"agi_network_script: call\nagi_uniqueid: hotline-1.1\nagi_callerid: 13800000000\nagi_threadid: 7\n\n"


class Peer:
    """Asterisk's side of one stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def line(self) -> bytes:
        async with asyncio.timeout(5):
            return await self.reader.readline()

    async def answers(self, reply: bytes) -> bytes:
        line = await self.line()
        self.send(reply)
        return line

    async def ended(self) -> bool:
        async with asyncio.timeout(5):
            return await self.reader.read() == b""

    def close(self) -> None:
        self.writer.close()


class House:
    """A server with one route whose sessions run what the test gives, and the outcome of each."""

    def __init__(self, server: FastAgiServer) -> None:
        self.server = server
        self.outcomes: asyncio.Queue[object] = asyncio.Queue()
        self.peers: list[Peer] = []
        self.talk: Callable[[AgiSession], Awaitable[object]] = self.one_command

    async def one_command(self, session: AgiSession) -> object:
        return await session.command("NOOP", timeout=2)

    async def serve(self, session: AgiSession) -> None:
        try:
            self.outcomes.put_nowait(await self.talk(session))
        except AgiError as error:
            self.outcomes.put_nowait(error)
            raise

    async def outcome(self) -> object:
        async with asyncio.timeout(5):
            return await self.outcomes.get()

    async def peer(self, header: bytes = HEADER) -> Peer:
        peer = Peer(*await asyncio.open_connection("127.0.0.1", self.server.port))
        self.peers.append(peer)
        peer.send(header)
        return peer

    async def empty(self) -> None:
        async with asyncio.timeout(5):
            while self.server.open_sessions:  # noqa: ASYNC110 - the server has no event for it
                await asyncio.sleep(0)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    server = FastAgiServer()
    house = House(server)
    server.add_route("call", house.serve)
    await server.start("127.0.0.1", 0)
    yield house
    await server.close()
    for peer in house.peers:
        peer.close()
        await asyncio.wait([asyncio.ensure_future(peer.writer.wait_closed())])
    assert server.open_sessions == 0


async def test_a_command_and_its_reply(house: House) -> None:
    peer = await house.peer()
    assert await peer.answers(b"200 result=1 (x) endpos=7\n") == b"NOOP\n"
    assert await house.outcome() == AgiReply(200, 1, "x", 7)
    assert await peer.ended()


async def test_a_reply_after_a_hundred_trying_comes_as_fast_as_one_without(house: House) -> None:
    """Asterisk leaves Nagle's algorithm on: its second line waits until the first is acknowledged, 40 ms and more."""
    loop, times, took = asyncio.get_running_loop(), 10, dict[str, float]()

    async def talk(session: AgiSession) -> object:
        for name in ("NOOP", "GOSUB"):
            began = loop.time()
            for _ in range(times):
                await session.command(name)
            took[name] = loop.time() - began
        return took

    house.talk = talk
    peer = await house.peer()
    peer.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
    for _ in range(2 * times):
        if (await peer.line()).startswith(b"GOSUB"):
            peer.send(b"100 result=0 Trying...\n")
        peer.send(b"200 result=0\n")
    assert await house.outcome() == took
    assert took["GOSUB"] < took["NOOP"] + times * 0.02


async def test_header_and_query_reach_the_handler(house: House) -> None:
    async def talk(session: AgiSession) -> object:
        return session.header["uniqueid"], session.route, session.query

    house.talk = talk
    await house.peer(HEADER.replace(b"script: call", b"script: call?line=12345"))
    assert await house.outcome() == ("hotline-1.1", "call", {"line": "12345"})


@pytest.mark.parametrize("start", [b"", b"agi_net", HEADER[:-1], b"\xff\xfe"])
async def test_a_peer_that_closes_in_the_header_frees_everything(house: House, start: bytes) -> None:
    peer = await house.peer(start)
    peer.close()
    await house.empty()
    await test_a_command_and_its_reply(house)


async def test_a_header_that_is_not_utf8_is_served(house: House) -> None:
    peer = await house.peer(HEADER.replace(b"13800000000", b"\xd6\xd0\xb9\xfa"))
    await peer.answers(b"200 result=0\n")
    assert await house.outcome() == AgiReply(200, 0)


async def test_a_slow_header_is_closed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "HEADER_SECONDS", 0.05)
    peer = await house.peer(b"agi_network: yes\n")
    assert await peer.ended()


@pytest.mark.parametrize("flood", [b"agi_x: y\n" * 20000, b"x" * 200000])
async def test_an_oversized_header_is_closed(house: House, flood: bytes) -> None:
    peer = await house.peer(flood)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        assert await peer.reader.readexactly(1) == b""
    await house.empty()


async def test_an_unknown_route_is_logged_and_closed(house: House) -> None:
    with capture_logs() as logs:
        peer = await house.peer(b"agi_network_script: nowhere\n\n")
        assert await peer.ended()
    assert logs == [{"event": "agi_no_route", "script": "nowhere", "log_level": "error"}]


async def test_a_slow_peer_is_read_byte_by_byte(house: House) -> None:
    peer = await house.peer(b"")
    for byte in HEADER:
        peer.send(bytes([byte]))
        await asyncio.sleep(0)
    assert await peer.line() == b"NOOP\n"
    for byte in b"200 result=1 (a\nb)\n":
        peer.send(bytes([byte]))
        await asyncio.sleep(0)
    assert await house.outcome() == AgiReply(200, 1, "a\nb")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (b"510 Invalid or unknown command\n", AgiInvalid),
        (b"520 Invalid command syntax.  Proper usage not available.\n", AgiInvalid),
        (b"520-Invalid command syntax.  Proper usage follows:\nUsage\n520 End of proper usage.\n", AgiInvalid),
        (b"511 Command Not Permitted on a dead channel or intercept routine\n", AgiHangup),
        (b"503 result=-2 Memory allocation failure\n", AgiFailed),
        (b"HANGUP\n", AgiHangup),
    ],
)
async def test_replies_that_are_refusals(house: House, reply: bytes, error: type[AgiError]) -> None:
    peer = await house.peer()
    await peer.answers(reply)
    assert isinstance(await house.outcome(), error)
    assert await peer.ended()


async def test_minus_one_is_left_to_the_command(house: House) -> None:
    peer = await house.peer()
    await peer.answers(b"200 result=-1\n")
    assert await house.outcome() == AgiReply(200, -1)


async def test_the_end_of_the_stream_during_a_command(house: House) -> None:
    peer = await house.peer()
    await peer.line()
    peer.close()
    assert isinstance(await house.outcome(), AgiGone)


async def test_a_hangup_is_noticed_while_no_command_is_pending(house: House) -> None:
    async def talk(session: AgiSession) -> object:
        await session.gone.wait()
        return await session.command("SET", "VARIABLE", "A", "b")

    house.talk = talk
    peer = await house.peer(HEADER + b"HANGUP\n")
    await peer.answers(b"200 result=1\n")
    assert await house.outcome() == AgiReply(200, 1)


async def test_the_end_of_the_stream_is_noticed_while_no_command_is_pending(house: House) -> None:
    async def talk(session: AgiSession) -> object:
        await session.gone.wait()
        return await session.command("NOOP")

    house.talk = talk
    peer = await house.peer()
    peer.close()
    assert isinstance(await house.outcome(), AgiGone)


async def test_a_hangup_then_the_end_reads_as_a_hangup(house: House) -> None:
    peer = await house.peer()
    await peer.line()
    peer.send(b"HANGUP\n")
    peer.close()
    assert isinstance(await house.outcome(), AgiHangup)


async def test_a_hangup_before_the_reply_does_not_shift_the_replies(house: House) -> None:
    async def talk(session: AgiSession) -> object:
        with pytest.raises(AgiHangup):
            await session.command("FIRST")
        return await session.command("SECOND")

    house.talk = talk
    peer = await house.peer()
    await peer.answers(b"HANGUP\n")
    await peer.line()
    peer.send(b"200 result=1\n200 result=2\n")
    assert await house.outcome() == AgiReply(200, 2)


async def test_a_peer_that_never_answers_times_out_and_the_late_reply_is_dropped(house: House) -> None:
    async def talk(session: AgiSession) -> object:
        with pytest.raises(AgiTimeout):
            await session.command("FIRST", timeout=0.02)
        return await session.command("SECOND", timeout=2)

    house.talk = talk
    peer = await house.peer()
    assert await peer.line() == b"FIRST\n"
    assert await peer.line() == b"SECOND\n"
    peer.send(b"200 result=1\n200 result=2\n")
    assert await house.outcome() == AgiReply(200, 2)


async def test_a_cancelled_command_keeps_the_replies_in_step(house: House) -> None:
    async def talk(session: AgiSession) -> object:
        first = asyncio.create_task(session.command("FIRST"))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        assert first.cancelled()
        return await session.command("SECOND")

    house.talk = talk
    peer = await house.peer()
    await peer.line()
    await peer.line()
    peer.send(b"200 result=1\n200 result=2\n")
    assert await house.outcome() == AgiReply(200, 2)


async def test_commands_from_two_tasks_go_one_at_a_time(house: House) -> None:
    async def talk(session: AgiSession) -> object:
        return await asyncio.gather(session.command("ONE"), session.command("TWO"))

    house.talk = talk
    peer = await house.peer()
    assert await peer.answers(b"200 result=1\n") == b"ONE\n"
    assert await peer.answers(b"200 result=2\n") == b"TWO\n"
    assert await house.outcome() == [AgiReply(200, 1), AgiReply(200, 2)]


@pytest.mark.parametrize("text", [b"1\n\n200 result=99 (forged)\nx", b"1\nagi_threadid: 1\n\n200 result=99\nx"])
async def test_a_forged_reply_in_a_callers_text_does_not_shift_the_replies(house: House, text: bytes) -> None:
    forged = HEADER.replace(b"13800000000", text)

    async def talk(session: AgiSession) -> object:
        first = await session.command("FIRST")
        return first, await session.command("SECOND")

    house.talk = talk
    peer = await house.peer(forged)
    nonce = (await peer.answers(b"200 result=1\n")).split()[-1]
    assert await peer.answers(b"200 result=1 (" + nonce + b")\n") == b"GET VARIABLE HOTLINE_SYNC\n"
    assert await peer.answers(b"200 result=1\n") == b"FIRST\n"
    assert await peer.answers(b"200 result=2\n") == b"SECOND\n"
    assert await house.outcome() == (AgiReply(200, 1), AgiReply(200, 2))


async def test_a_flood_of_stray_lines_ends_the_session(house: House) -> None:
    peer = await house.peer()
    await peer.answers(b"noise\n" * 1100)
    assert isinstance(await house.outcome(), AgiGone)


async def test_a_handler_that_raises_is_logged_and_harms_nobody(house: House) -> None:
    async def talk(session: AgiSession) -> object:
        raise RuntimeError(session.route)

    house.talk = talk
    with capture_logs() as logs:
        peer = await house.peer()
        assert await peer.ended()
    assert (logs[0]["event"], logs[0]["call_id"]) == ("agi_session_failed", "hotline-1.1")


async def test_close_cancels_sessions_and_closes_their_streams(house: House) -> None:
    cancelled = asyncio.Event()

    async def talk(session: AgiSession) -> object:
        try:
            return await session.command("NOOP", timeout=None)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    house.talk = talk
    peer = await house.peer()
    await peer.line()
    await house.server.close()
    assert cancelled.is_set()
    assert await peer.ended()


async def test_bad_words_are_refused_and_the_session_goes_on(house: House) -> None:
    async def talk(session: AgiSession) -> object:
        with pytest.raises(ValueError, match="line feed"):
            await session.command("NOOP\nHANGUP")
        return await session.command("NOOP")

    house.talk = talk
    peer = await house.peer()
    assert await peer.answers(b"200 result=0\n") == b"NOOP\n"
    assert await house.outcome() == AgiReply(200, 0)


async def test_nothing_is_left_after_five_hundred_sessions(house: House) -> None:
    before = len(asyncio.all_tasks())
    for _ in range(500):
        peer = await house.peer()
        await peer.answers(b"200 result=0\n")
        assert await house.outcome() == AgiReply(200, 0)
        assert await peer.ended()
        peer.close()
    await house.empty()
    assert len(asyncio.all_tasks()) <= before
