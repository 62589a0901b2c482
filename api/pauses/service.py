"""Creates, changes and removes reasons for a pause, each with who, when and why."""

import datetime as dt
from typing import Any, Final

from api.core.audit import record
from api.core.problems import NotFoundError
from api.core.revisions import require_unchanged
from api.pauses import repository
from api.pauses.schemas import PauseIn, PauseOut
from db.engine import WriteSession
from db.tables import PauseReason

UNKNOWN: Final = "There is no such reason; GET /api/pause-reasons lists those that are."


def describe(row: PauseReason) -> PauseOut:
    """Return a reason as the API tells it."""
    return PauseOut.model_validate(row, from_attributes=True)


def _values(row: PauseReason | PauseIn) -> dict[str, Any]:
    return {"name": row.name, "minutes": row.minutes, "active": row.active}


async def store(
    session: WriteSession, reason: str, wanted: PauseIn, *, if_match: str | None, by: str, now: dt.datetime
) -> PauseOut:
    """Create or change a reason; what is so already is no change. Raises ChangedError, by the header `if_match`."""
    found = await repository.lock_pause(session, reason)
    await require_unchanged(session, describe(found) if found else None, if_match, f"pause:{reason}")
    before, after = None if found is None else _values(found), _values(wanted)
    if before != after:
        await repository.store_pause(session, {"id": reason, **after})
        action = "pause.created" if before is None else "pause.changed"
        detail = {"before": before, "after": after}
        await record(session, by, action, f"pause:{reason}", why=wanted.why, detail=detail, now=now)
    return PauseOut(id=reason, **after)


async def remove(session: WriteSession, reason: str, *, by: str, why: str, now: dt.datetime) -> None:
    """Take a reason out; who pauses for it just now goes on. Raises NotFoundError."""
    found = await repository.lock_pause(session, reason)
    if found is None:
        raise NotFoundError(UNKNOWN)
    before = _values(found)
    await repository.delete_pause(session, reason)
    detail = {"before": before, "after": None}
    await record(session, by, "pause.removed", f"pause:{reason}", why=why, detail=detail, now=now)
