"""Our voice process beside the second Asterisk, for the menu alone: the bench stands in for the web process.

It publishes a five-step menu over Wire 2 and takes the call events of Wire 1 without keeping them.
"""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from ops.bench.native import STEPS, begin, end
from ops.call.until import until
from ops.errors import OpsError
from ops.home import Home, service_environment
from ops.users import command_as, service_account

_READY_SECONDS = 20
_HEAD_LIMIT = 65536


def five_steps() -> dict[str, Any]:
    """Return the menu that is measured as `ivr.codec` reads it: five times a sound and a key (1 to 5), then the end.

    Each step has a key of its own: the same key again so soon would count as a bounce.
    """
    nodes: dict[str, Any] = {
        f"step-{n}": {
            "kind": "menu",
            "sounds": ["bench/step"],
            "choices": {str(n): f"step-{n + 1}" if n < STEPS else "end"},
            "wait_seconds": 3.0,
            "attempts": 1,
            "on_failure": "lost",
        }
        for n in range(1, STEPS + 1)
    }
    nodes |= {"end": {"kind": "hang_up"}, "lost": {"kind": "queue", "queue": "city", "priority": 0}}
    return {"start": "step-1", "nodes": nodes}


def with_five_steps(published: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration as it is published (Wire 2), each of its menus replaced by the one that is measured."""
    menus = [{**menu, "tree": five_steps()} for menu in published["menus"]]
    return {**published, "version": "bench", "menus": menus}


class StandIn:
    """What the voice process asks of a web process, answered at once; `events` counts what it was handed."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self.events = 0
        self._configuration = orjson.dumps(configuration)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, port: int) -> None:
        """Listen on loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=_HEAD_LIMIT)

    async def close(self) -> None:
        """Listen no more and end every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        # The voice process ends whenever it likes.
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError), contextlib.closing(writer):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                start, *lines = head.split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                writer.write(self._answer(start.split(" ")[:2], body))
                await writer.drain()

    def _answer(self, asked: list[str], body: bytes) -> bytes:
        match asked:
            case ["GET", "/internal/configuration"]:
                return _http("200 OK", self._configuration)
            case ["POST", "/internal/call-events"]:
                events = orjson.loads(body)["events"]
                self.events += len(events)
                return _http("200 OK", orjson.dumps({"accepted": [event["seq"] for event in events], "pops": []}))
            case _:
                return _http("404 Not Found", b"{}")


def _http(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Voice:
    """The voice process of `home`, whose Asterisk runs already."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process; raise OpsError when it does not run."""
        if self._process is None or self._process.poll() is not None:
            raise OpsError("the bench's voice process does not run", f"see {self._log}")
        return self._process.pid

    @property
    def _log(self) -> Path:
        return self._home.folder / "log/voice.log"

    async def start(self) -> None:
        """Start it and return once it has its menu and Asterisk's word on all channels."""
        environment = service_environment(self._home) | self._home.env("voice")
        line = [sys.executable, "-m", "agi_scripts"]
        command = command_as(service_account(), line, reach=[self._home.folder], dies_with_parent=True)
        self._process = begin(command, self._log, environment)
        await until(self._ready, "the bench's voice process is ready", seconds=_READY_SECONDS, where=str(self._log))

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def _ready(self) -> bool:
        said = self._log.read_bytes()
        return self.pid > 0 and b"voice_ready" in said and b"configured" in said
