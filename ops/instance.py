"""A running system in the hands of a test or a tool: create it, start, stop and kill its parts, read its settings."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from ops import readiness, supervision
from ops.errors import OpsError
from ops.home import Home, default_folder
from ops.supervision import last_lines
from ops.users import PROJECT, command_as, service_account

UP_SECONDS = 240.0
DEATH_SECONDS = 10.0


class Instance:
    """One instance folder and what runs in it; as root every command goes on as the service user by itself.

    Programs are named `postgres`, `asterisk`, `voice`, `web`.
    """

    def __init__(self, home: Home) -> None:
        self.home = home

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Open an existing instance, by default the one of `make up`; raise OpsError when there is none."""
        return cls(Home.load(folder or default_folder()))

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        ports: Mapping[str, int],
        autorestart: bool = False,
        durable: bool = False,
        lease_seconds: int | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Self:
        """Make a new instance in `folder`; `extra` are environment variables for its processes.

        Defaults are a test's: what dies stays dead, and PostgreSQL does not wait for the disk.
        """
        choices: dict[str, Any] = {"ports": dict(ports), "autorestart": autorestart, "durable": durable}
        if lease_seconds is not None:
            choices["lease_seconds"] = lease_seconds
        if extra:
            choices["extra"] = dict(extra)
        _ops(folder, "create", json.dumps(choices))
        return cls(Home.load(folder))

    @property
    def folder(self) -> Path:
        """The instance's folder."""
        return self.home.folder

    @property
    def ports(self) -> Mapping[str, int]:
        """Ports by name: sip http ami fastagi link web postgres rtp_first rtp_last."""
        return self.home.ports

    @property
    def url(self) -> str:
        """Address of the web process, without a slash at its end."""
        return f"http://127.0.0.1:{self.ports['web']}"

    @property
    def database_url(self) -> str:
        """Address of its database."""
        return self.home.secret("database_url")

    @property
    def passwords(self) -> dict[str, str]:
        """Passwords of the demonstration agents by staff number."""
        found: dict[str, str] = json.loads(self.home.secret("demo_passwords.json"))
        return found

    def secret(self, name: str) -> str:
        """Read one of its secrets."""
        return self.home.secret(name)

    def env(self, process: str) -> dict[str, str]:
        """Return the settings of one process as environment variables."""
        return self.home.env(process)

    def up(self, *, follow_me: bool = True, only_database: bool = False) -> str:
        """Start what does not run and wait until all is ready; return what was printed.

        With `follow_me` everything stops when the calling process ends, however it ends. With `only_database` just
        PostgreSQL is started and given its tables, without rows. Raises OpsError.
        """
        options = ["--guardian", str(os.getpid())] if follow_me else []
        if only_database:
            options.append("--only-database")
        said = _ops(self.folder, "up", *options)
        self.home = Home.load(self.folder)
        return said

    def down(self) -> None:
        """Stop everything."""
        _ops(self.folder, "down")

    def pid(self, program: str) -> int:
        """Return the process of a program; 0 when it does not run."""
        return supervision.programs(self.home)[program].pid

    def kill(self, program: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a program's process and return its process id; raise OpsError when it does not run.

        A killed process has ended when this returns: one with many threads takes a moment to die, and whoever starts
        it anew meanwhile would be told that it runs.
        """
        pid = self.pid(program)
        if not pid:
            raise OpsError(f"{program} does not run", "start it first")
        os.kill(pid, number)
        if number == signal.SIGKILL and not supervision.wait_for(lambda: not supervision.lives(pid), DEATH_SECONDS):
            raise OpsError(f"{program} (process {pid}) does not die", "look at what holds it: a disk that hangs?")
        return pid

    def start(self, program: str, *, wait: bool = True) -> None:
        """Start a program, by default until it is ready."""
        supervision.start(self.home, program)
        if wait:
            self.wait_ready(program)

    def stop(self, program: str) -> None:
        """Stop a program in good order and wait for its end."""
        supervision.stop(self.home, program)

    def restart(self, program: str) -> None:
        """Stop and start a program and wait until it is ready."""
        self.stop(program)
        self.start(program)

    def wait_ready(self, *programs: str, seconds: float | None = None) -> None:
        """Wait until the programs (all when none is named) are ready; raise OpsError with the culprit's last words."""
        for name in programs or self.home.programs():
            readiness.wait_ready(self.home, name, seconds)

    def wait_dead(self, program: str, seconds: float = 20.0) -> None:
        """Wait until supervisord has noticed that a program ended."""
        if not supervision.wait_for(lambda: self.pid(program) == 0, seconds):
            raise OpsError(f"{program} still runs after {seconds:.0f} s", "see its log")

    def log(self, program: str, lines: int = 50) -> str:
        """Return the last lines of a program's log."""
        return last_lines(self.home.log_file(program), lines)

    def remove(self) -> None:
        """Delete the folder; it must be down."""
        shutil.rmtree(self.folder)


def _ops(folder: Path, *arguments: str) -> str:
    """Run `python -m ops --home folder ...`; raise OpsError with its words when it fails."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "HOTLINE_PORT_BASE")
    }
    result = subprocess.run(
        [sys.executable, "-m", "ops", "--home", str(folder), *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=UP_SECONDS,
    )
    if result.returncode != 0:
        raise OpsError(f"{arguments[0]} of {folder} failed:\n{result.stdout}{result.stderr}", "see its log folder")
    return result.stdout


def as_service_user(command: list[str], *, reach: tuple[Path, ...] = ()) -> list[str]:
    """Return the command line that runs `command` as the user services run as; it ends with the caller."""
    return command_as(service_account(), command, reach=reach, dies_with_parent=True)
