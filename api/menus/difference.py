"""What changed between two trees, as lines that an approver reads; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ivr.codec import tree_to_dict
from ivr.tree import Tree

NOTHING: Final = "nothing"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: a node, or a field of one (`menu.choices.3`); None stands for what is not there."""

    where: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.where} is new: {self.after}"
        if self.after is None:
            return f"{self.where} is taken out; it was: {self.before}"
        return f"{self.where}: {self.before} -> {self.after}"


def difference(old: Tree | None, new: Tree) -> list[Change]:
    """Return the changes from the old tree (None: there was none) to the new one, the start first, then by node."""
    before = tree_to_dict(old) if old is not None else {"nodes": {}}
    after = tree_to_dict(new)
    found: list[Change] = []
    for way in ("start", "after_talk"):
        found += _changed(way, before.get(way), after.get(way))
    old_nodes, new_nodes = before["nodes"], after["nodes"]
    for name in sorted({*old_nodes, *new_nodes}):
        found += _node(name, old_nodes.get(name), new_nodes.get(name))
    return found


def _node(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Iterator[Change]:
    """A node that stays of its kind is compared field by field, any other one is told whole."""
    if before is None or after is None or before["kind"] != after["kind"]:
        yield from _changed(name, before, after)
        return
    for field in dict.fromkeys([*before, *after]):
        old, new = before.get(field), after.get(field)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            for key in sorted({*old, *new}):
                yield from _changed(f"{name}.{field}.{key}", old.get(key), new.get(key))
        else:
            yield from _changed(f"{name}.{field}", old, new)


def _changed(where: str, before: Any, after: Any) -> Iterator[Change]:
    if before != after:
        yield Change(where, _shown(before), _shown(after))


def _shown(value: Any) -> str | None:
    """A value as people read it: `menu, sounds: hotline/a, choices: 0 = city, 1 = linhe`."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return _group(value)
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _group(value: Mapping[str, Any]) -> str:
    if "kind" in value:
        fields = [f"{name}: {_shown(item)}" for name, item in value.items() if name != "kind" and item not in ([], {})]
        return ", ".join([str(value["kind"]), *fields])
    return ", ".join(f"{key} = {_shown(item)}" for key, item in value.items()) or NOTHING
