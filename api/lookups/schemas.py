"""What the look-ups take and give, as it stands on the wire."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.core.text import CALLER_LIMIT


class CallerIn(BaseModel):
    """The caller as the carrier sent it."""

    caller: Annotated[str, Field(max_length=CALLER_LIMIT)]


class CallerOut(BaseModel):
    """What is known of the number; nothing when none is shown."""

    known: Annotated[bool, Field(description="Somebody has spoken with this number, or it has a case")]
    open_case: Annotated[bool, Field(description="It has a case that somebody still works on")]
    owner: Annotated[str | None, Field(description="Staff number of who took the newest open case (首问首办)")]


class ProgressIn(BaseModel):
    """What a citizen typed."""

    case_number: Annotated[str, Field(pattern=r"^[0-9]{1,32}$", examples=["3714261121000427"])]
    query_code: Annotated[str, Field(pattern=r"^[0-9]{1,32}$")]
    call_id: Annotated[str | None, Field(max_length=150)] = None


class NotFoundOut(BaseModel):
    """No such case, or a wrong code, or too many wrong ones before: they are not told apart."""

    found: Literal[False] = False


class FoundOut(BaseModel):
    """How far the case is."""

    found: Literal[True] = True
    case_no: str
    state: str
    opened_on: Annotated[str, Field(description="The day in China, YYYY-MM-DD")]
