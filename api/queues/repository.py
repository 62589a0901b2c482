"""Queries about queues."""

from typing import Any

from sqlalchemy import select, update

from db.engine import ReadSession, WriteSession
from db.tables import Queue

Session = ReadSession | WriteSession


async def list_queues(session: Session) -> list[Queue]:
    """Return all queues by id."""
    return list(await session.scalars(select(Queue).order_by(Queue.id)))


async def lock_queue(session: WriteSession, queue_id: str) -> Queue | None:
    """Return one queue, kept from other changes until the transaction ends."""
    return await session.get(Queue, queue_id, with_for_update=True)


async def queue_ids(session: Session) -> set[str]:
    """Return the ids of all queues."""
    return set(await session.scalars(select(Queue.id)))


async def change_queue(session: WriteSession, queue_id: str, values: dict[str, Any]) -> None:
    """Replace what is stored of a queue."""
    await session.execute(update(Queue).where(Queue.id == queue_id).values(values))
