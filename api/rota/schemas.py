"""What the endpoints about the rota take and give."""

import datetime as dt
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from api.core.fields import Moment, Why
from api.core.text import WORD_LIMIT, clean
from api.holidays.schemas import Day
from api.numbers.schemas import Slug
from api.rota.rules import Turn
from ivr.hours import DAY_MINUTES, DAYS

WEEKS_LIMIT: Final = 53
AGENTS_LIMIT: Final = 500
TURNS_LIMIT: Final = 21
SHIFTS_LIMIT: Final = 20_000
"""Shifts that one request may write."""
MINIMUM_LIMIT: Final = 1000
LONGEST: Final = {"duty": dt.timedelta(hours=24), "leave": dt.timedelta(days=200)}

Kind = Literal["duty", "leave"]
AgentId = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,32}$", examples=["1001"])]
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]


def _note(text: str) -> str:
    return clean(text, WORD_LIMIT).strip()


def _whole_minute(at: dt.datetime) -> dt.datetime:
    if at.second or at.microsecond:
        raise ValueError("give a whole minute")
    return at


def _monday(day: dt.date) -> dt.date:
    if day.weekday():
        raise ValueError(f"give a Monday, such as {day - dt.timedelta(days=day.weekday())}")
    return day


Note = Annotated[str, Field(max_length=WORD_LIMIT, examples=["早班"]), AfterValidator(_note)]
Minute = Annotated[Moment, AfterValidator(_whole_minute)]
Monday = Annotated[Day, AfterValidator(_monday)]
Weeks = Annotated[int, Field(ge=1, le=WEEKS_LIMIT)]
Agents = Annotated[list[AgentId], Field(min_length=1, max_length=AGENTS_LIMIT)]


class ShiftIn(BaseModel):
    """One shift as it is to be."""

    model_config = ConfigDict(extra="forbid")

    agent_id: AgentId
    starts: Annotated[Minute, Field(description="With its offset")]
    ends: Annotated[Minute, Field(description="Not included: the next shift may begin then")]
    kind: Annotated[Kind, Field(description="leave (请假) takes away from duty (值班)")] = "duty"
    note: Note = ""
    why: Why

    @model_validator(mode="after")
    def _lengthy(self) -> Self:
        longest = LONGEST[self.kind]
        if not dt.timedelta(0) < self.ends - self.starts <= longest:
            hours = int(longest.total_seconds() // 3600)
            raise ValueError(f"let it end after it starts, and a {self.kind} within {hours} hours")
        return self


class TurnIn(BaseModel):
    """One duty of a week's pattern, in China's time."""

    model_config = ConfigDict(extra="forbid")

    day: Annotated[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], Field(description="When it starts")]
    starts: ClockTime
    ends: Annotated[ClockTime, Field(examples=["08:00"], description="Not after `starts`: on the next day")]

    def turn(self) -> Turn:
        """Return it in minutes."""
        start, end = _minutes(self.starts), _minutes(self.ends)
        return Turn(DAYS.index(self.day), start, end - start if end > start else end - start + DAY_MINUTES)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


class WeeksIn(BaseModel):
    """A week's pattern for some agents, repeated over weeks."""

    model_config = ConfigDict(extra="forbid")

    agents: Agents
    monday: Annotated[Monday, Field(description="With which the first week begins")]
    weeks: Weeks = 1
    turns: Annotated[list[TurnIn], Field(min_length=1, max_length=TURNS_LIMIT)]
    note: Note = ""
    why: Why


class CopyIn(BaseModel):
    """A week to copy: the duties that start in it, leaves are not copied."""

    model_config = ConfigDict(extra="forbid")

    monday: Annotated[Monday, Field(description="With which the week begins that is copied")]
    to: Annotated[Monday, Field(description="With which the first week begins that gets the copy")]
    weeks: Annotated[Weeks, Field(description="How many weeks get it, one after the other")] = 1
    agents: Annotated[Agents | None, Field(description="Whose; null: everybody's")] = None
    why: Why

    @model_validator(mode="after")
    def _elsewhere(self) -> Self:
        if self.to <= self.monday < self.to + dt.timedelta(weeks=self.weeks):
            raise ValueError("copy to other weeks than the one that is copied")
        return self


class MinimumsIn(BaseModel):
    """How many agents queues need on duty at any minute of their hours; a queue that is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    minimums: Annotated[
        dict[Slug, Annotated[int, Field(ge=0, le=MINIMUM_LIMIT)]],
        Field(min_length=1, max_length=500, examples=[{"city": 7}]),
    ]
    why: Why


class ShiftOut(BaseModel):
    """One shift."""

    id: int
    agent_id: str
    name: str
    starts: dt.datetime
    ends: dt.datetime
    kind: str
    note: str


class RotaOut(BaseModel):
    """The shifts of a period, also those that only reach into it, by start and agent."""

    since: dt.datetime
    until: dt.datetime
    shifts: list[ShiftOut]


class WrittenOut(BaseModel):
    """How many shifts a request wrote, or took away."""

    shifts: int


class GapOut(BaseModel):
    """A stretch in which a queue has too few on duty."""

    queue: str
    starts: dt.datetime
    ends: dt.datetime
    minutes: Annotated[float, Field(description="How long it is")]
    on_duty: int
    minimum: int


class QueueCoverOut(BaseModel):
    """One queue's cover in the whole period."""

    queue: str
    name: str
    minimum: Annotated[int, Field(description="Agents that it needs on duty at any minute of its hours")]
    uncovered_minutes: float


class CoverOut(BaseModel):
    """Every minute without cover."""

    since: dt.datetime
    until: dt.datetime
    covered: Annotated[bool, Field(description="Whether no minute is without cover")]
    queues: list[QueueCoverOut]
    gaps: Annotated[list[GapOut], Field(description="By queue and time; at most 2,000")]
    left_off: Annotated[int, Field(description="Gaps beyond those; ask for a shorter period")]
