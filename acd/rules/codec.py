"""Published JSON to the frozen rules of `acd.rules.policy`; what no office can mean is refused with a sentence."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from acd.messages import AgentConfiguration, QueueConfiguration
from acd.rules.policy import Need, Overflow, Profile, QueueRules, ReturnCalls, Returning
from acd.rules.telephones import line_endpoint
from ivr.hours import Week
from ivr.hours_codec import shown, week_from_dict

LONGEST = 86_400.0
LARGEST = 10_000
HIGHEST_LEVEL = 10
MOST_ATTEMPTS = 10
MOST = 100

T = TypeVar("T")


class RulesError(ValueError):
    """A queue or an agent as published cannot be followed; the text says what to change."""


def queue_rules(data: QueueConfiguration) -> QueueRules:
    """The rules of one queue; raises `RulesError`."""
    where = f"queue {shown(data.get('id'))}"
    return QueueRules(
        id=data["id"],
        name=data["name"],
        priority=_whole(where, data, "priority", 0),
        ring_seconds=data["ring_seconds"],
        needs=_each(where, data, "needs", _need),
        asked=_each(where, data, "asked", _need),
        overflow=_each(where, data, "overflow", _overflow),
        owner_seconds=_seconds(where, data, "owner_seconds", 0.0),
        county=_text(where, data, "county"),
        county_seconds=_seconds(where, data, "county_seconds", 0.0),
        hours=_hours(where, data.get("hours")),
        returning=_returning(where, data.get("returning")),
        return_calls=_return_calls(where, data.get("return_calls")),
        wrap_up_seconds=_seconds(where, data, "wrap_up_seconds", 0.0),
    )


def profile_of(data: AgentConfiguration) -> Profile:
    """What the matcher knows of an agent; raises `RulesError`."""
    where = f"agent {shown(data.get('id'))}"
    handicaps = _mapping(where, data.get("handicaps"), "handicaps")
    skills = _mapping(where, data.get("skills"), "skills")
    return Profile(
        queues=tuple((queue, _seconds(f"{where}, handicaps", handicaps, queue, 0.0)) for queue in data["queues"]),
        skills=tuple((skill, _level(f"{where}, skills", skills, skill)) for skill in sorted(skills)),
        county=_text(where, data, "county"),
    )


def line_of(data: AgentConfiguration) -> str | None:
    """The endpoint of a line seat, None for an agent with a phone; raises `RulesError`."""
    if data.get("seat", "phone") != "line":
        return None
    try:
        return line_endpoint(data.get("phone_number", ""), data.get("county", ""))
    except ValueError as error:
        raise RulesError(f"agent {shown(data.get('id'))}: {error}; give both") from None


def _need(where: str, data: Mapping[str, Any]) -> Need:
    return Need(_named(where, data, "skill"), _level(where, data, "level"), _moment(where, data, "until"))


def _overflow(where: str, data: Mapping[str, Any]) -> Overflow:
    waiting = None if data.get("waiting") is None else _whole(where, data, "waiting", 0)
    if waiting is not None and waiting < 1:
        raise RulesError(f"{where}: `waiting` must be 1 or more; leave it out where only time counts")
    return Overflow(
        _named(where, data, "to"), _moment(where, data, "after"), waiting, _seconds(where, data, "handicap", 0.0)
    )


def _returning(where: str, data: Any) -> Returning | None:
    if data is None:
        return None
    where = f"{where}, returning"
    data = _mapping(where, data, "returning")
    kinds = (_whole(where, data, kind, 0) for kind in ("cut_off", "abandoned", "called_back"))
    return Returning(60 * _seconds(where, data, "minutes", 10.0), *kinds)


def _return_calls(where: str, data: Any) -> ReturnCalls:
    where, plain = f"{where}, return_calls", ReturnCalls()
    data = _mapping(where, data, "return_calls")
    attempts = _whole(where, data, "attempts", plain.attempts)
    if not 0 <= attempts <= MOST_ATTEMPTS:
        raise RulesError(f"{where}: `attempts` must be from 0 to {MOST_ATTEMPTS}; citizens are not to be pestered")
    seconds = 60 * _seconds(where, data, "minutes", plain.seconds / 60)
    return ReturnCalls(seconds, attempts, _seconds(where, data, "every", plain.every))


def _hours(where: str, data: Any) -> Week | None:
    if data is None:
        return None
    try:
        return week_from_dict(_mapping(where, data, "hours"))
    except ValueError as error:
        raise RulesError(f"{where}, hours: {error}") from None


def _each(where: str, data: Mapping[str, Any], key: str, read: Callable[[str, Mapping[str, Any]], T]) -> tuple[T, ...]:
    found = data.get(key)
    if found is None:
        return ()
    if not isinstance(found, list) or len(found) > MOST:
        raise RulesError(f"{where}: `{key}` must be a list of at most {MOST}")
    return tuple(read(f"{where}, {key} {n}", _mapping(where, one, key)) for n, one in enumerate(found, start=1))


def _mapping(where: str, found: Any, key: str) -> Mapping[Any, Any]:
    if found is None:
        return {}
    if not isinstance(found, dict) or len(found) > MOST:
        raise RulesError(f"{where}: `{key}` must hold keys with values, at most {MOST}")
    return found


def _text(where: str, data: Mapping[str, Any], key: str) -> str:
    found = data.get(key) or ""
    if not isinstance(found, str):
        raise RulesError(f"{where}: `{key}` must be text")
    return found


def _named(where: str, data: Mapping[str, Any], key: str) -> str:
    found = _text(where, data, key)
    if not found:
        raise RulesError(f"{where}: `{key}` is missing; name one")
    return found


def _seconds(where: str, data: Mapping[str, Any], key: str, default: float) -> float:
    found = data.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= LONGEST:
        raise RulesError(f"{where}: {shown(key)} must be a number from 0 to {LONGEST:.0f}")
    return float(found)


def _moment(where: str, data: Mapping[str, Any], key: str) -> float | None:
    return None if data.get(key) is None else _seconds(where, data, key, 0.0)


def _whole(where: str, data: Mapping[str, Any], key: str, default: int) -> int:
    found = data.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int) or abs(found) > LARGEST:
        raise RulesError(f"{where}: `{key}` must be a whole number from {-LARGEST} to {LARGEST}")
    return found


def _level(where: str, data: Mapping[str, Any], key: str) -> int:
    found = data.get(key, 1)
    if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= HIGHEST_LEVEL:
        raise RulesError(f"{where}: {shown(key)} must be a level from 1 to {HIGHEST_LEVEL}")
    return found
