"""A tree as a picture's data: nodes in layers, edges with what leads along them, and the figures beside both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ivr.codec import kind_of
from ivr.figures import Figures, NodeFigures
from ivr.graph import roots, targets
from ivr.tree import Tree


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A node at `layer` (0: where calls begin) and `position` in it; what no way leads to stands in the last layer."""

    name: str
    kind: str
    layer: int
    position: int
    figures: NodeFigures | None


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """All ways from one node to another (`key 1`, `on_failure`), how often they were gone, their share of visits.

    `backwards` is one that leads to the same layer or an earlier one.
    """

    source: str
    target: str
    ways: tuple[str, ...]
    passes: int
    share: float
    backwards: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Nodes by layer and position, edges by their source; a way to a node that does not exist is left out."""

    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]


def drawing(tree: Tree, counted: Figures) -> Drawing:
    """The picture of a tree; works for any tree, circles included."""
    layers = _layers(tree)
    rows = _rows(tree, layers)
    by_name = {node.node: node for node in counted.nodes}
    nodes = [
        DrawnNode(name, kind_of(tree.nodes[name]), layer, position, by_name.get(name))
        for layer, row in enumerate(rows)
        for position, name in enumerate(row)
    ]
    edges = [edge for node in nodes for edge in _edges(tree, node.name, layers, counted, by_name)]
    return Drawing(tuple(nodes), tuple(edges))


def _edges(
    tree: Tree, source: str, layers: Mapping[str, int], counted: Figures, by_name: Mapping[str, NodeFigures]
) -> Iterable[DrawnEdge]:
    visits = by_name[source].visits if source in by_name else 0
    for target in _onward(tree, source):
        ways = tuple(way for way, to in targets(tree, source).items() if to == target)
        passes = counted.passes.get((source, target), 0)
        share = passes / visits if visits else 0.0
        yield DrawnEdge(source, target, ways, passes, share, layers[target] <= layers[source])


def _onward(tree: Tree, name: str) -> list[str]:
    """The nodes that a node leads to, each once."""
    return [target for target in dict.fromkeys(targets(tree, name).values()) if target in tree.nodes]


def _layers(tree: Tree) -> dict[str, int]:
    """How far each node is from the start by the longest way that never goes in a circle."""
    order, back = _sorted(tree)
    layers = dict.fromkeys(order, 0)
    for name in order:
        for target in _onward(tree, name):
            if (name, target) not in back:
                layers[target] = max(layers[target], layers[name] + 1)
    last = 1 + max(layers.values(), default=-1)
    return layers | {name: last for name in tree.nodes if name not in layers}


def _sorted(tree: Tree) -> tuple[list[str], set[tuple[str, str]]]:
    """The nodes that calls come to, each before those that it leads to, but for the edges that close a circle."""
    done: list[str] = []
    back: set[tuple[str, str]] = set()
    on_way: set[str] = set()
    seen: set[str] = set()
    todo = [(name, False) for name in reversed(roots(tree)) if name in tree.nodes]
    while todo:
        name, left = todo.pop()
        if left:
            on_way.discard(name)
            done.append(name)
        elif name not in seen:
            seen.add(name)
            on_way.add(name)
            todo.append((name, True))
            onward = _onward(tree, name)
            back |= {(name, target) for target in onward if target in on_way}
            todo += [(target, False) for target in reversed(onward) if target not in seen]
    return done[::-1], back


def _rows(tree: Tree, layers: Mapping[str, int]) -> list[list[str]]:
    """Each layer's nodes, near those that lead to them, so that few edges cross."""
    rows: list[list[str]] = [[] for _ in range(1 + max(layers.values(), default=-1))]
    for name in tree.nodes:
        rows[layers[name]].append(name)
    before = _before(tree)
    place: dict[str, float] = {}
    for row in rows:
        row.sort(key=lambda name: _middle([place[source] for source in before[name] if source in place]))
        place |= {name: position / len(row) for position, name in enumerate(row)}
    return rows


def _before(tree: Tree) -> dict[str, list[str]]:
    before: dict[str, list[str]] = {name: [] for name in tree.nodes}
    for name in tree.nodes:
        for target in _onward(tree, name):
            before[target].append(name)
    return before


def _middle(places: list[float]) -> float:
    return sum(places) / len(places) if places else 0.0
