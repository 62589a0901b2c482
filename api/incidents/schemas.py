"""What the endpoints about incidents take and give."""

import datetime as dt
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.core.fields import Heard, Moment, Why, plain
from api.core.paging import Page
from api.core.text import WORD_LIMIT
from api.numbers.schemas import PRIORITY_LIMIT, Digits, SoundName

TEXT_LIMIT: Final = 300
SOUNDS_LIMIT: Final = 10
LINES_LIMIT: Final = 500


class IncidentIn(BaseModel):
    """An incident to switch on."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[
        str, Field(min_length=1, max_length=WORD_LIMIT, examples=["城东停电"]), AfterValidator(plain(WORD_LIMIT))
    ]
    text: Annotated[
        str,
        Field(min_length=1, max_length=TEXT_LIMIT, description="What citizens are told; spoken when there is no sound"),
        AfterValidator(plain(TEXT_LIMIT)),
    ]
    sounds: Annotated[
        list[SoundName] | None,
        Field(min_length=1, max_length=SOUNDS_LIMIT, description="Approved sounds; null: the text is spoken"),
    ] = None
    numbers: Annotated[
        list[Digits] | None, Field(min_length=1, max_length=LINES_LIMIT, description="The lines that tell it")
    ] = None
    areas: Annotated[
        list[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]] | None,
        Field(min_length=1, max_length=LINES_LIMIT, description="Every line of these areas; without numbers, too: all"),
    ] = None
    priority: Annotated[
        int,
        Field(ge=-PRIORITY_LIMIT, le=PRIORITY_LIMIT, description="Added to that of the lines' calls while it is on"),
    ] = 0
    ends_at: Annotated[Moment, Field(description="When it ends by itself, at most 7 days from now")]
    why: Why | None = None


class EndIn(BaseModel):
    """Why an incident is ended before its time."""

    model_config = ConfigDict(extra="forbid")

    why: Why


class IncidentOut(BaseModel):
    """One incident."""

    id: int
    title: str
    text: str
    sounds: list[str]
    numbers: Annotated[list[str] | None, Field(description="With areas null, too: every line")]
    areas: list[str] | None
    priority: Annotated[int, Field(description="Added to that of the lines' calls while it is on")]
    starts_at: dt.datetime
    ends_at: dt.datetime
    switched_on_by: str
    switched_off_at: dt.datetime | None
    switched_off_by: str | None
    on: Annotated[bool, Field(description="Whether callers hear it now")]
    case_no: str | None
    affected: Annotated[int, Field(description="Callers who were registered")]


class IncidentStored(IncidentOut):
    """One incident as it is stored."""

    heard: Heard


class IncidentPage(Page):
    """One page of incidents, newest first."""

    items: list[IncidentOut]


class AffectedOut(BaseModel):
    """A caller who was registered as affected."""

    call_id: str
    caller: Annotated[str | None, Field(description="Canonical number; null when withheld")]
    caller_display: str
    at: dt.datetime
    return_call_owed: Annotated[bool, Field(description="False: somebody has spoken with them since, or no number")]


class IncidentDetailOut(IncidentOut):
    """One incident with a part of its callers, in the order in which they rang."""

    callers: list[AffectedOut]
