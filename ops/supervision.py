"""Supervisord: its configuration, a client of its control socket, and what is left over when it was killed."""

import os
import shlex
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from ops.errors import OpsError
from ops.home import MARK, Home, service_environment, write_file
from ops.postgres import server_pid
from ops.users import PROJECT

SOCKET = "supervisor.sock"
STOP_SECONDS = 15
NOTICE_SECONDS = 10.0
DO_NOT_WAIT = False
ALREADY_STARTED, NOT_RUNNING = 60, 70  # supervisord's fault codes
ALIVE = ("STARTING", "RUNNING")
# The order of stopping is the reverse of starting: nobody loses what it talks to.
_STOP_SIGNALS = {"postgres": "INT"}  # PostgreSQL's fast shutdown; TERM would wait for its clients

_HEAD = """; Written by make up.
[unix_http_server]
; The socket's address is limited to 107 bytes, and this folder may lie deeper: supervisord's own working folder.
file=/proc/self/cwd/{socket}
chmod=0700

[supervisord]
nodaemon=true
logfile={logs}/supervisord.log
logfile_maxbytes=10MB
logfile_backups=3
pidfile={folder}/supervisor.pid
childlogdir={logs}
silent=true

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
_PROGRAM = """
[program:{name}]
command={command}
directory={project}
priority={priority}
autostart=false
autorestart={autorestart}
startsecs=1
startretries={retries}
stopsignal={signal}
stopwaitsecs={patience}
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=5
"""


def configuration(home: Home, guardian: int | None = None) -> str:
    """Return the text of supervisor.conf; with `guardian` everything ends when that process does (test runs)."""
    logs = _value(home.folder / "log")
    parts = [_HEAD.format(socket=SOCKET, logs=logs, folder=_value(home.folder))]
    programs = {name: f"-m ops.launch {name}" for name in home.programs()}
    if guardian is not None:
        programs["guard"] = f"-m ops.guard {guardian}"
    for place, (name, arguments) in enumerate(programs.items(), start=1):
        parts.append(
            _PROGRAM.format(
                name=name,
                command=f"{_value(shlex.quote(sys.executable))} {arguments}",
                project=_value(PROJECT),
                priority=place * 10,
                autorestart="true" if home.autorestart else "false",
                retries=1_000_000 if home.autorestart else 0,
                signal=_STOP_SIGNALS.get(name, "TERM"),
                patience=STOP_SECONDS,
                logs=logs,
            )
        )
    return "".join(parts)


def _value(text: object) -> str:
    return str(text).replace("%", "%%")


@dataclass(frozen=True)
class Program:
    """What supervisord says of one program; `pid` is 0 when it does not run, `seconds` how long it has run."""

    name: str
    state: str
    pid: int
    seconds: int
    detail: str


@contextmanager
def control(home: Home) -> Iterator[Any]:
    """Open supervisord's interface (`startProcess`, `stopProcess`, ...); raise OpsError when it is not running."""
    try:
        folder = os.open(home.folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        raise not_running(home) from None
    transport = SupervisorTransport(None, None, serverurl=f"unix:///proc/self/fd/{folder}/{SOCKET}")
    try:
        yield xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor
    except (FileNotFoundError, ConnectionError):
        raise not_running(home) from None
    finally:
        transport.close()
        os.close(folder)


def not_running(home: Home) -> OpsError:
    """Say that the instance is down."""
    return OpsError(f"the system in {home.folder} is not running", "make up")


def is_running(home: Home) -> bool:
    """Whether supervisord of this instance answers."""
    # A fault is the answer of one that is shutting down.
    with suppress(OpsError, xmlrpc.client.Fault), control(home) as supervisor:
        supervisor.getState()
        return True
    return False


def programs(home: Home) -> dict[str, Program]:
    """Return the state of every program by name; raise OpsError when supervisord is not running."""
    with control(home) as supervisor:
        return {
            entry["name"]: Program(
                name=entry["name"],
                state=entry["statename"],
                pid=entry["pid"],
                seconds=max(0, entry["now"] - entry["start"]) if entry["pid"] else 0,
                detail=entry["description"] or entry["spawnerr"],
            )
            for entry in supervisor.getAllProcessInfo()
        }


def start_supervisor(home: Home, guardian: int | None = None) -> None:
    """Start supervisord (none of the programs yet) and wait until it answers, at most ten seconds."""
    write_file(home.folder / "supervisor.conf", configuration(home, guardian), mode=0o640)
    environment = service_environment(home) | {"HOTLINE_HOME": str(home.folder), MARK: home.id}
    output = home.folder / "log" / "supervisord.out"
    with output.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(home.folder / "supervisor.conf")],
            cwd=home.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    if not wait_for(lambda: is_running(home) or process.poll() is not None, 10.0) or process.poll() is not None:
        process.kill()
        raise OpsError(f"supervisord does not start: {output.read_text()[-1500:]}", f"see {home.folder}/log")
    if guardian is not None:
        start(home, "guard")


