"""Makes the built-in prompts and the music: spoken once into a store, then copied to each instance.

A file that somebody replaced by a recorded one is recognised and never written over.
"""

import hashlib
import json
import os
import wave
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from asterisk_conf.apt import say
from asterisk_conf.fetch import alone, fetch

VOICE = ("-v", "cmn-latn-pinyin", "-s", "200", "-p", "45", "-a", "100")
PROMPTS = Path(__file__).parent / "prompts.yaml"
MAKING = "2"
"""Raised when the way of making sounds changes, so that they are made again."""
TEXTS = "built-in-texts.json"
BEEP_TEXT = "（提示音）"

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
    """Copy from the store what `out` lacks or holds in an older built-in version; tell the web process what is there.

    `out/zh/built-in-texts.json` says of each built-in sound what it says and how long it is, also of those that
    somebody replaced. Returns the sounds written.
    """
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
    _tell_texts(out)
    return written


def _tell_texts(out: Path) -> None:
    texts = prompts() | {"hotline/beep": BEEP_TEXT}
    found = {name: told for name, text in texts.items() if (told := _told(out / f"zh/{name}.wav", text)) is not None}
    content = json.dumps(found, indent=1, ensure_ascii=False).encode()
    target = out / "zh" / TEXTS
    if not target.is_file() or target.read_bytes() != content:
        _write(target, content)


def _told(path: Path, text: str) -> dict[str, str | float] | None:
    try:
        with wave.open(str(path)) as file:
            seconds = file.getnframes() / file.getframerate()
    except FileNotFoundError:
        return None
    except (wave.Error, EOFError):
        say(f"sounds: {path} is no WAV file that can be read; put another in its place, or remove it")
        return None
    return {"text": text, "seconds": round(seconds, 3), "sha256": _digest(path.read_bytes())}


def _sound(espeak: Path, text: str) -> bytes:
    # The libraries of sound take their time to load, and whatever starts a program of an instance imports this file.
    from asterisk_conf import audio, voice  # noqa: PLC0415 - only who speaks needs them

    if text == "music":
        return voice.as_file(audio.music())
    return voice.as_file(audio.tone(880.0, 0.25)) if text == "beep" else voice.spoken(espeak, text, VOICE)


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
