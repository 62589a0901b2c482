"""What the engine wants done: effects as frozen values, carried out in their order by the shell."""

from dataclasses import dataclass
from typing import Any

from acd.messages import AgentState, CallEventType, KeptAgent
from acd.rules.returning import Recent
from acd.rules.state import Call, Virtual

LEG_PREFIX = "leg-"
"""Begins the uniqueid of every channel that is placed for us, `leg-<kind>-<call id>-<n>`: no citizen's has it."""

FAR_PREFIX = "far-"
"""Begins the uniqueid of a Local channel's far end, before that of the leg which is its near end.

Asterisk itself would call it `<leg>;2`, and `Bridge` takes whatever channel begins with the name it is given.
"""

OUT_PREFIX = "out-"
"""Begins the uniqueid of a citizen's channel that we have called ourselves, and so the id of that call."""


def call_of(leg: str) -> str | None:
    """The call for which a channel was placed; None for every channel that was not."""
    if not leg.startswith(LEG_PREFIX):
        return None
    return leg.removeprefix(LEG_PREFIX).partition("-")[2].rpartition("-")[0] or None


@dataclass(frozen=True, slots=True)
class Record:
    """Append a call event to the journal."""

    call_id: str
    type: CallEventType
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tell:
    """Send a body down an agent's stream."""

    agent_id: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ring:
    """Dial `endpoint` for the call; the session first waits for the screen's acknowledgement of the offer."""

    call_id: str
    offer_no: int
    agent_id: str
    endpoint: str
    seconds: int


@dataclass(frozen=True, slots=True)
class TalkOver:
    """The agent's leg is gone: the session goes on to the end of the call, or waits `again` for an agent.

    `quiet`: the citizen is told of no broken connection, because somebody takes the call over.
    """

    call_id: str
    again: bool
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """Channels (uniqueid, extension; one or two) go on in the dialplan at `context`, at once: AMI Redirect."""

    context: str
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Ring `dial` for at most `seconds`; answered, it goes on in the dialplan: AMI Originate, told by `ev.Placed`.

    `leg` becomes its uniqueid and begins with `LEG_PREFIX` or `OUT_PREFIX`. `dial` and `variables` are known values,
    never a caller's text. With `shown_to` that agent's screen shows the offer first, as with `Ring`.
    """

    leg: str
    dial: str
    context: str
    exten: str
    seconds: int
    caller_id: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    shown_to: str | None = None


@dataclass(frozen=True, slots=True)
class HangUp:
    """End a channel, by its uniqueid: AMI Hangup. One that is gone already needs nothing."""

    channel: str


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent's live state changed: keep it, show it, adjust the fallback queue."""

    state: AgentState
    kept: KeptAgent


@dataclass(frozen=True, slots=True)
class KeepAgent:
    """Keep what has changed of an agent and nobody sees."""

    kept: KeptAgent


@dataclass(frozen=True, slots=True)
class KeepCall:
    """Keep what is known of a live call over a restart: as it is when the event has been decided completely."""

    call: Call


@dataclass(frozen=True, slots=True)
class ForgetCall:
    """A call is over: nothing of it needs to survive a restart.

    `witnessed` is False when its end was not seen: then Asterisk's own records have to tell it.
    """

    call_id: str
    witnessed: bool = True


@dataclass(frozen=True, slots=True)
class KeepCaller:
    """Keep over a restart what happened to a caller last; None: nothing any more."""

    caller: str
    recent: Recent | None


@dataclass(frozen=True, slots=True)
class KeepReturn:
    """Keep a virtual caller over a restart."""

    virtual: Virtual


@dataclass(frozen=True, slots=True)
class ForgetReturn:
    """A virtual caller has been served, or is left to people."""

    return_id: str


@dataclass(frozen=True, slots=True)
class RulesRefused:
    """Rules of a queue or an agent as published cannot be followed; those before stay. `reason` says what to change."""

    reason: str


@dataclass(frozen=True, slots=True)
class KeepEars:
    """Keep over a restart which supervisors listen where (`acd.rules.listening.Ear`): all of them."""

    ears: tuple[dict[str, Any], ...]


Telephone = Move | Place | HangUp
"""What is asked of Asterisk itself rather than of a call's session."""

Kept = KeepAgent | KeepCall | ForgetCall | KeepCaller | KeepReturn | ForgetReturn | KeepEars
"""What survives a restart of the voice process."""

Effect = Record | Tell | Ring | TalkOver | Telephone | AgentChanged | Kept | RulesRefused
