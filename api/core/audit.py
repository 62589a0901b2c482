"""The audit trail: who changed what, when and why; entries are only added, in the transaction of the change."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from db.engine import ReadSession, WriteSession
from db.tables import Audit

HISTORY_LIMIT: Final = 500
"""The newest entries that `history` gives."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One act; `at` is aware, `subject` is such as `menu:default@3`, `number:12345`, `incident:7`, `sound:own/x-1`."""

    at: dt.datetime
    by: str
    action: str
    subject: str
    why: str
    detail: dict[str, Any] | None


async def record(
    session: WriteSession,
    by: str,
    action: str,
    subject: str,
    *,
    why: str = "",
    detail: dict[str, Any] | None = None,
    now: dt.datetime,
) -> None:
    """Add an entry: who (staff number), what (`menu.created`), to what, why, and what else a reader may need."""
    session.add(Audit(at=now, by=by, action=action, subject=subject, why=why, detail=detail))
    await session.flush()


async def last_change(session: ReadSession | WriteSession, subject: str) -> Entry | None:
    """Return the newest entry that keeps what was there before; None when nobody has changed the subject yet."""
    changes = (Audit.subject == subject) & Audit.detail.has_key("before")
    row = await session.scalar(select(Audit).where(changes).order_by(Audit.id.desc()).limit(1))
    return None if row is None else _entry(row)


async def history(session: ReadSession, subject: str) -> list[Entry]:
    """Return the newest entries, newest first, about a subject and its parts (`menu:default` has `menu:default@3`)."""
    about = (Audit.subject == subject) | Audit.subject.startswith(f"{subject}@", autoescape=True)
    rows = await session.scalars(select(Audit).where(about).order_by(Audit.id.desc()).limit(HISTORY_LIMIT))
    return [_entry(row) for row in rows]


def _entry(row: Audit) -> Entry:
    return Entry(row.at, row.by, row.action, row.subject, row.why, row.detail)
