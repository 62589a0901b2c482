"""What is wrong with a menu before it is published: findings for a person to read; decides nothing."""

from collections.abc import Collection, Iterator, Mapping

from ivr import graph
from ivr import tree as nodes
from ivr.findings import Finding, Severity, error, warning
from ivr.graph import leads_to_person, left_alone, reachable, roots, targets
from ivr.hours import DAY_MINUTES, Gap, Week, gaps
from ivr.speech import Sound, greeting_findings, sound_findings
from ivr.state import MAX_MISSES, Line
from ivr.tree import COLLECTED, KEYS, LINE, PERSON_KEY, Tree

__all__ = ["Finding", "Severity", "Sound", "check", "check_line", "check_numbers", "targets"]

MAX_CHOICES = 5
MAX_SLIP_MINUTES = 30
"""A closed stretch up to this long between open ones is more likely a slip (23:59) than a pause."""


def check(
    tree: Tree,
    queues: Collection[str] | None,
    *,
    sounds: Mapping[str, Sound] | None = None,
    tested: Collection[str] | None = None,
    lines: Collection[Line] = (),
) -> list[Finding]:
    """All findings of a tree, errors first.

    Against the ids of the queues that exist, the sounds that are known, and the transfer targets that answered a test;
    what is None is not checked. `lines` are those that the tree serves: the longest of their greetings counts.
    """
    found = [
        *_unknown_targets(tree),
        *([] if queues is None else _unknown_queues(tree, queues)),
        *_unreachable(tree),
        *_circles(tree),
        *_dead_ends(tree),
        *_ends_without_service(tree),
        *_ways_out(tree),
        *_nodes(tree, tested),
        *_asked_before(tree),
        *([] if sounds is None else sound_findings(tree, sounds, [line.greeting for line in lines])),
    ]
    return sorted(found, key=lambda finding: finding.severity is not Severity.ERROR)


def check_line(number: str, line: Line, *, sounds: Mapping[str, Sound] | None = None) -> list[Finding]:
    """All findings of what belongs to one dialled number, errors first."""
    found = [
        *([] if sounds is None else greeting_findings(number, line.greeting, sounds)),
        *([] if line.hours is None else _week(number, line.hours)),
    ]
    return sorted(found, key=lambda finding: finding.severity is not Severity.ERROR)


def check_numbers(numbers: Mapping[str, str | None], trees: Collection[str]) -> list[Finding]:
    """Dialled numbers against the names of the trees that exist."""
    return [
        error(number, "the number has no tree" if name is None else f"there is no tree {name!r}", "give it a tree")
        for number, name in numbers.items()
        if name not in trees
    ]


def _unknown_targets(tree: Tree) -> Iterator[Finding]:
    for way, start in zip(("start", "after_talk"), roots(tree), strict=False):
        if start not in tree.nodes:
            yield error(way, f"there is no node {start!r}", "name a node that exists")
    for name in tree.nodes:
        for way, target in targets(tree, name).items():
            if target not in tree.nodes:
                yield error(name, f"{way} leads to {target!r}, which does not exist", "add the node or lead elsewhere")


def _unknown_queues(tree: Tree, queues: Collection[str]) -> Iterator[Finding]:
    for name, node in tree.nodes.items():
        if isinstance(node, nodes.ToQueue | nodes.ReturnCall) and node.queue not in {*queues, LINE}:
            yield error(name, f"there is no queue {node.queue!r}", "open the queue first or name another")


def _unreachable(tree: Tree) -> Iterator[Finding]:
    reached = reachable(tree, roots(tree))
    for name in tree.nodes:
        if name not in reached:
            yield warning(name, "no way leads here", "take it out or lead to it")


def _circles(tree: Tree) -> Iterator[Finding]:
    """A caller who presses nothing must not go round for ever."""
    for name in tree.nodes:
        todo, seen = list(left_alone(tree, name).values()), set[str]()
        while todo:
            at = todo.pop()
            if at == name:
                yield error(name, "a caller who presses nothing comes here again and again", "lead on to a queue")
                break
            if at not in seen:
                seen.add(at)
                todo += left_alone(tree, at).values()


def _dead_ends(tree: Tree) -> Iterator[Finding]:
    """From every node that can be reached a person, or a deliberate end, can be reached."""
    ends = nodes.ToQueue | nodes.HangUp | nodes.Transfer
    able = graph.leading_to(tree, [name for name, node in tree.nodes.items() if isinstance(node, ends)])
    for name in sorted(reachable(tree, roots(tree)) & set(tree.nodes)):
        if name not in able:
            yield error(name, "nobody can be reached from here", "lead on to a queue")


def _ends_without_service(tree: Tree) -> Iterator[Finding]:
    for name in sorted(graph.without_service(tree)):
        match tree.nodes.get(name):
            case nodes.HangUp():
                what = "the call can end here before the citizen has reached anybody or left anything"
                yield error(name, what, "lead on to a queue, or let a message or a call back come first")
            case nodes.Rating():
                yield error(name, "a rating is asked for before the talk", "lead to it by after_talk only")


