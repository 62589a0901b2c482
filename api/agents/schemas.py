"""What the agents' endpoints take and give."""

import datetime as dt
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field


class WantedState(StrEnum):
    """States an agent may ask for."""

    READY = "ready"
    PAUSED = "paused"
    LOGGED_OUT = "logged_out"


class StateWish(BaseModel):
    """The state an agent asks for."""

    state: WantedState
    reason: Annotated[str | None, Field(max_length=64, description="Why, for a pause")] = None


class StateOut(BaseModel):
    """An agent's live state as the voice process knows it."""

    agent_id: str
    state: str
    since: str
    call_id: str | None = None
    reason: str | None = None
    phone: str | None = None


class AgentOut(BaseModel):
    """An agent with what the agent does now; `state` is null while the voice process is away."""

    id: str
    name: str
    role: str
    extension: str
    queues: Annotated[list[str], Field(description="In order of preference")]
    state: str | None
    since: str | None
    call_id: str | None
    reason: str | None
    phone: str | None


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
