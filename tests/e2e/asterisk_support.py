"""One real Asterisk for the dialplan's tests, with a FastAGI server that does what a test says; no voice process."""

import asyncio
import contextlib
import csv
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from asterisk_conf.fetch import asterisk_place, fetch
from asterisk_conf.render import CEL_COLUMNS, control_command, render, start_command
from asterisk_conf.settings import AsteriskSettings, FallbackQueue, Seat
from asterisk_conf.sounds import make_sounds
from ops.ports import Reservation, block, reserve
from ops.users import command_as, service_account

PROJECT = Path(__file__).resolve().parents[2]
LOCAL = PROJECT / ".local"
TOOLS = LOCAL / "tools"
TRUNK = "127.0.0.2"
PHONES = "127.0.0.1"
LEASE = 2
PASSWORD = "not-a-secret"

LAST_RESORT = """
import os, pathlib, sys
sys.stdin.readline()
pathlib.Path(os.environ["HOTLINE_SPOOL_DIR"], "reached").write_text(str(os.getuid()))
"""


async def until(condition: Callable[[], object], seconds: float = 10.0, what: str = "the condition") -> None:
    """Wait for `condition` to hold; fails with `what` after `seconds`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not condition():
        assert loop.time() < deadline, f"{what} did not come true in {seconds} s"
        await asyncio.sleep(0.02)


@dataclass
class LocalAsterisk:
    """A running Asterisk with seats 1001 and 1002; everything lies under `settings.home`."""

    settings: AsteriskSettings
    reservation: Reservation
    process: "subprocess.Popen[bytes]"

    @property
    def sip(self) -> tuple[str, int]:
        return (self.settings.sip_host, self.settings.sip_port)

    def console(self, line: str) -> str:
        command = control_command(self.settings, line)
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout

    def channels(self) -> int:
        return int(self.console("core show channels count").split()[0])

    def records(self) -> list[dict[str, str]]:
        """The call event records, read line by line as the project's reader does."""
        if not self.settings.cel_file.exists():
            return []
        lines = self.settings.cel_file.read_text("utf-8", "replace").split("\n")[:-1]
        return [dict(zip(CEL_COLUMNS, next(csv.reader([line])), strict=True)) for line in lines]

    def events_of(self, call_id: str) -> list[str]:
        return [row["eventtype"] for row in self.records() if row["uniqueid"] == call_id]


def make_settings(home: Path, base: int) -> AsteriskSettings:
    ports = block(base)
    return AsteriskSettings(
        home=home,
        place=asterisk_place(TOOLS),
        python=Path(sys.executable),
        project=home / "project",
        seats=tuple(Seat(name, PASSWORD, PASSWORD) for name in ("1001", "1002")),
        queues=(FallbackQueue("city"), FallbackQueue("linhe", wait_seconds=2)),
        ami_events_secret=PASSWORD,
        ami_actions_secret=PASSWORD,
        trunks=(TRUNK,),
        sip_port=ports["sip"],
        http_port=ports["http"],
        ami_port=ports["ami"],
        fastagi_port=ports["fastagi"],
        rtp_first=ports["rtp_first"],
        rtp_last=ports["rtp_last"],
        lease_seconds=LEASE,
        phone_rtp_timeout=3,
    )


