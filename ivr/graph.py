"""Where nodes lead: the questions that the checks ask of a tree; the answers hold for trees with circles too."""

from collections.abc import Iterable, Mapping
from typing import assert_never

from ivr import tree as nodes
from ivr.tree import LINE, Tree

Ways = dict[str, str]
"""What makes a node lead somewhere (`key 1`, `on_failure`) -> the name of the next node."""


def targets(tree: Tree, name: str) -> Ways:
    """Where a node can lead; a way that is left out is the one that the interpreter takes instead."""
    node = tree.nodes.get(name)
    return {} if node is None else _ways(node)


def _ways(node: nodes.Node) -> Ways:  # noqa: C901, PLR0911, PLR0912 - one return a kind of node
    match node:
        case nodes.Announcement() | nodes.Greeting() | nodes.Setting():
            return {"next": node.next} | _optional(node)
        case nodes.Menu():
            return {f"key {key}": target for key, target in node.choices.items()} | _retried(node)
        case nodes.OpeningHours():
            return {"on_open": node.on_open, "on_closed": node.on_closed}
        case nodes.CallerLookUp():
            return {"on_unknown": node.on_unknown, "on_known": node.on_known} | _optional(node)
        case nodes.Collect():
            return {"next": node.next} | _retried(node)
        case nodes.CaseProgress():
            return {"next": node.next, "on_not_found": node.on_not_found, "on_failure": node.on_failure}
        case nodes.ReturnCall():
            return {"next": node.next, "on_declined": node.on_declined, "on_failure": node.on_failure}
        case nodes.Message():
            on_silence = node.on_silence or node.on_failure
            return {"next": node.next, "on_silence": on_silence, "on_failure": node.on_failure}
        case nodes.Transfer():
            return {"on_failure": node.on_failure}
        case nodes.IncidentNotice():
            return {"next": node.next, "on_registered": node.on_registered, "on_failure": node.on_failure}
        case nodes.Rating():
            return {"next": node.next}
        case nodes.ToQueue() | nodes.HangUp():
            return {}
        case _:
            assert_never(node)


def _optional(node: nodes.Announcement | nodes.Greeting | nodes.Setting | nodes.CallerLookUp) -> Ways:
    ways = {"on_failure": node.on_failure}
    if isinstance(node, nodes.CallerLookUp):
        ways["on_open_case"] = node.on_open_case
    return {way: target for way, target in ways.items() if target is not None}


def _retried(node: nodes.Menu | nodes.Collect) -> Ways:
    return {
        "on_silence": node.on_silence or node.on_failure,
        "on_wrong_key": node.on_wrong_key or node.on_failure,
        "on_failure": node.on_failure,
    }


def left_alone(tree: Tree, name: str) -> Ways:
    """Where a node leads a caller who chooses nothing."""
    node, ways = tree.nodes.get(name), targets(tree, name)
    match node:
        case nodes.Menu():
            return _retried(node)
        case nodes.Collect():
            return {way: target for way, target in ways.items() if way != "next"}
        case nodes.ReturnCall():
            return {way: target for way, target in ways.items() if way != "next"}
        case nodes.IncidentNotice():
            return {way: target for way, target in ways.items() if way != "on_registered"}
        case _:
            return ways


def reachable(tree: Tree, starts: Iterable[str]) -> set[str]:
    """The nodes that calls from `starts` can come to, those included; names without a node too."""
    seen: set[str] = set()
    todo = list(starts)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += targets(tree, name).values()
    return seen


def roots(tree: Tree) -> list[str]:
    """Where calls begin, and go on after the talk."""
    return [tree.start] if tree.after_talk is None else [tree.start, tree.after_talk]


def leading_to(tree: Tree, ends: Iterable[str]) -> set[str]:
    """The nodes from which calls can come to one of `ends`, those included."""
    before: dict[str, list[str]] = {}
    for name in tree.nodes:
        for target in targets(tree, name).values():
            before.setdefault(target, []).append(name)
    seen: set[str] = set()
    todo = list(ends)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += before.get(name, ())
    return seen


def menu_below(tree: Tree, name: str) -> str | None:
    """The nearest other menu that can follow a node."""
    seen = {name}
    row = [name]
    while row:
        row = list(dict.fromkeys(t for at in row for t in targets(tree, at).values() if t not in seen))
        if found := next((at for at in row if isinstance(tree.nodes.get(at), nodes.Menu)), None):
            return found
        seen.update(row)
    return None


