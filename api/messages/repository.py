"""Queries about messages."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from api.core.paging import Window
from db.engine import ReadSession, WriteSession
from db.tables import Message


async def store_message(session: WriteSession, values: dict[str, Any]) -> bool:
    """Store a spool file's message; False when it is there already."""
    statement = insert(Message).values(values).on_conflict_do_nothing(index_elements=["file_name"])
    return await session.scalar(statement.returning(Message.id)) is not None


async def list_messages(session: ReadSession, window: Window) -> tuple[int, list[Message]]:
    """Return how many messages there are, and one page of them, newest first."""
    total = await session.scalar(select(func.count()).select_from(Message))
    page = select(Message).order_by(Message.left_at.desc(), Message.id.desc())
    return total or 0, list(await session.scalars(page.limit(window.limit).offset(window.offset)))


async def find_message(session: ReadSession, message_id: int) -> Message | None:
    """Return one message."""
    return await session.get(Message, message_id)
