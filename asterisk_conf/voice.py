"""The built-in voice: espeak-ng's Mandarin, brought to the rate and the loudness of every prompt."""

import io
import os
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path

from asterisk_conf import audio
from asterisk_conf.fetch import SEARCH_PATH, FetchError
from asterisk_conf.speech import wav

_HEADER_BYTES = 44
_SECONDS = 60


def find_espeak(tools: Path) -> Path:
    """Return the espeak-ng that `make up` has brought below `tools`, or the machine's own; raises FetchError."""
    brought = tools / "bin" / "espeak-ng"
    found = (
        brought if brought.is_file() else shutil.which("espeak-ng", path=f"{os.environ.get('PATH', '')}:{SEARCH_PATH}")
    )
    if not found:
        raise FetchError(f"there is no espeak-ng in {tools} or on this machine: run make up, or apt install espeak-ng")
    return Path(found)


def spoken(espeak: Path, text: str, voice: Sequence[str]) -> bytes:
    """Return a WAV file (8 kHz, mono, 16 bit) that says `text`; `voice` are espeak-ng's options.

    Raises FetchError with the program's own words.
    """
    samples, rate = _say(espeak, text, voice)
    return as_file(audio.level(audio.trim(audio.resample(samples, rate))))


def as_file(samples: audio.Samples) -> bytes:
    """Return samples at 8 kHz as a WAV file."""
    return wav(audio.to_pcm(samples))


def _say(espeak: Path, text: str, voice: Sequence[str]) -> tuple[audio.Samples, int]:
    # Two opening brackets would begin phonemes. The sound library leaves folders, wherever it is told to.
    words = text.replace("[", " ").encode()
    with tempfile.TemporaryDirectory(prefix="hotline-voice-") as folder:
        environment = {**os.environ, "PULSE_RUNTIME_PATH": folder, "PULSE_STATE_PATH": folder}
        result = subprocess.run(  # noqa: S603 - our own launcher; the text goes by standard input
            [str(espeak), *voice, "--stdin", "--stdout"],
            input=words, check=False, capture_output=True, timeout=_SECONDS, env=environment,
        )  # fmt: skip
    if result.returncode != 0 or len(result.stdout) <= _HEADER_BYTES:
        raise FetchError(f"{espeak} could not speak {text!r}: {result.stderr.decode(errors='replace').strip()}")
    # The length in the header of a piped file is a guess: the samples begin after 44 bytes.
    with wave.open(io.BytesIO(result.stdout)) as header:
        rate = header.getframerate()
    return audio.from_pcm(result.stdout[_HEADER_BYTES:]), rate
