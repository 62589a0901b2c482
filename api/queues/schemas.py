"""What the endpoints about queues take and give."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.core.fields import Heard, Why, plain
from api.core.revisions import Revised
from api.core.text import WORD_LIMIT
from api.numbers.schemas import Hours, Slug

COUNTY: Final = r"^[a-z0-9-]{0,32}$"
LIST_LIMIT: Final = 20

County = Annotated[str, Field(pattern=COUNTY, description="As in the area of a number; empty: none", examples=[""])]


class _Strict(BaseModel):
    """A misspelt rule must not pass for one that is not set."""

    model_config = ConfigDict(extra="forbid")


class NeedIn(_Strict):
    """Agents need the skill at this level or above, until the call has waited so long."""

    skill: Annotated[Slug, Field(examples=["dialect"])]
    level: Annotated[int, Field(description="1 to 10")] = 1
    until: Annotated[float | None, Field(description="Seconds of waiting; null: always")] = None


class OverflowIn(_Strict):
    """Agents of another queue help: after some waiting, while many wait, or while nobody of this queue is on duty."""

    to: Annotated[Slug, Field(description="Whose agents help")]
    after: Annotated[float | None, Field(description="Seconds of waiting; null: time alone brings no help")] = None
    waiting: Annotated[int | None, Field(description="While so many wait; null: load brings no help")] = None
    handicap: Annotated[float, Field(description="Seconds that a call counts as younger for them")] = 0.0


class ReturningIn(_Strict):
    """More priority for who rings again within these minutes."""

    minutes: float = 10.0
    cut_off: Annotated[int, Field(description="Whose call broke")] = 0
    abandoned: Annotated[int, Field(description="Who gave up waiting")] = 0
    called_back: Annotated[int, Field(description="Whom we called back without success")] = 0


class ReturnCallsIn(_Strict):
    """Who asked to be called back keeps the place in the line."""

    minutes: Annotated[float, Field(description="So long; afterwards people call back")] = 120.0
    attempts: Annotated[int, Field(description="So often a citizen is called; 0: only people call back")] = 3
    every: Annotated[float, Field(description="Seconds between two attempts")] = 300.0


class RulesIn(_Strict):
    """How calls of a queue find their agent; what is left out is not asked for."""

    needs: Annotated[list[NeedIn], Field(max_length=LIST_LIMIT, description="What every call needs")] = []
    asked: Annotated[
        list[NeedIn], Field(max_length=LIST_LIMIT, description="How a skill is needed that a menu asked for")
    ] = []
    overflow: Annotated[list[OverflowIn], Field(max_length=LIST_LIMIT, description="The nearest first")] = []
    owner_seconds: Annotated[
        float, Field(description="So long a call is kept for who owns the caller's open case 首问首办")
    ] = 0.0
    county: County = ""
    county_seconds: Annotated[float, Field(description="So long a call is kept for seats of its county")] = 0.0
    hours: Annotated[Hours | None, Field(max_length=20, description="Opening hours by day; null: always open")] = None
    returning: ReturningIn | None = None
    return_calls: ReturnCallsIn | None = None
    wrap_up_seconds: Annotated[
        float, Field(description="A wrap-up ends by itself after so long, its case stays a draft; 0: never")
    ] = 0.0


class QueueIn(_Strict):
    """One queue as it is to be."""

    name: Annotated[str, Field(min_length=1, max_length=WORD_LIMIT), AfterValidator(plain(WORD_LIMIT))]
    priority: Annotated[int, Field(ge=-1000, le=1000, description="Higher is served first")]
    ring_seconds: Annotated[int, Field(ge=1, le=300, description="A phone rings at most so long")]
    rules: Annotated[RulesIn | None, Field(description="Null: none. They replace those of before")]
    why: Why


class QueueOut(Revised):
    """One queue; a phone rings for at most `ring_seconds` before the next agent is asked."""

    editable = frozenset({"name", "priority", "ring_seconds", "rules"})

    id: str
    name: str
    priority: int
    ring_seconds: int
    rules: Annotated[dict[str, Any] | None, Field(description="Those that are set, in the form of PUT; null: none")]


class QueueStored(QueueOut):
    """One queue as it is stored."""

    heard: Heard
