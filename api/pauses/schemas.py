"""What the endpoints about pause reasons take and give."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from acd.rules.pauses import LONGEST_MINUTES
from api.core.fields import Heard, Why, plain
from api.core.revisions import Revised
from api.core.text import WORD_LIMIT

REASON: Final = r"^[a-z0-9_-]{1,32}$"


class PauseIn(BaseModel):
    """One reason as it is to be."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[
        str, Field(min_length=1, max_length=WORD_LIMIT, examples=["小休"]), AfterValidator(plain(WORD_LIMIT))
    ]
    minutes: Annotated[
        int | None, Field(ge=1, le=LONGEST_MINUTES, description="Of each agent's day in China; null: no quota")
    ] = None
    active: Annotated[bool, Field(description="False: nobody may pause for it any more")] = True
    why: Why


class PauseOut(Revised):
    """One reason for a pause."""

    editable = frozenset({"name", "minutes", "active"})

    id: str
    name: str
    minutes: Annotated[int | None, Field(description="Of each agent's day in China; null: no quota")]
    active: bool


class PauseStored(PauseOut):
    """One reason as it is stored."""

    heard: Heard
