"""What the endpoints about holidays take and give."""

import datetime as dt
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.core.fields import FIRST_YEAR, LAST_YEAR, Heard, Why
from api.core.text import WORD_LIMIT, clean

IMPORT_LIMIT: Final = 400


def _within_reach(day: dt.date) -> dt.date:
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        raise ValueError(f"give a year from {FIRST_YEAR} to {LAST_YEAR - 1}")
    return day


def _name(text: str) -> str:
    return clean(text, WORD_LIMIT).strip()


Day = Annotated[dt.date, AfterValidator(_within_reach)]


class DayIn(BaseModel):
    """What a day is."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[Literal["holiday", "workday"], Field(description="workday: a weekend day that is worked (调休)")]
    name: Annotated[str, Field(max_length=WORD_LIMIT, examples=["国庆节"]), AfterValidator(_name)] = ""


class HolidayIn(DayIn):
    """One day as it is to be."""

    why: Why


class DayRow(DayIn):
    """One day of a list."""

    day: Day


class HolidaysIn(BaseModel):
    """Days to set, all of them or none, such as those of a year; other days stay as they are."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[list[DayRow], Field(min_length=1, max_length=IMPORT_LIMIT)]
    why: Why


class HolidayOut(BaseModel):
    """One day."""

    day: dt.date
    kind: str
    name: str


class HolidayStored(HolidayOut):
    """One day as it is stored."""

    heard: Heard
