"""What the cases' endpoints give."""

import datetime as dt

from pydantic import BaseModel

from api.core.paging import Page


class CaseOut(BaseModel):
    """One case with what its call tells."""

    case_no: str
    state: str
    state_label: str
    opened_at: dt.datetime
    outcome: str | None
    note: str
    outcome_at: dt.datetime | None
    outcome_by: str | None
    call_id: str
    caller: str | None
    caller_display: str
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


class CaseDetailOut(CaseOut):
    """A case with its history."""

    history: list[TransitionOut]


class OutcomeChoiceOut(BaseModel):
    """An outcome an agent may choose, with the state it leads to."""

    outcome: str
    label: str
