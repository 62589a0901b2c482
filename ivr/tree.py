"""What a menu is: a tree of nodes that ends at a person; only shapes, no behaviour.

A new kind of node is a class here and in `Node`; mypy then names the places that must learn it:
`ivr.codec`, `ivr.validation` (`targets`) and `ivr.interpreter` (`_react`, `_enter`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

KEYS = "0123456789*#"


@dataclass(frozen=True, slots=True)
class Announcement:
    """Sounds (names without extension, such as `hotline/greeting-12345`), then the next node."""

    sounds: tuple[str, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Menu:
    """Sounds that ask for a key; keys count while they play.

    `wait_seconds` is the silence allowed after the sounds, `attempts` how often the menu is played in all.
    Where `on_silence` or `on_wrong_key` is None the menu is played again; `on_failure` is where it gives up,
    and where a missing sound leads.
    """

    sounds: tuple[str, ...]
    choices: Mapping[str, str]
    on_failure: str
    wait_seconds: float = 3.0
    attempts: int = 2
    on_silence: str | None = None
    on_wrong_key: str | None = None


@dataclass(frozen=True, slots=True)
class ToQueue:
    """The way to a person: a queue id and the priority in it (larger is served first)."""

    queue: str
    priority: int = 0


@dataclass(frozen=True, slots=True)
class HangUp:
    """Sounds, then the end of the call: for a line that only informs."""

    sounds: tuple[str, ...] = ()


Node = Announcement | Menu | ToQueue | HangUp


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes by name and the one where a call begins."""

    start: str
    nodes: Mapping[str, Node] = field(default_factory=dict)
