"""Text becomes sound through a program that a city may replace; imports nothing of ours: every process may use it."""

import asyncio
import contextlib
import hashlib
import io
import json
import os
import shlex
import signal
import sys
import tempfile
import unicodedata
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

DEFAULT_COMMAND: Final = (sys.executable, "-m", "asterisk_conf", "speak")
"""The built-in voice (espeak-ng, levelled like the built-in prompts)."""

LONGEST_TEXT: Final = 1000  # characters, some five minutes of speech
MOST_BYTES: Final = 16_000_000  # of sound; ten minutes are 9.6 MB
RATE: Final = 8000
SECONDS: Final = 10.0

DRAFT_PREFIX: Final = ".draft-"
"""How the name of a file begins that is not whole yet."""

_CHUNK: Final = 65536
_KEPT_COMPLAINT: Final = 500
_MODE: Final = 0o640  # Asterisk reads it, through the group where it is another user


class SpeechError(RuntimeError):
    """Nothing was spoken; the text says why and what to do."""


def split_command(text: str | Sequence[str]) -> tuple[str, ...]:
    """Read a command from a setting: a JSON list, or words as a shell would part them (no shell ever runs it).

    Empty text is DEFAULT_COMMAND. Raises ValueError for anything else.
    """
    if not isinstance(text, str):
        return tuple(text) or DEFAULT_COMMAND
    words = json.loads(text) if text.lstrip().startswith("[") else shlex.split(text)
    if not all(isinstance(word, str) and "\x00" not in word for word in words):
        raise ValueError("give the voice's command as words, or as a JSON list of texts")
    return tuple(words) or DEFAULT_COMMAND


def spoken_name(text: str) -> str:
    """Return the name of the sound that says `text`, spoken on the fly: the same words are spoken once."""
    return f"spoken/{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:32]}"


async def speak(text: str, *, command: Sequence[str], seconds: float = SECONDS) -> bytes:
    """Return a WAV file (8 kHz, mono, 16 bit) that says `text` (at most LONGEST_TEXT characters).

    `command` takes the text on its standard input (UTF-8) and gives WAV on its standard output; it and what it
    started are ended after `seconds`. Raises SpeechError.
    """
    words = _words(text)
    process = await _start(command)
    try:
        async with asyncio.timeout(seconds):
            sound, complaint, status = await _converse(process, words.encode())
    except TimeoutError:
        raise SpeechError(f"the voice took more than {seconds:g} s; shorten the text or look at {command[0]}") from None
    finally:
        await _end(process)
    if status != 0:
        raise SpeechError(f"the voice failed: {complaint or f'{command[0]} ended with status {status}'}")
    return _as_wav(sound)


async def speak_to(path: Path, text: str, *, command: Sequence[str], seconds: float = SECONDS) -> None:
    """Write what `speak` gives to `path`, whole or not at all; the folder is made when missing.

    Raises SpeechError, also when the file cannot be written.
    """
    sound = await speak(text, command=command, seconds=seconds)
    try:
        await asyncio.to_thread(write_whole, path, sound)
    except OSError as error:
        raise SpeechError(
            f"{path} cannot be written ({error.strerror}); mend the folder's owner or the disk"
        ) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a sound file in one step and to the disk; a crash leaves none or the whole one. Raises OSError."""
    path.parent.mkdir(exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=DRAFT_PREFIX, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, _MODE)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink()
        raise


def _words(text: str) -> str:
    """Control characters are no words, and a lone surrogate is no UTF-8."""
    plain = "".join(" " if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} else letter for letter in text)
    if not plain.strip():
        raise SpeechError("there is nothing to say; give a text")
    if len(plain) > LONGEST_TEXT:
        raise SpeechError(f"the text has {len(plain)} characters; shorten it to {LONGEST_TEXT}")
    return plain.strip()


async def _start(command: Sequence[str]) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    try:
        return await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=_environment(os.environ), start_new_session=True
        )
    except (OSError, ValueError, TypeError) as error:
        raise SpeechError(f"the voice cannot be started ({error}); correct HOTLINE_SPEECH_COMMAND") from error


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The program gets no setting of the process: some are secrets. By its mark `make up` knows what is left over."""
    return {
        name: value
        for name, value in ours.items()
        if name == "HOTLINE_INSTANCE" or not name.startswith(("HOTLINE_", "DATABASE_URL"))
    }


async def _converse(process: asyncio.subprocess.Process, words: bytes) -> tuple[bytes, str, int]:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise TypeError("the program was started without pipes")
    async with asyncio.TaskGroup() as group:
        group.create_task(_tell(process.stdin, words))
        sound = group.create_task(_read_sound(process.stdout))
        complaint = group.create_task(_read_complaint(process.stderr))
    return sound.result(), complaint.result(), await process.wait()


async def _tell(stdin: asyncio.StreamWriter, words: bytes) -> None:
    # A program that ends before it has read everything is judged by its status and its output.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(words)
        await stdin.drain()
        stdin.close()
        await stdin.wait_closed()


async def _read_sound(stdout: asyncio.StreamReader) -> bytes:
    sound = bytearray()
    while chunk := await stdout.read(_CHUNK):
        if len(sound) <= MOST_BYTES:
            sound += chunk
    return bytes(sound)


async def _read_complaint(stderr: asyncio.StreamReader) -> str:
    last = b""
    while chunk := await stderr.read(_CHUNK):
        last = (last + chunk)[-_KEPT_COMPLAINT:]
    return last.decode("utf-8", "replace").strip()


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the program with all it started; nothing of it outlives the call."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _as_wav(sound: bytes) -> bytes:
    """Check it and write its header anew: the length in the header of a piped file is a guess."""
    if len(sound) > MOST_BYTES:
        raise SpeechError(f"the voice gave more than {MOST_BYTES // 1_000_000} MB of sound; shorten the text")
    try:
        with wave.open(io.BytesIO(sound)) as file:
            shape = (file.getframerate(), file.getnchannels(), file.getsampwidth())
            samples = file.readframes(len(sound))
    except (wave.Error, EOFError) as error:
        raise SpeechError(f"the voice gave no WAV file ({error or 'too short'}); look at its command") from error
    if shape != (RATE, 1, 2):
        raise SpeechError(
            f"the voice gave {shape[0]} Hz, {shape[1]} channels, {8 * shape[2]} bit; it must be 8000, 1, 16"
        )
    if not samples:
        raise SpeechError("the voice gave an empty sound; does it know the language of the text?")
    return wav(samples)


def wav(samples: bytes) -> bytes:
    """Return 16-bit samples at 8 kHz as a WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples[: len(samples) // 2 * 2])
    return buffer.getvalue()
