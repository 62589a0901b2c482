"""What changed from one tree to another, as lines for the person who approves it."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from ivr.codec import kind_of, node_to_dict
from ivr.tree import Node, Tree

_KEYED = {"choices": "leads to", "scores": "gives"}
_LISTED = {"sounds": "sound"}
_WAYS = {"next", "on_failure", "on_silence", "on_wrong_key", "on_open", "on_closed", "on_known", "on_unknown"}
_WAYS |= {"on_open_case", "on_not_found", "on_declined", "on_registered"}


def difference(old: Tree, new: Tree) -> list[str]:
    """Lines such as `menu: key 2 now leads to pingyuan (was linhe)`; none for equal trees.

    Where calls begin comes first, then what was taken out, then the nodes in the new tree's order.
    """
    return [
        *_begin("calls begin", old.start, new.start),
        *_begin("after the talk calls go on", old.after_talk, new.after_talk),
        *(f"node {name} taken out: {_told(node)}" for name, node in old.nodes.items() if name not in new.nodes),
        *(line for name, node in new.nodes.items() for line in _node(name, old.nodes.get(name), node)),
    ]


def _begin(what: str, old: str | None, new: str | None) -> Iterator[str]:
    if old != new:
        yield f"{what} at {new or 'no node'} (was {old or 'no node'})"


def _node(name: str, old: Node | None, new: Node) -> Iterator[str]:
    if old is None:
        yield f"node {name} added: {_told(new)}"
    elif kind_of(old) != kind_of(new):
        yield f"{name}: now {_told(new)} (was {_told(old)})"
    else:
        before, after = node_to_dict(old), node_to_dict(new)
        for field in dataclasses.fields(new):
            yield from _field(name, field.name, before.get(field.name), after.get(field.name))


def _field(node: str, field: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if field in _KEYED:
        yield from _keys(node, _KEYED[field], old, new)
    elif field in _LISTED:
        yield f"{node}: {_LISTED[field]} {_shown(old)} -> {_shown(new)}"
    elif field == "weekly":
        yield from _week(node, old, new)
    elif field in _WAYS:
        yield f"{node}: {field} now leads to {new or 'no node of its own'} (was {old or 'no node of its own'})"
    else:
        yield f"{node}: {field} {_shown(old)} -> {_shown(new)}"


def _keys(node: str, verb: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(old.keys() | new.keys()):
        if key not in new:
            yield f"{node}: key {key} taken out (was {old[key]})"
        elif key not in old:
            yield f"{node}: key {key} added, {verb} {new[key]}"
        elif old[key] != new[key]:
            yield f"{node}: key {key} now {verb} {new[key]} (was {old[key]})"


def _week(node: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Iterator[str]:
    """Day by day, where both have hours of their own."""
    if old is None or new is None:
        yield f"{node}: hours {_hours(old)} -> {_hours(new)}"
        return
    for day in [*new, *(day for day in old if day not in new)]:
        if old.get(day) != new.get(day):
            yield f"{node}: hours of {day} {_periods(day, old)} -> {_periods(day, new)}"


def _hours(week: Mapping[str, Any] | None) -> str:
    if week is None:
        return "those of the line"
    return "; ".join(f"{day} {_periods(day, week)}" for day in week) or "never open"


def _periods(day: str, week: Mapping[str, Any]) -> str:
    """The periods of a day; a make-up day without its own is like a Monday."""
    if day not in week and day == "makeup":
        return "as Monday"
    return ", ".join(week.get(day, ())) or "closed"


def _told(node: Node) -> str:
    """A node in one line: its kind and what it has of its own."""
    return ", ".join([kind_of(node), *_parts(node)])


def _parts(node: Node) -> Iterator[str]:
    for field, value in node_to_dict(node).items():
        match field:
            case "kind":
                continue
            case "sounds":
                yield f"says {_shown(value)}"
            case "choices" | "scores":
                yield from (f"key {key} {_KEYED[field]} {target}" for key, target in value.items())
            case "weekly":
                yield f"hours {_hours(value)}"
            case _ if field in _WAYS:
                yield f"{field} leads to {value}"
            case _:
                yield f"{field} {_shown(value)}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
