"""Incidents 突发事件: notices that chosen lines speak, and who was registered as affected."""

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base


class Incident(Base):
    """A notice from `starts_at` until `ends_at` (or `switched_off_at`), for lines by number or by area.

    Where `numbers` and `areas` are both null every line speaks it. `priority` is added to that of its lines' calls.
    """

    __tablename__ = "incidents"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_start"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    title: Mapped[str]
    text: Mapped[str]
    sounds: Mapped[list[str]]
    numbers: Mapped[list[str] | None]
    areas: Mapped[list[str] | None]
    priority: Mapped[int] = mapped_column(server_default="0")
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime] = mapped_column(index=True)
    switched_on_by: Mapped[str]
    switched_off_at: Mapped[dt.datetime | None]
    switched_off_by: Mapped[str | None]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))


class IncidentCaller(Base):
    """A caller who pressed 1: affected by the incident, to be called back."""

    __tablename__ = "incident_callers"
    __table_args__ = (Index("ix_incident_callers_call_id", "call_id"),)

    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), primary_key=True)
    caller: Mapped[str | None]
    at: Mapped[dt.datetime]
