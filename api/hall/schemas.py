"""What the hall shows, and what may be done in it."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.core.fields import Why, plain
from api.core.text import WORD_LIMIT

Word = Annotated[str, Field(min_length=1, max_length=WORD_LIMIT), AfterValidator(plain(WORD_LIMIT))]
AgentId = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,32}$", examples=["1001"])]
CallId = Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[!-.0-~]+$")]


class HallAgentOut(BaseModel):
    """One agent; `state` as everywhere, `next` and `until` where the telephone system keeps them."""

    model_config = ConfigDict(extra="allow")

    agent_id: str
    name: str
    role: str
    extension: str
    queues: list[str]
    state: str
    since: str
    call_id: str | None
    reason: str | None
    phone: str | None


class WaitingOut(BaseModel):
    """One call that waits for a person; its number is shown in part only."""

    call_id: str
    caller: Annotated[str, Field(examples=["138****0001"])]
    line: str
    queue: str | None
    position: Annotated[int, Field(description="Place in its queue, from 1")]
    priority: int
    skill: str | None
    queued_at: str | None
    waited_ms: Annotated[int, Field(description="Until `at` of the answer")]


class TalkOut(BaseModel):
    """One call that an agent has: `phase` is offered, talking or reserved (the agent's phone broke)."""

    call_id: str
    caller: Annotated[str, Field(examples=["138****0001"])]
    line: str
    queue: str | None
    phase: str
    agent_id: str | None
    queued_at: str | None
    answered_at: str | None


class ListeningOut(BaseModel):
    """One supervisor's ear; `since` is null while the phone rings."""

    supervisor_id: str
    act: str
    call_id: str
    agent_id: str
    since: str | None


class HallQueueOut(BaseModel):
    """A queue that a call can be moved to."""

    id: str
    name: str


class HallOut(BaseModel):
    """The hall at one moment; at most 200 waiting calls and talks are named, the counts are of all."""

    at: str
    agents: list[HallAgentOut]
    waiting: list[WaitingOut]
    waiting_count: int
    talks: list[TalkOut]
    talks_count: int
    in_menu: int
    in_fallback: Annotated[int, Field(description="In Asterisk's own queues, beyond the engine's reach")]
    queues: list[HallQueueOut]
    listening: list[ListeningOut]


class Act(StrEnum):
    """What a supervisor may do."""

    LISTEN = "listen"
    WHISPER = "whisper"
    JOIN = "join"
    STOP = "stop"
    TAKE_OVER = "take_over"
    MOVE = "move"
    FRONT = "front"
    FORCE = "force"
    FINISH = "finish"


class ForcedState(StrEnum):
    """States that an agent may be put into."""

    READY = "ready"
    PAUSED = "paused"
    LOGGED_OUT = "logged_out"


class ActIn(BaseModel):
    """One act. listen, whisper, join: `call_id` or `agent_id`; take_over: a talk's or a waiting `call_id`.

    move: `call_id` and `to` (a queue); front: `call_id`; force: `agent_id`, `state` and for a pause its `reason`;
    finish: `agent_id`; stop needs nothing.
    """

    model_config = ConfigDict(extra="forbid")

    act: Act
    agent_id: AgentId | None = None
    call_id: CallId | None = None
    to: Annotated[Word | None, Field(description="The queue to move to")] = None
    state: ForcedState | None = None
    reason: Annotated[Word | None, Field(description="Of a pause")] = None
    why: Why

    def args(self, act_id: str) -> dict[str, Any]:
        """Return it as the link carries it."""
        return {"act_id": act_id, **self.model_dump(mode="json", exclude_none=True)}


class ActOut(BaseModel):
    """The act is taken and written down under `act_id`; `state` is the supervisor's own live state."""

    act_id: str
    act: Act
    agent_id: str | None
    call_id: str | None
    state: dict[str, Any]


class EntryOut(BaseModel):
    """One act in the audit trail; `result`: taken, refused, unanswered, or of listening connected, ended, failed."""

    at: str
    by: str
    act: str
    subject: str
    why: str
    result: str
    detail: dict[str, Any]


class EntriesOut(BaseModel):
    """Acts, newest first."""

    entries: list[EntryOut]
