"""The live state that the engine owns: agents and calls, as plain records without behaviour of their own."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from typing import Any

from acd.messages import AgentState, AgentStateName, Disposition, KeptAgent, NextState
from acd.rules.pauses import Account, account_from_dict
from acd.rules.policy import Profile
from acd.rules.telephones import AWAY_DEVICE, AWAY_DEVICES, BROWSER_SUFFIX, FREE_DEVICE, device_of, seen_state

PLAIN = Profile()
CARRIER = "carrier"
"""The endpoint by which calls leave (`pjsip.conf`): neither an agent's phone nor a citizen's channel."""

IN_TALK = frozenset({AgentStateName.TALKING, AgentStateName.HOLDING})
ON_DUTY = frozenset({AgentStateName.READY, AgentStateName.OFFERED, AgentStateName.WRAP_UP}) | IN_TALK


class Phase(StrEnum):
    """Where a citizen's call is."""

    MENU = "menu"
    WAITING = "waiting"
    OFFERED = "offered"
    TALKING = "talking"
    RESERVED = "reserved"
    DIALLING = "dialling"
    OUTSIDE = "outside"
    AFTER_TALK = "after_talk"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Wish:
    """What an agent asked to be after the present call."""

    state: AgentStateName
    reason: str | None


@dataclass(slots=True)
class Page:
    """The agent's screens: one was `seen` in this sign-in, one is `there`, none came back in time (`lost`)."""

    seen: bool = False
    there: bool = False
    lost: bool = False

    def forget_absent(self) -> None:
        """Whoever says ready, or signs out, without a screen needs none."""
        if not self.there:
            self.seen = self.lost = False


@dataclass(slots=True)
class Agent:
    """One agent; `devices` maps the endpoints to Asterisk's device states, `line` is the endpoint of a line seat.

    `line_used`: the telephone of a line seat is in use for something else than a call of this agent's.

    `next`, `until` and `overrun` are those of `AgentState`; `ready_since` is what a loss of page or microphone has
    interrupted.
    """

    agent_id: str
    extension: str
    since: dt.datetime
    name: str = ""
    line: str | None = None
    line_used: bool = False
    queues: tuple[str, ...] = ()
    profile: Profile = PLAIN
    role: str = "agent"
    expires: dt.datetime | None = None
    state: AgentStateName = AgentStateName.LOGGED_OUT
    call_id: str | None = None
    reason: str | None = None
    outcome_chosen: bool = False
    devices: dict[str, str] = field(default_factory=dict)
    next: Wish | None = None
    until: dt.datetime | None = None
    overrun: bool = False
    page: Page = field(default_factory=Page)
    microphone: bool = True
    ready_since: dt.datetime | None = None
    pauses: Account = field(default_factory=Account)

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The browser's endpoint first: an agent with an open browser phone answers there."""
        if self.line is not None:
            return (self.line,)
        return self.extension + BROWSER_SUFFIX, self.extension

    def learn(self, devices: Mapping[str, str]) -> bool:
        """Take the states of devices, as far as they say something of this agent's phones; whether one has changed."""
        before = dict(self.devices)
        for endpoint in self.endpoints:
            state = devices.get(device_of(endpoint))
            if state is not None:
                self.devices[endpoint] = seen_state(endpoint, state, before=before.get(endpoint))
        return self.devices != before

    @property
    def phone(self) -> str | None:
        """The endpoint to ring, or None while no phone is reachable or one of them is in use."""
        if self.line_used:
            return None
        free = None
        for endpoint in self.endpoints:
            state = self.devices.get(endpoint, AWAY_DEVICE)
            if state == FREE_DEVICE:
                free = free or endpoint
            elif state not in AWAY_DEVICES:
                return None
        return free

    @property
    def reachable(self) -> str | None:
        """The endpoint that is there at all, free or in use."""
        for endpoint in self.endpoints:
            if self.devices.get(endpoint, AWAY_DEVICE) not in AWAY_DEVICES:
                return endpoint
        return None

    @property
    def free_since(self) -> float | None:
        """The moment (epoch seconds) since when a call can be offered; None while it cannot."""
        return self.since.timestamp() if self.state is AgentStateName.READY and self.phone is not None else None

    @property
    def on_duty(self) -> bool:
        """Whether calls may count on this agent, now or after the present one."""
        return self.state in ON_DUTY and self.reachable is not None

    def public(self) -> AgentState:
        """The state as it crosses the wires."""
        return AgentState(
            agent_id=self.agent_id,
            state=self.state.value,
            since=_text(self.since),
            call_id=self.call_id,
            reason=self.reason,
            phone=self.reachable,
            next=None if self.next is None else NextState(state=self.next.state.value, reason=self.next.reason),
            until=_iso(self.until),
            overrun=self.overrun,
            pauses=self.pauses.to_dict(),
        )

    def kept(self) -> KeptAgent:
        """What survives a restart of the voice process."""
        private = {
            "outcome_chosen": self.outcome_chosen,
            "page": self.page.seen,
            "page_lost": self.page.lost,
            "microphone": self.microphone,
            "ready_since": _iso(self.ready_since),
        }
        return KeptAgent(**self.public(), kept=private)

    def take_up(self, kept: KeptAgent) -> None:
        """Be what was kept."""
        self.state, self.since = AgentStateName(kept["state"]), dt.datetime.fromisoformat(kept["since"])
        self.call_id, self.reason = kept["call_id"], kept["reason"]
        self.until, self.overrun = _moment(kept.get("until")), kept.get("overrun", False)
        wish, private = kept.get("next"), kept.get("kept") or {}
        self.next = None if wish is None else Wish(AgentStateName(wish["state"]), wish["reason"])
        self.outcome_chosen = private.get("outcome_chosen", False)
        self.page = Page(seen=private.get("page", False), lost=private.get("page_lost", False))
        self.microphone = private.get("microphone", True)
        self.ready_since = _moment(private.get("ready_since"))
        self.pauses = account_from_dict(kept.get("pauses") or {})


