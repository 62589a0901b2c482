"""Reads one file of the spool; pure."""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from api.core.text import CALLER_LIMIT, clean
from api.intake.parsing import is_call_id, parse_stamp

SIZE_LIMIT: Final = 65_536


class SpoolFileError(ValueError):
    """The file is no message; the text says why."""


@dataclass(frozen=True, slots=True)
class SpoolMessage:
    """What a citizen left: `number` is what was typed, `recording` a file in the same folder; `at` is aware."""

    call_id: str
    caller: str | None
    dialled: str | None
    number: str | None
    recording: str | None
    at: dt.datetime


def read_spool_file(content: bytes) -> SpoolMessage:
    """Return the message of a file. Raises SpoolFileError."""
    if len(content) > SIZE_LIMIT:
        raise SpoolFileError(f"the file is larger than {SIZE_LIMIT} bytes")
    try:
        found = json.loads(content.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise SpoolFileError(f"the file is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise SpoolFileError("the file is not a JSON object")
    call_id = found.get("call_id")
    if not is_call_id(call_id):
        raise SpoolFileError("call_id is missing or not plain text")
    try:
        at = parse_stamp(found.get("at"))
    except ValueError as error:
        raise SpoolFileError(f"at {error}") from None
    return SpoolMessage(
        str(call_id), _text(found, "caller"), _text(found, "dialled"), _text(found, "number"), _recording(found), at
    )


def _text(found: dict[str, Any], name: str) -> str | None:
    value = found.get(name)
    if value is not None and not isinstance(value, str):
        raise SpoolFileError(f"{name} is not text")
    return clean(value, CALLER_LIMIT) if value else None


def _recording(found: dict[str, Any]) -> str | None:
    name = _text(found, "recording")
    if name is not None and (PurePath(name).name != name or name in {".", ".."}):
        raise SpoolFileError("recording is not a plain file name")
    return name
