"""What the endpoints about messages give."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, Field

from api.core.paging import Page


class MessageOut(BaseModel):
    """One message, left in a menu or with the last-resort script."""

    id: int
    call_id: str
    left_at: dt.datetime
    caller_raw: Annotated[str | None, Field(description="For supervisors")]
    dialled: str | None
    number: Annotated[str | None, Field(description="Digits the citizen typed; for supervisors")]
    callback: Annotated[str | None, Field(description="Canonical number to ring; for supervisors")]
    callback_display: Annotated[str, Field(description="That number, for agents without its middle")]
    recording_url: str | None


class MessagePage(Page):
    """One page of messages, newest first."""

    items: list[MessageOut]
