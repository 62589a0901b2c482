"""The AMI link against a fake Asterisk manager on loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from structlog.testing import capture_logs

from acd import ami
from acd.ami import AmiEvent, AmiLink, AmiRefused, AmiTimeout, AmiUnavailable, Item, LinkDown, LinkUp

BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"


def event(name: str, **fields: str) -> bytes:
    lines = [f"Event: {name}", "Privilege: call,all", *(f"{k}: {v}" for k, v in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Connection:
    """One login at the fake manager."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def read(self) -> dict[str, str]:
        block = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        return dict(line.split(": ", 1) for line in block.strip().split("\r\n"))

    def reply(self, action: dict[str, str], response: str = "Success", **fields: str) -> None:
        lines = [f"Response: {response}", f"ActionID: {action['ActionID']}", *(f"{k}: {v}" for k, v in fields.items())]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())


class Manager:
    """A fake AMI server: answers logins and pings as told, and queues every other action for the test."""

    def __init__(self) -> None:
        self.secret = "right"
        self.boot = BOOTED
        self.pongs = True
        self.answers_login = True
        self.logins: list[dict[str, str]] = []
        self.actions: asyncio.Queue[tuple[Connection, dict[str, str]]] = asyncio.Queue()
        self.connections: asyncio.Queue[Connection] = asyncio.Queue()
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        connection = Connection(reader, writer)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                writer.write(b"Asterisk Call Manager/11.0.0\r\n")
                await self._talk(connection)
        finally:
            writer.close()

    async def _talk(self, connection: Connection) -> None:
        while True:
            action = await connection.read()
            if action["Action"] == "Login":
                self._login(connection, action)
            elif action["Action"] == "Ping":
                if self.pongs:
                    connection.reply(action, Ping="Pong", Timestamp="1700000000.000001")
            else:
                self.actions.put_nowait((connection, action))

    def _login(self, connection: Connection, action: dict[str, str]) -> None:
        self.logins.append(action)
        if not self.answers_login:
            return
        if action["Secret"] != self.secret:
            connection.reply(action, "Error", Message="Authentication failed")
            return
        connection.reply(action, Message="Authentication accepted")
        connection.writer.write(self.boot)
        self.connections.put_nowait(connection)

    async def connection(self) -> Connection:
        async with asyncio.timeout(5):
            return await self.connections.get()

    async def action(self) -> tuple[Connection, dict[str, str]]:
        async with asyncio.timeout(5):
            return await self.actions.get()


class Running:
    """A link that runs against the manager, and its stream."""

    def __init__(self, link: AmiLink) -> None:
        self.link = link
        self.stream = link.events()
        self.task = asyncio.create_task(link.run())

    async def next(self) -> Item:
        async with asyncio.timeout(5):
            return await anext(self.stream)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])
        assert not self.link.up


@pytest.fixture
async def manager() -> AsyncIterator[Manager]:
    manager = Manager()
    await manager.start()
    yield manager
    await manager.stop()


Start = Callable[..., Running]


@pytest.fixture
async def start(manager: Manager) -> AsyncIterator[Start]:
    running: list[Running] = []

    def begin(**options: object) -> Running:
        settings = {"secret": "right", "ping_seconds": 0.05, "timeout": 1.0, **options}
        link = AmiLink(host="127.0.0.1", port=manager.port, username="voice", **settings)  # type: ignore[arg-type]
        running.append(Running(link))
        return running[-1]

    yield begin
    for each in running:
        await each.stop()


async def test_login_then_events_in_their_order(manager: Manager, start: Start) -> None:
    running = start()
    connection = await manager.connection()
    assert await running.next() == LinkUp()
    assert running.link.up
    assert manager.logins[0]["Events"] == "on"
    for number in range(200):
        connection.writer.write(event("Hangup", Uniqueid=f"h-1.{number}"))
    seen = [await running.next() for _ in range(200)]
    assert [e.fields["Uniqueid"] for e in seen if isinstance(e, AmiEvent)] == [f"h-1.{n}" for n in range(200)]


