"""What the endpoints about attendance give."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, Field

Seconds = Annotated[int, Field(description="Seconds")]


class DutyOut(BaseModel):
    """How one duty was kept, judged up to the present."""

    shift_id: int
    starts: Annotated[dt.datetime, Field(description="What no leave took away begins then")]
    ends: dt.datetime
    status: Annotated[str, Field(description="planned, running or over")]
    planned: Seconds
    came: Annotated[dt.datetime | None, Field(description="First moment of the duty with the agent there")]
    left: Annotated[dt.datetime | None, Field(description="Last moment of it, once it is over")]
    late: Seconds
    early: Annotated[int, Field(description="Seconds that were left out at the end")]
    present: Seconds
    paused: Seconds
    absent: Annotated[bool, Field(description="Nobody came")]


class AttendanceOut(BaseModel):
    """One agent's duties that start in the period, and their sums."""

    agent_id: str
    name: str
    planned: Seconds
    present: Annotated[int, Field(description="Seconds of duty with the agent there, pauses among them")]
    paused: Seconds
    overtime: Annotated[int, Field(description="Seconds of the period with the agent there outside of duty")]
    late: Annotated[int, Field(description="Duties begun late")]
    left_early: Annotated[int, Field(description="Duties left early")]
    absent: Annotated[int, Field(description="Duties nobody came to")]
    duties: list[DutyOut]


class AttendancesOut(BaseModel):
    """Planned against actual, by agent."""

    since: dt.datetime
    until: dt.datetime
    agents: list[AttendanceOut]
