"""What guest sessions take and give."""

import datetime as dt
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.core.fields import Heard, Moment, Why, plain
from db.guests import EXTENSIONS

WORDS = 80
Line = Annotated[str, Field(min_length=1, max_length=WORDS), AfterValidator(plain(WORDS))]
DialledNumber = Annotated[str, Field(pattern=r"^[0-9]{3,20}$", examples=["63160000"])]
QueueId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["city"])]


class Kind(StrEnum):
    """Who answers: the mayor 市长接听日, people's deputies 人大代表, members of the 政协 (政协委员)."""

    MAYOR = "mayor"
    DEPUTIES = "deputies"
    MEMBERS = "members"


class GuestIn(BaseModel):
    """One guest."""

    model_config = ConfigDict(extra="forbid")

    name: Line
    title: Annotated[str, Field(max_length=WORDS, description="职务")] = ""


class SessionIn(BaseModel):
    """A session to open, now or later."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    title: Line
    starts: Annotated[Moment | None, Field(description="Left out: now")] = None
    ends: Moment
    numbers: Annotated[
        list[DialledNumber],
        Field(max_length=20, description="Numbers that lead there while it lasts; others' calls can be moved there"),
    ] = []
    overflow_to: Annotated[QueueId, Field(description="Whose agents help while no guest is there")]
    guests: Annotated[list[GuestIn], Field(min_length=1, max_length=len(EXTENSIONS))]
    why: Why


class EndIn(BaseModel):
    """Why a session ends before its time."""

    model_config = ConfigDict(extra="forbid")

    why: Why


class SeatOut(BaseModel):
    """A guest's seat: the account's name and the phone."""

    id: Annotated[str, Field(description="The staff number to sign in with", examples=["g7-1"])]
    name: str
    title: str
    extension: str


class NewSeatOut(SeatOut):
    """A new seat with its password, which is told once and never again."""

    password: str


class GuestSessionOut(BaseModel):
    """A session; `state` is planned, on or over."""

    id: int
    kind: Kind
    title: str
    starts: dt.datetime
    ends: dt.datetime
    state: str
    queue: Annotated[str, Field(description="Calls can be moved there while it lasts", examples=["guest-7"])]
    numbers: list[str]
    overflow_to: str
    opened_by: str
    opened_at: dt.datetime
    why: str
    ended_by: Annotated[str | None, Field(description="Who ended it before its time")]
    seats: list[SeatOut]


class OpenedOut(GuestSessionOut):
    """A session just opened, with the guests' passwords."""

    seats: list[NewSeatOut]  # type: ignore[assignment] # a seat with more is a seat
    heard: Heard


class GuestFiguresOut(SeatOut):
    """What one guest did."""

    offered: int
    answered: int
    missed: int
    talk_seconds: int


class SessionCaseOut(BaseModel):
    """The case of one call, with what came of it."""

    call_id: str
    number: str
    state: str
    outcome: str | None
    note: str
    answered_by: str | None
    opened_at: dt.datetime


class ReportOut(BaseModel):
    """What came of a session: `by_others` were answered by the staff that helps, `waits` count whom a person served."""

    session: GuestSessionOut
    calls: int
    answered: int
    by_guests: int
    by_others: int
    abandoned: int
    within_20_s: int
    mean_wait_ms: int | None
    longest_wait_ms: int | None
    guests: list[GuestFiguresOut]
    cases: list[SessionCaseOut]
    outcomes: Annotated[dict[str, int], Field(description="How many cases are in each state")]
