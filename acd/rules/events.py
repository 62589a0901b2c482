"""What the engine is told: the events of its inbox, as frozen values."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from acd.messages import Configuration


@dataclass(frozen=True, slots=True)
class Configured:
    """A newly published configuration."""

    configuration: Configuration


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A citizen's call reached the voice process. `caller` and `dialled` are raw text from the carrier."""

    call_id: str
    caller: str
    dialled: str
    channel: str


@dataclass(frozen=True, slots=True)
class MenuPassed:
    """The IVR has finished with a call: `path` holds the keys that chose, `journey` what else Wire 1 tells of it."""

    call_id: str
    menu: str
    version: int
    path: tuple[str, ...]
    journey: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallQueued:
    """The call waits for a person in `queue`; a larger `priority` goes first."""

    call_id: str
    queue: str
    priority: int = 0
    skill: str | None = None


@dataclass(frozen=True, slots=True)
class OwnerKnown:
    """The caller has an open case that `agent_id` owns (首问首办); may come before the call waits, or after."""

    call_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class CalledBack:
    """A return call did not reach this caller, who may ring again."""

    caller: str


@dataclass(frozen=True, slots=True)
class Due:
    """The moment that `Floor.next_due` named has come."""


@dataclass(frozen=True, slots=True)
class CallLeft:
    """The citizen chose something else than to wait: a return call, a message. The session goes on with that."""

    call_id: str


@dataclass(frozen=True, slots=True)
class ReturnWanted:
    """The citizen wants to be called back by `queue`; who waits there keeps the place, anybody else gets one there.

    `priority` and `skill` are what a menu asks for, as with `CallQueued`.
    """

    call_id: str
    queue: str
    priority: int = 0
    skill: str | None = None


@dataclass(frozen=True, slots=True)
class OfferFailed:
    """The session's dial came back without an answer. `reason`: no_answer, busy, unreachable."""

    call_id: str
    offer_no: int
    reason: str


@dataclass(frozen=True, slots=True)
class SessionLost:
    """The AGI session of a call is gone; the channel may live on in the dialplan's fallback."""

    call_id: str


@dataclass(frozen=True, slots=True)
class ReservationOver:
    """The agent whose phone broke had time to come back; the citizen waits for anybody now."""

    call_id: str


@dataclass(frozen=True, slots=True)
class OutsideOver:
    """The session has connected the citizen with the call's target: `result` as of a `Placed`, after the talk."""

    call_id: str
    result: str


@dataclass(frozen=True, slots=True)
class LegRinging:
    """AMI DialBegin: `endpoint` rings for the channel `call_id`; `leg` is the uniqueid of its channel."""

    call_id: str
    endpoint: str
    caller: str = ""
    channel: str = ""
    leg: str = ""


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """AMI DialEnd with ANSWER: `endpoint` talks to the channel `call_id`; `leg` is its uniqueid, where it is known."""

    call_id: str
    endpoint: str
    leg: str = ""


@dataclass(frozen=True, slots=True)
class LegEnded:
    """The agent's leg is gone: AMI Hangup of the leg, or DialEnd without an answer."""

    call_id: str
    endpoint: str


class PlacedResult(StrEnum):
    """What became of a leg that was placed for us."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Placed:
    """AMI OriginateResponse: the leg that `effects.Place` asked for was answered, or was not."""

    leg: str
    result: PlacedResult


@dataclass(frozen=True, slots=True)
class PlacedEnded:
    """AMI Hangup of a leg that `effects.Place` asked for; `result` says why where it was never answered."""

    leg: str
    result: PlacedResult


@dataclass(frozen=True, slots=True)
class CallEnded:
    """AMI Hangup of the citizen's channel: the only end a call has."""

    call_id: str


@dataclass(frozen=True, slots=True)
class HangupAsked:
    """AMI HangupRequest: this side ended the talk: the citizen (`endpoint` None) or the agent's phone."""

    call_id: str
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class PhoneChanged:
    """AMI DeviceStateChange of an agent's endpoint; `state` in Asterisk's words (`NOT_INUSE`, `UNAVAILABLE`, ...)."""

    endpoint: str
    state: str


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody on the staff asks for by name (ready, pause, outcome, ...); `args` is as it came over the link."""

    agent_id: str
    name: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScreenBack:
    """The first screen of an agent has subscribed."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class ScreenGone:
    """The last screen of an agent is gone."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class WebCame:
    """A web process is linked: screens can come."""


@dataclass(frozen=True, slots=True)
class WebWent:
    """A web process is gone, and its screens with it."""


@dataclass(frozen=True, slots=True)
class SeenChannel:
    """One citizen's channel in a snapshot; `endpoint` is the agent's phone in the same bridge, `leg` its uniqueid.

    `legs` are all other channels that belong to the call, whatever they hear.
    """

    call_id: str
    caller: str
    channel: str
    endpoint: str | None = None
    leg: str = ""
    legs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Asterisk's own word on channels and phones: after each (re)connect of AMI.

    Calls that started at `taken_at` or later may be missing from it. `placed` are the legs that `effects.Place` asked
    for, each with whether it is answered.
    """

    taken_at: dt.datetime
    channels: Mapping[str, SeenChannel] = field(default_factory=dict)
    phones: Mapping[str, str] = field(default_factory=dict)
    placed: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AmiLost:
    """The AMI event link is down: what we believe may be stale, so nothing is offered."""


@dataclass(frozen=True, slots=True)
class Thawed:
    """AMI has been away for long: offering goes on with what the AGI sessions tell."""


Event = (
    Configured
    | CallStarted
    | MenuPassed
    | CallQueued
    | OwnerKnown
    | CalledBack
    | Due
    | CallLeft
    | ReturnWanted
    | OfferFailed
    | SessionLost
    | ReservationOver
    | OutsideOver
    | LegRinging
    | LegAnswered
    | LegEnded
    | Placed
    | PlacedEnded
    | CallEnded
    | HangupAsked
    | PhoneChanged
    | Command
    | ScreenBack
    | ScreenGone
    | WebCame
    | WebWent
    | Snapshot
    | AmiLost
    | Thawed
)
