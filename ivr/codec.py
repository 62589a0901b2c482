"""Menu trees as plain data (what JSON and YAML parse to) and back; an error says where it is and what to do."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, assert_never

from ivr.tree import KEYS, Announcement, HangUp, Menu, Node, ToQueue, Tree

MAX_NODES = 500
MAX_SOUNDS = 20
MAX_WAIT_SECONDS = 30.0
MAX_ATTEMPTS = 5

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_SOUND = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*", re.ASCII)


class TreeError(ValueError):
    """Data that is no menu tree; the text says where, what and what to do."""

    def __init__(self, where: str, what: str, do: str) -> None:
        super().__init__(f"{where}: {what}; {do}")
        self.where, self.what, self.do = where, what, do


def tree_from_dict(data: object) -> Tree:
    """Read a tree from parsed JSON or YAML; raises TreeError for the first thing that is wrong."""
    top = _Fields(data, "menu")
    start = top.name("start")
    nodes = top.mapping("nodes")
    top.nothing_else()
    if len(nodes) > MAX_NODES:
        raise TreeError("menu.nodes", f"{len(nodes)} nodes", f"use at most {MAX_NODES}")
    read = {_name(name, "menu.nodes"): _node(value, f"menu.nodes.{name}") for name, value in nodes.items()}
    if start not in read:
        raise TreeError("menu.start", f"there is no node {start!r}", f"name one of {_some(read)}")
    return Tree(start, read)


def tree_to_dict(tree: Tree) -> dict[str, Any]:
    """Write a tree as data that `tree_from_dict` reads back to an equal tree."""
    return {"start": tree.start, "nodes": {name: _node_to_dict(node) for name, node in tree.nodes.items()}}


def _node_to_dict(node: Node) -> dict[str, Any]:
    match node:
        case Announcement():
            return {"kind": "announcement", "sounds": list(node.sounds), "next": node.next}
        case Menu():
            return _menu_to_dict(node)
        case ToQueue():
            return {"kind": "queue", "queue": node.queue, "priority": node.priority}
        case HangUp():
            return {"kind": "hang_up", "sounds": list(node.sounds)}
        case _:
            assert_never(node)


def _menu_to_dict(menu: Menu) -> dict[str, Any]:
    data = {
        "kind": "menu",
        "sounds": list(menu.sounds),
        "choices": dict(menu.choices),
        "wait_seconds": menu.wait_seconds,
        "attempts": menu.attempts,
        "on_failure": menu.on_failure,
    }
    optional = {"on_silence": menu.on_silence, "on_wrong_key": menu.on_wrong_key}
    return data | {name: target for name, target in optional.items() if target is not None}


def _node(data: object, where: str) -> Node:
    fields = _Fields(data, where)
    kind = fields.text("kind")
    reader = _READERS.get(kind)
    if reader is None:
        raise TreeError(f"{where}.kind", f"{kind[:40]!r} is not known", f"use one of {', '.join(_READERS)}")
    node = reader(fields)
    fields.nothing_else()
    return node


def _announcement(fields: "_Fields") -> Node:
    return Announcement(fields.sounds(), fields.name("next"))


def _menu(fields: "_Fields") -> Node:
    return Menu(
        sounds=fields.sounds(),
        choices=fields.choices(),
        wait_seconds=fields.number("wait_seconds", 3.0, 0.0, MAX_WAIT_SECONDS),
        attempts=int(fields.number("attempts", 2, 1, MAX_ATTEMPTS, whole=True)),
        on_failure=fields.name("on_failure"),
        on_silence=fields.name_or_none("on_silence"),
        on_wrong_key=fields.name_or_none("on_wrong_key"),
    )


def _to_queue(fields: "_Fields") -> Node:
    return ToQueue(fields.name("queue"), int(fields.number("priority", 0, -1000, 1000, whole=True)))


def _hang_up(fields: "_Fields") -> Node:
    return HangUp(fields.sounds())


_READERS: Mapping[str, Callable[["_Fields"], Node]] = {
    "announcement": _announcement,
    "menu": _menu,
    "queue": _to_queue,
    "hang_up": _hang_up,
}


class _Fields:
    """The fields of one mapping, taken one by one, so that what is left over is a mistake."""

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, Mapping):
            raise TreeError(where, f"this is {_kind(data)}", "give fields with their values")
        self._left = dict(data)
        self._where = where

    def nothing_else(self) -> None:
        """Raise for a field that nobody asked for: mostly a slip in its name."""
        if self._left:
            name = str(next(iter(self._left)))
            raise TreeError(f"{self._where}.{name[:40]}", "this field is not known", "correct its name or take it out")

    def _take(self, name: str) -> object:
        if name not in self._left:
            raise TreeError(self._where, f"the field {name!r} is missing", "add it")
        return self._left.pop(name)

    def text(self, name: str) -> str:
        """A field that is text."""
        value = self._take(name)
        if not isinstance(value, str):
            raise TreeError(f"{self._where}.{name}", f"this is {_kind(value)}", "give text (in quotes)")
        return value

    def name(self, name: str) -> str:
        """A field that names a node or a queue."""
        return _name(self._take(name), f"{self._where}.{name}")

    def name_or_none(self, name: str) -> str | None:
        """The same, or None where it is left out."""
        value = self._left.pop(name, None)
        return None if value is None else _name(value, f"{self._where}.{name}")

    def mapping(self, name: str) -> Mapping[object, object]:
        """A field with fields of its own."""
        value = self._take(name)
        if not isinstance(value, Mapping):
            raise TreeError(f"{self._where}.{name}", f"this is {_kind(value)}", "give names with their values")
        return value

    def number(self, name: str, default: float, low: float, high: float, *, whole: bool = False) -> float:
        """A number within its bounds, or the default where it is left out."""
        value = self._left.pop(name, default)
        where = f"{self._where}.{name}"
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise TreeError(where, f"this is {_kind(value)}", "give a number")
        if not low <= value <= high or (whole and value != int(value)):
            what = "a whole number" if whole else "a number"
            raise TreeError(where, f"{value} is out of bounds", f"give {what} from {low:g} to {high:g}")
        return float(value)

    def sounds(self) -> tuple[str, ...]:
        """The list of sounds; it may be left out."""
        value = self._left.pop("sounds", [])
        where = f"{self._where}.sounds"
        if not isinstance(value, list | tuple) or len(value) > MAX_SOUNDS:
            raise TreeError(where, f"this is {_kind(value)}", f"give a list of at most {MAX_SOUNDS} names")
        return tuple(_sound(sound, f"{where}[{place}]") for place, sound in enumerate(value))

    def choices(self) -> dict[str, str]:
        """Keys with their nodes; YAML reads a bare 1 as a number, which is meant as the key."""
        where = f"{self._where}.choices"
        choices: dict[str, str] = {}
        for raw, target in self.mapping("choices").items():
            key = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw
            if not isinstance(key, str) or len(key) != 1 or key not in KEYS:
                raise TreeError(where, f"{str(raw)[:40]!r} is not a key", "use one of 0-9, * and # (in quotes)")
            if key in choices:
                raise TreeError(where, f"the key {key} stands twice", "keep one")
            choices[key] = _name(target, f"{where}.{key}")
        return choices


def _name(value: object, where: str) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        shown = repr(value[:40]) if isinstance(value, str) else f"this ({_kind(value)})"
        raise TreeError(where, f"{shown} is not a name", "use up to 64 letters, digits, - and _ (in quotes)")
    return value


def _sound(value: object, where: str) -> str:
    if not isinstance(value, str) or len(value) > 200 or not _SOUND.fullmatch(value):  # noqa: PLR2004 - a path's length
        shown = repr(value[:40]) if isinstance(value, str) else f"this ({_kind(value)})"
        raise TreeError(where, f"{shown} is not a sound", "give a name such as hotline/greeting-12345, no extension")
    return value


def _kind(value: object) -> str:
    kinds = {type(None): "empty", str: "text", bool: "yes or no", list: "a list", dict: "a group of fields"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def _some(names: Mapping[str, Node]) -> str:
    return ", ".join(list(names)[:10]) or "the nodes (there are none yet)"
