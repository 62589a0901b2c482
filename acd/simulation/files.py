"""Texts of an office: a recorded day (CSV) and its queues (YAML); refused with the line or key that is wrong."""

import csv
import datetime as dt
import io
import math
from typing import Any

import yaml

from acd.simulation.scenario import LARGEST, Group, Queue, ScenarioError

Recorded = tuple[tuple[float, str | None], ...]
QUEUE_KEYS = frozenset({"share", "handle", "patience", "priority"})
GROUP_KEYS = frozenset({"count", "queues"})
_LATER = "the rules know an agent's queues and a queue's priority so far"


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
          city:  {share: 0.8}
          linhe: {share: 0.2, handle: 240, patience: 90, priority: 1}
        agents:
          - {queues: [city], count: 24}
          - {queues: [linhe, city]}        # sized by --agents or --find
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
    return Queue(
        name,
        share=_number(where, spec, "share", None),
        handle_s=_number(where, spec, "handle", handle_s),
        patience_s=_number(where, spec, "patience", patience_s),
        priority=_whole(where, spec, "priority", 0),
    )


def _group(n: int, spec: Any) -> Group:
    where = f"group {n} of agents"
    spec = _mapping(where, spec, GROUP_KEYS)
    queues = spec.get("queues")
    if not isinstance(queues, list) or not all(isinstance(q, str) for q in queues):
        raise ScenarioError(f"{where}: `queues` must be a list of names")
    if "count" not in spec:
        return Group(tuple(queues))
    return Group(tuple(queues), _whole(where, spec, "count", None))


def _mapping(where: str, found: Any, allowed: frozenset[str] | None) -> dict[Any, Any]:
    if not isinstance(found, dict):
        raise ScenarioError(f"{where}: keys with values are expected")
    strange = [str(key)[:40] for key in found if allowed is not None and key not in allowed]
    if strange and allowed is not None:
        known = ", ".join(sorted(allowed))
        raise ScenarioError(f"{where}: {', '.join(strange)} cannot be simulated: {_LATER} (keys: {known})")
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
