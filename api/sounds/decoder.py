"""Decodes one hostile file in a process of its own (`python -m api.sounds.decoder`); nothing else loads a decoder.

The file comes on standard input. Standard output gets one line of JSON, `{"refused": why}` or the measures, and then
the sound as 16-bit samples at 8 kHz. Before the first byte is read the process gives up memory, time, files and
children.
"""

import io
import json
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import soundfile
import soxr

from api.sounds.rules import FILE_LIMIT, LONGEST_SECONDS, Measures
from asterisk_conf import audio
from asterisk_conf.audio import Samples

MEMORY_BYTES: Final = 1024 * 1024 * 1024
"""Of addresses; the libraries take a third, ten minutes of sound less than another."""
CPU_SECONDS: Final = 20
NICENESS: Final = 10

FORMATS: Final = {"WAV": "WAV", "WAVEX": "WAV", "FLAC": "FLAC", "OGG": "OGG", "MP3": "MP3"}
SLOWEST: Final = 4000
FASTEST: Final = 192_000
MOST_CHANNELS: Final = 8
NOTHING_DB: Final = -70.0

_BLOCK: Final = 65536
_FULL: Final = 0.999
_RUN: Final = 3


class RefusedFileError(Exception):
    """The file is no sound that we take; the text says why and what to do."""


def main() -> int:
    """Decode standard input; the answer, a refusal too, goes to standard output."""
    give_up_rights()
    content = sys.stdin.buffer.read(FILE_LIMIT + 1)
    try:
        told, samples = convert(content)
    except RefusedFileError as error:
        told, samples = {"refused": str(error)}, np.empty(0, np.float32)
    except MemoryError:
        told, samples = {"refused": "The file unpacks to more than fits; send it shorter."}, np.empty(0, np.float32)
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + audio.to_pcm(samples))
    return 0


def give_up_rights() -> None:
    """Keep what decoding takes, and nothing else: a bomb or a broken library ends this process alone."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 16),
    ):
        resource.setrlimit(kind, (most, most))
    os.nice(NICENESS)


def convert(content: bytes) -> tuple[dict[str, Any], Samples]:
    """Return what is told of a file and its sound: 8 kHz, mono, trimmed, levelled. Raises RefusedFileError."""
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            form = _form(file)
            plain, clipped = _decode(file)
    except soundfile.LibsndfileError as error:
        raise RefusedFileError(f"The file is damaged, or no sound that is known ({error.error_string}).") from None
    loudness = audio.loudness(plain)
    if loudness < NOTHING_DB:
        raise RefusedFileError("There is nothing to hear in the file; record it again.")
    sound = audio.level(audio.trim(plain))
    measures = Measures(len(sound) / audio.RATE, loudness, clipped, _spread(sound))
    return {"format": form, "loudness_db": round(audio.loudness(sound), 2), "measures": asdict(measures)}, sound


def _form(file: soundfile.SoundFile) -> str:
    form = FORMATS.get(file.format)
    if form is None:
        raise RefusedFileError("Send WAV, MP3, OGG or FLAC.")
    if not SLOWEST <= file.samplerate <= FASTEST or not 1 <= file.channels <= MOST_CHANNELS:
        raise RefusedFileError(
            f"The file has {file.samplerate} samples a second and {file.channels} channels; send 8000 to 48000, 1 or 2."
        )
    return form


def _decode(file: soundfile.SoundFile) -> tuple[Samples, float]:
    """Return the sound, one channel at 8 kHz, and the share of samples that were cut off."""
    counted = _Counter()
    slower = soxr.ResampleStream(file.samplerate, audio.RATE, 1, dtype="float32")
    parts = [slower.resample_chunk(block) for block in _blocks(file, counted)]
    parts.append(slower.resample_chunk(np.empty(0, np.float32), last=True))
    if not counted.frames:
        raise RefusedFileError("The file holds no sound at all.")
    return np.concatenate(parts), counted.clipped / counted.frames


class _Counter:
    def __init__(self) -> None:
        self.frames = 0
        self.clipped = 0


def _blocks(file: soundfile.SoundFile, counted: _Counter) -> Iterator[Samples]:
    """Give the sound in one channel, piece by piece; what a header says of its length is not believed."""
    most = LONGEST_SECONDS * file.samplerate
    while len(block := file.read(_BLOCK // file.channels, "float32", always_2d=True)):
        counted.frames += len(block)
        if counted.frames > most:
            raise RefusedFileError(f"The sound is longer than {LONGEST_SECONDS // 60} minutes; send a shorter one.")
        block = np.clip(np.nan_to_num(block), -1.0, 1.0)
        counted.clipped += _clipped(block)
        yield np.ascontiguousarray(block.mean(axis=1), np.float32)


def _clipped(block: Samples) -> int:
    """Count full-scale samples in a row: one alone is a peak, three are a peak that was cut off."""
    full = np.abs(block).max(axis=1) >= _FULL
    return int(np.count_nonzero(full[2:] & full[1:-1] & full[:-2])) if len(full) >= _RUN else 0


def _spread(sound: Samples) -> float:
    power = audio.frame_powers(sound)
    loud, quiet = np.percentile(10 * np.log10(np.maximum(power, 1e-10)), (95, 10))
    return float(loud - quiet)


if __name__ == "__main__":
    raise SystemExit(main())
