"""Sounds that menus play."""

import datetime as dt

from sqlalchemy import CheckConstraint, Float
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base


class Sound(Base):
    """A sound and what it says; its file never changes: a new take is a new name (`own/<slug>-<n>`)."""

    __tablename__ = "sounds"
    __table_args__ = (
        CheckConstraint("source IN ('built_in', 'upload', 'speech')", name="source"),
        CheckConstraint("state IN ('new', 'approved', 'rejected')", name="state"),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="zh")
    source: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="new")
    seconds: Mapped[float] = mapped_column(Float)
    sha256: Mapped[str]
    loudness_db: Mapped[float | None] = mapped_column(Float)
    original_name: Mapped[str | None]
    original_format: Mapped[str | None]
    made_by: Mapped[str | None]
    made_at: Mapped[dt.datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[dt.datetime | None]
    why: Mapped[str] = mapped_column(server_default="")
