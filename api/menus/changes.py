"""What changed between two trees as a table; `ivr.difference` tells the same in sentences; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ivr.codec import tree_to_dict
from ivr.tree import Tree

NOTHING: Final = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: a node, or a field of one (`menu.choices.3`); None stands for what is not there."""

    where: str
    before: str | None
    after: str | None


def changes(old: Tree, new: Tree) -> list[Change]:
    """Return the changes from the old tree to the new one, where calls begin first, then by node."""
    before, after = tree_to_dict(old), tree_to_dict(new)
    old_nodes, new_nodes = before["nodes"], after["nodes"]
    found = [
        *(change for way in ("start", "after_talk") for change in _changed(way, before.get(way), after.get(way))),
        *(change for name in sorted({*old_nodes, *new_nodes}) for change in _node(name, old_nodes, new_nodes)),
    ]
    return [change for change in found if change.before != change.after]


def _node(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """A node that stays of its kind is compared field by field, any other one is told whole."""
    before, after = old.get(name), new.get(name)
    if before is None or after is None or before["kind"] != after["kind"]:
        yield from _changed(name, before, after)
        return
    for field in dict.fromkeys([*before, *after]):
        one, other = before.get(field), after.get(field)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            for key in sorted({*one, *other}):
                yield from _changed(f"{name}.{field}.{key}", one.get(key), other.get(key))
        else:
            yield from _changed(f"{name}.{field}", one, other)


def _changed(where: str, before: Any, after: Any) -> Iterator[Change]:
    if before != after:
        yield Change(where, _shown(before), _shown(after))


def _shown(value: Any) -> str | None:
    """A value as people read it: `menu, sounds: hotline/a, choices: 0 = city, 1 = linhe`."""
    match value:
        case None | "":
            return None
        case {"kind": kind, **fields}:
            told = (f"{name}: {_shown(item)}" for name, item in fields.items() if item not in ([], {}))
            return ", ".join([str(kind), *told])
        case dict():
            return ", ".join(f"{key} = {_shown(item)}" for key, item in value.items()) or NOTHING
        case list():
            return ", ".join(map(str, value)) or NOTHING
        case float():
            return f"{value:g}"
        case _:
            return str(value)
