"""SIPp as the callers of a menu: so many calls a second for some seconds, and how many came through clean."""

import asyncio
import csv
from dataclasses import dataclass
from pathlib import Path

from ops.call.ports import free_media_port, free_udp_port
from ops.users import command_as

_SCENARIO = Path(__file__).with_name("templates") / "menu.xml"
CALLERS = "127.0.0.2"
_DRAIN = 6
"""Seconds after the last call has begun in which all must be over."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch of calls; a clean one was hung up by the hotline within 2 s of its fifth key."""

    rate: int
    calls: int
    clean: int
    seconds: float

    @property
    def is_clean(self) -> bool:
        """Whether at least 99 of 100 calls were clean, and the last ended in time."""
        return self.calls > 0 and self.clean * 100 >= self.calls * 99


class Callers:
    """Runs one SIPp after the other against one Asterisk; `folder` keeps their statistics."""

    def __init__(self, program: str, folder: Path, server: tuple[str, int]) -> None:
        self._program = program
        self._folder = folder
        self._server = server
        self._number = 0

    async def call(self, dialled: str, *, rate: int, seconds: float) -> Batch:
        """Place `rate` calls a second for `seconds`; raise TimeoutError when SIPp itself does not end."""
        self._number += 1
        figures = self._folder / f"menu-{self._number}.csv"
        calls = max(1, round(rate * seconds))
        command = [
            *(self._program, f"{self._server[0]}:{self._server[1]}", "-sf", str(_SCENARIO), "-s", dialled),
            *("-i", CALLERS, "-p", str(free_udp_port(CALLERS)), "-mp", str(free_media_port(CALLERS))),
            *("-m", str(calls), "-r", str(rate), "-l", str(calls), "-nostdin", "-recv_timeout", "4000"),
            *("-timeout", str(round(seconds) + _DRAIN), "-trace_stat", "-stf", str(figures), "-fd", "1"),
        ]
        loop = asyncio.get_running_loop()
        began = loop.time()
        process = await asyncio.create_subprocess_exec(
            *command_as(None, command, dies_with_parent=True),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await asyncio.wait_for(process.wait(), seconds + _DRAIN + 5)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        clean = successes(figures.read_text("utf-8"))
        return Batch(rate, calls, clean, loop.time() - began)


def successes(text: str) -> int:
    """Return how many calls a SIPp statistics file (`-trace_stat`) counts as successful in all; 0 when it is empty."""
    rows = list(csv.DictReader(text.splitlines(), delimiter=";"))
    return int(rows[-1]["SuccessfulCall(C)"]) if rows else 0
