"""Fields that many requests share: the reason of a change, plain words, a period of time."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from api.core.problems import RefusedError
from api.core.text import clean
from db.clock import utc_now
from ivr.hours import CHINA

WHY_LIMIT: Final = 500
LONGEST_PERIOD: Final = dt.timedelta(days=400)
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2200


def plain(limit: int) -> Callable[[str], str]:
    """Return a validator: one line without control characters, not empty; `limit` counts characters."""

    def validate(text: str) -> str:
        cleaned = clean(text, limit).strip()
        if not cleaned:
            raise ValueError("write at least one word")
        return cleaned

    return validate


Why = Annotated[
    str,
    Field(min_length=1, max_length=WHY_LIMIT, description="Why it is changed; kept in the audit trail"),
    AfterValidator(plain(WHY_LIMIT)),
]


def within_reach(at: dt.datetime) -> dt.datetime:
    """Return the moment in UTC; a validator that refuses what no calendar of ours reaches."""
    if not FIRST_YEAR <= at.year < LAST_YEAR:
        raise ValueError(f"give a year from {FIRST_YEAR} to {LAST_YEAR - 1}")
    return at.astimezone(dt.UTC)


Moment = Annotated[AwareDatetime, AfterValidator(within_reach)]


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open stretch of time; both ends are aware."""

    since: dt.datetime
    until: dt.datetime


async def _period(
    since: Annotated[Moment | None, Query(description="First moment, with its offset; today 00:00 in China")] = None,
    until: Annotated[Moment | None, Query(description="First moment that is not meant any more; now")] = None,
) -> Period:
    until = until or utc_now()
    midnight = until.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    period = Period(since or midnight.astimezone(dt.UTC), until)
    if not dt.timedelta(0) <= period.until - period.since <= LONGEST_PERIOD:
        raise RefusedError(f"Let `since` lie before `until`, and at most {LONGEST_PERIOD.days} days.")
    return period


PeriodDep = Annotated[Period, Depends(_period)]

Heard = Annotated[
    bool,
    Field(
        description="True: calls that arrive now are routed by it. False: the telephone system is away, and takes it "
        "as soon as it is back"
    ),
]


class HeardOut(BaseModel):
    """Whether the telephone system goes by the change already."""

    heard: Heard


def finding(where: str, what: str, do: str) -> dict[str, str]:
    """Return one reason why what was sent cannot be taken, for `RefusedError`."""
    return {"severity": "error", "where": where, "what": what, "do": do}
