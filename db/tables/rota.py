"""The rota 排班: who is on duty or on leave from when to when, and how many a queue needs at least."""

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base


class Shift(Base):
    """One agent's duty, or a leave that takes away from it, from `starts` until `ends`, which is not included.

    Two of the same kind never overlap for one agent: whoever writes locks the agent's row first.
    """

    __tablename__ = "shifts"
    __table_args__ = (
        CheckConstraint("kind IN ('duty', 'leave')", name="kind"),
        CheckConstraint("ends > starts", name="ends_after_start"),
        Index("ix_shifts_agent_id_starts", "agent_id", "starts"),
        Index("ix_shifts_starts_ends", "starts", "ends"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    starts: Mapped[dt.datetime]
    ends: Mapped[dt.datetime]
    kind: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")


class CoverMinimum(Base):
    """How many agents a queue needs on duty at any minute of its hours; a queue without a row needs one."""

    __tablename__ = "cover_minimums"
    __table_args__ = (CheckConstraint("agents BETWEEN 0 AND 1000", name="agents"),)

    queue_id: Mapped[str] = mapped_column(ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True)
    agents: Mapped[int]
