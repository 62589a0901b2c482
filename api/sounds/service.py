"""How sounds come about and are decided on; files are written before the commit, so that no row lacks its file."""

import asyncio
import contextlib
import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from api.core.audit import record
from api.core.problems import ConflictError, ForbiddenError, NotFoundError, RefusedError, UnavailableError
from api.core.runtime import Runtime
from api.sounds import files, repository
from api.sounds.decoding import Decoded
from api.sounds.forms import Upload
from api.sounds.rules import (
    Decision,
    SoundRefusedError,
    Source,
    State,
    check_slug,
    check_text,
    name_of,
    next_state,
)
from api.sounds.schemas import SoundOut
from asterisk_conf.speech import RATE, SpeechError, speak
from db.engine import WriteSession
from db.tables import Sound

UNKNOWN: Final = "There is no such sound; GET /api/sounds lists those that are."
SPEAK_SECONDS: Final = 20.0
MOST_AT_ONCE: Final = 3

_HEADER_BYTES: Final = 44
_ACTIONS: Final = {Source.UPLOAD: "sound.uploaded", Source.SPEECH: "sound.spoken"}


@dataclass(frozen=True, slots=True)
class Take:
    """A new sound before it has its number: a WAV file of 8 kHz, mono, 16 bit, and where it is from."""

    slug: str
    text: str
    source: Source
    sound: bytes
    loudness_db: float | None = None
    original_name: str | None = None
    original_format: str | None = None
    remarks: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return round((len(self.sound) - _HEADER_BYTES) / 2 / RATE, 3)


class Bench:
    """Where uploads are taken apart: each holds its whole file in memory and a processor, so there are few places."""

    def __init__(self, places: int = MOST_AT_ONCE) -> None:
        self._free = places

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place. Raises UnavailableError when all are taken."""
        if not self._free:
            raise UnavailableError("Other sounds are being worked on now; send yours again in a moment.")
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


def take_of_upload(upload: Upload, decoded: Decoded) -> Take:
    """Return the take that an upload becomes."""
    return Take(
        slug=upload.slug,
        text=upload.text,
        source=Source.UPLOAD,
        sound=decoded.sound,
        loudness_db=decoded.loudness_db,
        original_name=upload.file_name or None,
        original_format=decoded.format,
        remarks=tuple(remark.code for remark in decoded.remarks),
    )


async def speak_take(runtime: Runtime, slug: str, text: str) -> Take:
    """Let the voice speak a text. Raises RefusedError for the slug or the text, UnavailableError for the voice."""
    try:
        checked_slug, checked_text = check_slug(slug), check_text(text)
    except SoundRefusedError as error:
        raise RefusedError(str(error)) from None
    try:
        sound = await speak(checked_text, command=runtime.settings.speech_command, seconds=SPEAK_SECONDS)
    except SpeechError as error:
        raise UnavailableError(f"The text was not spoken: {error}.") from error
    return Take(checked_slug, checked_text, Source.SPEECH, sound)


async def store_take(session: WriteSession, folder: Path, take: Take, *, by: str, now: dt.datetime) -> Sound:
    """Write a take's file and enter it as new. Raises UnavailableError when the folder cannot be written.

    A file whose commit fails stays without a row: the next start removes it, and a next take of this slug replaces it.
    """
    name = name_of(take.slug, await repository.next_take(session, take.slug))
    await asyncio.to_thread(files.write_sound, folder, name, take.sound)
    sound = Sound(
        name=name,
        text=take.text,
        language="zh",
        source=take.source,
        state=State.NEW,
        seconds=take.seconds,
        sha256=hashlib.sha256(take.sound).hexdigest(),
        loudness_db=take.loudness_db,
        original_name=take.original_name,
        original_format=take.original_format,
        made_by=by,
        made_at=now,
        why="",
    )
    await repository.store_sound(session, sound)
    detail: dict[str, Any] = {"seconds": sound.seconds, "sha256": sound.sha256, "remarks": list(take.remarks)}
    await record(session, by, _ACTIONS[take.source], f"sound:{name}", detail=detail, now=now)
    return sound


async def speak_now(  # noqa: PLR0917 - who calls it names what is not plain
    runtime: Runtime, session: WriteSession, slug: str, text: str, by: str, now: dt.datetime
) -> str:
    """Let the voice speak a text that citizens must hear at once; return the sound's name.

    Whoever switches an incident on (`by`, a staff number) speaks and approves it alone; the audit trail says so.
    Raises RefusedError, UnavailableError.
    """
    folder = files.require_folder(runtime.settings.sounds_dir)
    sound = await store_take(session, folder, await speak_take(runtime, slug, text), by=by, now=now)
    why = "Spoken for an incident and approved at once by who switched it on."
    await _decide(session, sound, State.APPROVED, by=by, why=why, now=now)
    return sound.name


async def decide(
    session: WriteSession, folder: Path | None, name: str, decision: Decision, *, by: str, why: str, now: dt.datetime
) -> Sound:
    """Approve or reject a sound that somebody else made.

    Raises NotFoundError; ForbiddenError for its maker; ConflictError for a built-in one, one that is decided, whose
    file is missing, or that citizens hear.
    """
    sound = await repository.lock_sound(session, name)
    if sound is None:
        raise NotFoundError(UNKNOWN)
    if sound.source == Source.BUILT_IN:
        raise ConflictError("A built-in sound is always approved; use one of your own in its place.")
    if sound.made_by == by:
        raise ForbiddenError("You made this sound; let another administrator listen and decide.")
    try:
        state = next_state(State(sound.state), decision)
    except SoundRefusedError as error:
        raise ConflictError(str(error)) from None
    missing = await asyncio.to_thread(files.which_are_missing, folder, [name])
    if state is State.APPROVED and missing:
        raise ConflictError("The sound's file is missing on this machine; upload it again.")
    if state is State.REJECTED:
        await _require_unused(session, name, now=now)
    await _decide(session, sound, state, by=by, why=why, now=now)
    return sound


async def _require_unused(session: WriteSession, name: str, *, now: dt.datetime) -> None:
    used = await repository.where_used(session, name, now=now)
    if used:
        raise ConflictError(f"Citizens hear it: {', '.join(used[:10])}. Publish or change these first, then reject it.")


async def _decide(session: WriteSession, sound: Sound, state: State, *, by: str, why: str, now: dt.datetime) -> None:
    sound.state, sound.decided_by, sound.decided_at, sound.why = state, by, now, why
    await session.flush()
    await record(session, by, f"sound.{state}", f"sound:{sound.name}", why=why, now=now)


def describe(sound: Sound, missing: set[str]) -> SoundOut:
    """Return a sound as the API tells it."""
    told = {name: getattr(sound, name) for name in SoundOut.model_fields if hasattr(sound, name)}
    return SoundOut.model_validate(
        told | {"missing": sound.name in missing, "audio_url": f"/api/sounds/{sound.name}/audio"}
    )
