"""Plays a sound to a caller; one that is missing is spoken from its text, so that nobody hears silence."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from agi_scripts import commands as agi
from agi_scripts.server import AgiFailed, AgiSession
from asterisk_conf.speech import SpeechError, speak_to, spoken_name

SPEECH_SECONDS = 5.0
"""The longest that a caller waits for a sound that has to be spoken first."""

MANDARIN = "zh/"

log = structlog.get_logger(__name__)


class Prompter:
    """Knows where sounds lie and who speaks those that are missing; without `folder` nothing is spoken."""

    def __init__(self, folder: Path | None, command: Sequence[str]) -> None:
        self._folder = folder
        self._command = command

    async def play(self, session: AgiSession, sound: str, until_keys: str, *, texts: Mapping[str, str]) -> str | None:
        """Play it, in Mandarin where the caller's language lacks it, or spoken from its text; the key that ended it.

        Raises AgiFailed when none of them can be played, AgiHangup when the caller is gone.
        """
        try:
            return await _stream(session, sound, until_keys)
        except AgiFailed as error:
            log.warning("sound_missing", sound=sound, error=str(error))
        for other in (f"{MANDARIN}{sound}", await self._spoken(sound, texts.get(sound))):
            if other is None:
                continue
            try:
                return await _stream(session, other, until_keys)
            except AgiFailed as error:
                log.info("sound_missing", sound=other, error=str(error))
        raise AgiFailed(f"the sound {sound} is missing and cannot be spoken")

    async def ask(self, session: AgiSession, sound: str, keys: str, seconds: float) -> tuple[str | None, bool]:
        """Play it and wait for a key in one command: the key, and whether the sound was heard.

        Not heard: it is empty or missing, nobody has waited, and `play` knows what to do. Raises as `play` does.
        """
        key, samples = await agi.get_option(session, sound, keys, round(seconds * 1000))
        return key, key is not None or samples > 0

    async def _spoken(self, sound: str, text: str | None) -> str | None:
        """The name of the sound that says the text, spoken now unless it was before; None when that fails."""
        if text is None or self._folder is None:
            return None
        name = spoken_name(text)
        path = self._folder / f"{name}.wav"
        if not path.is_file():
            try:
                await speak_to(path, text, command=self._command, seconds=SPEECH_SECONDS)
            except SpeechError as error:
                log.error("sound_not_spoken", sound=sound, error=str(error))  # noqa: TRY400 - no trace needed
                return None
        return f"{MANDARIN}{name}"


async def _stream(session: AgiSession, sound: str, until_keys: str) -> str | None:
    key, _ = await agi.stream_file(session, sound, until_keys)
    return key
