"""What the voice process routes by, as it stands on the wire."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field


class QueueOut(BaseModel):
    """One queue; the rules that are not set are left out."""

    id: str
    name: str
    priority: int
    ring_seconds: int
    needs: list[dict[str, Any]] | None = None
    asked: list[dict[str, Any]] | None = None
    overflow: list[dict[str, Any]] | None = None
    owner_seconds: float | None = None
    county: str | None = None
    county_seconds: float | None = None
    hours: dict[str, Any] | None = None
    returning: dict[str, Any] | None = None
    wrap_up_seconds: float | None = None


class AgentOut(BaseModel):
    """One agent with the queues served, in order of preference; what is not set is left out."""

    id: str
    name: str
    extension: str
    queues: list[str]
    role: str
    skills: dict[str, Any] | None = None
    handicaps: dict[str, Any] | None = None
    county: str | None = None
    seat: Annotated[str | None, Field(description="line: an ordinary telephone; left out: a browser or SIP phone")] = (
        None
    )
    phone_number: str | None = None
    until: Annotated[str | None, Field(description="When a guest's session ends; left out for the staff")] = None


class NumberOut(BaseModel):
    """One public number with what belongs to its line."""

    number: str
    line: str
    menu: str
    queue: str
    area: Annotated[str, Field(description="The county, or empty for the whole city")]
    greeting: Annotated[list[str], Field(description="Sounds in place of @line")]
    hours: Annotated[dict[str, Any] | None, Field(description="The line's week; null is round the clock")]
    priority: Annotated[int | None, Field(description="Added to that of its calls; left out when it is 0")] = None


class MenuOut(BaseModel):
    """One published menu; the next one of the same name takes over at its `from`."""

    name: str
    version: int
    tree: dict[str, Any]
    from_: Annotated[dt.datetime, Field(alias="from")]


class IncidentOut(BaseModel):
    """One notice, for calls to these numbers from `starts` until `ends`."""

    id: str
    sounds: list[str]
    numbers: list[str]
    starts: dt.datetime
    ends: dt.datetime


class HolidayOut(BaseModel):
    """A day that is not what its weekday says."""

    day: dt.date
    kind: Literal["holiday", "workday"]


class PauseOut(BaseModel):
    """A reason for which agents may pause."""

    id: str
    name: str
    minutes: Annotated[int | None, Field(description="Of each day in China; null: no quota")]


class ConfigurationOut(BaseModel):
    """All of it, with the version that is also the ETag."""

    version: str
    queues: list[QueueOut]
    agents: list[AgentOut]
    numbers: list[NumberOut]
    menus: Annotated[list[MenuOut], Field(description="In force, and those to come")]
    incidents: Annotated[list[IncidentOut], Field(description="On, and those to come")]
    holidays: list[HolidayOut]
    sounds: Annotated[dict[str, str], Field(description="What the sounds say that can be heard")]
    targets: Annotated[list[str], Field(description="Numbers that calls may be transferred to")]
    pauses: Annotated[list[PauseOut], Field(description="Reasons for a pause; none: any will do")]
    target_names: Annotated[dict[str, str], Field(description="Whose numbers they are")]
