"""Guest sessions (市长接听日, 人大代表, 政协委员): who answers calls for some hours, and where they sit."""

import datetime as dt
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base

KINDS: Final = ("mayor", "deputies", "members")


class GuestSession(Base):
    """One session; its queue is named after it while it lasts. `ended_by` is who ended it before its time.

    Calls to `numbers` lead there from `starts_at` until `ends_at`; `overflow_to` is the queue whose agents help when no
    guest is there.
    """

    __tablename__ = "guest_sessions"
    __table_args__ = (
        CheckConstraint("kind IN ('mayor', 'deputies', 'members')", name="kind"),
        CheckConstraint("starts_at <= ends_at", name="time"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime] = mapped_column(index=True)
    numbers: Mapped[list[str]]
    overflow_to: Mapped[str] = mapped_column(ForeignKey("queues.id"))
    opened_by: Mapped[str]
    opened_at: Mapped[dt.datetime]
    why: Mapped[str]
    ended_by: Mapped[str | None]


class GuestSeat(Base):
    """One guest's account, `g<session>-<n>`: good in the session only, at an extension that is free for its time."""

    __tablename__ = "guest_seats"
    __table_args__ = (UniqueConstraint("session_id", "extension"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("guest_sessions.id"))
    name: Mapped[str]
    title: Mapped[str]
    extension: Mapped[str]
    password_hash: Mapped[str]
