"""Queries about counties."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.engine import ReadSession, WriteSession
from db.tables import County

Session = ReadSession | WriteSession


async def list_counties(session: Session) -> list[County]:
    """Return all counties by id."""
    return list(await session.scalars(select(County).order_by(County.id)))


async def find_county(session: Session, county: str) -> County | None:
    """Return one county."""
    return await session.get(County, county)


async def lock_county(session: WriteSession, county: str) -> County | None:
    """Return one county, kept from other changes until the transaction ends."""
    return await session.get(County, county, with_for_update=True)


async def store_county(session: WriteSession, values: dict[str, Any]) -> None:
    """Write a county, a new one or in place of what is stored."""
    statement = insert(County).values(values)
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
