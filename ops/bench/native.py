"""The other side: a second Asterisk of the same build with the bench's own queues, dialplan menu and process AGI."""

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from asterisk_conf.render import control_command, fill, render, start_command
from asterisk_conf.settings import AsteriskSettings
from db.seats import seat_password
from ops.bench.sounds import write_sounds
from ops.call.until import until
from ops.database import Hall
from ops.errors import OpsError
from ops.home import TOOLS, Home
from ops.parts import SOUNDS, asterisk_settings
from ops.users import PROJECT, command_as, service_account

_TEMPLATES = Path(__file__).with_name("templates")
_READY_SECONDS = 30
STEPS = 5
QUEUE, MENU, PROCESS = "70001", "70002", "70003"
"""What is dialled for Asterisk's queue, its dialplan menu and the process AGI."""
REPLAY = "7101"
"""Before a queue's name: what is dialled for that queue."""

Members = Sequence[tuple[str, int]]
"""A queue's members: endpoint and penalty."""


class Native:
    """One Asterisk of the bench's own in the folder of `home`, for the phones of `extensions`."""

    def __init__(self, home: Home, extensions: Sequence[str]) -> None:
        self.home = home
        self.settings: AsteriskSettings = asterisk_settings(home, Hall(tuple(extensions), (("city", 20),)))
        secret = home.secret("seat_secret")
        self.passwords = {name: seat_password(secret, name) for name in extensions}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def server(self) -> tuple[str, int]:
        """Where its SIP is."""
        return self.settings.sip_host, self.settings.sip_port

    @property
    def pid(self) -> int:
        """The process of Asterisk itself; raise OpsError when it does not run."""
        if self._process is None or self._process.poll() is not None:
            raise OpsError("the bench's second Asterisk does not run", f"see {self._log}")
        return self._process.pid

    @property
    def _log(self) -> Path:
        return self.home.folder / "log/asterisk.log"

    async def start(self, queues: Mapping[str, Members]) -> None:
        """Write its configuration and start it; raise `StepMissing` or OpsError when it does not get ready."""
        render(self.settings)
        self._add(queues)
        write_sounds(self.settings.sounds, SOUNDS)
        reach = [self.home.folder, TOOLS]
        command = command_as(service_account(), start_command(self.settings), reach=reach, dies_with_parent=True)
        self._process = begin(command, self._log)
        await until(self._ready, "the bench's second Asterisk is ready", seconds=_READY_SECONDS, where=str(self._log))

    def stop(self) -> None:
        """End it and wait for its end."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def hang_up_all(self) -> None:
        """End whatever call is left: callers whose SIPp was ended in the middle never say so themselves."""
        self._console("channel request hangup all")

    def channels(self) -> int:
        """How many channels it has, by its own word; raise OpsError when it does not say."""
        said = self._console("core show channels count").split()
        if not said or not said[0].isdigit():
            raise OpsError("the bench's second Asterisk does not answer", f"see {self._log}")
        return int(said[0])

    def _console(self, line: str) -> str:
        reach = [self.home.folder, TOOLS]
        command = command_as(service_account(), control_command(self.settings, line), reach=reach)
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20).stdout

    def _ready(self) -> bool:
        return self.pid > 0 and b"Asterisk Ready." in self._log.read_bytes()

    def _add(self, queues: Mapping[str, Members]) -> None:
        steps = "".join(_filled("step.conf", number=str(n), next=str(n + 1)) for n in range(1, STEPS + 1))
        self._append("extensions.conf", _filled("extensions.conf", steps=steps))
        self._append("queues.conf", _filled("queues.conf", queues="\n".join(map(_queue, queues.items()))))
        script = self.settings.asterisk / "agi-bin/bench-menu"
        command = shlex.join([sys.executable, "-I", str(PROJECT / "ops/bench/menu_agi.py")])
        script.write_text(f"#!/bin/sh\nexec {command}\n", encoding="utf-8")
        script.chmod(0o755)

    def _append(self, name: str, text: str) -> None:
        with (self.settings.etc / name).open("a", encoding="utf-8") as file:
            file.write(text)


def begin(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
    """Start a process whose words go to `log`."""
    with log.open("wb") as file:
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process of ours gently, then by force."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)


def _filled(template: str, **values: str) -> str:
    return fill((_TEMPLATES / template).read_text("utf-8"), values)


def _queue(named: tuple[str, Members]) -> str:
    name, members = named
    lines = "".join(f"member => PJSIP/{endpoint},{penalty}\n" for endpoint, penalty in members)
    return f"[{name}](bench-hall)\n{lines}"
