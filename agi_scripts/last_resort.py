"""A process AGI script that takes a number and a spoken message when neither the voice process nor an agent answers.

Asterisk starts one per call; it talks AGI over standard input and output through pyst2 and needs nothing that runs.
It leaves `<call id>.json` (and `<call id>.wav`) in `$HOTLINE_SPOOL_DIR/messages`, where the web process takes them;
the dialplan says good-bye afterwards.
"""

import contextlib
import json
import os
import re
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from asterisk.agi import AGI, AGIError, AGIException, AGIHangup

from acd.clock import utc_now

LEAVE_NUMBER = "hotline/leave-number"
LEAVE_MESSAGE = "hotline/leave-message"
THANK_YOU = "hotline/thank-you"

KEY_MILLISECONDS = 8000
MAX_DIGITS = 20
RECORD_MILLISECONDS = 120_000
SILENCE_SECONDS = 8
REPLY_SECONDS = 180.0
MAX_LINES = 5000
MAX_TEXT = 300
EMPTY_WAV_BYTES = 44

_CALL_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}", re.ASCII)


@dataclass(slots=True)
class Message:
    """What is known about the call so far; filled step by step, because the caller may leave at any of them."""

    call_id: str
    caller: str
    dialled: str
    number: str = ""
    recording: str | None = None
    at: str = ""


class Peer:
    """Asterisk's end of the two pipes: lines that always come to an end, for pyst2 waits for ever on a lost one."""

    def __init__(self, source: int, target: int) -> None:
        self._source, self._target = source, target
        self._buffer = b""
        self._ready: deque[str] = deque()
        self._lines = 0
        self._in_usage = False

    def readline(self) -> str:
        """One line with its end; raises EOFError where pyst2 would spin: at the end, in silence, in a flood."""
        if self._ready:
            return self._ready.popleft()
        self._lines += 1
        if self._lines > MAX_LINES:
            raise EOFError("more lines than a call can have")
        line = self._line().decode(errors="replace")
        self._end_usage(line)
        return line

    def _end_usage(self, line: str) -> None:
        """pyst2 reads on after any 520 until a second one: give it one where Asterisk sends only one."""
        if line.startswith("520 ") and not self._in_usage:
            self._ready.append(line)
        self._in_usage = line.startswith("520-") or (self._in_usage and not line.startswith("520 "))

    def _line(self) -> bytes:
        deadline = time.monotonic() + REPLY_SECONDS
        while b"\n" not in self._buffer:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._source], [], [], left)[0]:
                raise EOFError(f"Asterisk was silent for {REPLY_SECONDS:g} s")
            more = os.read(self._source, 65536)
            if not more or len(self._buffer) > MAX_LINES * 100:
                raise EOFError("Asterisk closed the script's input")
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line + b"\n"

    def write(self, text: str) -> None:
        """Send at once: a half-sent command would be executed."""
        os.write(self._target, text.encode())

    def flush(self) -> None:
        """Nothing is held back."""


class Silent:
    """Where pyst2's trace goes: it holds callers' numbers, which belong in no log."""

    def write(self, text: str) -> None:
        """Drop it."""


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run one call; 0 when its message is saved."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until pyst2 sets its own: a hang-up must not kill the script
    signal.signal(signal.SIGTERM, _stop)
    spool = arguments[0] if arguments else environment.get("HOTLINE_SPOOL_DIR", "")
    if not spool:
        sys.stderr.write("last_resort: set HOTLINE_SPOOL_DIR or give the spool folder as the first argument\n")
        return 2
    folder = Path(spool) / "messages"
    try:
        take_message(AGI(Peer(0, 1), Peer(0, 1), Silent()), folder)
    except EOFError:
        sys.stderr.write("last_resort: no AGI header came; this script is started by Asterisk's AGI()\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"last_resort: the message could not be saved in {folder}: {error.strerror}\n")
        return 1
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """Leave by way of `finally`, so that what is known is saved."""
    raise SystemExit(1)


def take_message(agi: AGI, folder: Path) -> None:
    """Ask, record and save; whatever the caller does, what is known is saved. Raises OSError when it cannot be."""
    message = Message(_call_id(agi.env), _text(agi.env, "agi_callerid"), _text(agi.env, "agi_dnid"))
    recording = folder / f"{message.call_id}.wav"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _ask(agi, message, recording)
    except (AGIException, EOFError, ValueError) as gone:
        sys.stderr.write(f"last_resort: {message.call_id} left early: {type(gone).__name__}\n")
    finally:
        message.recording = recording.name if _has_sound(recording) else None
        message.at = utc_now().isoformat()
        save(message, folder)
    with contextlib.suppress(AGIException, EOFError, ValueError):  # saved already: the rest is courtesy
        _try(lambda: agi.stream_file(THANK_YOU))


def _ask(agi: AGI, message: Message, recording: Path) -> None:
    _try(agi.answer)
    message.dialled = _try(lambda: agi.get_variable("HOTLINE_DIALLED")) or message.dialled
    keyed = _try(lambda: agi.get_data(LEAVE_NUMBER, KEY_MILLISECONDS, MAX_DIGITS)) or ""
    message.number = re.sub(r"[^0-9]", "", keyed)[:MAX_DIGITS]
    _try(lambda: agi.stream_file(LEAVE_MESSAGE))
    if _try(lambda: _record(agi, recording, "BEEP")) is None and not _has_sound(recording):
        _try(lambda: _record(agi, recording, ""))


def _record(agi: AGI, recording: Path, beep: str) -> str:
    path = str(recording.with_suffix(""))
    ended: str = agi.record_file(path, "wav", "#", RECORD_MILLISECONDS, 0, beep, SILENCE_SECONDS)
    return ended


def _try(step: Callable[[], str | None]) -> str | None:
    """One step; None where it failed and the next may still work (a missing sound), raises when the caller is gone."""
    try:
        return step()
    except AGIHangup:
        raise
    except AGIError as error:
        sys.stderr.write(f"last_resort: a step failed: {type(error).__name__}\n")
        return None


def save(message: Message, folder: Path) -> None:
    """Write the message so that a reader sees all of it or nothing, also after a power cut; raises OSError."""
    final = folder / f"{message.call_id}.json"
    temporary = folder / f".{message.call_id}.{os.getpid()}.tmp"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(asdict(message), file)
        file.flush()
        os.fsync(file.fileno())
    if message.recording is not None:
        _sync(folder / message.recording)
    temporary.replace(final)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _has_sound(recording: Path) -> bool:
    return recording.is_file() and recording.stat().st_size > EMPTY_WAV_BYTES


def _call_id(fields: Mapping[str, str]) -> str:
    """The channel's uniqueid; where it is not one that can name a file, a name of our own."""
    given = fields.get("agi_uniqueid", "")
    return given if _CALL_ID.fullmatch(given) else f"unknown-{int(time.time())}.{os.getpid()}"


def _text(fields: Mapping[str, str], name: str) -> str:
    """What the caller's carrier sent; `unknown` is Asterisk's word for nothing."""
    text = fields.get(name, "")[:MAX_TEXT]
    return "" if text == "unknown" else text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
