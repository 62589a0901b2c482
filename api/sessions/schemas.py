"""What the sign-in takes and gives."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, Field

StaffNumber = Annotated[
    str, Field(pattern=r"^[0-9A-Za-z_-]{1,32}$", description="Staff number 工号", examples=["1001"])
]


class SignIn(BaseModel):
    """Staff number and password."""

    agent_id: StaffNumber
    password: Annotated[str, Field(min_length=1, max_length=200)]


class AgentOut(BaseModel):
    """Who somebody is."""

    id: str
    name: str
    role: str


class SessionOut(BaseModel):
    """A token and who it belongs to."""

    token: Annotated[str, Field(description="Send it as `Authorization: Bearer <token>`")]
    expires_at: dt.datetime
    agent: AgentOut
