"""What the calls' endpoints take and give."""

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.cases.rules import Outcome, Reached
from api.core.paging import Page
from api.core.text import NOTE_LIMIT

Note = Annotated[str, Field(max_length=NOTE_LIMIT, description="The agent's own words")]


class CallOut(BaseModel):
    """One call; times are ISO 8601 with offset, `waited_ms` milliseconds from queue to answer."""

    call_id: str
    source: Annotated[str, Field(description="Best witness: voice, record (CEL) or message (spool)")]
    caller: Annotated[str | None, Field(description="Canonical number; null when withheld")]
    caller_display: str
    caller_raw: str | None
    dialled: str | None
    line: str | None
    menu: str | None
    menu_version: int | None
    menu_path: list[str] | None
    menu_end: Annotated[
        str | None,
        Field(description="queue, hang_up, gave_up, message, transfer, return_call or affected"),
    ]
    menu_node: Annotated[str | None, Field(description="The node of the menu where that was")]
    menu_ms: Annotated[int | None, Field(description="Milliseconds in the menu")]
    queue: str | None
    skill: Annotated[str | None, Field(description="What the menu asked of the agent, such as a language")]
    transferred_to: Annotated[str | None, Field(description="The number that the menu connected the citizen with")]
    started_at: dt.datetime | None
    queued_at: dt.datetime | None
    first_offered_at: dt.datetime | None
    answered_at: dt.datetime | None
    ended_at: dt.datetime | None
    answered_by: str | None
    disposition: str | None
    ended_by: str | None
    waited_ms: int | None
    case_no: str | None
    case_state: str | None
    direction: Annotated[str, Field(description="inbound, or outbound for a call that the hotline has made")]
    recording_url: Annotated[str | None, Field(description="Where the talk, or the message left in a menu, is heard")]


class CallPage(Page):
    """One page of calls, newest first."""

    items: list[CallOut]


class CallEventOut(BaseModel):
    """One event of a call."""

    seq: int
    type: str
    at: dt.datetime
    data: dict[str, Any]


class OfferOut(BaseModel):
    """One offer of the call, and what became of it."""

    offer_no: int
    agent_id: str
    offered_at: dt.datetime | None
    finished_at: dt.datetime | None
    result: str | None
    waited_ms: int | None


class CallDetailOut(CallOut):
    """A call with its history."""

    events: list[CallEventOut]
    offers: list[OfferOut]
    outcome: str | None
    note: str | None
    query_code: Annotated[str | None, Field(description="To be told to the citizen, with the case's number")]


class OutcomeIn(BaseModel):
    """How the call's case goes on."""

    outcome: Annotated[
        Outcome | Reached, Field(description="Of a call that the hotline has made also reached or not_reached")
    ]
    note: Note = ""


class OutcomeOut(BaseModel):
    """The outcome as it is stored."""

    call_id: str
    case_no: Annotated[str | None, Field(description="Null where the citizen was not reached and has no case yet")]
    case_state: str | None
    outcome: Outcome | Reached
    note: str
    wrap_up_ended: Annotated[bool, Field(description="False: the telephone system will be told when it is back")]


class DraftIn(BaseModel):
    """What has been typed so far."""

    note: Note = ""
    outcome: Outcome | Reached | None = None


class DraftOut(BaseModel):
    """The draft as it is stored."""

    call_id: str
    note: str
    outcome: Outcome | Reached | None
    updated_at: dt.datetime
