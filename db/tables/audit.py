"""The audit trail: who changed what, when and why."""

import datetime as dt
from typing import Any

from sqlalchemy import Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base


class Audit(Base):
    """One act; `subject` is `menu:default@3`, `number:12345`, `incident:7`, `sound:own/x-1`; rows are only added.

    `origin` names an act that the telephone system tells of, perhaps more than once; null for all others.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject_at", "subject", "at"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    by: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    why: Mapped[str] = mapped_column(server_default="")
    detail: Mapped[dict[str, Any] | None]
    origin: Mapped[str | None] = mapped_column(unique=True)
