"""What agents do with their time: the states they were in, and the reasons for which they may pause."""

import datetime as dt

from sqlalchemy import CheckConstraint, Index, Integer, true
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base


class AgentState(Base):
    """An agent was in `state` from `since` until `until` (null: still); `seq` is the journal's number of the change.

    `since` belongs to the key, because a new journal counts from 1 again. `call_id` is the call it was about.
    """

    __tablename__ = "agent_states"
    __table_args__ = (Index("ix_agent_states_since", "since"),)

    agent_id: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[dt.datetime] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    reason: Mapped[str | None]
    call_id: Mapped[str | None]
    until: Mapped[dt.datetime | None]


class PauseReason(Base):
    """A reason 小休原因 for a pause, for `minutes` of each day in China; null: as long as it takes."""

    __tablename__ = "pause_reasons"
    __table_args__ = (CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    minutes: Mapped[int | None] = mapped_column(Integer)
    active: Mapped[bool] = mapped_column(server_default=true())
