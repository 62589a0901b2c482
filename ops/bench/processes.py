"""Processor time of processes, from /proc."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_OWN, _CHILDREN = slice(11, 13), slice(13, 15)
"""Of the fields behind the name: user and system time, the same of children that have ended (proc(5))."""


def cpu_seconds(pids: Iterable[int], *, proc: Path = Path("/proc")) -> float:
    """Return processor seconds of these processes and their ended children; OSError when one is gone."""
    return sum(_ticks((proc / str(pid) / "stat").read_text()) for pid in pids) / _TICKS


def _ticks(stat: str) -> int:
    fields = stat.rpartition(")")[2].split()
    return sum(map(int, fields[_OWN] + fields[_CHILDREN]))
