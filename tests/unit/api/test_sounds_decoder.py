import io
import json
import random
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from api.core.problems import RefusedError, UnavailableError
from api.sounds import decoder, decoding
from api.sounds.decoder import RefusedFileError, convert
from asterisk_conf import audio
from asterisk_conf.audio import Samples

PROJECT = Path(decoder.__file__).parents[2]


def speech(seconds: float, rate: int = 8000, size: float = 0.2) -> Samples:
    n = np.arange(int(rate * seconds))
    tone = size * np.sin(2 * np.pi * 300 * n / rate) * (np.sin(2 * np.pi * 3 * n / rate) > 0)
    return np.asarray(tone, np.float32)


def wav(samples: Samples, rate: int = 8000, subtype: str = "PCM_16", form: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=form, subtype=subtype)
    return buffer.getvalue()


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "ULAW", "ALAW", "IMA_ADPCM"])
def test_the_kinds_of_wav_that_recorders_write(subtype: str) -> None:
    told, samples = convert(wav(speech(2), subtype=subtype))
    assert told["format"] == "WAV"
    assert len(samples) / 8000 == pytest.approx(1.9, abs=0.3)
    assert audio.loudness(samples) == pytest.approx(audio.LOUDNESS_DB, abs=0.3)


def test_opus_in_ogg_and_other_channels_than_two() -> None:
    three = np.column_stack([speech(2, 48000), np.zeros(96000, np.float32), np.zeros(96000, np.float32)])
    told, samples = convert(wav(three, 48000, "OPUS", "OGG"))
    assert (told["format"], len(samples) > 8000) == ("OGG", True)


def test_silence_at_the_ends_goes_and_the_rate_is_eight_kilohertz() -> None:
    quiet = np.zeros(44100, np.float32)
    _, samples = convert(wav(np.concatenate([quiet, speech(1, 44100), quiet]), 44100))
    assert len(samples) / 8000 == pytest.approx(1.0, abs=0.25)


def test_numbers_beyond_every_scale_are_cut_and_told() -> None:
    odd = speech(2, size=50.0)
    odd[5000:5010] = (np.nan, np.inf, -np.inf, 1e30, -1e30) * 2
    told, samples = convert(wav(odd, subtype="FLOAT"))
    assert told["measures"]["clipped"] > 0.1
    assert np.isfinite(samples).all()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (wav(np.zeros(0, np.float32)), "no sound at all"),
        (wav(np.zeros(8000, np.float32)), "nothing to hear"),
        (wav(speech(1), form="AIFF"), "Send WAV"),
        (wav(speech(1), 1000), "1000 samples"),
        (wav(speech(1), 384_000), "384000 samples"),
        (wav(np.zeros((100, 9), np.float32)), "9 channels"),
        (b"RIFF" + bytes(100), "damaged"),
    ],
)
def test_what_cannot_be_played_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(RefusedFileError, match=reason):
        convert(content)


def test_ten_minutes_are_the_end_whatever_the_header_says() -> None:
    samples = np.zeros(601 * 8000, np.float32)
    samples[::4000] = 0.5
    with pytest.raises(RefusedFileError, match="longer than 10 minutes"):
        convert(wav(samples, form="FLAC"))


@pytest.mark.parametrize("form", [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III")])
def test_damaged_files_are_refused_or_played_but_never_break_it(form: tuple[str, str]) -> None:
    content = wav(speech(1, 16000), 16000, form[1], form[0])
    dice = random.Random(form[0])  # noqa: S311 - the same damage in each run
    for _ in range(40):
        damaged = bytearray(content[: dice.randrange(1, len(content) + 1)])
        for _ in range(dice.randrange(8)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        try:
            _, samples = convert(bytes(damaged))
        except RefusedFileError:
            continue
        assert len(samples) <= 600 * 8000


def run(code: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-c", f"from api.sounds import decoder\ndecoder.give_up_rights()\n{code}"]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("bytearray(1024 ** 3)", b"MemoryError"),
        ("open('made', 'wb', buffering=0).write(b'x')", b"File too large"),
        ("[open('/dev/null') for _ in range(20)]", b"Too many open files"),
    ],
)
def test_the_process_cannot_take_what_it_gave_up(code: str, error: bytes, tmp_path: Path) -> None:
    result = run(f"import os\nos.chdir({str(tmp_path)!r})\n{code}")
    assert result.returncode != 0
    assert error in result.stderr or result.returncode < 0


def test_the_bounds_are_hard_and_leave_room_for_ten_minutes() -> None:
    result = run(
        "import json, resource\n"
        "print(json.dumps([resource.getrlimit(kind) for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS)]))"
    )
    cpu, memory = json.loads(result.stdout)
    assert cpu == [20, 20]
    assert memory == [1024**3, 1024**3]
    assert resource.getrlimit(resource.RLIMIT_CPU) != (20, 20), "this process keeps its own"


async def test_the_longest_sound_fits_into_the_bounds() -> None:
    minutes = np.tile(speech(10), 59)
    decoded = await decoding.decode(wav(minutes, form="FLAC"))
    assert decoded.seconds == pytest.approx(590, abs=1)
    assert len(decoded.sound) == 44 + 2 * round(decoded.seconds * 8000)


async def test_a_decoder_that_is_killed_or_broken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    content = wav(speech(1))
    for lines, kind in (
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", RefusedError),
        ("import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass", RefusedError),
        ("raise SystemExit('no such library')", UnavailableError),
        ("pass", UnavailableError),
    ):
        monkeypatch.setattr(decoding, "COMMAND", (sys.executable, "-c", lines))
        with pytest.raises(kind):
            await decoding.decode(content)
    monkeypatch.setattr(decoding, "COMMAND", ("/no/such/program",))
    with pytest.raises(UnavailableError, match="cannot be started"):
        await decoding.decode(content)


async def test_a_decoder_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "COMMAND", ("sleep", "600"))
    monkeypatch.setattr(decoding, "SECONDS", 0.2)
    with pytest.raises(RefusedError, match="too long"):
        await decoding.decode(wav(speech(1)))


async def test_the_decoder_gets_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_SECRETS_DIR", "/secrets")
    monkeypatch.delenv("HOTLINE_INSTANCE", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    seen = "[name for name in os.environ if name.startswith(('HOTLINE_', 'DATABASE_'))]"
    code = f"import os\nif not {seen}: os.kill(os.getpid(), 9)"
    monkeypatch.setattr(decoding, "COMMAND", (sys.executable, "-c", code))
    with pytest.raises(RefusedError, match="within bounds"):
        await decoding.decode(wav(speech(1)))
