"""What decides where a call goes: queues, public numbers and menus."""

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Integer, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base


class Queue(Base):
    """A queue; `id` is a slug and also the name of Asterisk's fallback queue. `ring_seconds` bounds one offer."""

    __tablename__ = "queues"
    __table_args__ = (CheckConstraint("ring_seconds BETWEEN 1 AND 300", name="ring_seconds"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    priority: Mapped[int] = mapped_column(Integer, server_default="0")
    ring_seconds: Mapped[int] = mapped_column(Integer, server_default="20")


class Number(Base):
    """A public number with the line it stands for, the menu that greets and the queue behind it."""

    __tablename__ = "numbers"

    number: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[str]
    menu: Mapped[str]
    queue_id: Mapped[str] = mapped_column(ForeignKey("queues.id"))


class Menu(Base):
    """One version of a menu; it is never changed, a new version follows. Unpublished while `published_at` is null."""

    __tablename__ = "menus"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    tree: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    published_at: Mapped[dt.datetime | None]
