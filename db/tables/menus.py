"""Menus: their versions, what is published when, codes to try a draft by phone, and how calls used them."""

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index, Integer, func
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base


class MenuVersion(Base):
    """One version of a menu; a draft changes, and `revision` grows with each change, what is approved never does."""

    __tablename__ = "menu_versions"
    __table_args__ = (CheckConstraint("state IN ('draft', 'submitted', 'approved')", name="state"),)

    menu: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    tree: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default="draft")
    revision: Mapped[int] = mapped_column(Integer, server_default="1")
    created_by: Mapped[str | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    changed_by: Mapped[str | None]
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    submitted_by: Mapped[str | None]
    submitted_at: Mapped[dt.datetime | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[dt.datetime | None]


class MenuPublication(Base):
    """A version comes into force; never changed but for its cancellation before that: a roll-back is one more row.

    In force is, of those not cancelled whose `effective_at` has come, the one with the greatest (`effective_at`, `id`).
    """

    __tablename__ = "menu_publications"
    __table_args__ = (
        ForeignKeyConstraint(["menu", "version"], ["menu_versions.menu", "menu_versions.version"]),
        Index("ix_menu_publications_menu_effective_at", "menu", "effective_at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    menu: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    effective_at: Mapped[dt.datetime]
    decided_at: Mapped[dt.datetime]
    decided_by: Mapped[str | None]
    why: Mapped[str] = mapped_column(server_default="")
    cancelled_at: Mapped[dt.datetime | None]
    cancelled_by: Mapped[str | None]


class TrialCode(Base):
    """A code that lets a phone hear a tree once; only its SHA-256 is kept."""

    __tablename__ = "trial_codes"

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    menu: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    tree: Mapped[dict[str, Any]]
    made_by: Mapped[str]
    made_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class MenuVisit(Base):
    """A call was at a node: when (ms after the menu began), how long, which key it chose, whether it ended there."""

    __tablename__ = "menu_visits"
    __table_args__ = (Index("ix_menu_visits_menu_version", "menu", "version"),)

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), primary_key=True)
    visit_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    menu: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    node: Mapped[str]
    choice: Mapped[str | None]
    entered_ms: Mapped[int] = mapped_column(Integer)
    spent_ms: Mapped[int] = mapped_column(Integer)
    last: Mapped[bool]