async def test_characters_split_across_reads_arrive_whole(manager: Manager, start: Start) -> None:
    running = start()
    connection = await manager.connection()
    await running.next()
    for byte in event("DialBegin", CallerIDName="市民😀"):
        connection.writer.write(bytes([byte]))
        await connection.writer.drain()
        await asyncio.sleep(0)
    got = await running.next()
    assert isinstance(got, AmiEvent)
    assert got.fields["CallerIDName"] == "市民😀"


async def test_bytes_that_are_not_utf8_are_replaced(manager: Manager, start: Start) -> None:
    running = start()
    connection = await manager.connection()
    await running.next()
    connection.writer.write(b"Event: DialBegin\r\nPrivilege: call,all\r\nCallerIDName: \xd6\xd0\r\n\r\n")
    got = await running.next()
    assert isinstance(got, AmiEvent)
    assert got.fields["CallerIDName"] == "\ufffd\ufffd"


async def test_unwanted_events_are_skipped_and_repeated_fields_joined(manager: Manager, start: Start) -> None:
    running = start(wanted=frozenset({"Hangup"}))
    connection = await manager.connection()
    await running.next()
    connection.writer.write(event("VarSet", Variable="x") + event("RTCPSent"))
    connection.writer.write(b"Event: Hangup\r\nPrivilege: call,all\r\nChanVariable: a=1\r\nChanVariable: b=2\r\n\r\n")
    got = await running.next()
    assert isinstance(got, AmiEvent)
    assert (got.name, got.fields["ChanVariable"]) == ("Hangup", "a=1\nb=2")


async def test_a_login_without_events(manager: Manager, start: Start) -> None:
    manager.boot = b""
    running = start(wanted=frozenset())
    assert await running.next() == LinkUp()
    assert manager.logins[0]["Events"] == "off"


async def test_a_response_with_its_fields(manager: Manager, start: Start) -> None:
    running = start()
    await running.next()
    asked = asyncio.create_task(running.link.action("Getvar", Channel="PJSIP/a-1", Variable="X"))
    connection, action = await manager.action()
    assert (action["Action"], action["Channel"], action["Variable"]) == ("Getvar", "PJSIP/a-1", "X")
    connection.reply(action, Value="7")
    assert (await asked)["Value"] == "7"


async def test_replies_out_of_order_reach_their_actions(manager: Manager, start: Start) -> None:
    running = start()
    await running.next()
    asked = [asyncio.create_task(running.link.action("Getvar", Variable=name)) for name in "abc"]
    got = [await manager.action() for _ in asked]
    for connection, action in reversed(got):
        connection.reply(action, Value=action["Variable"])
    assert [(await one)["Value"] for one in asked] == ["a", "b", "c"]


async def test_an_error_is_refused_with_its_message(manager: Manager, start: Start) -> None:
    running = start()
    await running.next()
    asked = asyncio.create_task(running.link.action("Redirect"))
    connection, action = await manager.action()
    connection.reply(action, "Error", Message="Channel not specified")
    with pytest.raises(AmiRefused, match="Channel not specified"):
        await asked


async def test_a_list_with_its_rows_although_they_are_unwanted_events(manager: Manager, start: Start) -> None:
    running = start(wanted=frozenset({"Hangup"}))
    await running.next()
    asked = asyncio.create_task(running.link.action_list("CoreShowChannels"))
    connection, action = await manager.action()
    connection.reply(action, EventList="start", Message="Channels will follow")
    connection.writer.write(event("CoreShowChannel", Uniqueid="other"))
    for number in range(3):
        connection.writer.write(event("CoreShowChannel", ActionID=action["ActionID"], Uniqueid=str(number)))
    connection.writer.write(event("CoreShowChannelsComplete", ActionID=action["ActionID"], EventList="Complete"))
    assert [(row["Event"], row["Uniqueid"]) for row in await asked] == [("CoreShowChannel", str(n)) for n in range(3)]


