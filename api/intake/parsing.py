"""Takes one entry of an event batch apart: an `Event` with clean fields, or a `Rejected` with its reason; pure."""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from acd.messages import AgentStateName, CallEventType
from api.core.text import CALLER_LIMIT, WORD_LIMIT, clean, clean_json

CALL_ID_LIMIT: Final = 150
# Asterisk's uniqueid: printable ASCII, and no slash, so that it can stand in an address.
CALL_ID: Final = re.compile(r"[!-.0-~]{1,150}")
SEQ_LIMIT: Final = 2**63
SMALL_LIMIT: Final = 2**31
RAW_LIMIT: Final = 8192
STEPS_LIMIT: Final = 60
SCORE_LIMIT: Final = 10
SECONDS_LIMIT: Final = 86_400
# A node of a menu (`ivr.fields`); a key that was a choice, one and no more: typed numbers may be somebody's identity.
NODE: Final = re.compile(r"[A-Za-z0-9_@-]{1,80}")
CHOICE: Final = re.compile(r"[0-9*#]")
RECORDING: Final = re.compile(r"(?!\.)[A-Za-z0-9_.-]{1,195}\.wav")
TARGET: Final = re.compile(r"[0-9A-Za-z_-]{1,32}", re.ASCII)

MENU_ENDS: Final = ("queue", "hang_up", "gave_up", "message", "transfer", "return_call", "affected")
TRANSFER_RESULTS: Final = ("answered", "busy", "no_answer", "failed", "queued")
TRANSFER_KINDS: Final = ("queue", "agent", "number")
THIRD_KINDS: Final = ("agent", "number")
INBOUND: Final = "inbound"
OUTBOUND: Final = "outbound"
DIRECTIONS: Final = (INBOUND, OUTBOUND)
PRESSED: Final = "pressed"
RATING_REASONS: Final = (PRESSED, "silent", "hung_up")


@dataclass(frozen=True, slots=True)
class Event:
    """One event that can be applied; `at` is aware, `data` holds clean values only."""

    call_id: str
    seq: int
    type: CallEventType
    at: dt.datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rejected:
    """One entry that can never be applied; `seq` is what the journal knows it by, if it gave one."""

    fingerprint: str
    call_id: str | None
    seq: int | None
    reason: str
    raw: str


