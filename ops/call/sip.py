"""SIPp as child processes: citizens, the farm of agents' phones, registrations; what they log comes back as events."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ops import users
from ops.call import ports, scenarios
from ops.call.scenarios import Citizen
from ops.call.siplog import LineBuffer, SipEvent, parse_line
from ops.call.until import LOOK_EVERY, until

#: No SIPp process outlives this many seconds, whatever happens to the one who started it.
LIFE = 3600
#: Seconds a process gets to end by itself after SIGTERM.
_PATIENCE = 2.0
_STDERR_SHOWN = 400

Listener = Callable[[SipEvent], None]


class SippFailed(Exception):  # noqa: N818 - reads as what it says
    """SIPp ended when it should not have, or could not do its one task; the text names its log files."""


class Sipp:
    """One SIPp process with its log, tailed into events."""

    def __init__(self, program: str, folder: Path, name: str, *, host: str, port: int, listener: Listener) -> None:
        self._program = program
        self.name = name
        self.host = host
        self.port = port
        self._listener = listener
        self._log = folder / f"{name}.log"
        self._errors = folder / f"{name}.errors"
        self._messages = folder / f"{name}.messages"
        self._output = folder / f"{name}.out"
        self._scenario = folder / f"{name}.xml"
        self._fields = folder / f"{name}.csv"
        self._process: asyncio.subprocess.Process | None = None
        self._tail: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()

    @property
    def where(self) -> str:
        """The files that tell what this process saw."""
        return f"{self._messages} and {self._errors}"

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The process id, for a test that kills a phone without a BYE."""
        return self._process.pid if self._process else None

    async def start(
        self, scenario: str, *arguments: str, target: str = "", rows: Sequence[Sequence[str]] = (), life: int = LIFE
    ) -> None:
        """Start SIPp with `scenario` (text) and return when it runs; `rows` become its field file."""
        self._scenario.write_text(scenario, encoding="utf-8")
        command = [self._program, *([target] if target else []), "-sf", str(self._scenario)]
        command += ["-i", self.host, "-p", str(self.port), "-mp", str(ports.free_media_port(self.host))]
        if rows:
            self._fields.write_text(scenarios.field_file(rows), encoding="utf-8")
            command += ["-inf", str(self._fields)]
        command += ["-nostdin", "-timeout", str(life), "-trace_logs", "-log_file", str(self._log)]
        command += ["-trace_err", "-error_file", str(self._errors)]
        command += ["-trace_msg", "-message_file", str(self._messages), *arguments]
        with self._output.open("wb") as output:
            # Out of reach of a terminal's Ctrl-C, so that calls can still be ended in good order; never outliving us.
            self._process = await asyncio.create_subprocess_exec(
                *users.command_as(None, command, dies_with_parent=True),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )
        self._tail = asyncio.create_task(self._follow(), name=f"sipp-{self.name}")

    async def wait(self, seconds: float) -> int:
        """Return the exit code once SIPp has done its calls and its log is read, or raise `StepMissing`."""
        await until(self._ended.is_set, f"SIPp {self.name} ends", seconds=seconds, where=self.where)
        return (self._process.returncode if self._process else None) or 0

    async def bound(self) -> None:
        """Return once SIPp has its port; raise `SippFailed` with its own words when it has ended instead."""

        def taken() -> bool:
            if not self.running:
                raise SippFailed(f"SIPp {self.name} ended at once: {self._said()}")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind((self.host, self.port))
                except OSError:
                    return True
            return False

        await until(taken, f"SIPp {self.name} opens port {self.port}", seconds=10, where=self.where)

    async def stop(self) -> None:
        """End the process by its own pid: SIGTERM, then SIGKILL."""
        if self._process is not None and self.running:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), _PATIENCE)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._tail is not None:
            await self._tail

    def kill(self) -> None:
        """End the process as a power cut does: no BYE, no unregistration."""
        if self._process is not None and self.running:
            self._process.kill()

    def tell(self, method: str, call_id: str, headers: Mapping[str, str] | None = None) -> None:
        """Tell the scenario of the SIP call `call_id` what to do: ANSWER, REFUSE or HANGUP."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as voice:
            voice.bind((self.host, 0))
            own = voice.getsockname()[1]
            message = scenarios.control_message(method, call_id, host=self.host, port=own, headers=dict(headers or {}))
            voice.sendto(message, (self.host, self.port))

    def _said(self) -> str:
        texts = [path.read_text("utf-8", "replace") for path in (self._errors, self._output) if path.exists()]
        return " ".join(" ".join(texts).split())[-_STDERR_SHOWN:] or "no word"

    async def _follow(self) -> None:
        buffer = LineBuffer()
        offset = 0
        while True:
            alive = self.running
            offset = self._read(buffer, offset)
            if not alive:
                break
            await asyncio.sleep(LOOK_EVERY)
        self._ended.set()

    def _read(self, buffer: LineBuffer, offset: int) -> int:
        if not self._log.exists():
            return offset
        with self._log.open("rb") as file:
            file.seek(offset)
            data = file.read()
        for line in buffer.feed(data):
            event = parse_line(line)
            if event is not None:
                self._listener(event)
        return offset + len(data)


class Exchange:
    """Starts the SIPp processes of one city and ends them all."""

    def __init__(self, program: str, folder: Path, target: str) -> None:
        self._program = program
        self._folder = folder
        self._target = target
        self._numbers = itertools.count(1)
        self._running: list[Sipp] = []

    def _new(self, name: str, host: str, port: int, listener: Listener) -> Sipp:
        process = Sipp(self._program, self._folder, name, host=host, port=port, listener=listener)
        self._running.append(process)
        return process

    async def citizens(
        self, people: Sequence[tuple[str, Citizen, int]], listener: Listener, *, host: str, rate: int
    ) -> list[tuple[Sipp, list[str]]]:
        """Let `people` (key, citizen, RTP port) call, `rate` a second; return each process with the keys it serves.

        Everybody shares one process, except those whose texts no field file can hold.
        """
        plain = [person for person in people if not person[1].odd]
        groups = ([plain] if plain else []) + [[person] for person in people if person[1].odd]
        return [(await self._dial(group, listener, host, rate), [key for key, _, _ in group]) for group in groups]

    async def _dial(self, group: Sequence[tuple[str, Citizen, int]], listener: Listener, host: str, rate: int) -> Sipp:
        literal = group[0][1].odd
        process = self._new(f"citizens-{next(self._numbers)}", host, ports.free_udp_port(host), listener)
        keys = scenarios.literal_keys(group[0][1]) if literal else []
        count = str(len(group))
        await process.start(
            scenarios.scenario("citizen", literal=literal),
            *("-m", count, "-l", count, "-r", str(rate), *keys),
            target=self._target,
            rows=[scenarios.citizen_row(key, citizen, port) for key, citizen, port in group],
        )
        return process

    async def seat(self, person: tuple[str, Citizen, int], password: str, listener: Listener, *, host: str) -> Sipp:
        """Let an agent's phone dial: `person` is its key, the call with the endpoint as its user, and its RTP port."""
        key, call, rtp_port = person
        process = self._new(f"seat-{next(self._numbers)}", host, ports.free_udp_port(host), listener)
        row = [*scenarios.citizen_row(key, call, rtp_port), scenarios.credentials(call.user, password)]
        await process.start(
            scenarios.scenario("citizen", signs_in=True), *("-m", "1", "-l", "1"), target=self._target, rows=[row]
        )
        return process

    async def farm(self, listener: Listener, *, name: str, host: str, port: int) -> Sipp:
        """Start the process of phones that are called and return once it listens."""
        process = self._new(f"{name}-{next(self._numbers)}", host, port, listener)
        await process.start(scenarios.scenario("phones"))
        await process.bound()
        return process

    async def register(self, passwords: Mapping[str, str], *, host: str, port: int, seconds: int) -> None:
        """Register the endpoints of `passwords` with a contact at `host`:`port` (free at this moment), 0 s to undo.

        Raises `SippFailed` naming the endpoints that were refused.
        """
        answers: dict[str, SipEvent] = {}
        process = self._new(
            f"register-{next(self._numbers)}", host, port, lambda event: answers.update({event.key: event})
        )
        rows = [scenarios.registration_row(endpoint, password, seconds) for endpoint, password in passwords.items()]
        count = str(len(rows))
        # Taking it back is a courtesy to a system that may be gone.
        life = 20 if seconds else 5
        await process.start(
            scenarios.scenario("register"),
            "-m",
            count,
            "-l",
            count,
            "-r",
            "100",
            target=self._target,
            rows=rows,
            life=life,
        )
        await process.wait(life + 5)
        refused = [
            endpoint for endpoint in passwords if endpoint not in answers or answers[endpoint].what != "registered"
        ]
        if refused:
            told = {answers[endpoint].more for endpoint in refused if endpoint in answers} or {"no answer"}
            raise SippFailed(
                f"phones not registered: {', '.join(refused)} ({', '.join(sorted(told))}); look in {process.where}"
            )

    async def aclose(self) -> None:
        """End every process that still runs."""
        for process in self._running:
            await process.stop()
