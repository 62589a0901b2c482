"""Queries about public numbers and what they name."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from db.engine import ReadSession, WriteSession
from db.tables import MenuVersion, Number, Queue, Sound

Session = ReadSession | WriteSession


async def list_numbers(session: Session) -> list[Number]:
    """Return all numbers."""
    return list(await session.scalars(select(Number).order_by(Number.number)))


async def find_number(session: Session, number: str) -> Number | None:
    """Return one number."""
    return await session.get(Number, number)


async def lock_numbers(session: WriteSession) -> dict[str, Number]:
    """Return all numbers, kept from every other change until the transaction ends."""
    rows = await session.scalars(select(Number).order_by(Number.number).with_for_update())
    return {row.number: row for row in rows}


async def store_numbers(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Create or replace numbers."""
    statement = insert(Number).values(list(rows))
    names = ("line", "menu", "queue_id", "area", "greeting", "hours", "priority")
    kept = {name: statement.excluded[name] for name in names}
    await session.execute(statement.on_conflict_do_update(index_elements=["number"], set_=kept))


async def delete_number(session: WriteSession, number: str) -> None:
    """Take a number out."""
    await session.execute(delete(Number).where(Number.number == number))


async def queue_ids(session: Session) -> set[str]:
    """Return the ids of all queues."""
    return set(await session.scalars(select(Queue.id)))


async def menu_names(session: Session) -> set[str]:
    """Return the menus that have a version, published or not."""
    return set(await session.scalars(select(MenuVersion.menu).distinct()))


async def states_of_sounds(session: Session, names: Collection[str]) -> dict[str, str]:
    """Return the states of those of these sounds that exist."""
    rows = await session.execute(select(Sound.name, Sound.state).where(Sound.name.in_(names)))
    return {name: state for name, state in rows}  # noqa: C416 - dict() cannot type rows
