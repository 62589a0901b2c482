"""Queries about transfer targets."""

from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from db.engine import ReadSession, WriteSession
from db.tables import TransferTarget

Session = ReadSession | WriteSession


async def list_targets(session: Session) -> list[TransferTarget]:
    """Return all targets."""
    return list(await session.scalars(select(TransferTarget).order_by(TransferTarget.number)))


async def find_target(session: Session, number: str) -> TransferTarget | None:
    """Return one target."""
    return await session.get(TransferTarget, number)


async def lock_target(session: WriteSession, number: str) -> TransferTarget | None:
    """Return one target, kept from other changes until the transaction ends."""
    return await session.get(TransferTarget, number, with_for_update=True)


async def store_target(session: WriteSession, values: dict[str, Any]) -> None:
    """Create or replace a target; what its last test told stays."""
    statement = insert(TransferTarget).values(values)
    kept = {name: statement.excluded[name] for name in ("name", "kind")}
    await session.execute(statement.on_conflict_do_update(index_elements=["number"], set_=kept))


async def store_test(session: WriteSession, number: str, values: dict[str, Any]) -> None:
    """Keep what a test told."""
    await session.execute(update(TransferTarget).where(TransferTarget.number == number).values(values))


async def delete_target(session: WriteSession, number: str) -> None:
    """Take a target out."""
    await session.execute(delete(TransferTarget).where(TransferTarget.number == number))
