import hashlib
import json
import wave
from pathlib import Path

import pytest

from asterisk_conf.fetch import FetchError
from asterisk_conf.sounds import TEXTS, copy_missing, prompts, speak_missing

ESPEAK = """#!/bin/sh
cd "$(dirname "$0")"
cat >> said
echo >> said
cat tone.wav
"""


@pytest.fixture(scope="module")
def espeak(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("espeak")
    program = folder / "espeak-ng"
    program.write_text(ESPEAK)
    with wave.open(str(folder / "tone.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\x00\x20\x00\xe0" * 1000)
    program.chmod(0o755)
    return program


@pytest.fixture(scope="module")
def store(espeak: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    speak_missing(espeak, folder)
    return folder


def test_every_prompt_is_spoken_once(espeak: Path, store: Path) -> None:
    said = (espeak.parent / "said").read_text("utf-8").splitlines()
    assert sorted(said) == sorted(prompts().values())
    assert speak_missing(espeak, store) == []
    for name in prompts():
        with wave.open(str(store / "zh" / f"{name}.wav")) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
            assert file.getnframes() > 800
    assert (store / "moh/bells.wav").is_file()


def test_the_prompts_that_others_name_are_there() -> None:
    wanted = "greeting-12345 menu-default please-wait you-are-number connecting all-busy leave-message leave-number"
    wanted += " thank-you goodbye wrong-key fallback-wait rating"
    assert {f"hotline/{name}" for name in wanted.split()} <= prompts().keys()
    assert {f"digits/{digit}" for digit in range(10)} <= prompts().keys()


def test_copying_brings_everything_once_and_repairs_what_is_lost(store: Path, tmp_path: Path) -> None:
    assert len(copy_missing(store, tmp_path)) == len(prompts()) + 3
    assert copy_missing(store, tmp_path) == []
    lost = tmp_path / "zh/hotline/goodbye.wav"
    lost.unlink()
    assert copy_missing(store, tmp_path) == [lost]


def test_a_recorded_prompt_is_never_written_over(espeak: Path, store: Path, tmp_path: Path) -> None:
    copy_missing(store, tmp_path)
    recorded = tmp_path / "zh/hotline/goodbye.wav"
    recorded.write_bytes(b"a real voice")
    (store / "zh/hotline/goodbye.wav").unlink()
    speak_missing(espeak, store)
    assert copy_missing(store, tmp_path) == []
    assert recorded.read_bytes() == b"a real voice"


def test_an_older_built_in_prompt_is_replaced(store: Path, tmp_path: Path) -> None:
    older = tmp_path / "older"
    copy_missing(store, older)
    (older / "zh/hotline/goodbye.wav").write_bytes(b"older words")
    out = tmp_path / "out"
    manifest = (older / "built-in.json").read_text("utf-8")
    assert manifest
    copy_missing(older, out)
    assert (out / "zh/hotline/goodbye.wav").read_bytes() == b"older words"
    assert copy_missing(store, out) == [out / "zh/hotline/goodbye.wav"]


def test_the_texts_stand_beside_the_sounds(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy_missing(store, tmp_path)
    listing = tmp_path / "zh" / TEXTS
    told = json.loads(listing.read_text("utf-8"))
    assert told.keys() == prompts().keys() | {"hotline/beep"}
    goodbye = told["hotline/goodbye"]
    content = (tmp_path / "zh/hotline/goodbye.wav").read_bytes()
    assert goodbye["text"] == prompts()["hotline/goodbye"]
    assert goodbye["sha256"] == hashlib.sha256(content).hexdigest()
    assert goodbye["seconds"] == pytest.approx((len(content) - 44) / 16000, abs=0.001)

    before = listing.stat().st_mtime_ns
    copy_missing(store, tmp_path)
    assert listing.stat().st_mtime_ns == before

    with wave.open(str(tmp_path / "zh/hotline/goodbye.wav"), "wb") as recorded:
        recorded.setparams((1, 2, 8000, 0, "NONE", ""))
        recorded.writeframes(bytes(32000))
    (tmp_path / "zh/hotline/closed.wav").write_bytes(b"no sound")
    copy_missing(store, tmp_path)
    told = json.loads(listing.read_text("utf-8"))
    assert told["hotline/goodbye"]["seconds"] == 2
    assert "hotline/closed" not in told
    assert "hotline/closed.wav is no WAV file" in capsys.readouterr().err


def test_a_voice_that_fails_is_told(tmp_path: Path) -> None:
    program = tmp_path / "espeak-ng"
    program.write_text("#!/bin/sh\necho no such voice >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(FetchError, match="no such voice"):
        speak_missing(program, tmp_path / "store")
