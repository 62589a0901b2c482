"""Agents, the queues they serve, and failed sign-ins."""

import datetime as dt
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, func, text, true
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base

ROLES: Final = ("agent", "supervisor", "administrator")
SEATS: Final = ("phone", "line")


class Agent(Base):
    """One member of staff; `id` is the staff number 工号.

    `skills` maps a skill to its level, `handicaps` a queue to the seconds that its calls count as younger; `county` is
    where the seat is. Null: none.

    `seat` is `phone` (a browser or a SIP phone at the extension) or `line`: the ordinary telephone `phone_number`,
    dialled by the county's trunk. One number is one agent's.
    """

    __tablename__ = "agents"
    __table_args__ = (
        CheckConstraint("role IN ('agent', 'supervisor', 'administrator')", name="role"),
        CheckConstraint("seat IN ('phone', 'line')", name="seat"),
        CheckConstraint("seat <> 'line' OR (phone_number IS NOT NULL AND county IS NOT NULL)", name="line"),
        Index("uq_agents_line", "county", "phone_number", unique=True, postgresql_where=text("seat = 'line'")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    extension: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=true())
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    skills: Mapped[dict[str, Any] | None]
    handicaps: Mapped[dict[str, Any] | None]
    county: Mapped[str | None]
    seat: Mapped[str] = mapped_column(server_default="phone")
    phone_number: Mapped[str | None]


class AgentQueue(Base):
    """An agent serves a queue; a smaller preference is served first."""

    __tablename__ = "agent_queues"

    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    queue_id: Mapped[str] = mapped_column(ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True)
    preference: Mapped[int] = mapped_column(SmallInteger)


class SignInAttempt(Base):
    """Sign-ins since the last success, kept for unknown staff numbers too, so that both look alike from outside."""

    __tablename__ = "sign_in_attempts"

    agent_id: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[dt.datetime] = mapped_column(index=True)
