"""Queries about acts in the audit trail."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.engine import ReadSession, WriteSession
from db.tables import Audit


async def note(session: WriteSession, row: dict[str, Any]) -> None:
    """Write an act down unless it is there already."""
    await session.execute(insert(Audit).values(row).on_conflict_do_nothing(index_elements=["origin"]))


async def newest(session: ReadSession, prefix: str, limit: int) -> list[Audit]:
    """Return the newest entries whose action begins so, newest first."""
    found = select(Audit).where(Audit.action.startswith(prefix, autoescape=True))
    return list(await session.scalars(found.order_by(Audit.at.desc(), Audit.id.desc()).limit(limit)))
