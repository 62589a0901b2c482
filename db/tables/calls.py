"""Calls, the events they are folded from, their offers, ratings, and the return calls they leave owed."""

import datetime as dt
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base

ASKED_AT: Final = "coalesce(queued_at, started_at, first_offered_at, answered_at, ended_at, seen_at)"
"""The moment at which a call asked for a person, or the next best one that is known; an index finds it."""


class Call(Base):
    """One citizen's call: the fold of its events, rewritten whole whenever one more arrives.

    `caller_raw` is what the carrier sent, cleaned; `caller` is its canonical form or null. `source` tells the
    best witness so far: `voice`, `record` (CEL), `message` (spool). `county` is that of the queue, else of the number,
    that the call came by; empty for the city's. `direction`
    is `inbound`, or `outbound` for a call that the hotline has made about a case or another call.
    """

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_caller_started_at", "caller", text("started_at DESC")),
        Index("ix_calls_answered_by_started_at", "answered_by", text("started_at DESC")),
        Index("ix_calls_started_at", text("started_at DESC")),
        Index("ix_calls_asked_at", text(ASKED_AT)),
        Index("ix_calls_county_started_at", "county", text("started_at DESC")),
    )

    call_id: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(server_default="voice")
    caller_raw: Mapped[str | None]
    caller: Mapped[str | None]
    dialled: Mapped[str | None]
    line: Mapped[str | None]
    menu: Mapped[str | None]
    menu_version: Mapped[int | None] = mapped_column(Integer)
    menu_path: Mapped[list[str] | None]
    queue: Mapped[str | None]
    priority: Mapped[int | None]
    started_at: Mapped[dt.datetime | None]
    queued_at: Mapped[dt.datetime | None]
    first_offered_at: Mapped[dt.datetime | None]
    answered_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    answered_by: Mapped[str | None]
    disposition: Mapped[str | None]
    ended_by: Mapped[str | None]
    waited_ms: Mapped[int | None]
    recording: Mapped[str | None]
    menu_end: Mapped[str | None]
    menu_node: Mapped[str | None]
    menu_ms: Mapped[int | None]
    skill: Mapped[str | None]
    transferred_to: Mapped[str | None]
    county: Mapped[str] = mapped_column(server_default="")
    direction: Mapped[str] = mapped_column(server_default="inbound")
    about_case: Mapped[str | None]
    about_call: Mapped[str | None]
    return_call_id: Mapped[int | None]
    seen_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class CallbackResult(Base):
    """What came of a call that the hotline has made (回访), in the agent's words; a case of its own has it as well."""

    __tablename__ = "callback_results"
    __table_args__ = (CheckConstraint("result IN ('reached', 'not_reached')", name="result"),)

    call_id: Mapped[str] = mapped_column(primary_key=True)
    case_no: Mapped[str | None] = mapped_column(index=True)
    agent_id: Mapped[str]
    result: Mapped[str]
    note: Mapped[str]
    at: Mapped[dt.datetime]


class CallEvent(Base):
    """One accepted event; (`call_id`, `seq`) is the key of its effect."""

    __tablename__ = "call_events"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]
    at: Mapped[dt.datetime]
    data: Mapped[dict[str, Any]]
    received_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class RejectedEvent(Base):
    """An event that can never be applied, kept with its reason; `fingerprint` makes a repeated delivery one row."""

    __tablename__ = "rejected_events"

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    call_id: Mapped[str | None]
    seq: Mapped[str | None]
    reason: Mapped[str]
    raw: Mapped[str]
    received_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Offer(Base):
    """One offer of a call to an agent, and what became of it (`answered`, or the reason it was missed)."""

    __tablename__ = "offers"
    __table_args__ = (Index("ix_offers_agent_id", "agent_id"),)

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), primary_key=True)
    offer_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    agent_id: Mapped[str]
    offered_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    result: Mapped[str | None]
    waited_ms: Mapped[int | None]


class ReturnCall(Base):
    """A return call the hotline owes; at most one per caller is `owed` at a time."""

    __tablename__ = "return_calls"
    __table_args__ = (
        CheckConstraint("state IN ('owed', 'cancelled', 'done')", name="state"),
        Index("uq_return_calls_owed_caller", "caller", unique=True, postgresql_where=text("state = 'owed'")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    caller: Mapped[str]
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"))
    queue: Mapped[str | None]
    owed_since: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(server_default="owed")
    settled_at: Mapped[dt.datetime | None]
    settled_by_call: Mapped[str | None]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"))


class Rating(Base):
    """The citizen's score after the talk, or why there is none: `pressed`, `silent`, `hung_up`."""

    __tablename__ = "ratings"
    __table_args__ = (CheckConstraint("reason IN ('pressed', 'silent', 'hung_up')", name="reason"),)

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), primary_key=True)
    score: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str]
    agent_id: Mapped[str | None] = mapped_column(index=True)
    at: Mapped[dt.datetime]
