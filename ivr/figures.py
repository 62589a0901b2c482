"""How a menu is used: a fold of calls' journeys into figures for each node and choice; knows no tree."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ivr.journey import GAVE_UP, QUEUE, Journey, Visit

GRAIN_MS = 100
"""Times are kept in tenths of a second, so that any number of calls needs little memory."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds: their mean, and what half and nine of ten did not exceed (to a tenth of a second)."""

    mean: int
    p50: int
    p90: int


@dataclass(frozen=True, slots=True)
class ChoiceFigures:
    """A key at a node: how often it was pressed there, and its share of all visits of the node."""

    choice: str
    visits: int
    share: float


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """A node: the calls that came there and their share of all, its visits and how long one lasted.

    `gave_up` and `ended` count the calls that ended there; `to_person` is the time from the start of the menu until the
    queue, of those calls which came by and reached it.
    """

    node: str
    calls: int
    share: float
    visits: int
    spent: Spent | None
    gave_up: int
    ended: Mapping[str, int]
    to_person: Spent | None
    choices: tuple[ChoiceFigures, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """All calls of one version: how they ended, how long they took, how often they went from a node to the next."""

    calls: int
    ends: Mapping[str, int]
    spent: Spent | None
    to_person: Spent | None
    nodes: tuple[NodeFigures, ...]
    passes: Mapping[tuple[str, str], int]


@dataclass(slots=True)
class _Times:
    count: int = 0
    total: int = 0
    grains: Counter[int] = field(default_factory=Counter)

    def add(self, ms: int) -> None:
        self.count += 1
        self.total += ms
        self.grains[round(ms / GRAIN_MS)] += 1

    def spent(self) -> Spent | None:
        if not self.count:
            return None
        return Spent(round(self.total / self.count), self._rank(0.5), self._rank(0.9))

    def _rank(self, part: float) -> int:
        """The least time that so great a part of all did not exceed."""
        passed = 0
        for grain in sorted(self.grains):
            passed += self.grains[grain]
            if passed >= part * self.count:
                return grain * GRAIN_MS
        return 0


@dataclass(slots=True)
class _Node:
    calls: int = 0
    visits: int = 0
    spent: _Times = field(default_factory=_Times)
    to_person: _Times = field(default_factory=_Times)
    ended: Counter[str] = field(default_factory=Counter)
    choices: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Fold:
    calls: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    spent: _Times = field(default_factory=_Times)
    to_person: _Times = field(default_factory=_Times)
    nodes: dict[str, _Node] = field(default_factory=dict)
    passes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, journey: Journey) -> None:
        self.calls += 1
        self.ends[journey.end] += 1
        self.spent.add(journey.ms)
        for number, visit in enumerate(journey.steps):
            self._visit(visit)
            if number:
                self.passes[journey.steps[number - 1].node, visit.node] += 1
        if journey.node:
            self._node(journey.node).ended[journey.end] += 1
        for name in {visit.node for visit in journey.steps}:
            self._node(name).calls += 1
        if journey.end == QUEUE:
            self._reached(journey)

    def _visit(self, visit: Visit) -> None:
        node = self._node(visit.node)
        node.visits += 1
        node.spent.add(visit.ms)
        if visit.choice is not None:
            node.choices[visit.choice] += 1

    def _reached(self, journey: Journey) -> None:
        self.to_person.add(journey.ms)
        for name in {visit.node for visit in journey.steps}:
            self._node(name).to_person.add(journey.ms)

    def _node(self, name: str) -> _Node:
        return self.nodes.setdefault(name, _Node())


def figures(journeys: Iterable[Journey]) -> Figures:
    """Count the journeys of calls through the same version of a menu; nodes come in the order of their first visit."""
    fold = _Fold()
    for journey in journeys:
        fold.add(journey)
    return Figures(
        calls=fold.calls,
        ends=dict(fold.ends),
        spent=fold.spent.spent(),
        to_person=fold.to_person.spent(),
        nodes=tuple(_counted(name, node, fold.calls) for name, node in fold.nodes.items()),
        passes=dict(fold.passes),
    )


def _counted(name: str, node: _Node, calls: int) -> NodeFigures:
    return NodeFigures(
        node=name,
        calls=node.calls,
        share=node.calls / calls,
        visits=node.visits,
        spent=node.spent.spent(),
        gave_up=node.ended[GAVE_UP],
        ended=dict(node.ended),
        to_person=node.to_person.spent(),
        choices=tuple(ChoiceFigures(key, times, times / node.visits) for key, times in sorted(node.choices.items())),
    )
