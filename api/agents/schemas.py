"""What the agents' endpoints take and give."""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.core.fields import Heard, Why
from api.core.revisions import Revised
from api.numbers.schemas import Slug
from api.queues.schemas import County


class WantedState(StrEnum):
    """States an agent may ask for."""

    READY = "ready"
    PAUSED = "paused"
    LOGGED_OUT = "logged_out"


class StateWish(BaseModel):
    """The state an agent asks for."""

    state: WantedState
    reason: Annotated[
        str | None, Field(max_length=64, description="Why, for a pause: an id of GET /api/pause-reasons")
    ] = None


class MicrophoneIn(BaseModel):
    """What a page tells of its microphone."""

    model_config = ConfigDict(extra="forbid")

    ok: Annotated[bool, Field(strict=True)]


class NextOut(BaseModel):
    """A state that was asked for during a call and comes after it."""

    state: str
    reason: str | None = None


class StateOut(BaseModel):
    """An agent's live state as the voice process knows it."""

    agent_id: str
    state: str
    since: str
    call_id: str | None = None
    reason: str | None = None
    phone: str | None = None
    next: Annotated[NextOut | None, Field(description="What comes after the present call")] = None
    until: Annotated[dt.datetime | None, Field(description="When the server's own timer ends this state")] = None
    overrun: Annotated[bool, Field(description="The day's quota of this pause is used up")] = False


class RoutingOut(Revised):
    """By what calls find an agent."""

    editable = frozenset({"queues", "skills", "handicaps", "county", "seat", "phone_number"})

    queues: Annotated[list[str], Field(description="In order of preference")]
    skills: Annotated[dict[str, Any], Field(description="The level, 1 to 10, by skill")]
    handicaps: Annotated[dict[str, Any], Field(description="The seconds that calls count as younger, by queue")]
    county: Annotated[str, Field(description="Where the seat is; empty: the hall")]
    seat: Annotated[str, Field(description="phone: a browser or SIP phone; line: an ordinary telephone of the county")]
    phone_number: Annotated[str | None, Field(description="Of a line seat, as the county's trunk dials it")]


class RoutingIn(BaseModel):
    """By what calls are to find an agent; what is left out is none."""

    model_config = ConfigDict(extra="forbid")

    queues: Annotated[list[Slug], Field(max_length=100, description="In order of preference", examples=[["city"]])]
    skills: Annotated[dict[Slug, int], Field(max_length=100, description="The level, 1 to 10, by skill")] = {}
    handicaps: Annotated[
        dict[Slug, float],
        Field(max_length=100, description="The seconds that calls count as younger for this agent, by queue"),
    ] = {}
    county: County = ""
    seat: Literal["phone", "line"] = "phone"
    phone_number: Annotated[str | None, Field(pattern=r"^[0-9]{2,20}$", description="For a line seat")] = None
    why: Why


class RoutingStored(RoutingOut):
    """By what calls find an agent, as it is stored."""

    id: str
    heard: Heard


class AgentOut(RoutingOut):
    """An agent with what the agent does now; `state` is null while the voice process is away."""

    id: str
    name: str
    role: str
    extension: str
    state: str | None
    since: str | None
    call_id: str | None
    reason: str | None
    phone: str | None
    next: NextOut | None = None
    until: dt.datetime | None = None
    overrun: bool = False


class DraftOut(BaseModel):
    """What the agent has typed and not yet committed."""

    note: str
    outcome: str | None
    updated_at: dt.datetime


class CurrentCallOut(BaseModel):
    """The call an agent is on, or still owes an outcome for."""

    call_id: str
    case_no: str | None
    case_state: str | None
    caller: str | None
    caller_display: str
    answered_at: dt.datetime | None
    ended_at: dt.datetime | None
    draft: DraftOut | None


class MeOut(BaseModel):
    """Who is signed in, in what state, with which call."""

    id: str
    name: str
    role: str
    expires_at: dt.datetime
    state: Annotated[StateOut | None, Field(description="Null while the voice process is away")]
    call: CurrentCallOut | None


class PhoneOut(BaseModel):
    """How the browser phone signs in to the telephone system."""

    ws_url: str
    uri: Annotated[str, Field(examples=["sip:1001w@127.0.0.1"])]
    username: str
    password: str
    display_name: str
