"""What crosses the project's own wires: call events, agents' stream bodies and the link's frames.

No I/O here; ARCHITECTURE.md ("Wire 1" to "Wire 4") is the reference for each field.
"""

from enum import StrEnum
from typing import Any, Literal, NotRequired, TypedDict


class CallEventType(StrEnum):
    """Types of call events, voice -> web."""

    STARTED = "call.started"
    MENU = "call.menu"
    QUEUED = "call.queued"
    OFFERED = "call.offered"
    MISSED = "call.missed"
    ANSWERED = "call.answered"
    ENDED = "call.ended"
    RECORD = "call.record"


class Disposition(StrEnum):
    """How a citizen's call ended."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    MESSAGE = "message"
    HANGUP_IN_MENU = "hangup_in_menu"
    FAILED = "failed"


class AgentStateName(StrEnum):
    """States of an agent; the transitions stand in `acd.rules.agents`."""

    LOGGED_OUT = "logged_out"
    READY = "ready"
    OFFERED = "offered"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    MISSED = "missed"


class CallEvent(TypedDict):
    """One line of the journal; `at` is ISO 8601 with offset, `seq` unique in the journal."""

    call_id: str
    seq: int
    type: str
    at: str
    data: dict[str, Any]


class AgentState(TypedDict):
    """The live state of one agent; `since` is ISO 8601 with offset."""

    agent_id: str
    state: str
    since: str
    call_id: str | None
    reason: str | None
    phone: str | None


class Pop(TypedDict):
    """What the database knows about an offered call: the second message of a pop."""

    call_id: str
    agent_id: str
    case_no: str
    case_state: str
    caller: str | None
    caller_display: str
    earlier_calls: list[dict[str, Any]]
    open_cases: list[dict[str, Any]]


class OfferBody(TypedDict):
    """The first message of a pop: needs no database. `decided_at` is epoch seconds."""

    type: Literal["offer"]
    call_id: str
    offer_no: int
    caller: str
    dialled: str
    line: str
    queue: str
    queue_name: str
    menu: str
    menu_version: int
    menu_path: list[str]
    waited_ms: int
    decided_at: float
    phase: NotRequired[Literal["offered", "talking", "wrap_up"]]


class QueueConfiguration(TypedDict):
    """One queue as published; `ring_seconds` is the time a phone rings before the offer is missed."""

    id: str
    name: str
    priority: int
    ring_seconds: int


class AgentConfiguration(TypedDict):
    """One agent as published."""

    id: str
    name: str
    extension: str
    queues: list[str]
    role: str


class NumberConfiguration(TypedDict):
    """One public number with its line, menu and queue."""

    number: str
    line: str
    menu: str
    queue: str


class MenuConfiguration(TypedDict):
    """One published menu version; `tree` has the shape of `ivr.tree`."""

    name: str
    version: int
    tree: dict[str, Any]


class Configuration(TypedDict):
    """What the voice process needs to route calls (Wire 2)."""

    version: str
    queues: list[QueueConfiguration]
    agents: list[AgentConfiguration]
    numbers: list[NumberConfiguration]
    menus: list[MenuConfiguration]
