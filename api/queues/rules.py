"""What keeps rules of distribution from being stored: `acd.rules.codec` refuses them, or they name nobody; pure."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar, cast

from acd.messages import AgentConfiguration, QueueConfiguration
from acd.rules.codec import RulesError, line_of, profile_of, queue_rules
from api.core.fields import finding
from ivr.hours_codec import week_from_dict, week_to_dict

Finding = dict[str, str]
Configured = TypeVar("Configured", QueueConfiguration, AgentConfiguration)


def rules_findings(queue_id: str, rules: Mapping[str, Any], queues: Collection[str]) -> list[Finding]:
    """Return all that is wrong with the rules of a queue, where `queues` are those that exist."""
    plain = QueueConfiguration(id=queue_id, name="", priority=0, ring_seconds=20)
    return [*_refused(plain, rules, queue_rules, "rules."), *_overflows(queue_id, rules, queues)]


def routing_findings(agent_id: str, routing: Mapping[str, Any], queues: Collection[str]) -> list[Finding]:
    """Return all that is wrong with how an agent is found, where `queues` are those that exist."""
    serves: list[str] = routing["queues"]
    plain = AgentConfiguration(id=agent_id, name="", extension="", queues=serves, role="")
    wanted = {name: routing[name] for name in ("skills", "handicaps", "county")}
    idle = sorted(set(routing["handicaps"]) - set(serves))
    do = "give a handicap for queues that the agent serves only"
    return [
        *_named_once("queues", serves, queues),
        *(finding(f"handicaps.{queue}", f"the agent does not serve {queue}", do) for queue in idle),
        *_refused(plain, wanted, profile_of, ""),
        *_line_findings(plain, routing),
    ]


def _line_findings(plain: AgentConfiguration, routing: Mapping[str, Any]) -> list[Finding]:
    """A line seat has a number and a county, together; a phone has no number."""
    if routing.get("seat") != "line":
        do = "leave it out, or make it a line seat"
        return [finding("phone_number", "only a line seat has a number", do)] if routing.get("phone_number") else []
    seat = {"seat": "line", "phone_number": routing.get("phone_number") or "", "county": routing["county"]}
    try:
        line_of(cast("AgentConfiguration", {**plain, **seat}))
    except RulesError:
        return [finding("seat", "a line seat needs `phone_number` and `county`", "give both, or make it a phone")]
    return []


def normal_rules(rules: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the rules as they are stored, hours day by day; to be called for rules without findings."""
    if "hours" not in rules:
        return dict(rules) or None
    return {**rules, "hours": week_to_dict(week_from_dict(rules["hours"]))}


def _refused(
    plain: Configured, wanted: Mapping[str, Any], read: Callable[[Configured], object], where: str
) -> list[Finding]:
    """Each part of each field is read by itself, because reading stops at the first that is wrong."""
    found: list[Finding] = []
    for name, value in wanted.items():
        at = f"{where}{name}"
        parts = [_told(plain, f"{at}.{place}", name, part, read) for place, part in _parts(value)]
        whole = _told(plain, at, name, value, read)
        found += [part for part in parts if part] or ([whole] if whole else [])
    return found


def _parts(value: Any) -> Iterable[tuple[object, Any]]:
    """What a field is made of, each with its place: rows of a list by number from 0, others by name."""
    if isinstance(value, list):
        return ((place, [part]) for place, part in enumerate(value))
    return ((key, {key: part}) for key, part in value.items()) if isinstance(value, dict) else ()


def _told(plain: Configured, where: str, name: str, value: Any, read: Callable[[Configured], object]) -> Finding | None:
    try:
        read(cast("Configured", {**plain, name: value}))
    except RulesError as error:
        # It begins with the place, which the finding names in its own way.
        what, _, do = str(error).partition(": ")[2].partition("; ")
        return finding(where, what, do or "correct it")
    return None


def _overflows(queue_id: str, rules: Mapping[str, Any], queues: Collection[str]) -> list[Finding]:
    helping = [overflow["to"] for overflow in rules.get("overflow", [])]
    found = _named_once("rules.overflow", helping, queues)
    own = [place for place, queue in enumerate(helping) if queue == queue_id]
    itself = f"{queue_id} flows over to itself"
    return [*found, *(finding(f"rules.overflow.{place}", itself, "name another queue") for place in own)]


def _named_once(where: str, named: list[str], queues: Collection[str]) -> list[Finding]:
    do = f"use one of {', '.join(sorted(queues))}"
    rows = list(enumerate(named))
    return [
        *(finding(f"{where}.{n}", f"there is no queue {one}", do) for n, one in rows if one not in queues),
        *(
            finding(f"{where}.{n}", f"{one} stands more than once", "keep one of them")
            for n, one in rows
            if one in named[:n]
        ),
    ]