class _UnfitError(ValueError):
    """A field is not what it must be."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _UnfitError("is not text")
    return clean(value, CALLER_LIMIT)


def _word(value: Any) -> str:
    return clean(_text(value), WORD_LIMIT).strip()


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < SMALL_LIMIT:
        raise _UnfitError("is not a whole number from 0")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= SMALL_LIMIT:
        raise _UnfitError("is not a whole number")
    return value


def _path(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise _UnfitError("is not a list of text")
    return [_word(step) for step in value[:50]]


def _name(value: Any) -> str:
    if not (word := _word(value)):
        raise _UnfitError("is empty")
    return word


def _one_of(known: Collection[str]) -> "Reader":
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise _UnfitError(f"is not one of {', '.join(known)}")
        return value

    return read


def _matching(pattern: re.Pattern[str], what: str) -> "Reader":
    def read(value: Any) -> str:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            raise _UnfitError(f"is not {what}")
        return value

    return read


def _seconds(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= SECONDS_LIMIT:
        raise _UnfitError("is not a number of seconds")
    return float(value)


def _score(value: Any) -> int:
    if (score := _count(value)) > SCORE_LIMIT:
        raise _UnfitError(f"is more than {SCORE_LIMIT}")
    return score


_node = _matching(NODE, "the name of a node")
_choice = _matching(CHOICE, "one key")


def _steps(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > STEPS_LIMIT:
        raise _UnfitError(f"is not a list of at most {STEPS_LIMIT} steps")
    return [_step(step) for step in value]


def _step(value: Any) -> dict[str, Any]:
    """Keep what a step may hold and nothing else."""
    if not isinstance(value, dict):
        raise _UnfitError("has a step that is not an object")
    choice = value.get("choice")
    return {
        "node": _field(value, "node", _node),
        "at_ms": _field(value, "at_ms", _count),
        "ms": _field(value, "ms", _count),
        "choice": None if choice is None else _field(value, "choice", _choice),
    }


def parse_stamp(value: Any) -> dt.datetime:
    """Return an aware moment from ISO 8601 with offset. Raises ValueError for anything else."""
    if not isinstance(value, str):
        raise _UnfitError("is not ISO 8601 text")
    try:
        stamp = dt.datetime.fromisoformat(value)
    except ValueError:
        raise _UnfitError("is not ISO 8601") from None
    if stamp.tzinfo is None:
        raise _UnfitError("has no offset from UTC")
    try:
        return stamp.astimezone(dt.UTC)
    except OverflowError:
        raise _UnfitError("is out of range") from None


def _stamp(value: Any) -> str:
    return parse_stamp(value).isoformat()


def is_call_id(value: Any) -> bool:
    """Tell whether this may be the id of a call."""
    return isinstance(value, str) and CALL_ID.fullmatch(value) is not None


Reader = Callable[[Any], Any]

# What each type may carry; a name with "!" must be there. The rest of `data` is kept, cleaned, and not used.
FIELDS: Final[dict[CallEventType, dict[str, Reader]]] = {
    CallEventType.STARTED: {
        "caller": _text,
        "dialled": _text,
        "channel": _text,
        "direction": _one_of(DIRECTIONS),
        "queue": _word,
        "case_no": _word,
        "about_call": _word,
        "return_call": _count,
    },
    CallEventType.MENU: {
        "menu!": _word,
        "version": _count,
        "path": _path,
        "end": _one_of(MENU_ENDS),
        "node": _node,
        "ms": _count,
        "steps": _steps,
    },
    CallEventType.QUEUED: {"queue!": _word, "priority": _integer, "skill": _word},
    CallEventType.OFFERED: {"agent_id!": _word, "offer_no!": _count, "waited_ms": _count},
    CallEventType.MISSED: {"agent_id!": _word, "offer_no!": _count, "reason": _word},
    CallEventType.ANSWERED: {"agent_id!": _word, "recording": _text},
    CallEventType.ENDED: {"disposition!": _word, "ended_by": _word},
    CallEventType.RETURN_REQUESTED: {"queue": _word},
    CallEventType.MESSAGE: {"recording!": _matching(RECORDING, "the name of a .wav file"), "seconds": _seconds},
    CallEventType.TRANSFERRED: {
        "target!": _matching(TARGET, "a number, a queue or an agent"),
        "result!": _one_of(TRANSFER_RESULTS),
        "kind": _one_of(TRANSFER_KINDS),
        "by": _word,
    },
    CallEventType.HELD: {"agent_id!": _word},
    CallEventType.RESUMED: {"agent_id!": _word},
    CallEventType.CONSULTED: {
        "by!": _word,
        "kind!": _one_of(THIRD_KINDS),
        "target!": _matching(TARGET, "a number or an agent"),
        "result!": _one_of(TRANSFER_RESULTS),
        "offer_no": _count,
    },
    CallEventType.JOINED: {
        "by!": _word,
        "kind!": _one_of(THIRD_KINDS),
        "target!": _matching(TARGET, "a number or an agent"),
    },
    CallEventType.LEFT: {
        "who!": _one_of(("agent", "third")),
        "kind!": _one_of(THIRD_KINDS),
        "target!": _matching(TARGET, "a number or an agent"),
    },
    CallEventType.AFFECTED: {"incident!": _name},
    CallEventType.AGENT_STATE: {
        "agent_id!": _name,
        "state!": _one_of([state.value for state in AgentStateName]),
        "reason": _word,
        "call": _word,
        "since!": _stamp,
    },
    CallEventType.RATED: {"score": _score, "reason!": _one_of(RATING_REASONS)},
    CallEventType.HALL_ACT: {
        "act!": _word,
        "act_id!": _word,
        "by!": _word,
        "result!": _word,
        **dict.fromkeys(("agent_id", "call_id", "to", "state", "reason", "detail", "why"), _text),
    },
    CallEventType.RECORD: {
        "direction": _one_of(DIRECTIONS),
        "caller": _text,
        "dialled": _text,
        "queue": _word,
        "answered_by": _word,
        "disposition": _word,
        "started_at": _stamp,
        "answered_at": _stamp,
        "ended_at": _stamp,
    },
}


def parse_event(raw: Any) -> Event | Rejected:
    """Return the entry as an event, or why it can never be one."""
    if not isinstance(raw, dict):
        return reject(raw, "the entry is not an object")
    try:
        kind = _kind(raw.get("type"))
        return Event(_call_id(raw), _seq(raw), kind, _field(raw, "at", parse_stamp), _data(kind, raw.get("data")))
    except _UnfitError as error:
        return reject(raw, str(error))


def reject(raw: Any, reason: str) -> Rejected:
    """Return the record of an entry that cannot be applied; equal entries have equal fingerprints."""
    known = raw if isinstance(raw, dict) else {}
    text = json.dumps(raw, sort_keys=True, default=str)
    seq, call_id = known.get("seq"), known.get("call_id")
    return Rejected(
        fingerprint=hashlib.sha256(text.encode()).hexdigest(),
        call_id=clean(call_id, CALL_ID_LIMIT) if isinstance(call_id, str) else None,
        seq=seq if isinstance(seq, int) and not isinstance(seq, bool) else None,
        reason=clean(reason, CALLER_LIMIT),
        raw=clean(text, RAW_LIMIT),
    )


def _field(raw: dict[Any, Any], name: str, reader: Reader) -> Any:
    try:
        return reader(raw.get(name))
    except _UnfitError as error:
        raise _UnfitError(f"{name} {error}") from None


def _kind(value: Any) -> CallEventType:
    try:
        return CallEventType(value)
    except ValueError:
        raise _UnfitError("type is not one of the call events") from None


def _call_id(raw: dict[Any, Any]) -> str:
    value = raw.get("call_id")
    if not is_call_id(value):
        raise _UnfitError(f"call_id is not plain text of 1 to {CALL_ID_LIMIT} characters")
    return str(value)


def _seq(raw: dict[Any, Any]) -> int:
    value = raw.get("seq")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < SEQ_LIMIT:
        raise _UnfitError("seq is not a whole number from 1")
    return value


def _data(kind: CallEventType, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _UnfitError("data is not an object")
    found: dict[str, Any] = clean_json(value)
    for spelled, reader in FIELDS[kind].items():
        name = spelled.removesuffix("!")
        if value.get(name) is not None:
            found[name] = _field(value, name, reader)
        elif spelled != name:
            raise _UnfitError(f"data.{name} is missing")
    if kind is CallEventType.RATED and (found.get("score") is not None) != (found["reason"] == PRESSED):
        raise _UnfitError(f"data.score is there if and only if data.reason is {PRESSED}")
    return found