def _ways_out(tree: Tree) -> Iterator[Finding]:
    """Whatever goes wrong at a node leads to a person; by opening hours only where nothing has failed."""
    for name in tree.nodes:
        ways = targets(tree, name)
        for way in ("on_silence", "on_wrong_key", "on_failure", "on_declined"):
            target = ways.get(way)
            if target in tree.nodes and not leads_to_person(tree, target or "", may_close=way != "on_failure"):
                yield error(name, f"{way} does not end with a person", f"let {way} lead to a queue")


def _nodes(tree: Tree, tested: Collection[str] | None) -> Iterator[Finding]:
    for name, node in tree.nodes.items():
        match node:
            case nodes.Menu():
                yield from _menu(tree, name, node)
            case nodes.OpeningHours():
                yield from _hours(tree, name, node)
            case nodes.Collect() if not nodes.MAX_DIGITS >= node.max_digits >= node.min_digits > 1:
                what = f"a number of {node.min_digits} to {node.max_digits} digits cannot be typed"
                yield error(name, what, f"let 2 <= min_digits <= max_digits <= {nodes.MAX_DIGITS}")
            case nodes.Transfer() if tested is not None and node.target not in tested:
                what = f"the target {node.target!r} has not answered a test"
                yield error(name, what, "place a test call to it, or name another")
            case nodes.Rating() if not node.scores:
                yield error(name, "no key gives a score", "give keys their scores")
        yield from _asking(name, node)


def _asking(name: str, node: nodes.Node) -> Iterator[Finding]:
    """What holds for every node that waits for keys."""
    if not isinstance(node, nodes.Menu | nodes.Collect | nodes.Message | nodes.Rating | nodes.ReturnCall):
        return
    if not node.sounds:
        yield warning(name, "no sound says what the keys mean", "add a sound")
    if getattr(node, "attempts", 1) < 1 or getattr(node, "wait_seconds", 0) < 0:
        yield error(name, "it is never played", "play it once at least, and wait 0 s or longer")
    if getattr(node, "attempts", 1) > MAX_MISSES:
        yield warning(name, f"more than {MAX_MISSES} attempts are never made", f"give at most {MAX_MISSES}")


def _menu(tree: Tree, name: str, menu: nodes.Menu) -> Iterator[Finding]:
    if PERSON_KEY not in menu.choices:
        yield error(name, "0 does not lead to a person", "give the key 0 a queue")
    elif menu.choices[PERSON_KEY] in tree.nodes and not leads_to_person(tree, menu.choices[PERSON_KEY], may_close=True):
        yield error(
            name, "0 does not lead straight to a person", "let the key 0 lead to a queue, sounds at most before"
        )
    if bad := [key for key in menu.choices if len(key) != 1 or key not in KEYS]:
        yield error(name, f"{bad[0][:20]!r} is not a key", "use 0-9, * and #")
    if len(menu.choices) > MAX_CHOICES:
        what = f"{len(menu.choices)} choices are more than a caller can keep in mind"
        yield warning(name, what, f"use at most {MAX_CHOICES}")
    if (deeper := graph.menu_below(tree, name)) is not None:
        yield error(name, f"a second menu follows: {deeper}", "keep to one level")


def _hours(tree: Tree, name: str, node: nodes.OpeningHours) -> Iterator[Finding]:
    if node.weekly is not None:
        yield from _week(name, node.weekly)
    when = "when the line is closed" if node.weekly is None else _closed(node.weekly)
    if when and not graph.is_cared_for(tree, node.on_closed):
        what = f"the hours leave a gap: {when} nobody answers and nothing can be left"
        yield error(name, what, "let on_closed lead to a queue, a message, a call back or a transfer")


def _week(where: str, week: Week) -> Iterator[Finding]:
    closed = gaps(week)
    if closed == [Gap(0, 7 * DAY_MINUTES)]:
        yield warning(where, "it is never open on an ordinary day", "give at least one period, or take it out")
    elif slips := [gap for gap in closed if gap.minutes <= MAX_SLIP_MINUTES]:
        what = f"it is closed for only {slips[0].minutes} min from {slips[0]}, which looks like a slip"
        yield warning(where, what, "let one period begin where the other ends (24:00 ends a day)")


def _closed(week: Week) -> str:
    """The first time when hours are closed; nothing where they never are."""
    if closed := gaps(week):
        return f"from {closed[0]}"
    return "on holidays" if sum(p.end - p.start for p in week.holiday) < DAY_MINUTES else ""


def _asked_before(tree: Tree) -> Iterator[Finding]:
    """The progress of a case can be read out only after both numbers were typed, and after each look-up anew."""
    look_ups = [name for name, node in tree.nodes.items() if isinstance(node, nodes.CaseProgress)]
    for number in COLLECTED:
        todo = [*roots(tree), *(target for name in look_ups for target in targets(tree, name).values())]
        reached = _without_typing(tree, todo, number)
        for name in look_ups:
            if name in reached:
                what = f"it can be reached before the {number} was typed"
                yield error(name, what, f"let a node that collects the {number} come before it on every way")


def _without_typing(tree: Tree, todo: list[str], number: str) -> set[str]:
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            node = tree.nodes.get(name)
            typed = isinstance(node, nodes.Collect) and node.collects == number
            todo += [target for way, target in targets(tree, name).items() if not (typed and way == "next")]
    return seen
