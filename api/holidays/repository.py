"""Queries about holidays."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from db.engine import ReadSession, WriteSession
from db.tables import Holiday

Session = ReadSession | WriteSession


async def list_days(session: Session, year: int | None) -> list[Holiday]:
    """Return the days of a year, or all."""
    query = select(Holiday).order_by(Holiday.day)
    if year is not None:
        query = query.where(Holiday.day >= dt.date(year, 1, 1), Holiday.day <= dt.date(year, 12, 31))
    return list(await session.scalars(query))


async def find_days(session: WriteSession, days: Sequence[dt.date]) -> dict[dt.date, Holiday]:
    """Return those of these days that are special already, kept from other changes."""
    rows = await session.scalars(select(Holiday).where(Holiday.day.in_(days)).order_by(Holiday.day).with_for_update())
    return {row.day: row for row in rows}


async def find_day(session: Session, day: dt.date) -> Holiday | None:
    """Return one day."""
    return await session.get(Holiday, day)


async def store_days(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Create or replace days."""
    statement = insert(Holiday).values(list(rows))
    kept = {name: statement.excluded[name] for name in ("kind", "name")}
    await session.execute(statement.on_conflict_do_update(index_elements=["day"], set_=kept))


async def delete_day(session: WriteSession, day: dt.date) -> None:
    """Let a day be what its weekday says."""
    await session.execute(delete(Holiday).where(Holiday.day == day))