def leads_to_person(tree: Tree, name: str, *, may_close: bool = False) -> bool:
    """Whether nothing but sounds and settings stand before a queue.

    Opening hours count only where `may_close`: then it is enough that the open way leads to a person and the
    closed one to a person, a message, a call back or a transfer.
    """
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        match tree.nodes.get(name):
            case nodes.Announcement(next=onward) | nodes.Greeting(next=onward) | nodes.Setting(next=onward):
                name = onward
            case nodes.IncidentNotice(next=onward):
                name = onward
            case nodes.OpeningHours() as hours if may_close and is_cared_for(tree, hours.on_closed):
                name = hours.on_open
            case node:
                return isinstance(node, nodes.ToQueue)
    return False


def is_cared_for(tree: Tree, name: str) -> bool:
    """Whether a citizen who is led here gets a person, or leaves a message, is called back or put through."""
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        match tree.nodes.get(name):
            case nodes.Announcement(next=onward) | nodes.Greeting(next=onward) | nodes.Setting(next=onward):
                name = onward
            case nodes.IncidentNotice(next=onward):
                name = onward
            case node:
                return isinstance(node, nodes.ToQueue | nodes.Message | nodes.ReturnCall | nodes.Transfer | nodes.Menu)
    return False


def without_service(tree: Tree) -> set[str]:
    """The nodes that a citizen can come to who has reached nobody and left nothing yet."""
    seen: set[str] = set()
    todo = [tree.start]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += [target for way, target in targets(tree, name).items() if way not in _serving(tree, name)]
    return seen


def _serving(tree: Tree, name: str) -> tuple[str, ...]:
    """The ways of a node that are taken only by a citizen who has got something there."""
    match tree.nodes.get(name):
        case nodes.Message() | nodes.ReturnCall():
            return ("next",)
        case nodes.IncidentNotice():
            return ("on_registered",)
        case _:
            return ()


def sounds_of(node: nodes.Node) -> tuple[str, ...]:
    """The sounds that a node names; those of the line, an incident and a case are known only in the call."""
    return tuple(sound for sound in _said(node) if sound != LINE)


def says_line(node: nodes.Node) -> bool:
    """Whether the line's greeting is among its sounds."""
    return LINE in _said(node)


def _said(node: nodes.Node) -> tuple[str, ...]:
    match node:
        case (
            nodes.OpeningHours()
            | nodes.CallerLookUp()
            | nodes.CaseProgress()
            | nodes.Setting()
            | nodes.ToQueue()
            | nodes.IncidentNotice()
        ):
            return ()
        case _:
            return node.sounds


def seconds_until_person(tree: Tree, lengths: Mapping[str, float]) -> tuple[float, str]:
    """The most seconds of sound until a queue, or the end of the first question that 0 answers; and the node there.

    The length of `LINE` is that of the line's greeting.
    """
    longest: dict[str, tuple[float, str]] = {}
    for name in _deepest_first(tree, tree.start):
        farther = max((longest[n] for n in _unasked(tree, name) if n in longest), default=(0.0, name))
        own = sum(lengths.get(sound, 0.0) for sound in _said(tree.nodes[name]))
        longest[name] = (own + farther[0], farther[1])
    return longest.get(tree.start, (0.0, tree.start))


def _unasked(tree: Tree, name: str) -> set[str]:
    """Where a node leads on without having asked for anything."""
    match tree.nodes.get(name):
        case nodes.IncidentNotice(next=onward):
            return {onward}
        case nodes.Announcement() | nodes.Greeting() | nodes.Setting() | nodes.OpeningHours() | nodes.CallerLookUp():
            return set(targets(tree, name).values())
        case _:
            return set()


def _deepest_first(tree: Tree, start: str) -> list[str]:
    """The nodes that come before a person is asked for or reached, each after those that follow it."""
    order: list[str] = []
    seen: set[str] = set()
    todo = [(start, False)]
    while todo:
        name, left = todo.pop()
        if left:
            order.append(name)
        elif name not in seen and name in tree.nodes:
            seen.add(name)
            todo += [(name, True), *((onward, False) for onward in _unasked(tree, name))]
    return order
