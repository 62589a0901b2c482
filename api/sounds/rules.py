"""What a sound may be called, what it may become, and what is wrong with how it sounds; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from api.core.text import clean

FILE_LIMIT: Final = 20_000_000
"""Bytes of an upload."""
LONGEST_SECONDS: Final = 600
SHORTEST_SECONDS: Final = 0.2
TEXT_LIMIT: Final = 600
SLUG_LIMIT: Final = 40
FILE_NAME_LIMIT: Final = 200

OWN: Final = "own"
SLUG_PATTERN: Final = r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$"
FOLDER_PATTERN: Final = r"^[a-z]{1,20}$"
TAKE_PATTERN: Final = r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,78}[A-Za-z0-9])?$"

_OWN_FILE: Final = re.compile(r"([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)-([1-9][0-9]{0,8})\.wav", re.ASCII)
_BUILT_IN: Final = re.compile(r"(?:hotline|parts|digits)/[A-Za-z0-9](?:[A-Za-z0-9-]{0,78}[A-Za-z0-9])?", re.ASCII)
# Eleven bits of synchronisation, then a version and a layer that exist.
_MPEG: Final = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]")
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NO_FILE_NAME: Final = ("/", "\\")

_QUIET_DB: Final = -45.0
_CLIPPED_SHARE: Final = 0.0005
_STEADY_DB: Final = 6.0
_STEADY_FROM_SECONDS: Final = 0.5


class Source(StrEnum):
    """Where a sound comes from."""

    BUILT_IN = "built_in"
    UPLOAD = "upload"
    SPEECH = "speech"


class State(StrEnum):
    """Whether a sound may be played to citizens."""

    NEW = "new"
    APPROVED = "approved"
    REJECTED = "rejected"


class Decision(StrEnum):
    """What a second person may say."""

    APPROVE = "approve"
    REJECT = "reject"


class SoundRefusedError(ValueError):
    """A sound, its name or its text may not be; the text says what to do."""


NEXT: Final[Mapping[tuple[State, Decision], State]] = {
    (State.NEW, Decision.APPROVE): State.APPROVED,
    (State.NEW, Decision.REJECT): State.REJECTED,
    (State.APPROVED, Decision.REJECT): State.REJECTED,
    (State.REJECTED, Decision.APPROVE): State.APPROVED,
}


@dataclass(frozen=True, slots=True)
class Measures:
    """How an upload sounded before it was levelled; loudness and spread in dB, `clipped` a share of all samples.

    `spread_db` is the distance from its loud to its quiet parts: little for a noise or a tone, much for speech.
    """

    seconds: float
    loudness_db: float
    clipped: float
    spread_db: float


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to listen for before a sound is approved; nothing that stops it."""

    code: str
    what: str
    do: str


def next_state(state: State, decision: Decision) -> State:
    """Return what a decision makes of a sound. Raises SoundRefusedError when it is that already."""
    found = NEXT.get((state, decision))
    if found is None:
        raise SoundRefusedError(f"The sound is {state} already; there is nothing to decide.")
    return found


def name_of(slug: str, take: int) -> str:
    """Return the name of a take: `own/<slug>-<take>`."""
    return f"{OWN}/{slug}-{take}"


def slug_of_file(file_name: str) -> tuple[str, str] | None:
    """Return slug and sound name of a file below `own/`, or None when it is none that we have written."""
    found = _OWN_FILE.fullmatch(file_name)
    return (found[1], f"{OWN}/{found[1]}-{found[2]}") if found else None


def take_of(name: str) -> int:
    """Return the number of a take from its name."""
    return int(name.rpartition("-")[2])


def check_slug(slug: str) -> str:
    """Return a slug that is one. Raises SoundRefusedError."""
    if not re.fullmatch(SLUG_PATTERN, slug, re.ASCII) or slug.endswith("\n"):
        raise SoundRefusedError(
            f"`slug` is 1 to {SLUG_LIMIT} small letters, digits and hyphens, such as power-cut; no path, no ending."
        )
    return slug


def check_text(text: str) -> str:
    """Return what the sound says, cleaned. Raises SoundRefusedError when there is nothing, or too much."""
    if len(text) > TEXT_LIMIT:
        raise SoundRefusedError(f"`text` has {len(text)} characters; shorten it to {TEXT_LIMIT}.")
    cleaned = clean(text, TEXT_LIMIT).strip()
    if not cleaned:
        raise SoundRefusedError("`text` must tell what the sound says, word by word.")
    return cleaned


def check_file_name(name: str) -> str:
    """Return the name that a file had; it is only shown. Raises SoundRefusedError for a path."""
    if any(mark in name for mark in _NO_FILE_NAME) or name in {".", ".."}:
        raise SoundRefusedError("The file's name holds a path; send the bare name, such as notice.mp3.")
    return clean(name, FILE_NAME_LIMIT).strip()


def looks_like_sound(head: bytes) -> bool:
    """Tell from a file's first 12 bytes whether it may be WAV, FLAC, OGG or MP3, whatever it is called."""
    if head[:4] in {b"fLaC", b"OggS"} or head[:3] == b"ID3":
        return True
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return True
    return _MPEG.match(head) is not None


def remarks(found: Measures) -> list[Remark]:
    """Return what a person should listen for."""
    told = []
    if found.seconds < SHORTEST_SECONDS:
        told.append(Remark("too_short", f"It lasts only {found.seconds:.2f} s.", "Listen whether all of it is there."))
    if found.loudness_db < _QUIET_DB:
        told.append(
            Remark(
                "too_quiet",
                f"It was very quiet ({found.loudness_db:.0f} dB); its noise is now as loud as its words.",
                "Record it again, nearer to the microphone.",
            )
        )
    if found.clipped > _CLIPPED_SHARE:
        told.append(
            Remark(
                "clipping",
                f"{found.clipped:.1%} of it is beyond what the file can hold.",
                "Record it again with less gain; it may crackle.",
            )
        )
    if found.spread_db < _STEADY_DB and found.seconds >= _STEADY_FROM_SECONDS:
        told.append(
            Remark(
                "noise",
                "It sounds the same from its beginning to its end, as noise or a tone does and speech does not.",
                "Listen whether anybody speaks.",
            )
        )
    return told


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A sound that came with the project, as the set-up tells of it."""

    name: str
    text: str
    seconds: float
    sha256: str


def read_built_in(listing: Any) -> list[BuiltIn]:
    """Read `built-in-texts.json`; entries that are none are left out."""
    if not isinstance(listing, dict):
        return []
    found = [_built_in(name, told) for name, told in listing.items()]
    return [sound for sound in found if sound is not None]


def _built_in(name: str, told: Any) -> BuiltIn | None:
    if not isinstance(told, dict) or not _BUILT_IN.fullmatch(name):
        return None
    text, seconds, digest = told.get("text"), told.get("seconds"), told.get("sha256")
    if not isinstance(text, str) or not isinstance(seconds, int | float) or not isinstance(digest, str):
        return None
    if not 0 <= seconds < LONGEST_SECONDS or not _SHA256.fullmatch(digest):
        return None
    return BuiltIn(name, clean(text, TEXT_LIMIT), float(seconds), digest)
