"""Sets and removes special days, each change with who, when and why."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from api.core.audit import record
from api.core.fields import finding
from api.core.problems import NotFoundError, RefusedError
from api.holidays import repository
from api.holidays.schemas import DayRow, HolidayOut
from db.engine import WriteSession
from db.tables import Holiday

UNKNOWN = "This day is what its weekday says; GET /api/holidays lists the special ones."


def describe(row: Holiday) -> HolidayOut:
    """Return a day as the API tells it."""
    return HolidayOut(day=row.day, kind=row.kind, name=row.name)


def _values(row: Holiday | DayRow) -> dict[str, Any]:
    return {"kind": row.kind, "name": row.name}


async def store(session: WriteSession, rows: Sequence[DayRow], *, by: str, why: str, now: dt.datetime) -> None:
    """Set these days, all or none; what is so already is no change. Raises RefusedError for a day named twice."""
    days = [row.day for row in rows]
    if doubled := sorted({day for day in days if days.count(day) > 1}):
        found = [finding(day.isoformat(), "the day stands in the list more than once", "keep one") for day in doubled]
        raise RefusedError("Name each day once; nothing was stored.", found)
    before = {day: _values(row) for day, row in (await repository.find_days(session, days)).items()}
    fresh = [row for row in rows if before.get(row.day) != _values(row)]
    if fresh:
        await repository.store_days(session, [{"day": row.day, **_values(row)} for row in fresh])
    for row in fresh:
        action = "holiday.changed" if row.day in before else "holiday.created"
        detail = {"before": before.get(row.day), "after": _values(row)}
        await record(session, by, action, f"holiday:{row.day}", why=why, detail=detail, now=now)


async def remove(session: WriteSession, day: dt.date, *, by: str, why: str, now: dt.datetime) -> None:
    """Let a day be what its weekday says. Raises NotFoundError."""
    found = (await repository.find_days(session, [day])).get(day)
    if found is None:
        raise NotFoundError(UNKNOWN)
    await repository.delete_day(session, day)
    detail = {"before": _values(found), "after": None}
    await record(session, by, "holiday.removed", f"holiday:{day}", why=why, detail=detail, now=now)
