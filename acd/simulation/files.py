"""Texts of an office: a recorded day (CSV) and its queues (YAML); refused with the line or key that is wrong."""

import csv
import datetime as dt
import io
import math
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from acd.messages import AgentConfiguration, QueueConfiguration
from acd.rules.codec import RulesError, profile_of, queue_rules
from acd.rules.policy import NO_RULE_SECONDS
from acd.simulation.scenario import LARGEST, Group, Queue, ScenarioError

Recorded = tuple[tuple[float, str | None], ...]
QUEUE_ROUTING = frozenset({"needs", "asked", "overflow", "county", "county_seconds"})
GROUP_ROUTING = frozenset({"skills", "handicaps", "county"})
QUEUE_KEYS = frozenset({"share", "handle", "patience", "priority", "asks"}) | QUEUE_ROUTING
GROUP_KEYS = frozenset({"count", "queues"}) | GROUP_ROUTING


def recorded_day(text: str) -> Recorded:
    """The calls of a CSV text, in order: `time[,queue]` a line, with or without a line of titles.

    Times are seconds since the beginning, or ISO 8601; these count from midnight of the day of the first call.
    """
    rows = _rows(text.removeprefix("\ufeff"))
    if rows and _moment(rows[0][1][0]) is None:
        rows = rows[1:]
    if not rows:
        raise ScenarioError("the recorded day holds no call: one line each is expected, `seconds[,queue]`")
    moments = [(_required(n, row), (row[1].strip() or None) if len(row) > 1 else None) for n, row in rows]
    return _offsets(moments)


def _rows(text: str) -> list[tuple[int, list[str]]]:
    lines = csv.reader(io.StringIO(text))
    try:
        return [(lines.line_num, row) for row in lines if any(row)]
    except csv.Error as error:
        raise ScenarioError(f"line {lines.line_num} of the recorded day is not CSV: {error}") from None


def _required(line: int, row: list[str]) -> float | dt.datetime:
    moment = _moment(row[0])
    if moment is None:
        raise ScenarioError(f"line {line} of the recorded day: {row[0][:40]!r} is neither seconds nor an ISO 8601 time")
    return moment


def _moment(text: str) -> float | dt.datetime | None:
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        return seconds if 0 <= seconds < math.inf else None
    try:
        return dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def _offsets(moments: list[tuple[float | dt.datetime, str | None]]) -> Recorded:
    seconds = [(m, queue) for m, queue in moments if isinstance(m, float)]
    times = [(m, queue) for m, queue in moments if isinstance(m, dt.datetime)]
    if (seconds and times) or len({m.tzinfo is None for m, _ in times}) > 1:
        raise ScenarioError("the recorded day mixes seconds, times with an offset and times without: use one kind")
    if times:
        midnight = min(m for m, _ in times).replace(hour=0, minute=0, second=0, microsecond=0)
        seconds = [((m - midnight).total_seconds(), queue) for m, queue in times]
    return tuple(sorted(seconds, key=lambda call: call[0]))


def hall_plan(text: str, *, handle_s: float, patience_s: float) -> tuple[tuple[Queue, ...], tuple[Group, ...]]:
    """The queues and groups of agents of a YAML text; the arguments fill in what a queue does not say.

    The text has the form::

        queues:
          city:  {share: 0.8, asks: {mongolian: 0.05}, asked: [{skill: mongolian, level: 2, until: 20}]}
          linhe: {share: 0.2, handle: 240, patience: 90, priority: 1, overflow: [{to: city, after: 20}]}
        agents:
          - {queues: [city], count: 24, skills: {mongolian: 3}}
          - {queues: [linhe, city], handicaps: {city: 30}, county: linhe}      # sized by --agents or --find

    `asks` are the shares of a queue's callers who ask for a skill; the other keys are those of the configuration.
    """
    try:
        plan = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ScenarioError(f"the file of queues is not YAML: {' '.join(str(error).split())}") from None
    plan = _mapping("the file of queues", plan, frozenset({"queues", "agents"}))
    queues = _mapping("queues", plan.get("queues"), None)
    groups = plan.get("agents")
    if not queues or not isinstance(groups, list) or not groups:
        raise ScenarioError("the file of queues needs `queues:` and `agents:`, a list of groups")
    return (
        tuple(_queue(str(name), spec, handle_s, patience_s) for name, spec in queues.items()),
        tuple(_group(n, spec) for n, spec in enumerate(groups, start=1)),
    )


def _queue(name: str, spec: Any, handle_s: float, patience_s: float) -> Queue:
    where = f"queue {name[:40]}"
    spec = _mapping(where, spec, QUEUE_KEYS)
    asks = _mapping(f"{where}, asks", spec.get("asks", {}), None)
    routing = {key: spec[key] for key in spec if key in QUEUE_ROUTING}
    plain: QueueConfiguration = {"id": name, "name": name, "priority": 0, "ring_seconds": NO_RULE_SECONDS}
    _followed(queue_rules, {**plain, **routing})
    return Queue(
        name,
        share=_number(where, spec, "share", None),
        handle_s=_number(where, spec, "handle", handle_s),
        patience_s=_number(where, spec, "patience", patience_s),
        priority=_whole(where, spec, "priority", 0),
        asks=tuple((str(skill), _number(where, asks, skill, None)) for skill in asks),
        routing=routing,
    )


def _group(n: int, spec: Any) -> Group:
    where = f"group {n} of agents"
    spec = _mapping(where, spec, GROUP_KEYS)
    queues = spec.get("queues")
    if not isinstance(queues, list) or not all(isinstance(q, str) for q in queues):
        raise ScenarioError(f"{where}: `queues` must be a list of names")
    routing = {key: spec[key] for key in spec if key in GROUP_ROUTING}
    plain: AgentConfiguration = {"id": str(n), "name": "", "extension": "", "queues": queues, "role": "agent"}
    _followed(profile_of, {**plain, **routing})
    count = None if "count" not in spec else _whole(where, spec, "count", None)
    return Group(tuple(queues), count, routing)


def _followed(read: Callable[[Any], object], data: Mapping[str, Any]) -> None:
    """The rules that route real calls must be able to read it."""
    try:
        read(data)
    except RulesError as error:
        raise ScenarioError(f"in the file of queues, {error}") from None


def _mapping(where: str, found: Any, allowed: frozenset[str] | None) -> dict[Any, Any]:
    if not isinstance(found, dict):
        raise ScenarioError(f"{where}: keys with values are expected")
    strange = [str(key)[:40] for key in found if allowed is not None and key not in allowed]
    if strange and allowed is not None:
        known = ", ".join(sorted(allowed))
        raise ScenarioError(f"{where}: {', '.join(strange)} cannot be simulated (keys: {known})")
    return found


def _number(where: str, spec: dict[Any, Any], key: str, default: float | None) -> float:
    found = spec.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise ScenarioError(f"{where}: `{key}` must be a number")
    try:
        number = float(found)
    except OverflowError:
        number = math.inf
    if math.isnan(number):
        raise ScenarioError(f"{where}: `{key}` must be a number")
    return number


def _whole(where: str, spec: dict[Any, Any], key: str, default: int | None) -> int:
    found = spec.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int) or abs(found) > LARGEST:
        raise ScenarioError(f"{where}: `{key}` must be a whole number, at most {LARGEST}")
    return found