def start(home: Home, name: str) -> None:
    """Start one program unless it runs; its readiness is another matter."""
    with control(home) as supervisor:
        if not wait_for(lambda: not _dies_unnoticed(supervisor.getProcessInfo(name)), NOTICE_SECONDS):
            raise OpsError(f"supervisord does not notice that {name} ended", "make down, then make up")
        state = supervisor.getProcessInfo(name)["statename"]
        if state in ALIVE:
            return
        if state == "BACKOFF":  # it keeps failing: begin anew, so that the next failure is noticed as one
            _unless(NOT_RUNNING, lambda: supervisor.stopProcess(name))
        _unless(ALREADY_STARTED, lambda: supervisor.startProcess(name, DO_NOT_WAIT))


def _dies_unnoticed(entry: dict[str, Any]) -> bool:
    """Whether a program counts as running although its process has just ended."""
    return entry["statename"] in ALIVE and entry["pid"] and not lives(entry["pid"])


def stop(home: Home, name: str) -> None:
    """Stop one program and wait for its end."""
    with control(home) as supervisor:
        if supervisor.getProcessInfo(name)["statename"] in (*ALIVE, "BACKOFF"):
            _unless(NOT_RUNNING, lambda: supervisor.stopProcess(name))


def _unless(expected: int, call: Callable[[], object]) -> None:
    """Call supervisord; its fault `expected` means that what was asked for is so already."""
    try:
        call()
    except xmlrpc.client.Fault as fault:
        if fault.faultCode != expected:
            raise


def shut_down(home: Home) -> None:
    """Stop all programs in order and supervisord itself; whatever is left over is ended too."""
    if is_running(home):
        # One by one from the last: supervisord's own shutdown takes a second for each.
        for name in reversed(home.programs()):
            stop(home, name)
        with control(home) as supervisor:
            pid = supervisor.getPID()
            supervisor.shutdown()
        wait_for(lambda: not lives(pid), (len(home.programs()) + 1) * (STOP_SECONDS + 2.0))
    end_leftovers(home)


def lives(pid: int) -> bool:
    """Whether a process exists and has not ended (an ended one stays in the table until its parent looks)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def leftovers(home: Home) -> list[int]:
    """Return the processes of this instance, whoever started them: by their environment, or as its PostgreSQL."""
    mark = f"{MARK}={home.id}".encode()
    found = [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and mark in _environment(entry)
    ]
    database = server_pid(home.postgres_data)
    return [*found, database] if database and database not in found else found


def _environment(process: Path) -> list[bytes]:
    with suppress(OSError):
        return (process / "environ").read_bytes().split(b"\0")
    return []


def end_leftovers(home: Home) -> list[int]:
    """End what a killed supervisord left behind, gently for ten seconds and then by force; return the processes."""
    found = leftovers(home)
    database = server_pid(home.postgres_data)
    for pid in found:
        _signal(pid, signal.SIGINT if pid == database else signal.SIGTERM)
    if found and not wait_for(lambda: not leftovers(home), 10.0):
        for pid in leftovers(home):
            _signal(pid, signal.SIGKILL)
        wait_for(lambda: not leftovers(home), 5.0)
    return found


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def wait_for(condition: Callable[[], bool], seconds: float, interval: float = 0.05) -> bool:
    """Wait until the condition holds; return whether it did within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True


def last_lines(path: Path, count: int = 15) -> str:
    """Return the end of a log file, indented for an error message."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return "    (no log)"
    return "\n".join(f"    {line}" for line in lines[-count:]) or "    (its log is empty)"
