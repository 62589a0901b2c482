"""What the cases' endpoints give."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, Field

from api.core.paging import Page


class CaseOut(BaseModel):
    """One case with what its call tells; an incident's case has no call."""

    case_no: str
    state: str
    state_label: str
    opened_at: dt.datetime
    outcome: str | None
    note: str
    outcome_at: dt.datetime | None
    outcome_by: str | None
    incident_id: Annotated[int | None, Field(description="The incident that the case was opened for")]
    incident_title: str | None
    call_id: Annotated[str | None, Field(description="The call that the case was opened for")]
    caller: str | None
    caller_display: Annotated[str, Field(description="Empty without a call")]
    caller_raw: str | None
    dialled: str | None
    line: str | None
    menu: str | None
    menu_version: int | None
    menu_path: list[str] | None
    queue: str | None
    waited_ms: int | None
    answered_by: str | None


class CasePage(Page):
    """One page of cases, newest first."""

    items: list[CaseOut]


class TransitionOut(BaseModel):
    """One step of a case."""

    from_state: str | None
    to_state: str
    trigger: str
    by: str | None
    at: dt.datetime


class RatingOut(BaseModel):
    """How the citizen rated the talk."""

    score: Annotated[int | None, Field(description="Null when none was given")]
    reason: Annotated[str, Field(description="pressed, silent or hung_up")]
    at: dt.datetime


class CaseDetailOut(CaseOut):
    """A case with its history."""

    query_code: Annotated[str, Field(description="With it and the case's number a citizen hears the progress")]
    rating: Annotated[
        RatingOut | None, Field(description="Null when the citizen was not asked; for agents until the case is closed")
    ]
    history: list[TransitionOut]


class OutcomeChoiceOut(BaseModel):
    """An outcome an agent may choose, with the state it leads to."""

    outcome: str
    label: str