@contextlib.contextmanager
def running_asterisk() -> Iterator[LocalAsterisk]:
    """Render, start as the service user, wait until it is ready; ended afterwards, its folder stays."""
    fetch("asterisk", TOOLS)
    who = service_account()
    reservation = reserve()
    home = LOCAL / "test" / f"dialplan-{os.getpid()}-{secrets.token_hex(3)}"
    home.mkdir(parents=True)
    (home / "project/agi_scripts").mkdir(parents=True)
    (home / "project/agi_scripts/last_resort.py").write_text(LAST_RESORT)
    if who is not None:
        os.chown(home, who.uid, who.gid)
    settings = make_settings(home, reservation.base)
    render(settings)
    make_sounds(TOOLS, settings.sounds)
    command = command_as(who, start_command(settings), reach=[home, TOOLS], dies_with_parent=True)
    with (home / "asterisk.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        asyncio.run(_ready(settings, process))
        yield LocalAsterisk(settings, reservation, process)
    finally:
        process.terminate()
        process.wait(20)
        reservation.release()


async def _ready(settings: AsteriskSettings, process: "subprocess.Popen[bytes]") -> None:
    log = settings.home / "asterisk.log"
    await until(lambda: b"Asterisk Ready." in log.read_bytes() or process.poll() is not None, 30, "Asterisk's start")
    assert process.poll() is None, log.read_text()


@dataclass
class AgiCall:
    """One FastAGI session as the test's server sees it."""

    lines: list[str]
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    @property
    def header(self) -> dict[str, str]:
        return {name: value for name, _, value in (line.partition(": ") for line in self.lines)}

    @property
    def call_id(self) -> str:
        return self.header["agi_uniqueid"]

    async def command(self, text: str) -> str:
        self._writer.write(text.encode() + b"\n")
        await self._writer.drain()
        while (reply := (await self._reader.readline()).decode("utf-8", "replace").strip()).startswith("100 "):
            """GOSUB says that it tries before it says how it went."""
        return reply

    async def variable(self, name: str) -> str:
        reply = await self.command(f"GET VARIABLE {name}")
        return reply.partition("(")[2].removesuffix(")")

    async def done(self) -> None:
        """The completion token, as the last command of every session."""
        await self.command(f"SET VARIABLE HOTLINE_TOKEN done-{self.call_id}")

    def die(self) -> None:
        """What kill -9 of the server does to this connection."""
        self._writer.transport.abort()


Handler = Callable[[AgiCall], Awaitable[None]]


@dataclass
class AgiServer:
    """Serves every call with `handler`; `calls` are the sessions seen, `lost` how many broke off."""

    handler: Handler
    calls: list[AgiCall] = field(default_factory=list)
    lost: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = await reader.readuntil(b"\n\n")
        call = AgiCall(raw.decode("utf-8", "replace").rstrip("\n").split("\n"), reader, writer)
        self.calls.append(call)
        try:
            await self.handler(call)
        except ConnectionError:
            self.lost += 1
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def agi_server(asterisk: LocalAsterisk, handler: Handler) -> AsyncIterator[AgiServer]:
    """The test's voice process; connections end with it."""
    tiny = AgiServer(handler)
    settings = asterisk.settings
    server = await asyncio.start_server(tiny.serve, settings.fastagi_host, settings.fastagi_port, backlog=500)
    try:
        yield tiny
    finally:
        server.close()
        for call in tiny.calls:
            call.die()
        # Handlers that were waiting for a reply end with the lost connection.
        await asyncio.sleep(0)


class EventWatcher:
    """Reads the events login and keeps what it is sent, as raw blocks."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.blocks: list[dict[str, str]] = []
        self._reader = reader
        self._writer = writer
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, settings: AsteriskSettings, user: str = "voice-events") -> "EventWatcher":
        reader, writer = await asyncio.open_connection(settings.ami_host, settings.ami_port)
        writer.write(f"Action: Login\r\nUsername: {user}\r\nSecret: {PASSWORD}\r\n\r\n".encode())
        watcher = cls(reader, writer)
        await until(lambda: any(block.get("Event") == "FullyBooted" for block in watcher.blocks), 5, "the AMI login")
        return watcher

    async def act(self, **fields: str) -> dict[str, str]:
        mark = secrets.token_hex(4)
        lines = [f"{name}: {value}" for name, value in {**fields, "ActionID": mark}.items()]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await until(lambda: any(b.get("ActionID") == mark and "Response" in b for b in self.blocks), 5, "AMI's answer")
        return next(b for b in self.blocks if b.get("ActionID") == mark and "Response" in b)

    async def close(self) -> None:
        self._task.cancel()
        self._writer.close()

    async def _read(self) -> None:
        await self._reader.readline()
        while True:
            raw = (await self._reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
            pairs = (line.partition(": ") for line in raw.strip("\r\n").split("\r\n"))
            self.blocks.append({name: value for name, _, value in pairs})
