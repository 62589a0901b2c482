import io
import math
import os
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from asterisk_conf import audio, voice
from asterisk_conf.fetch import FetchError
from asterisk_conf.sounds import VOICE

PROJECT = Path(voice.__file__).parents[1]
# Speaks two seconds of a tone at 22,050 Hz, with the guessed length that a pipe gets; keeps what it was told.
ESPEAK = """#!{python}
import math, pathlib, struct, sys
here = pathlib.Path(__file__).parent
(here / "said").write_bytes(sys.stdin.buffer.read())
(here / "options").write_text(" ".join(sys.argv[1:]))
data = b"".join(struct.pack("<h", int(3000 * math.sin(n * 0.2))) for n in range(44100))
sys.stdout.buffer.write(b"RIFF\\x24\\xf0\\xff\\x7fWAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 22050, 44100, 2, 16))
sys.stdout.buffer.write(b"data\\x00\\xf0\\xff\\x7f" + data)
"""


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    program = tmp_path / "tools/bin/espeak-ng"
    program.parent.mkdir(parents=True)
    program.write_text(ESPEAK.format(python=sys.executable))
    program.chmod(0o755)
    return tmp_path / "tools"


def read(sound: bytes) -> audio.Samples:
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        return audio.from_pcm(file.readframes(file.getnframes()))


def test_it_speaks_at_the_rate_and_the_loudness_of_a_prompt(tools: Path) -> None:
    samples = read(voice.spoken(voice.find_espeak(tools), "您好", VOICE))
    assert len(samples) / 8000 == pytest.approx(2.0, abs=0.05)
    assert audio.loudness(samples) == pytest.approx(audio.LOUDNESS_DB, abs=0.1)
    crossings = np.count_nonzero((samples[:-1] < 0) & (samples[1:] >= 0))
    assert crossings / 2 == pytest.approx(22050 * 0.2 / (2 * math.pi), rel=0.02)
    assert (tools / "bin/said").read_text("utf-8") == "您好"
    assert (tools / "bin/options").read_text() == " ".join((*VOICE, "--stdin", "--stdout"))


def test_brackets_in_a_text_begin_no_phonemes(tools: Path) -> None:
    voice.spoken(voice.find_espeak(tools), "[[[h@l'oU]]", VOICE)
    assert "[[" not in (tools / "bin/said").read_text()


def test_the_machines_own_program_will_do(tools: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", f"{tools / 'bin'}:{os.environ['PATH']}")
    assert voice.find_espeak(tmp_path / "nothing") == tools / "bin/espeak-ng"


def test_a_machine_without_a_voice_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(voice, "SEARCH_PATH", str(tmp_path))
    with pytest.raises(FetchError, match="make up"):
        voice.find_espeak(tmp_path)


def speak(tools: Path, text: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "asterisk_conf", "speak", "--tools", str(tools)]
    return subprocess.run(command, input=text, capture_output=True, check=False, cwd=PROJECT, timeout=60)


def test_the_command_reads_a_text_and_gives_a_sound_quickly(tools: Path) -> None:
    begun = time.monotonic()
    result = speak(tools, "临河县今天下午停电检修".encode())
    assert result.returncode == 0, result.stderr
    assert len(read(result.stdout)) > 15000
    assert result.stderr == b""
    assert time.monotonic() - begun < 10, "a busy machine may be slow, but not that slow"


def test_the_command_tells_what_failed(tools: Path) -> None:
    (tools / "bin/espeak-ng").write_text("#!/bin/sh\ncat >/dev/null\necho no such voice >&2\nexit 1\n")
    result = speak(tools, b"x")
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"no such voice" in result.stderr
