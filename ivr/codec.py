"""Menu trees as plain data (what JSON and YAML parse to) and back; an error says where it is and what to do."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from ivr import tree as tree_module
from ivr.fields import Fields, TreeError, name_of, some
from ivr.hours import Week
from ivr.hours_codec import week_to_dict
from ivr.tree import Node, Tree

__all__ = ["KINDS", "TreeError", "kind_of", "mistakes", "node_to_dict", "tree_from_dict", "tree_to_dict"]

MAX_NODES = 500
MAX_WAIT_SECONDS = 30.0
MAX_ATTEMPTS = 5
MAX_MESSAGE_SECONDS = 600


def tree_from_dict(data: object) -> Tree:
    """Read a tree from parsed JSON or YAML; raises TreeError for the first thing that is wrong."""
    tree, wrong = _read(data)
    if wrong:
        raise wrong[0]
    return tree


def mistakes(data: object) -> list[TreeError]:
    """Everything that keeps data from being a tree: at most one mistake a node, so that all are mended in one go."""
    try:
        return _read(data)[1]
    except TreeError as mistake:
        return [mistake]


def _read(data: object) -> tuple[Tree, list[TreeError]]:
    """The tree as far as it can be read, and what is wrong; raises TreeError where nothing can be read."""
    top = Fields(data, "menu")
    start = top.name("start")
    after_talk = None if top.empty("after_talk") else top.name("after_talk")
    nodes = top.mapping("nodes")
    top.nothing_else()
    if len(nodes) > MAX_NODES:
        raise TreeError("menu.nodes", f"{len(nodes)} nodes", f"use at most {MAX_NODES}")
    read: dict[str, Node] = {}
    wrong: list[TreeError] = []
    for name, value in nodes.items():
        try:
            named = name_of(name, "menu.nodes")
            read[named] = _node(value, f"menu.nodes.{named}")
        except TreeError as mistake:
            wrong.append(mistake)
    wrong += [
        TreeError(f"menu.{way}", f"there is no node {target!r}", f"name one of {some(read)}")
        for way, target in (("start", start), ("after_talk", after_talk))
        if target is not None and target not in nodes
    ]
    return Tree(start, read, after_talk), wrong


def tree_to_dict(tree: Tree) -> dict[str, Any]:
    """Write a tree as data that `tree_from_dict` reads back to an equal tree."""
    after = {} if tree.after_talk is None else {"after_talk": tree.after_talk}
    return {"start": tree.start, **after, "nodes": {name: node_to_dict(node) for name, node in tree.nodes.items()}}


KINDS: Mapping[str, type[Node]] = {
    "greeting": tree_module.Greeting,
    "announcement": tree_module.Announcement,
    "menu": tree_module.Menu,
    "hours": tree_module.OpeningHours,
    "caller_look_up": tree_module.CallerLookUp,
    "collect": tree_module.Collect,
    "progress": tree_module.CaseProgress,
    "set": tree_module.Setting,
    "queue": tree_module.ToQueue,
    "return_call": tree_module.ReturnCall,
    "message": tree_module.Message,
    "transfer": tree_module.Transfer,
    "incident": tree_module.IncidentNotice,
    "rating": tree_module.Rating,
    "hang_up": tree_module.HangUp,
}
_NAMES = {node: kind for kind, node in KINDS.items()}


def kind_of(node: Node) -> str:
    """A node's kind as files name it."""
    return _NAMES[type(node)]


def node_to_dict(node: Node) -> dict[str, Any]:
    """Write one node as data; a field that is None is left out."""
    values = {field.name: getattr(node, field.name) for field in dataclasses.fields(node)}
    written = {name: _written(value) for name, value in values.items() if value is not None}
    return {"kind": kind_of(node)} | written


def _written(value: object) -> object:
    """A field as JSON holds it."""
    if isinstance(value, Week):
        return week_to_dict(value)
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _node(data: object, where: str) -> Node:
    fields = Fields(data, where)
    kind = fields.text("kind")
    shape = KINDS.get(kind)
    if shape is None:
        raise TreeError(f"{where}.kind", f"{kind[:40]!r} is not known", f"use one of {', '.join(KINDS)}")
    values = {field.name: _value(shape, field, fields) for field in dataclasses.fields(shape)}
    fields.nothing_else()
    return shape(**values)


def _value(shape: type[Node], field: "dataclasses.Field[Any]", fields: Fields) -> Any:
    """One field of a node: its name says how it is read, its default whether it may be left out."""
    optional = field.default is not dataclasses.MISSING
    if optional and fields.empty(field.name):
        return field.default
    if shape is tree_module.Greeting and field.name == "sounds":
        return fields.greeting(field.name)
    return _READERS.get(field.name, Fields.name)(fields, field.name)


def _number(low: float, high: float) -> Callable[[Fields, str], Any]:
    return lambda fields, name: fields.number(name, low, high)


def _whole(low: int, high: int) -> Callable[[Fields, str], Any]:
    return lambda fields, name: fields.whole(name, low, high)


_READERS: Mapping[str, Callable[[Fields, str], Any]] = {
    "sounds": Fields.sounds,
    "choices": Fields.choices,
    "scores": Fields.scores,
    "weekly": Fields.week,
    "queue": Fields.queue,
    "early": Fields.yes_or_no,
    "language": Fields.language,
    "collects": lambda fields, name: fields.one_of(name, tree_module.COLLECTED),
    "wait_seconds": _number(0, MAX_WAIT_SECONDS),
    "attempts": _whole(1, MAX_ATTEMPTS),
    "priority": _whole(-1000, 1000),
    "seconds": _whole(1, MAX_MESSAGE_SECONDS),
    "min_digits": _whole(2, tree_module.MAX_DIGITS),
    "max_digits": _whole(2, tree_module.MAX_DIGITS),
}
"""How a field is read; one that is not named here holds the name of a node, a skill or a target."""
