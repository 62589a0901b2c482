"""Starts the decoder for one upload and waits for it, but not for long."""

import asyncio
import contextlib
import json
import os
import sys
from dataclasses import dataclass
from typing import Any, Final

import structlog

from api.core.problems import RefusedError, UnavailableError
from api.sounds.rules import Measures, Remark, looks_like_sound, remarks
from asterisk_conf.speech import wav

log = structlog.get_logger(__name__)

SECONDS: Final = 40.0
"""A decoder may take 20 s of the processor; on a busy machine they take longer."""
COMMAND: Final = (sys.executable, "-m", "api.sounds.decoder")

_HEAD_BYTES: Final = 12
_KEPT: Final = 2000
# What a program of ours needs to start. Neither secrets nor the folder where they lie are among it, and a
# library that wants a thread for each processor gets one.
_PASSED_ON: Final = ("PATH", "PYTHONPATH", "LANG", "LD_LIBRARY_PATH", "HOTLINE_INSTANCE")
_ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """An upload as it will be played: a WAV file of 8 kHz, mono, 16 bit; `loudness_db` after levelling."""

    sound: bytes
    seconds: float
    loudness_db: float
    format: str
    remarks: list[Remark]


async def decode(content: bytes) -> Decoded:
    """Convert an uploaded file. Raises RefusedError with the reason, UnavailableError when no decoder will run."""
    if not content:
        raise RefusedError("The file is empty; send a WAV, MP3, OGG or FLAC file.")
    if not looks_like_sound(content[:_HEAD_BYTES]):
        raise RefusedError("The file is not sound that is known here; send WAV, MP3, OGG or FLAC.")
    told, samples = await _run(content)
    if "refused" in told:
        raise RefusedError(str(told["refused"]))
    found = Measures(**told["measures"])
    return Decoded(wav(samples), found.seconds, told["loudness_db"], told["format"], remarks(found))


async def _run(content: bytes) -> tuple[dict[str, Any], bytes]:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _ONE_THREAD
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(*COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
    except OSError as error:
        raise UnavailableError(f"The decoder cannot be started ({error}); look at the machine's limits.") from error
    try:
        async with asyncio.timeout(SECONDS):
            answer, complaint = await process.communicate(content)
    except TimeoutError:
        raise RefusedError("The file takes too long to unpack; send it as a plain WAV.") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
    return _read(answer, complaint, process.returncode)


def _read(answer: bytes, complaint: bytes, status: int | None) -> tuple[dict[str, Any], bytes]:
    if status is not None and status < 0:
        # Killed for what it used, or by a fault of the library: the file did it.
        log.warning("decoder_killed", signal=-status)
        raise RefusedError("The file cannot be unpacked within bounds; send it as a plain WAV.")
    line, mark, samples = answer.partition(b"\n")
    if status != 0 or not mark:
        log.error("decoder_failed", status=status, reason=complaint[-_KEPT:].decode("utf-8", "replace"))
        raise UnavailableError("The decoder does not work on this machine; its last words are in the web process' log.")
    told: dict[str, Any] = json.loads(line)
    return told, samples
