"""Makes the built-in prompts and the music: spoken once into a store, then copied to each instance.

A file that somebody replaced by a recorded one is recognised and never written over.
"""

import hashlib
import io
import json
import os
import subprocess
import wave
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from asterisk_conf import audio
from asterisk_conf.apt import say
from asterisk_conf.fetch import FetchError, alone, fetch

PROMPTS = Path(__file__).parent / "prompts.yaml"
VOICE = ("-v", "cmn", "-s", "200", "-p", "45", "-a", "100")
MAKING = "1"
"""Raised when the way of making sounds changes, so that they are made again."""

_MANIFEST = "built-in.json"


def make_sounds(tools: Path, out: Path) -> list[Path]:
    """Bring all prompts and the music to `out` (an instance's `asterisk/sounds`); returns the files written.

    Speaks with the espeak-ng below `tools` (brought when missing) into `<tools>/sounds`, once for each text. As root,
    files get the owner of `out`. Raises FetchError.
    """
    tools = tools.absolute()
    store = tools / "sounds"
    espeak = fetch("espeak-ng", tools)
    with alone(tools):
        speak_missing(espeak, store)
    return copy_missing(store, out)


def prompts() -> dict[str, str]:
    """Read the texts: sound name (`hotline/goodbye`) -> Mandarin."""
    folders = yaml.safe_load(PROMPTS.read_text("utf-8"))
    return {f"{folder}/{name}": text for folder, texts in folders.items() for name, text in texts.items()}


def speak_missing(espeak: Path, store: Path) -> list[str]:
    """Make what `store` lacks or what has a new text; returns the names made."""
    done = _read_manifest(store)
    wanted = {f"zh/{name}.wav": text for name, text in prompts().items()}
    wanted |= {"moh/bells.wav": "music", "zh/beep.wav": "beep", "zh/hotline/beep.wav": "beep"}
    marks = {name: _digest("\n".join((MAKING, *VOICE, text)).encode()) for name, text in wanted.items()}
    missing = [name for name, mark in marks.items() if done.get(name) != mark or not (store / name).is_file()]
    if missing:
        say(f"sounds: making {len(missing)} prompts")
    for name in missing:
        _write(store / name, _sound(espeak, wanted[name]))
        done[name] = marks[name]
        _write(store / _MANIFEST, json.dumps(done, indent=1).encode())
    return missing


def copy_missing(store: Path, out: Path) -> list[Path]:
    """Copy from the store what `out` lacks or holds in an older built-in version."""
    earlier = _read_manifest(out)
    written = []
    for name in _read_manifest(store):
        content = (store / name).read_bytes()
        target = out / name
        present = _digest(target.read_bytes()) if target.is_file() else None
        if present not in {None, earlier.get(name)} or present == _digest(content):
            continue
        _write(target, content)
        written.append(target)
        earlier[name] = _digest(content)
    if written:
        _write(out / _MANIFEST, json.dumps(earlier, indent=1).encode())
    return written


def _sound(espeak: Path, text: str) -> bytes:
    if text == "music":
        return _wav(audio.music())
    if text == "beep":
        return _wav(audio.tone(880.0, 0.25))
    spoken, rate = _spoken(espeak, text)
    plain = audio.trim(audio.resample(spoken, rate), keep=audio.RATE // 10)
    return _wav(audio.level(plain, loudness_db=-20.0, peak_db=-3.0))


def _spoken(espeak: Path, text: str) -> tuple[list[float], int]:
    result = subprocess.run(  # noqa: S603 - our own launcher; the text goes by standard input
        [str(espeak), *VOICE, "--stdin", "--stdout"], input=text.encode(), check=False, capture_output=True, timeout=60
    )
    if result.returncode != 0 or not result.stdout:
        raise FetchError(f"{espeak} could not speak {text!r}: {result.stderr.decode(errors='replace').strip()}")
    # The length in the header of a piped file is a guess: the samples begin after 44 bytes.
    with wave.open(io.BytesIO(result.stdout)) as header:
        rate = header.getframerate()
    body = result.stdout[44:]
    samples = array("h", body[: len(body) // 2 * 2])
    return [sample / 32768 for sample in samples], rate


def _wav(samples: list[float]) -> bytes:
    data = array("h", (round(32767 * max(-1.0, min(1.0, sample))) for sample in samples))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(audio.RATE)
        file.writeframes(data.tobytes())
    return buffer.getvalue()


def _read_manifest(folder: Path) -> dict[str, str]:
    path = folder / _MANIFEST
    found: Mapping[str, str] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return dict(found)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    for folder in _missing_folders(path.parent):
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)
        _give(folder, folder.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.chmod(0o644)
    _give(draft, path.parent)
    draft.replace(path)


def _missing_folders(folder: Path) -> Iterator[Path]:
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    return reversed(missing)


def _give(path: Path, like: Path) -> None:
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