async def test_a_list_that_ends_with_a_named_event(manager: Manager, start: Start) -> None:
    running = start()
    await running.next()
    asked = asyncio.create_task(running.link.action_list("X", complete="TheEnd"))
    connection, action = await manager.action()
    connection.reply(action)
    connection.writer.write(event("RowComplete", ActionID=action["ActionID"]))
    connection.writer.write(event("TheEnd", ActionID=action["ActionID"]))
    assert [row["Event"] for row in await asked] == ["RowComplete"]


@pytest.mark.parametrize(("message", "rows"), [("No Contacts found", []), ("Permission denied", None)])
async def test_a_refused_list(manager: Manager, start: Start, message: str, rows: list[object] | None) -> None:
    running = start()
    await running.next()
    asked = asyncio.create_task(running.link.action_list("PJSIPShowContacts"))
    connection, action = await manager.action()
    connection.reply(action, "Error", Message=message)
    if rows is None:
        with pytest.raises(AmiRefused, match=message):
            await asked
    else:
        assert await asked == rows


async def test_a_drop_with_an_action_pending_fails_it_and_never_sends_it_again(manager: Manager, start: Start) -> None:
    running = start()
    await running.next()
    asked = asyncio.create_task(running.link.action("Originate"))
    connection, _ = await manager.action()
    connection.writer.close()
    with pytest.raises(AmiUnavailable):
        await asked
    assert isinstance(await running.next(), LinkDown)
    assert await running.next() == LinkUp()
    asked = asyncio.create_task(running.link.action("Status"))
    connection, action = await manager.action()
    assert action["Action"] == "Status"
    connection.reply(action)
    await asked
    assert manager.actions.empty()


async def test_actions_without_a_link_fail_at_once(manager: Manager) -> None:
    link = AmiLink(host="127.0.0.1", port=manager.port, username="voice", secret="right")
    with pytest.raises(AmiUnavailable):
        await link.action("Status")
    with pytest.raises(AmiUnavailable):
        await link.action_list("Status")


async def test_a_peer_that_hangs_is_noticed_by_its_pings(manager: Manager, start: Start) -> None:
    running = start(timeout=0.1)
    await running.next()
    manager.pongs = False
    down = await running.next()
    assert isinstance(down, LinkDown)
    assert "did not answer a ping" in down.reason
    manager.pongs = True
    assert await running.next() == LinkUp()


async def test_an_action_that_is_not_answered_times_out_and_its_late_reply_is_dropped(
    manager: Manager, start: Start
) -> None:
    running = start(timeout=0.1)
    await running.next()
    with pytest.raises(AmiTimeout, match="Getvar"):
        await running.link.action("Getvar")
    connection, action = await manager.action()
    connection.reply(action, Value="late")
    connection.writer.write(event("Hangup"))
    got = await running.next()
    assert isinstance(got, AmiEvent)
    assert got.name == "Hangup"


async def test_a_refused_login_is_logged_and_tried_again(manager: Manager, start: Start) -> None:
    manager.secret = "other"
    with capture_logs() as logs:
        running = start()
        async with asyncio.timeout(5):
            while len(manager.logins) < 2:  # noqa: ASYNC110 - waits for the link, which has no event for it
                await asyncio.sleep(0.01)
        manager.secret = "right"
        assert await running.next() == LinkUp()
    refused = [entry for entry in logs if entry["event"] == "ami_login_refused"]
    assert refused[0]["message"] == "Authentication failed"
    assert "right" not in str(logs)


async def test_a_login_that_is_not_answered_is_given_up(manager: Manager, start: Start) -> None:
    manager.answers_login = False
    running = start(timeout=0.05)
    async with asyncio.timeout(5):
        while len(manager.logins) < 2:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    manager.answers_login = True
    assert await running.next() == LinkUp()


