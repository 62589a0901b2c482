"""What the endpoints about talks take and give."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.core.text import WORD_LIMIT

Kind = Literal["queue", "agent", "number"]


class TalkAct(StrEnum):
    """What can be done with a talk; when, `acd.rules.talks` knows."""

    HOLD = "hold"
    RESUME = "resume"
    TRANSFER = "transfer"
    CONSULT = "consult"
    JOIN = "join"
    COMPLETE = "complete"
    DROP = "drop"


NEEDS_TARGET = frozenset({TalkAct.TRANSFER, TalkAct.CONSULT})


class To(BaseModel):
    """Whom the talk goes to or is shared with."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    id: Annotated[
        str, Field(min_length=1, max_length=WORD_LIMIT, description="Queue, agent, or a published number, 110, ...")
    ]


class TalkIn(BaseModel):
    """One act."""

    model_config = ConfigDict(extra="forbid")

    act: TalkAct
    to: Annotated[To | None, Field(description="For transfer and consult only")] = None

    @model_validator(mode="after")
    def _check_target(self) -> "TalkIn":
        if (self.act in NEEDS_TARGET) != (self.to is not None):
            raise ValueError("`to` belongs to transfer and consult, and they need it")
        return self


class TargetOut(To):
    """Somebody a talk can be given to; `state` is an agent's live one."""

    name: str
    state: str | None = None
