"""Cases 工单, their drafts, their history and the counter their numbers come from."""

import datetime as dt

from sqlalchemy import Date, ForeignKey, Identity, Index, Integer, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base

RANDOM_CODE = "lpad((floor(random() * 1000000))::bigint::text, 6, '0')"
"""SQL for the code of cases that were opened without one; new ones get theirs from `secrets`."""


class Case(Base):
    """A case; its states stand in `api.cases.rules`. One per call: `call_id` is unique, null for an incident's case.

    With its number and `query_code` (six digits) a citizen hears its progress.
    """

    __tablename__ = "cases"
    __table_args__ = (Index("ix_cases_state_opened_at", "state", "opened_at"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.call_id"), unique=True)
    state: Mapped[str]
    query_code: Mapped[str] = mapped_column(server_default=text(RANDOM_CODE))
    opened_at: Mapped[dt.datetime] = mapped_column(index=True)
    outcome: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    outcome_at: Mapped[dt.datetime | None]
    outcome_by: Mapped[str | None] = mapped_column(index=True)


class CaseTransition(Base):
    """One step of a case from a state to the next, with who took it and when."""

    __tablename__ = "case_transitions"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    trigger: Mapped[str]
    by: Mapped[str | None]
    at: Mapped[dt.datetime]


class CaseDraft(Base):
    """What an agent has typed and not yet committed; it survives a refresh of the page."""

    __tablename__ = "case_drafts"

    call_id: Mapped[str] = mapped_column(primary_key=True)
    agent_id: Mapped[str]
    note: Mapped[str]
    outcome: Mapped[str | None]
    updated_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class LookUpFailure(Base):
    """Wrong query codes for what was typed as a case number, kept for numbers that do not exist, too.

    Only a keyed fingerprint of what was typed is kept: it may be anything, an identity number among others.
    """

    __tablename__ = "look_up_failures"

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[dt.datetime] = mapped_column(index=True)


class CaseSerial(Base):
    """The last serial given out in a region on a day (Chinese time)."""

    __tablename__ = "case_serials"

    region: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    last: Mapped[int]
