"""Messages that citizens left with the last-resort script."""

import datetime as dt

from sqlalchemy import ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base


class Message(Base):
    """One imported spool file; `file_name` makes the import exactly-once.

    `number` is what the citizen typed, `callback` the canonical number to ring (typed, else the caller's).
    """

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    file_name: Mapped[str] = mapped_column(unique=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), index=True)
    caller_raw: Mapped[str | None]
    dialled: Mapped[str | None]
    number: Mapped[str | None]
    callback: Mapped[str | None]
    recording: Mapped[str | None]
    left_at: Mapped[dt.datetime]
    imported_at: Mapped[dt.datetime]
