"""What decides where a call goes: queues, public numbers, the calendar, transfer targets."""

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base


class Queue(Base):
    """A queue; `id` is a slug and also the name of Asterisk's fallback queue. `ring_seconds` bounds one offer.

    `rules` holds what else `QueueConfiguration` in `acd.messages` may say of a queue; null: nothing.
    """

    __tablename__ = "queues"
    __table_args__ = (CheckConstraint("ring_seconds BETWEEN 1 AND 300", name="ring_seconds"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    priority: Mapped[int] = mapped_column(Integer, server_default="0")
    ring_seconds: Mapped[int] = mapped_column(Integer, server_default="20")
    rules: Mapped[dict[str, Any] | None]


class County(Base):
    """A county with remote seats 远端座席; `id` is what queues, agents and numbers name it by.

    `trunk_host` and `trunk_port` are the gateway to its ordinary telephone numbers (null host: it has no line seats;
    null port: that of the instance). Asterisk's configuration is rendered from them when the system is set up.
    """

    __tablename__ = "counties"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    trunk_host: Mapped[str | None]
    trunk_port: Mapped[int | None] = mapped_column(Integer)


class Number(Base):
    """A public number and its line: greeting, menu, queue, hours; `area` is the county it belongs to, or empty.

    `greeting` holds sound names; `hours` has the form of `ivr.hours_codec`, null is round the clock. `priority` is
    added to that of its calls.
    """

    __tablename__ = "numbers"

    number: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[str]
    menu: Mapped[str]
    queue_id: Mapped[str] = mapped_column(ForeignKey("queues.id"))
    area: Mapped[str] = mapped_column(server_default="")
    greeting: Mapped[list[str] | None]
    hours: Mapped[dict[str, Any] | None]
    priority: Mapped[int] = mapped_column(Integer, server_default="0")


class Holiday(Base):
    """A day that is not what its weekday says: `holiday`, or `workday` (a weekend day that is worked, 调休)."""

    __tablename__ = "holidays"
    __table_args__ = (CheckConstraint("kind IN ('holiday', 'workday')", name="kind"),)

    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")


class TransferTarget(Base):
    """A number that a menu may connect citizens with, and whether it answered when it was tried."""

    __tablename__ = "transfer_targets"
    __table_args__ = (CheckConstraint("kind IN ('emergency', 'sub_centre', 'unit')", name="kind"),)

    number: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    tested_at: Mapped[dt.datetime | None]
    test_result: Mapped[str | None]
    tested_by: Mapped[str | None]
