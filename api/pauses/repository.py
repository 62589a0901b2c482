"""Queries about pause reasons."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from db.engine import ReadSession, WriteSession
from db.tables import PauseReason

Session = ReadSession | WriteSession


async def list_pauses(session: Session) -> list[PauseReason]:
    """Return all reasons, also those that are not in use any more."""
    return list(await session.scalars(select(PauseReason).order_by(PauseReason.id)))


async def lock_pause(session: WriteSession, reason: str) -> PauseReason | None:
    """Return one reason, kept from other changes until the transaction ends."""
    return await session.get(PauseReason, reason, with_for_update=True)


async def store_pause(session: WriteSession, values: dict[str, Any]) -> None:
    """Create or replace a reason."""
    statement = insert(PauseReason).values(values)
    kept = {name: statement.excluded[name] for name in ("name", "minutes", "active")}
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=kept))


async def delete_pause(session: WriteSession, reason: str) -> None:
    """Take a reason out; what agents have paused for it stays recorded."""
    await session.execute(delete(PauseReason).where(PauseReason.id == reason))
