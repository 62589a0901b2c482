"""What the endpoints about figures give."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, Field

from acd.rules.figures import Level

Share = Annotated[float | None, Field(ge=0, le=1, description="null when there are no such calls")]


class LiveOut(BaseModel):
    """What is so now, by the word of the telephone system."""

    waiting: Annotated[int, Field(description="Callers who are waiting for an answer")]
    virtual: Annotated[int, Field(description="Who keeps a place for a return call, beside those who wait")]
    ringing: Annotated[int, Field(description="Of those, whom an agent is being offered")]
    waiting_since: Annotated[dt.datetime | None, Field(description="Since when the first of them is waiting")]
    longest_wait_ms: int | None
    agents: Annotated[
        dict[str, int] | None,
        Field(description="By state; each counts in every queue served and once in `total`; null for agents' eyes"),
    ]


class StandingOut(BaseModel):
    """How far the connect rate is from its limit, in calls to come."""

    level: Annotated[Level, Field(description="none: no calls; warning: close to the limit; lost: below it")]
    losses_left: Annotated[int, Field(description="So many of the next calls, lost in a row, lose the limit")]
    answers_needed: Annotated[int | None, Field(description="So many answered in a row win it back")]


class CountsOut(BaseModel):
    """Calls that asked for a person in a period; the waits are those of the answered."""

    offered: Annotated[int, Field(description="answered + lost")]
    answered: int
    lost: Annotated[int, Field(description="Ended without an agent; also with a message or a wish to be called")]
    abandoned: Annotated[int, Field(description="Of those, who just hung up")]
    abandoned_within_5_s: int
    undecided: Annotated[int, Field(description="Still on the line")]
    connect_rate: Annotated[Share, Field(description="接通率: answered / offered")]
    connect_rate_without_short: Annotated[Share, Field(description="The same without those who left within 5 s")]
    within_15_s: Annotated[int, Field(description="Answered so soon after they came to the queue")]
    within_20_s: int
    share_within_15_s: Annotated[Share, Field(description="Of those offered")]
    share_within_20_s: Share
    within_15_s_of_arrival: Annotated[int, Field(description="The same with greeting and menu")]
    within_20_s_of_arrival: int
    mean_wait_ms: float | None
    p90_wait_ms: Annotated[
        int | None, Field(description="Nine of ten waited no longer; to the next second, above 60 s to the next ten")
    ]
    longest_wait_ms: int | None
    standing: StandingOut


class ScopeOut(BaseModel):
    """The figures of one queue, county or number, or of all; null where the asker or the telephone system lacks it."""

    id: Annotated[str | None, Field(description="null: all together, or what is not configured")]
    name: str | None
    live: Annotated[LiveOut | None, Field(description="null: the telephone system is away; nobody knows")]
    at_risk: Annotated[bool | None, Field(description="So many are waiting now that losing them loses the limit")]
    rolling: Annotated[CountsOut | None, Field(description="The last 24 hours")]
    today: Annotated[CountsOut | None, Field(description="Since 00:00 in China")]


class FiguresOut(BaseModel):
    """All figures; agents are told how many wait in their own queues."""

    at: dt.datetime
    since: Annotated[dt.datetime, Field(description="Begin of `rolling`")]
    today_since: dt.datetime
    voice: Annotated[bool, Field(description="Whether the telephone system can be reached")]
    offering: Annotated[bool | None, Field(description="False: it does not see the telephones and offers no calls")]
    limit: Annotated[float, Field(description="The connect rate that the standard asks for")]
    warning: Annotated[float, Field(description="The connect rate below which `standing` warns")]
    total: ScopeOut | None
    queues: list[ScopeOut]
    counties: Annotated[list[ScopeOut], Field(description="By county; an empty `id` is the city itself")]
    lines: Annotated[list[ScopeOut], Field(description="By public number")]
