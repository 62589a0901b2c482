"""What a menu is: a tree of nodes that ends at a person; only shapes, no behaviour.

A new kind of node is a class here and in `Node`; mypy then names the places that must learn it:
`ivr.graph` (`targets`, `_alone`) and `ivr.interpreter` (`_react`, `_arrive`); a test asks for it in `ivr.codec.KINDS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.hours import Week

KEYS = "0123456789*#"
PERSON_KEY = "0"
YES_KEY = "1"
"""Accepts an offer: a call back, to be registered as affected."""

LINE = "@line"
"""Stands for what belongs to the dialled line, so that one tree serves many: its greeting, its queue."""

CASE_NUMBER = "case_number"
QUERY_CODE = "query_code"
COLLECTED = (CASE_NUMBER, QUERY_CODE)
MAX_DIGITS = 16
"""An identity number has 18: it is never collected whole."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """Sounds (no advertising), played before the call is answered where `early` (彩铃), then the next node.

    `LINE` among them stands for the greeting of the dialled line, for nothing where it has none.
    """

    sounds: tuple[str, ...]
    next: str
    early: bool = True
    on_failure: str | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """Sounds (names without extension, such as `hotline/greeting-12345`), then the next node.

    Where `on_failure` is None a missing sound is passed over.
    """

    sounds: tuple[str, ...]
    next: str
    on_failure: str | None = None


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
class OpeningHours:
    """Leads on by the time of day, without a sound; pure arithmetic, so it has no way for a failure.

    Without `weekly` the hours of the dialled line count; a line without hours is always open.
    """

    weekly: Week | None
    on_open: str
    on_closed: str


@dataclass(frozen=True, slots=True)
class CallerLookUp:
    """Leads on by what is known of the caller's number; a known caller's open case goes first where it has a way."""

    on_unknown: str
    on_known: str
    on_failure: str
    on_open_case: str | None = None


@dataclass(frozen=True, slots=True)
class Collect:
    """Asks for digits, ended by `#`, by `max_digits` or by silence; a lone 0 leads to `on_failure`, a person."""

    sounds: tuple[str, ...]
    collects: str
    next: str
    on_failure: str
    min_digits: int = 4
    max_digits: int = MAX_DIGITS
    wait_seconds: float = 5.0
    attempts: int = 2
    on_silence: str | None = None
    on_wrong_key: str | None = None


@dataclass(frozen=True, slots=True)
class CaseProgress:
    """Reads out the progress of the case whose number and query code were collected."""

    next: str
    on_not_found: str
    on_failure: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What the rest of the call keeps: the language of sounds, priority added to the queue's, a skill asked for."""

    next: str
    language: str | None = None
    priority: int = 0
    skill: str | None = None
    on_failure: str | None = None


@dataclass(frozen=True, slots=True)
class ToQueue:
    """The way to a person: a queue id, or `LINE`, and the priority in it (larger is served first)."""

    queue: str
    priority: int = 0


@dataclass(frozen=True, slots=True)
class ReturnCall:
    """Offers a call back: 1 registers it for `queue` and leads to `next`, anything else means the citizen waits.

    `queue` may be `LINE`.
    """

    sounds: tuple[str, ...]
    queue: str
    next: str
    on_declined: str
    on_failure: str
    wait_seconds: float = 3.0


@dataclass(frozen=True, slots=True)
class Message:
    """Asks for a message and records it, at most `seconds` and ended by `#`; 0 leads to `on_failure`, a person."""

    sounds: tuple[str, ...]
    next: str
    on_failure: str
    seconds: int = 120
    attempts: int = 2
    on_silence: str | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Sounds, then another number: 110, 119, 120, 122, a sub-centre, a unit's public phone."""

    sounds: tuple[str, ...]
    target: str
    on_failure: str


@dataclass(frozen=True, slots=True)
class IncidentNotice:
    """The notice of an incident while one is on; 1 registers the caller as affected, 0 or silence stays."""

    next: str
    on_registered: str
    on_failure: str
    wait_seconds: float = 3.0


@dataclass(frozen=True, slots=True)
class Rating:
    """Asks for a score by key after the talk; silence and failures store that none was given, then lead to `next`."""

    sounds: tuple[str, ...]
    scores: Mapping[str, int]
    next: str
    wait_seconds: float = 5.0
    attempts: int = 2


@dataclass(frozen=True, slots=True)
class HangUp:
    """Sounds, then the end of the call: for those who have got what they called for."""

    sounds: tuple[str, ...] = ()


Node = (
    Greeting
    | Announcement
    | Menu
    | OpeningHours
    | CallerLookUp
    | Collect
    | CaseProgress
    | Setting
    | ToQueue
    | ReturnCall
    | Message
    | Transfer
    | IncidentNotice
    | Rating
    | HangUp
)


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes by name, the one where a call begins, and the one where it goes on after the agent has hung up."""

    start: str
    nodes: Mapping[str, Node] = field(default_factory=dict)
    after_talk: str | None = None
