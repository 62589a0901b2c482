"""What is wrong with a menu before it is published: findings for a person to read; decides nothing."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from ivr.tree import KEYS, Announcement, HangUp, Menu, ToQueue, Tree

MAX_CHOICES = 5


class Severity(StrEnum):
    """An error keeps a menu from being published, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: the node, what it is, and what to do about it."""

    severity: Severity
    where: str
    what: str
    do: str


def check(tree: Tree, queues: Collection[str]) -> list[Finding]:
    """All findings of a tree against the ids of the queues that exist, errors first."""
    found = [
        *_unknown_targets(tree),
        *_unknown_queues(tree, queues),
        *_unreachable(tree),
        *_circles(tree),
        *_dead_ends(tree),
        *_menus(tree),
    ]
    return sorted(found, key=lambda finding: finding.severity is not Severity.ERROR)


def targets(tree: Tree, name: str) -> dict[str, str]:
    """Where a node can lead: what makes it go there (`key 1`, `on_failure`) -> the name of the next node."""
    node = tree.nodes.get(name)
    match node:
        case Announcement():
            return {"next": node.next}
        case Menu():
            return {f"key {key}": target for key, target in node.choices.items()} | _without_a_key(node)
        case ToQueue() | HangUp() | None:
            return {}
        case _:
            assert_never(node)


def _without_a_key(menu: Menu) -> dict[str, str]:
    return {
        "on_silence": menu.on_silence or menu.on_failure,
        "on_wrong_key": menu.on_wrong_key or menu.on_failure,
        "on_failure": menu.on_failure,
    }


def _left_alone(tree: Tree, name: str) -> dict[str, str]:
    """Where a node leads a caller who chooses nothing."""
    node = tree.nodes.get(name)
    return _without_a_key(node) if isinstance(node, Menu) else targets(tree, name)


def _reachable(tree: Tree, start: str) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += targets(tree, name).values()
    return seen


def _error(where: str, what: str, do: str) -> Finding:
    return Finding(Severity.ERROR, where, what, do)


def _unknown_targets(tree: Tree) -> Iterator[Finding]:
    if tree.start not in tree.nodes:
        yield _error("start", f"there is no node {tree.start!r}", "name a node that exists")
    for name in tree.nodes:
        for way, target in targets(tree, name).items():
            if target not in tree.nodes:
                yield _error(name, f"{way} leads to {target!r}, which does not exist", "add the node or lead elsewhere")


def _unknown_queues(tree: Tree, queues: Collection[str]) -> Iterator[Finding]:
    for name, node in tree.nodes.items():
        if isinstance(node, ToQueue) and node.queue not in queues:
            yield _error(name, f"there is no queue {node.queue!r}", "open the queue first or name another")


def _unreachable(tree: Tree) -> Iterator[Finding]:
    reached = _reachable(tree, tree.start)
    for name in tree.nodes:
        if name not in reached:
            yield Finding(Severity.WARNING, name, "no way leads here", "take it out or lead to it")


def _circles(tree: Tree) -> Iterator[Finding]:
    """A caller who presses nothing must not go round for ever."""
    for name in tree.nodes:
        todo, seen = list(_left_alone(tree, name).values()), set[str]()
        while todo:
            at = todo.pop()
            if at == name:
                yield _error(name, "a caller who presses nothing comes here again and again", "lead on to a queue")
                break
            if at not in seen:
                seen.add(at)
                todo += _left_alone(tree, at).values()


def _dead_ends(tree: Tree) -> Iterator[Finding]:
    """From every node that can be reached a person, or a deliberate end, can be reached."""
    for name in sorted(_reachable(tree, tree.start) & set(tree.nodes)):
        ways_out = [tree.nodes.get(n) for n in _reachable(tree, name)]
        if not any(isinstance(node, ToQueue | HangUp) for node in ways_out):
            yield _error(name, "nobody can be reached from here", "lead on to a queue")


def _menus(tree: Tree) -> Iterator[Finding]:
    for name, node in tree.nodes.items():
        if isinstance(node, Menu):
            yield from _one_menu(tree, name, node)


def _one_menu(tree: Tree, name: str, menu: Menu) -> Iterator[Finding]:
    if "0" not in menu.choices:
        yield _error(name, "0 does not lead to a person", "give the key 0 a queue")
    elif menu.choices["0"] in tree.nodes and not _leads_to_person(tree, menu.choices["0"]):
        yield _error(
            name, "0 does not lead straight to a person", "let the key 0 lead to a queue, sounds at most before"
        )
    for way, target in _without_a_key(menu).items():
        if target in tree.nodes and not _leads_to_person(tree, target):
            yield _error(name, f"{way} does not end with a person", f"let {way} lead to a queue")
    if bad := [key for key in menu.choices if len(key) != 1 or key not in KEYS]:
        yield _error(name, f"{bad[0][:20]!r} is not a key", "use 0-9, * and #")
    if len(menu.choices) > MAX_CHOICES:
        what = f"{len(menu.choices)} choices are more than a caller can keep in mind"
        yield Finding(Severity.WARNING, name, what, f"use at most {MAX_CHOICES}")
    if not menu.sounds:
        yield Finding(Severity.WARNING, name, "no sound says what the keys mean", "add a sound")
    if menu.attempts < 1 or menu.wait_seconds < 0:
        yield _error(name, "it is never played", "play it once at least, and wait 0 s or longer")
    deeper = sorted(n for n in _below(tree, name) if isinstance(tree.nodes.get(n), Menu) and n != name)
    if deeper:
        yield _error(name, f"a second menu follows: {deeper[0]}", "keep to one level")


def _leads_to_person(tree: Tree, name: str) -> bool:
    """Whether nothing but announcements stand before a queue."""
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        node = tree.nodes.get(name)
        if not isinstance(node, Announcement):
            return isinstance(node, ToQueue)
        name = node.next
    return False


def _below(tree: Tree, name: str) -> set[str]:
    return set[str]().union(*(_reachable(tree, target) for target in targets(tree, name).values()))