HANGUP_LAG = dt.timedelta(seconds=2)
"""AMI tells of a hang-up this much later than AGI at most; the fallback's announcement is longer."""


@dataclass(frozen=True, slots=True)
class Third:
    """Who is asked for, or brought in, beside the citizen and the agent; `kind` is agent or number.

    `leg` is the uniqueid of the channel that is placed for them.
    """

    kind: str
    id: str
    name: str
    leg: str
    talking: bool = False


@dataclass(slots=True)
class Virtual:
    """Somebody who asked to be called back instead of waiting, with the place kept (`acd.rules.returns`).

    `entered` and `joined` are those of the call in which that was asked; `until` is when it is given up, `due` when the
    next attempt may be made; `busy_with` is the call that goes on with this citizen now, of either side. `after_talk`:
    an agent had talked with the citizen in that call before, which has not settled what is wanted.
    """

    return_id: str
    caller: str
    number: str
    dialled: str
    queue: str
    priority: int
    skill: str | None
    owner: str | None
    entered: dt.datetime
    joined: dt.datetime
    until: dt.datetime
    busy_with: str | None = None
    due: dt.datetime | None = None
    attempts: int = 0
    after_talk: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON form that survives a restart of the voice process."""
        told = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: _text(value) if isinstance(value, dt.datetime) else value for name, value in told.items()}


@dataclass(slots=True)
class Outgoing:
    """What only a call of ours has: the digits that are dialled, and how screens show them.

    `case_no` is the case it is about, `return_call` the row of the debt it pays, `returns` the virtual caller it is
    for, `sessions` counts those of the citizen's channel, of which the first begins the talk; `failed` once one of two
    words about a failure has come.
    """

    number: str
    shown: str
    case_no: str | None = None
    return_call: int | None = None
    returns: str | None = None
    sessions: int = 0
    failed: bool = False


@dataclass(slots=True)
class Call:
    """One citizen's call, from its first channel's birth to end; `outside` once a transfer's target has answered.

    `out` is there for a call that the hotline has made.

    `leg` is the uniqueid of the agent's channel while there is one. `room`: both are moved there; `held`: the citizen
    hears music there; `third` is there too, or asked for, `placed` counts those who were. A transfer that fails goes
    back to the agent `returns_to`; `target` is the number outside, `note` what the agent's screen says of the call.

    `lost_at` is when the session in a menu was gone, of which a hang-up is one cause.
    """

    call_id: str
    caller: str
    dialled: str
    line: str
    channel: str
    started_at: dt.datetime
    phase: Phase = Phase.MENU
    menu: str = ""
    menu_version: int = 0
    menu_path: tuple[str, ...] = ()
    queue: str | None = None
    priority: int = 0
    queued_at: dt.datetime | None = None
    joined_at: dt.datetime | None = None
    opened: frozenset[str] = frozenset()
    skill: str | None = None
    owner: str | None = None
    offer_no: int = 0
    offered_at: dt.datetime | None = None
    agent_id: str | None = None
    leg: str | None = None
    answered_at: dt.datetime | None = None
    ended_by: str | None = None
    session: bool = True
    lost_at: dt.datetime | None = None
    outside: bool = False
    out: Outgoing | None = None
    room: bool = False
    held: bool = False
    third: Third | None = None
    placed: int = 0
    returns_to: str | None = None
    target: str | None = None
    note: str = ""

    @property
    def moved(self) -> dict[str, Any]:
        """What transfers and rooms have made of the call, in JSON."""
        return {
            "room": self.room,
            "held": self.held,
            "third": None if self.third is None else asdict(self.third),
            "placed": self.placed,
            "returns_to": self.returns_to,
            "target": self.target,
            "note": self.note,
        }

    def waited_ms(self, now: dt.datetime) -> int:
        """Milliseconds since the call was queued; 0 for a call that never was."""
        return 0 if self.queued_at is None else max(0, round((now - self.queued_at).total_seconds() * 1000))

    def disposition(self, *, now: dt.datetime) -> Disposition:
        """How the call ended, if it ended now."""
        if self.answered_at is not None:
            return Disposition.ANSWERED
        if self.out is not None:
            return Disposition.FAILED
        if self.queued_at is not None or (self.phase is Phase.FALLBACK and not self._left_with_session(now)):
            return Disposition.ABANDONED
        return Disposition.HANGUP_IN_MENU

    def _left_with_session(self, now: dt.datetime) -> bool:
        """Whether the end of the session was the caller's hang-up, of which AGI may tell before AMI does."""
        return self.lost_at is not None and now - self.lost_at < HANGUP_LAG

    def to_dict(self) -> dict[str, Any]:
        """JSON form that survives a restart of the voice process."""
        return {
            "call_id": self.call_id,
            "caller": self.caller,
            "dialled": self.dialled,
            "line": self.line,
            "channel": self.channel,
            "started_at": _text(self.started_at),
            "phase": self.phase.value,
            "menu": self.menu,
            "menu_version": self.menu_version,
            "menu_path": list(self.menu_path),
            "queue": self.queue,
            "priority": self.priority,
            "queued_at": _iso(self.queued_at),
            "offer_no": self.offer_no,
            "offered_at": _iso(self.offered_at),
            "agent_id": self.agent_id,
            "leg": self.leg,
            "answered_at": _iso(self.answered_at),
            "out": None if self.out is None else _out_to_dict(self.out),
            **self.moved,
        }


