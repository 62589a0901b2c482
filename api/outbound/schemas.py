"""What the endpoints about calls of the hotline's own take and give."""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.agents.schemas import StateOut
from api.core.paging import Page


class CallWish(BaseModel):
    """Whom to call; the number is the hotline's affair."""

    model_config = ConfigDict(extra="forbid")

    case_no: Annotated[
        str | None,
        Field(pattern=r"^[0-9-]{6,40}$", description="The citizen of a case", examples=["3714-261121-00001-7"]),
    ] = None
    call_id: Annotated[str | None, Field(pattern=r"^[!-.0-~]{1,150}$", description="Whoever made this call")] = None
    return_call_id: Annotated[int | None, Field(ge=1, lt=2**63, description="A return call that is owed")] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in (self.case_no, self.call_id, self.return_call_id)) != 1:
            raise ValueError("give exactly one of case_no, call_id and return_call_id")
        return self


class CallPlaced(BaseModel):
    """The agent's phone rings; the citizen is called when it is answered."""

    call_id: str
    case_no: str | None
    caller_display: Annotated[str, Field(description="The citizen's number without its middle")]
    state: StateOut


class ReturnState(StrEnum):
    """How a return call stands."""

    OWED = "owed"
    CANCELLED = "cancelled"
    DONE = "done"


class ReturnCallOut(BaseModel):
    """One return call 漏接回拨; `attempts` tells how often the hotline has called since it is owed."""

    id: int
    state: ReturnState
    caller: Annotated[str | None, Field(description="For supervisors; an agent calls without knowing it")]
    caller_display: Annotated[str, Field(description="The citizen's number, for agents without its middle")]
    queue: str | None
    line: str | None
    owed_since: dt.datetime
    call_id: Annotated[str, Field(description="The call that nobody answered")]
    disposition: str | None
    case_no: str | None
    incident_id: int | None
    attempts: int
    last_attempt_at: dt.datetime | None
    settled_at: dt.datetime | None
    settled_by_call: str | None


class ReturnCallPage(Page):
    """One page of return calls, those that are owed longest first."""

    items: list[ReturnCallOut]
