"""Queries about messages."""

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert

from api.core.paging import Window
from db.engine import ReadSession, WriteSession
from db.tables import Agent, Call, Message


async def store_message(session: WriteSession, values: dict[str, Any]) -> bool:
    """Store a spool file's message; False when it is there already."""
    statement = insert(Message).values(values).on_conflict_do_nothing(index_elements=["file_name"])
    return await session.scalar(statement.returning(Message.id)) is not None


def _visible_to(agent_id: str | None) -> ColumnElement[bool]:
    """Agents of the hall hear what anybody has left, those of a county what was left for it; None: everything."""
    if agent_id is None:
        return true()
    home = select(Agent.county).where(Agent.id == agent_id).scalar_subquery()
    return or_(home.is_(None), Call.county == home)


async def list_messages(session: ReadSession, window: Window, *, seen_by: str | None) -> tuple[int, list[Message]]:
    """Return how many messages there are for somebody, and one page of them, newest first."""
    seen = select(Message).join(Call, Call.call_id == Message.call_id).where(_visible_to(seen_by))
    total = await session.scalar(select(func.count()).select_from(seen.subquery()))
    page = seen.order_by(Message.left_at.desc(), Message.id.desc())
    return total or 0, list(await session.scalars(page.limit(window.limit).offset(window.offset)))


async def find_message(session: ReadSession, message_id: int, *, seen_by: str | None) -> Message | None:
    """Return one of those messages."""
    seen = select(Message).join(Call, Call.call_id == Message.call_id).where(_visible_to(seen_by))
    return await session.scalar(seen.where(Message.id == message_id))
