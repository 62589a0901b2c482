"""The parent's side of `ops.bench.media`: who is to be spoken to; the process ends with this one."""

import asyncio
import sys
from collections.abc import Sequence

from ops.bench.phones import Leg, Telephones
from ops.users import PROJECT, command_as

_START_SECONDS = 15


class Sounder:
    """Speaks to every answered leg of the telephones that it serves."""

    def __init__(self, process: asyncio.subprocess.Process, ports: dict[str, int]) -> None:
        self.ports = ports
        self._process = process

    @classmethod
    async def start(cls, hosts: Sequence[str]) -> "Sounder":
        """Start the process with a socket at each host; raise TimeoutError when it does not."""
        line = [sys.executable, "-m", "ops.bench.media", *hosts]
        process = await asyncio.create_subprocess_exec(
            *command_as(None, line, dies_with_parent=True),
            cwd=PROJECT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        if process.stdout is None:  # pragma: no cover - it was asked for above
            raise RuntimeError("the sound process has no output")
        said = await asyncio.wait_for(process.stdout.readline(), _START_SECONDS)
        return cls(process, dict(zip(hosts, map(int, said.split()), strict=True)))

    def speak(self, telephones: Telephones, leg: Leg) -> None:
        """Let the other side hear something from now on, every 20 ms."""
        self._tell("+", telephones, leg)

    def silent(self, telephones: Telephones, leg: Leg) -> None:
        """Speak no more."""
        self._tell("-", telephones, leg)

    async def stop(self) -> None:
        """End the process."""
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()

    def _tell(self, what: str, telephones: Telephones, leg: Leg) -> None:
        if leg.audio is not None and self._process.stdin is not None and self._process.returncode is None:
            host, port = leg.audio
            self._process.stdin.write(f"{what} {telephones.host} {host} {port}\n".encode())
