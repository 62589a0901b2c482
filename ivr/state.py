"""Where one call stands in its menu, and the small moves that every node is made of."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ivr.hours import Calendar, Week
from ivr.protocol import Effect, Enqueue, HangUp, Listen, Play
from ivr.tree import LINE

MAX_STEPS = 60
"""Inputs and moves together (digits of a number count as one); a call that needs more goes to a person."""

MAX_MISSES = 3
"""So many silences and wrong keys in one call lead to a person, however many attempts a node would allow."""

SAME_KEY_SECONDS = 0.5
HASH_SECONDS = 1.5
"""A key pressed twice, and a `#` typed after a choice, count as one press within these times."""


class Phase(StrEnum):
    """What the citizen hears: sounds, silence, what the driver does for the node, or this menu no more."""

    PLAYING = "playing"
    LISTENING = "listening"
    ACTING = "acting"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Incident:
    """A notice that is on from `starts` until `ends` (not included), for the lines that it was switched on for.

    `sounds` tell what has happened; that 1 registers is said after them (`ivr.notice.PRESS_ONE`).
    """

    id: str
    sounds: tuple[str, ...]
    starts: dt.datetime
    ends: dt.datetime

    def __post_init__(self) -> None:
        if self.starts.tzinfo is None or self.ends.tzinfo is None:
            raise ValueError("an incident's times need their offset")

    def is_on(self, now: dt.datetime) -> bool:
        """Whether callers hear it now."""
        return self.starts <= now < self.ends


@dataclass(frozen=True, slots=True)
class Line:
    """What belongs to the dialled number: its greeting's sounds, its hours (None: always open), its queue.

    Where `queue` is None the default queue of the call is the line's.
    """

    greeting: tuple[str, ...] = ()
    hours: Week | None = None
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What a tree asks about besides its caller: the calendar, and the incidents of the dialled line and the line."""

    calendar: Calendar = field(default_factory=Calendar)
    incidents: tuple[Incident, ...] = ()
    line: Line = field(default_factory=Line)


@dataclass(frozen=True, slots=True)
class Stop:
    """A node that the call came to, when, and the key that was the citizen's choice there; never a typed number's."""

    node: str
    at: dt.datetime
    choice: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Where one call stands; `path` holds the keys that were choices, `since` is when the node was entered.

    `served` holds what the citizen has got already (`message`, `transfer`, `return_call`, `affected`, `talk`, `rated`),
    `trail` every node in order, those passed silently too, `ending` how the menu ended by itself (`queue`, `hang_up`),
    `notice_first` that an incident is told before the tree. Digits never show in it, because an identity number may be
    among them.
    """

    node: str
    queues: frozenset[str]
    default_queue: str
    since: dt.datetime
    phase: Phase = Phase.PLAYING
    attempts: int = 1
    path: tuple[str, ...] = ()
    steps: int = 0
    failures: tuple[str, ...] = ()
    world: World = field(default_factory=World)
    served: tuple[str, ...] = ()
    misses: int = 0
    language: str | None = None
    priority: int = 0
    skill: str | None = None
    incident: str | None = None
    notice_first: bool = False
    trail: tuple[Stop, ...] = ()
    ending: str | None = None
    last_key: str = field(default="", repr=False)
    last_key_at: dt.datetime | None = field(default=None, repr=False)
    typed: str = field(default="", repr=False)
    collected: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """The new state and what to do now: one effect, or none once the citizen has hung up."""

    state: State
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Go:
    """A node is done with; go on to the one that is named."""

    state: State
    to: str


Turn = Step | Go


def play(state: State, sounds: tuple[str, ...], until_keys: str) -> Step:
    """Play, unless the call has gone on for too long."""
    return _unless_too_long(_in(state, Phase.PLAYING), Play(sounds, until_keys))


def listen(state: State, seconds: float) -> Step:
    """Wait for a key, unless the call has gone on for too long."""
    return _unless_too_long(_in(state, Phase.LISTENING), Listen(seconds))


def act(state: State, effect: Effect) -> Step:
    """Have the driver do something for this node, unless the call has gone on for too long."""
    return _unless_too_long(_in(state, Phase.ACTING), effect)


def _in(state: State, phase: Phase) -> State:
    return state if state.phase is phase else replace(state, phase=phase)


def _unless_too_long(state: State, effect: Effect) -> Step:
    if state.steps > MAX_STEPS:
        return give_up(state, f"more than {MAX_STEPS} steps")
    return Step(state, (effect,))


def ask(state: State, sounds: tuple[str, ...], until_keys: str, seconds: float) -> Step:
    """Play the question; one without sounds listens at once."""
    return play(state, sounds, until_keys) if sounds else listen(state, seconds)


def again(state: State, asked: Callable[[State], Step], *, attempts: int, way: str | None, on_failure: str) -> Turn:
    """After a silence or a wrong key: the way that the node names, or ask again while attempts are left."""
    state = replace(state, misses=state.misses + 1, typed="")
    if way is not None:
        return Go(state, way)
    if state.attempts >= attempts or state.misses >= MAX_MISSES:
        return Go(state, on_failure)
    return asked(replace(state, attempts=state.attempts + 1))


def is_echo(state: State, digit: str, *, now: dt.datetime) -> bool:
    """Whether this press belongs to the one before: the key bounced, or a `#` ends what was a choice already."""
    if state.last_key_at is None:
        return False
    ago = (now - state.last_key_at).total_seconds()
    return (digit == state.last_key and ago < SAME_KEY_SECONDS) or (digit == "#" and ago < HASH_SECONDS)


def pressed(state: State, digit: str, *, now: dt.datetime) -> State:
    """Remember the key and when it came."""
    return replace(state, last_key=digit, last_key_at=now)


def chose(state: State, digit: str) -> State:
    """The key was a choice of the node where the call stands."""
    here = replace(state.trail[-1], choice=digit) if state.trail else Stop(state.node, state.since, digit)
    return replace(state, path=(*state.path, digit), trail=(*state.trail[:-1], here))


def came_to(state: State, node: str, *, now: dt.datetime) -> State:
    """The call comes to a node, or through it."""
    return replace(state, trail=(*state.trail, Stop(node, now)))


def got(state: State, what: str) -> State:
    """The citizen has got something, so that a good-bye is in order."""
    return replace(state, served=(*state.served, what))


def hang_up(state: State) -> Step:
    """End the call."""
    return Step(replace(state, phase=Phase.ENDED, ending="hang_up", typed="", collected={}), (HangUp(),))


def queue_of(state: State, queue: str) -> str:
    """The queue that a node names, which may be the line's."""
    return (state.world.line.queue or state.default_queue) if queue == LINE else queue


def enqueue(state: State, queue: str, priority: int) -> Step:
    """The menu ends at a person."""
    queue = queue_of(state, queue)
    if queue not in state.queues:
        return give_up(state, f"there is no queue {queue!r}")
    return _to_person(state, queue, priority)


def give_up(state: State, reason: str) -> Step:
    """Whatever fails, the citizen gets a person."""
    return _to_person(noted(state, reason), state.default_queue, 0)


def _to_person(state: State, queue: str, priority: int) -> Step:
    effect = Enqueue(queue, priority + state.priority, state.skill)
    return Step(replace(state, phase=Phase.ENDED, ending="queue", typed="", collected={}), (effect,))


def noted(state: State, reason: str) -> State:
    """Keep a failure for the log."""
    return replace(state, failures=(*state.failures, reason[:200]))
