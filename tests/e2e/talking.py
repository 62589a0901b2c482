"""Who hears whom in a talk, told by the tones that everybody hums; and what agents do with their talks by HTTP."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ops.call import g711, tones
from ops.call.city import City
from ops.call.desk import Refused
from ops.call.hearing import Recording
from ops.call.rtp import Endpoint
from ops.call.until import StepMissing, until, until_answered

WINDOW = 5
"""Frames looked at together: 100 ms."""
SHARE = 0.15
"""Of the energy that a tone has when three people hum at once."""


async def act(city: City, agent: str, name: str, kind: str = "", target: str = "") -> dict[str, Any]:
    """One act of an agent on the present talk."""
    to = {"to": {"kind": kind, "id": target}} if kind else {}
    state: dict[str, Any] = await city.desk.ask(agent, "POST", "/api/agents/me/talk", {"act": name, **to})
    return state


async def until_taken(city: City, agent: str, name: str) -> None:
    """The act as soon as the voice process is back."""

    async def taken() -> bool:
        try:
            await act(city, agent, name)
        except Refused:
            return False
        return True

    await until_answered(taken, f"{name} is taken", seconds=20)


def hums(frames: Sequence[bytes], tone: int) -> bool:
    """Whether this much sound has the tone in it, alone or among others."""
    samples = g711.decode(b"".join(frames))
    return g711.peak(b"".join(frames)) >= tones.QUIET and tones.purity(samples, tone) >= SHARE


def heard_tones(ear: Endpoint, among: Sequence[int], *, since: float) -> set[int]:
    """Which of these tones were heard for 100 ms at or after `since` (epoch seconds)."""
    frames = [payload for at, payload in tuple(ear.heard.frames) if at >= since]
    windows = [frames[start : start + WINDOW] for start in range(0, len(frames) - WINDOW + 1, WINDOW)]
    return {tone for tone in among if any(hums(window, tone) for window in windows)}


async def hears(ear: Endpoint | None, *wanted: int, seconds: float = 10) -> None:
    """Return once all these tones are heard, from now on."""
    assert ear is not None
    since = time.time()
    try:
        await until(lambda: set(wanted) <= heard_tones(ear, wanted, since=since), "the tones", seconds=seconds)
    except StepMissing as missing:
        raise AssertionError(f"heard {heard_tones(ear, wanted, since=since)} of {wanted}") from missing


async def hears_music(ear: Endpoint, *, seconds: float = 10) -> None:
    """Return once something is heard for 300 ms that nobody hums."""
    since = time.time()
    people = (tones.CITIZEN_TONE, tones.AGENT_TONE, 1500)

    def look() -> bool:
        frames = [payload for at, payload in tuple(ear.heard.frames) if at >= since]
        windows = [frames[start : start + 15] for start in range(0, len(frames) - 14, 5)]
        return any(
            g711.peak(b"".join(window)) >= tones.QUIET and not any(hums(window, tone) for tone in people)
            for window in windows
        )

    await until(look, "music is heard", seconds=seconds)


def tones_of(path: Path, among: Sequence[int]) -> set[int]:
    """Which of these tones are in a recording of ours."""
    samples = Recording.of_file(path)._samples.astype(np.int32)
    window = g711.RATE // 10
    found: set[int] = set()
    for start in range(0, len(samples) - window, window):
        piece = [int(one) for one in samples[start : start + window]]
        if max(map(abs, piece)) > 500:
            found |= {tone for tone in among if tones.purity(piece, tone) >= SHARE}
    return found
