"""The AGI commands that the hotline uses, typed; each takes the session and checks its words first.

Not here: `GET FULL VARIABLE` and any way to evaluate text, because an AGI stream can run programs on the PBX.
"""

import re
from dataclasses import dataclass

from agi_scripts.replies import AgiError, AgiFailed, AgiHangup, AgiReply
from agi_scripts.server import AgiSession

APPLICATIONS = frozenset(
    {"MusicOnHold", "Playback", "Progress", "Ringing", "StartMusicOnHold", "StopMusicOnHold", "Wait"}
)
"""What `EXEC` may start: none of them dials, runs a program or writes a file."""

SOUND_SECONDS = 600.0
"""The longest time that a sound may play before its command counts as unanswered."""

_VARIABLE = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9_]{0,78}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?", re.ASCII)
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,79}", re.ASCII)
_SOUND = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*", re.ASCII)
_PATH = re.compile(r"/?(?!\.{1,2}(?:/|$))[^/\x00-\x1f\x7f]+(?:/(?!\.{1,2}(?:/|$))[^/\x00-\x1f\x7f]+)*")
"""A file in any folder that a city has chosen for its instance, hidden ones too; nothing leads back up."""
_ARGUMENT = re.compile(r"[A-Za-z0-9_./:;@&+=~-]{0,400}", re.ASCII)
_DIGITS = re.compile(r"[0-9*#]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Recording:
    """How a recording ended: by a digit, by time, or by a hang-up (`hung_up`); `endpos` in samples."""

    digit: str | None
    endpos: int
    hung_up: bool = False


async def answer(session: AgiSession) -> None:
    """Answer the channel (may take 500 ms until the first media frame)."""
    await _alive(session, await session.command("ANSWER"))


async def hangup(session: AgiSession) -> None:
    """Hang the channel up; a channel that is gone already is what was wanted."""
    try:
        await session.command("HANGUP")
    except AgiHangup:
        return


async def set_variable(session: AgiSession, name: str, value: str) -> None:
    """Set a channel variable by its plain name; ValueError for text that a dialplan could evaluate."""
    if "${" in value or "$[" in value:
        raise ValueError(f"the value for {name} holds a dialplan expression: give text that evaluates nothing")
    await session.command("SET", "VARIABLE", _plain(_VARIABLE, name, "variable name"), value)


async def set_language(session: AgiSession, language: str) -> None:
    """Play sounds from this language's folder from now on (`CHANNEL(language)`); ValueError for what is no language."""
    await session.command("SET", "VARIABLE", "CHANNEL(language)", _plain(_LANGUAGE, language, "language"))


async def get_variable(session: AgiSession, name: str) -> str | None:
    """Read a channel variable by its plain name; None when it is not set."""
    reply = await session.command("GET", "VARIABLE", _plain(_VARIABLE, name, "variable name"))
    return reply.data if reply.result == 1 else None


async def stream_file(session: AgiSession, name: str, escape_digits: str = "") -> tuple[str | None, int]:
    """Play a sound (`hotline/thank-you`, no extension): the key that ended it, and how far it came in samples.

    Raises AgiFailed when the sound cannot be played, AgiHangup when the caller is gone.
    """
    words = ("STREAM", "FILE", _plain(_SOUND, name, "sound"), _plain(_DIGITS, escape_digits, "escape digits"))
    reply = await _alive(session, await session.command(*words, timeout=SOUND_SECONDS))
    return _digit(reply), reply.endpos or 0


async def get_option(session: AgiSession, name: str, escape_digits: str, milliseconds: int) -> tuple[str | None, int]:
    """Play a sound and wait for one of the keys after it: the key, and how far the sound came in samples.

    No key and 0 samples are the answer for a sound that is empty or cannot be played, too; then nothing was waited for.
    Raises AgiHangup when the caller is gone.
    """
    words = ("GET", "OPTION", _plain(_SOUND, name, "sound"), _plain(_DIGITS, escape_digits, "escape digits"))
    timeout = SOUND_SECONDS + milliseconds / 1000
    reply = await _alive(session, await session.command(*words, str(milliseconds), timeout=timeout))
    return _digit(reply), reply.endpos or 0


async def wait_for_digit(session: AgiSession, milliseconds: int) -> str | None:
    """Wait for a key; None when none came. AMI `ControlPlayback stop` ends it with 1000, which is no key."""
    reply = await session.command("WAIT", "FOR", "DIGIT", str(milliseconds), timeout=milliseconds / 1000 + 10)
    return _digit(await _alive(session, reply))


async def music_on(session: AgiSession, music_class: str = "default") -> None:
    """Start music on hold; the next sound takes its place."""
    await session.command("SET", "MUSIC", "ON", _plain(_LABEL, music_class, "music class"))


async def music_off(session: AgiSession) -> None:
    """Stop music on hold."""
    await session.command("SET", "MUSIC", "OFF")


async def set_autohangup(session: AgiSession, seconds: int) -> None:
    """Let the channel leave for extension `T` in `seconds`; 0 lifts it."""
    await session.command("SET", "AUTOHANGUP", str(int(seconds)))
    session.hangs_up_in = seconds


async def channel_status(session: AgiSession) -> int:
    """Read the channel's state as Asterisk numbers it (4 ringing, 6 up); raises AgiHangup when it is gone."""
    reply = await session.command("CHANNEL", "STATUS")
    if not isinstance(reply.result, int) or reply.result < 0:
        raise AgiHangup("CHANNEL STATUS knows no such channel")
    return reply.result


async def gosub(session: AgiSession, context: str, extension: str, priority: str | int, *arguments: str) -> AgiReply:
    """Run a dialplan subroutine to its end, however long; arguments are known values, never a caller's text.

    Raises AgiFailed for a label that does not exist, AgiHangup when the channel is gone afterwards.
    """
    words = [_plain(_LABEL, word, "dialplan label") for word in (context, extension, str(priority))]
    if arguments:
        words.append(_joined(arguments))
    session.hangs_up_in = 0  # a subroutine may set the time anew
    return await _alive(session, await session.command("GOSUB", *words, timeout=None))


async def exec_application(session: AgiSession, application: str, *arguments: str) -> AgiReply:
    """Run one of `APPLICATIONS`, however long; raises as `gosub` does."""
    if application not in APPLICATIONS:
        raise ValueError(f"{application!r} is not an application that AGI may run: {', '.join(sorted(APPLICATIONS))}")
    words = [application, _joined(arguments)] if arguments else [application]
    return await _alive(session, await session.command("EXEC", *words, timeout=None))


async def record_file(
    session: AgiSession,
    path: str,
    *,
    seconds: int,
    escape_digits: str = "#",
    silence_seconds: int | None = None,
    beep: bool = True,
) -> Recording:
    """Record the caller to `path`.wav; a hang-up in the middle keeps what was recorded."""
    words = ["RECORD", "FILE", _plain(_PATH, path, "recording path"), "wav"]
    words += [_plain(_DIGITS, escape_digits, "escape digits"), str(seconds * 1000)]
    words += ["BEEP"] if beep else []
    words += [f"s={silence_seconds}"] if silence_seconds else []
    reply = await session.command(*words, timeout=seconds + 15)
    if reply.data == "hangup":
        return Recording(None, reply.endpos or 0, hung_up=True)
    if isinstance(reply.result, int) and reply.result < 0:
        raise AgiFailed(f"recording to {path} failed: {reply.data or reply.result}")
    return Recording(_digit(reply), reply.endpos or 0)


async def _alive(session: AgiSession, reply: AgiReply) -> AgiReply:
    """Pass a good reply on; for -1 ask whether the channel lives, because -1 means a hang-up and a failure alike."""
    if not isinstance(reply.result, int) or reply.result >= 0:
        return reply
    if session.gone.is_set():
        raise AgiHangup("the channel hung up during the command")
    try:
        status = await channel_status(session)
    except AgiError as error:
        raise AgiHangup("the channel hung up during the command") from error
    raise AgiFailed(f"the command failed with {reply.result} {reply.data}, the channel is in state {status}")


def _digit(reply: AgiReply) -> str | None:
    """Read the key of a result that is a character code."""
    key = chr(reply.result) if isinstance(reply.result, int) and 0 < reply.result < 128 else ""  # noqa: PLR2004 - ASCII
    return key if key and key in "0123456789*#ABCD" else None


def _plain(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is not a {what}: only {pattern.pattern} is sent to Asterisk")
    return text


def _joined(arguments: tuple[str, ...]) -> str:
    return ",".join(_plain(_ARGUMENT, argument, "dialplan argument") for argument in arguments)
