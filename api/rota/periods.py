"""The period that a question about the rota means: moments or days, bounded."""

import datetime as dt
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final

from fastapi import Depends, Query

from api.core.fields import Moment
from api.core.problems import RefusedError
from api.holidays.schemas import Day
from api.rota.rules import midnight_of
from api.rota.spans import Span
from db.clock import utc_now
from ivr.hours import CHINA

USUAL: Final = dt.timedelta(days=7)
MONTH: Final = 31
SHORT: Final = 62
LONG: Final = 400

From = Annotated[
    Moment | Day | None,
    Query(
        alias="from",
        description="First moment, with its offset, or a day in China; today 00:00",
        examples=["2026-11-23"],
    ),
]
To = Annotated[
    Moment | Day | None,
    Query(
        alias="to",
        description="First moment, or day, that is not meant any more; a week later",
        examples=["2026-11-30"],
    ),
]


def _moment(given: dt.datetime | dt.date) -> dt.datetime:
    return given if isinstance(given, dt.datetime) else midnight_of(given)


def _within(days: int) -> Callable[..., Coroutine[Any, Any, Span]]:
    """Return a dependency that reads a period of at most `days` days."""

    async def read(since: From = None, until: To = None) -> Span:
        start = _moment(since or utc_now().astimezone(CHINA).date())
        end = _moment(until) if until is not None else start + USUAL
        if not dt.timedelta(0) < end - start <= dt.timedelta(days=days):
            raise RefusedError(f"Let `from` lie before `to`, and at most {days} days before.")
        return Span(start, end)

    return read


MonthPeriod = Annotated[Span, Depends(_within(MONTH))]
ShortPeriod = Annotated[Span, Depends(_within(SHORT))]
LongPeriod = Annotated[Span, Depends(_within(LONG))]
