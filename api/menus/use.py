"""How calls used a version of a menu: their journeys, read page by page and folded in a thread."""

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from api.core.problems import RefusedError
from api.menus import repository, versions
from api.menus.repository import Answered, VisitRow
from api.menus.rules import YEARS
from api.menus.schemas import FiguresOut
from db.engine import ReadSession
from db.tables import MenuVersion
from ivr.drawing import drawing
from ivr.figures import Figures, figures
from ivr.journey import GAVE_UP, Journey, Visit

PAGE_CALLS: Final = 1000
PAGE_SECONDS: Final = 10.0
USUAL: Final = dt.timedelta(days=30)
LONGEST: Final = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Period:
    """Calls that began from `since` until `until`, which is not included."""

    since: dt.datetime
    until: dt.datetime


def period(since: dt.datetime | None, until: dt.datetime | None, *, now: dt.datetime) -> Period:
    """Return the period that is asked for, the last 30 days by default. Raises RefusedError for one that cannot be."""
    if any(one is not None and one.year not in YEARS for one in (since, until)):
        raise RefusedError(f"Name times in the years {YEARS.start} to {YEARS.stop - 1}.")
    end = until or now
    begin = since or end - USUAL
    if not begin < end:
        raise RefusedError("`since` must be before `until`.")
    if end - begin > LONGEST:
        raise RefusedError("More than 366 days cannot be counted at once; ask for a shorter period.")
    return Period(begin, end)


async def use_of(session: ReadSession, row: MenuVersion, asked: Period) -> FiguresOut:
    """Return the figures of a version, with its tree as a picture's data."""
    loop = asyncio.get_running_loop()

    def journeys() -> Iterator[Journey]:
        """One page after the other, so that a year of calls needs no more memory than a day."""
        last: tuple[dt.datetime, str] | None = None
        while True:
            wanted = repository.list_visits(session, row, asked.since, asked.until, after=last, limit=PAGE_CALLS)
            page = asyncio.run_coroutine_threadsafe(wanted, loop).result(PAGE_SECONDS)
            if not page:
                return
            yield from journeys_of(page)
            last = page[-1].started_at, page[-1].call_id

    counted = await asyncio.to_thread(lambda: figures(journeys()))
    answered = await repository.answered(session, row, asked.since, asked.until)
    return _out(row, asked, counted, answered)


def journeys_of(rows: list[VisitRow]) -> Iterator[Journey]:
    """Put the visits of each call together; what followed the talk belongs to the same journey."""
    for _, group in groupby(rows, key=lambda row: row.call_id):
        visits = list(group)
        steps = tuple(
            Visit(one.node, one.entered_ms or 0, one.spent_ms or 0, one.choice)
            for one in visits
            if one.node is not None
        )
        first = visits[0]
        yield Journey(steps, first.menu_end or GAVE_UP, first.menu_node or "", first.menu_ms or 0)


def _out(row: MenuVersion, asked: Period, counted: Figures, answered: Answered) -> FiguresOut:
    told: dict[str, Any] = dataclasses.asdict(dataclasses.replace(counted, passes={}))
    share = answered.calls / counted.calls if counted.calls else 0.0
    spent = None
    if answered.calls:
        spent = {"mean": round(answered.mean), "p50": round(answered.p50), "p90": round(answered.p90)}
    return FiguresOut.model_validate(
        {
            **told,
            "menu": row.menu,
            "version": row.version,
            "since": asked.since,
            "until": asked.until,
            "answered": {"calls": answered.calls, "share": share, "spent": spent},
            "drawing": dataclasses.asdict(drawing(versions.tree_of(row), counted)),
        }
    )
