"""What the endpoints about transfer targets take and give."""

import datetime as dt
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.core.fields import Heard, Why, plain
from api.core.text import WORD_LIMIT

NUMBER: Final = r"^[0-9]{3,20}$"


class TargetIn(BaseModel):
    """One target as it is to be."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[
        str, Field(min_length=1, max_length=WORD_LIMIT, examples=["公安报警"]), AfterValidator(plain(WORD_LIMIT))
    ]
    kind: Annotated[
        Literal["emergency", "sub_centre", "unit"],
        Field(description="110, 119, 120, 122; a sub-centre; a unit's public phone"),
    ]
    why: Why


class TargetOut(BaseModel):
    """One target."""

    number: str
    name: str
    kind: str
    tested_at: dt.datetime | None
    test_result: Annotated[str | None, Field(description="answered, busy, no_answer or failed")]
    tested_by: str | None


class TargetStored(TargetOut):
    """One target as it is stored."""

    heard: Heard


class TrialIn(BaseModel):
    """Why a target is tried; nothing need be given."""

    model_config = ConfigDict(extra="forbid")

    why: Why = "trial call"


class TrialOut(TargetOut):
    """One target after a trial call."""

    ms: Annotated[int | None, Field(description="Milliseconds until that was known")]
