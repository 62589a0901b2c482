"""What crosses the project's own wires: call events, agents' stream bodies and the link's frames.

No I/O here; ARCHITECTURE.md ("Wire 1" to "Wire 4") is the reference for each field.
"""

from enum import StrEnum
from typing import Any, Literal, NotRequired, TypedDict


class CallEventType(StrEnum):
    """Types of events, voice -> web: of calls, and the changes of an agent's state."""

    STARTED = "call.started"
    MENU = "call.menu"
    QUEUED = "call.queued"
    OFFERED = "call.offered"
    MISSED = "call.missed"
    ANSWERED = "call.answered"
    ENDED = "call.ended"
    RECORD = "call.record"
    RETURN_REQUESTED = "call.return_requested"
    MESSAGE = "call.message"
    TRANSFERRED = "call.transferred"
    AFFECTED = "call.affected"
    RATED = "call.rated"
    AGENT_STATE = "agent.state"
    HALL_ACT = "hall.act"
    HELD = "call.held"
    RESUMED = "call.resumed"
    CONSULTED = "call.consulted"
    JOINED = "call.joined"
    LEFT = "call.left"


class Disposition(StrEnum):
    """How a citizen's call ended."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    MESSAGE = "message"
    TRANSFERRED = "transferred"
    REGISTERED = "registered"
    HANGUP_IN_MENU = "hangup_in_menu"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CANCELLED = "cancelled"
    FAILED = "failed"


class AgentStateName(StrEnum):
    """States of an agent; the transitions stand in `acd.rules.agents`."""

    LOGGED_OUT = "logged_out"
    READY = "ready"
    OFFERED = "offered"
    TALKING = "talking"
    HOLDING = "holding"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    MISSED = "missed"
    LINK_LOST = "link_lost"
    MICROPHONE_LOST = "microphone_lost"


class CallEvent(TypedDict):
    """One line of the journal; `at` is ISO 8601 with offset, `seq` unique in the journal."""

    call_id: str
    seq: int
    type: str
    at: str
    data: dict[str, Any]


class NextState(TypedDict):
    """A state that was asked for during a call and comes after it."""

    state: str
    reason: str | None


class PausesUsed(TypedDict):
    """Seconds of the pauses that are over, by reason, on one day in China (ISO 8601; None: none yet)."""

    day: str | None
    used: dict[str, float]


class AgentState(TypedDict):
    """The live state of one agent; moments are ISO 8601 with offset.

    `next` is what comes after the present call. `until` is when the server's own timer ends the state, or the day's
    quota of a pause is used up; `overrun` when it is and the pause goes on. `pauses` is what of the quotas is used.
    """

    agent_id: str
    state: str
    since: str
    call_id: str | None
    reason: str | None
    phone: str | None
    next: NotRequired[NextState | None]
    until: NotRequired[str | None]
    overrun: NotRequired[bool]
    pauses: NotRequired[PausesUsed]


class KeptAgent(AgentState):
    """What the voice process keeps of an agent over its restart; `kept` is nobody else's business."""

    kept: NotRequired[dict[str, Any]]


class Pop(TypedDict):
    """What the database knows about an offered call: the second message of a pop."""

    call_id: str
    agent_id: str
    case_no: str
    case_state: str
    query_code: NotRequired[str]
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


class NeedConfiguration(TypedDict):
    """Agents need `skill` at `level` (1 to 10, else 1) or above, until `until` seconds of waiting (else always)."""

    skill: str
    level: NotRequired[int]
    until: NotRequired[float | None]


class OverflowConfiguration(TypedDict):
    """Agents of the queue `to` help after `after` seconds of waiting, and while at least `waiting` calls wait.

    In any case they help while nobody on duty serves the queue, and callers who come after its hours. A call counts as
    `handicap` seconds younger for them.
    """

    to: str
    after: NotRequired[float | None]
    waiting: NotRequired[int | None]
    handicap: NotRequired[float]


class ReturningConfiguration(TypedDict):
    """More priority for who rings again within `minutes`: cut off, gave up waiting, was called back."""

    minutes: NotRequired[float]
    cut_off: NotRequired[int]
    abandoned: NotRequired[int]
    called_back: NotRequired[int]