async def test_a_server_that_is_not_there_is_tried_until_it_is(manager: Manager, start: Start) -> None:
    await manager.stop()
    with capture_logs() as logs:
        running = start()
        async with asyncio.timeout(5):
            while not logs:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
    assert "cannot connect" in logs[0]["reason"]
    await manager.start()
    assert await running.next() == LinkUp()


async def test_asterisk_that_is_not_booted_is_waited_for(manager: Manager, start: Start) -> None:
    manager.boot = b""
    running = start(timeout=0.1)
    connection = await manager.connection()
    assert await running.next() == LinkUp()
    connection.writer.write(BOOTED)
    assert isinstance(await running.next(), LinkDown)
    assert await running.next() == LinkUp()
    got = await running.next()
    assert isinstance(got, AmiEvent)
    assert got.name == "FullyBooted"


async def test_events_that_nobody_takes_drop_the_link_and_say_so(manager: Manager, start: Start) -> None:
    running = start(max_queue=10)
    connection = await manager.connection()
    await running.next()
    connection.writer.write(event("Hangup") * 50)
    async with asyncio.timeout(5):
        while running.link.up:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
    down = await running.next()
    assert down == LinkDown("10 events were not taken in time")
    assert await running.next() == LinkUp()


async def test_markers_that_nobody_reads_do_not_pile_up(manager: Manager, start: Start) -> None:
    running = start()
    for _ in range(5):
        connection = await manager.connection()
        async with asyncio.timeout(5):
            while not running.link.up:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0)
        connection.writer.close()
    await manager.connection()
    async with asyncio.timeout(5):
        while not running.link.up:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
    assert isinstance(await running.next(), LinkDown)
    assert await running.next() == LinkUp()
    assert not running.link._items


async def test_a_block_without_end_drops_the_link(
    manager: Manager, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami, "MAX_BLOCK_BYTES", 1000)
    running = start()
    connection = await manager.connection()
    await running.next()
    connection.writer.write(b"x" * 2000)
    down = await running.next()
    assert isinstance(down, LinkDown)
    assert "1000 bytes" in down.reason


@pytest.mark.parametrize(
    "fields",
    [
        {"Channel": "a\r\nAction: Originate"},
        {"Channel": "a\n"},
        {"Channel": "a\0"},
        {"Variable": ["ok", "a\rb"]},
        {"Chan: x": "y"},
        {"Channel": "x" * 1001},
        {"Channel": "\udcff"},
    ],
)
async def test_text_that_would_begin_another_field_is_refused(
    manager: Manager, start: Start, fields: dict[str, str]
) -> None:
    running = start()
    await running.next()
    with pytest.raises(ValueError, match=r"line end|field name|longer|surrogates"):
        await running.link.action("Setvar", **fields)
    assert manager.actions.empty()


async def test_several_values_of_one_field_are_sent_as_lines(manager: Manager, start: Start) -> None:
    running = start()
    connection = await manager.connection()
    await running.next()
    asked = asyncio.create_task(running.link.action("Originate", Variable=["a=1", "b=2"], Timeout=3000))
    _, action = await manager.action()
    assert (action["Variable"], action["Timeout"]) == ("b=2", "3000")
    connection.reply(action)
    await asked


async def test_stamp_lag_is_measured(manager: Manager, start: Start) -> None:
    with capture_logs() as logs:
        running = start()
        connection = await manager.connection()
        await running.next()
        connection.writer.write(event("Hangup", Timestamp="1700000000.5"))
        await running.next()
    assert running.link.lag_seconds > 1000
    assert "ami_lag" in [entry["event"] for entry in logs]


async def test_nothing_is_left_after_the_end(manager: Manager) -> None:
    before = asyncio.all_tasks()
    link = AmiLink(host="127.0.0.1", port=manager.port, username="voice", secret="right")
    running = Running(link)
    assert await running.next() == LinkUp()
    await running.stop()
    down = await running.next()
    assert isinstance(down, LinkDown)
    own = {task for task in asyncio.all_tasks() - before if task not in manager._tasks}
    assert not own