def call_from_dict(data: dict[str, Any]) -> Call:
    """A call as it was kept; its session is gone with the process that held it."""
    return Call(
        call_id=data["call_id"],
        caller=data["caller"],
        dialled=data["dialled"],
        line=data["line"],
        channel=data["channel"],
        started_at=dt.datetime.fromisoformat(data["started_at"]),
        phase=Phase(data["phase"]),
        menu=data["menu"],
        menu_version=data["menu_version"],
        menu_path=tuple(data["menu_path"]),
        queue=data["queue"],
        priority=data["priority"],
        queued_at=_moment(data["queued_at"]),
        offer_no=data["offer_no"],
        offered_at=_moment(data["offered_at"]),
        agent_id=data["agent_id"],
        leg=data.get("leg"),
        answered_at=_moment(data["answered_at"]),
        session=False,
        out=_out_from_dict(data.get("out")),
        room=data.get("room", False),
        held=data.get("held", False),
        third=Third(**data["third"]) if data.get("third") else None,
        placed=data.get("placed", 0),
        returns_to=data.get("returns_to"),
        target=data.get("target"),
        note=data.get("note", ""),
    )


_OUT = ("number", "shown", "case_no", "return_call", "returns", "sessions")


def _out_to_dict(out: Outgoing) -> dict[str, Any]:
    return {name: getattr(out, name) for name in _OUT}


def _out_from_dict(data: dict[str, Any] | None) -> Outgoing | None:
    return None if data is None else Outgoing(**{name: data[name] for name in _OUT})


@lru_cache(maxsize=4096)
def _text(moment: dt.datetime) -> str:
    """ISO 8601 in UTC; kept, because the same few moments are written down with every change of a call."""
    return moment.astimezone(dt.UTC).isoformat()


def _iso(moment: dt.datetime | None) -> str | None:
    return None if moment is None else _text(moment)


def _moment(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