class ReturnCallsConfiguration(TypedDict):
    """Who asked to be called back keeps the place for `minutes` (else 120).

    `attempts` (else 3; 0: only people call back) are made, `every` seconds (else 300) apart.
    """

    minutes: NotRequired[float]
    attempts: NotRequired[int]
    every: NotRequired[float]


class QueueConfiguration(TypedDict):
    """One queue as published; `ring_seconds` is the time a phone rings before the offer is missed.

    `needs` holds for all its calls, `asked` for those whose menu asked for that skill. For `owner_seconds` a call is
    kept for the agent who owns the caller's open case, for `county_seconds` for seats of the county (this queue's, else
    the area of the number dialled). `hours` has the form of `ivr.hours_codec`. A wrap-up ends by itself after
    `wrap_up_seconds` (0: it does not).
    """

    id: str
    name: str
    priority: int
    ring_seconds: int
    needs: NotRequired[list[NeedConfiguration]]
    asked: NotRequired[list[NeedConfiguration]]
    overflow: NotRequired[list[OverflowConfiguration]]
    owner_seconds: NotRequired[float]
    county: NotRequired[str]
    county_seconds: NotRequired[float]
    hours: NotRequired[dict[str, Any] | None]
    returning: NotRequired[ReturningConfiguration | None]
    return_calls: NotRequired[ReturnCallsConfiguration | None]
    wrap_up_seconds: NotRequired[float]


class AgentConfiguration(TypedDict):
    """One agent as published; `county` is where the seat is.

    `seat` is `phone`, also where it is left out, or `line`: the telephone `phone_number` behind the county's trunk.
    `skills` maps a skill to its level (1 to 10), `handicaps` a queue to the seconds that its calls count as younger.
    `until` (ISO 8601) is when a guest's session ends.
    """

    id: str
    name: str
    extension: str
    queues: list[str]
    role: str
    skills: NotRequired[dict[str, int]]
    handicaps: NotRequired[dict[str, float]]
    county: NotRequired[str]
    seat: NotRequired[str]
    phone_number: NotRequired[str]
    until: NotRequired[str]


class NumberConfiguration(TypedDict):
    """One public number with its line, menu and queue; `hours` has the form of `ivr.hours_codec`.

    `priority` is added to that of its calls.
    """

    number: str
    line: str
    menu: str
    queue: str
    area: NotRequired[str]
    priority: NotRequired[int]
    greeting: NotRequired[list[str]]
    hours: NotRequired[dict[str, Any] | None]


MenuConfiguration = TypedDict(
    "MenuConfiguration",
    {"name": str, "version": int, "tree": dict[str, Any], "from": NotRequired[str]},
)
"""One published menu version and since when (ISO 8601) it is spoken; `tree` has the shape of `ivr.tree`."""


class IncidentConfiguration(TypedDict):
    """One notice: from `starts` until `ends` (ISO 8601) calls to `numbers` hear `sounds` and gain `priority`."""

    id: str
    sounds: list[str]
    numbers: list[str]
    starts: str
    ends: str
    priority: NotRequired[int]


class HolidayConfiguration(TypedDict):
    """A day (ISO 8601) that is not what its weekday says: `holiday` or `workday`."""

    day: str
    kind: str


class PauseConfiguration(TypedDict):
    """A reason for which agents may pause, for `minutes` of each day in China (None: without a quota)."""

    id: str
    name: str
    minutes: NotRequired[int | None]


class Configuration(TypedDict):
    """What the voice process needs to route calls (Wire 2)."""

    version: str
    queues: list[QueueConfiguration]
    agents: list[AgentConfiguration]
    numbers: list[NumberConfiguration]
    menus: list[MenuConfiguration]
    incidents: NotRequired[list[IncidentConfiguration]]
    holidays: NotRequired[list[HolidayConfiguration]]
    sounds: NotRequired[dict[str, str]]
    targets: NotRequired[list[str]]
    pauses: NotRequired[list[PauseConfiguration]]
    target_names: NotRequired[dict[str, str]]
