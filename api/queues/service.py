"""Changes queues, each change with who, when and why."""

import datetime as dt
from typing import Any, Final

from api.core.audit import record
from api.core.problems import NotFoundError, RefusedError
from api.core.revisions import require_unchanged
from api.queues import repository
from api.queues.rules import normal_rules, rules_findings
from api.queues.schemas import QueueIn, QueueOut
from db.engine import WriteSession
from db.tables import Queue

UNKNOWN: Final = (
    "There is no such queue; GET /api/queues lists those that are. "
    "A new one cannot be made here: Asterisk's fallback queues are rendered when the system is set up."
)
REFUSED: Final = "Correct what `findings` names and send it again; nothing was stored."


def describe(row: Queue) -> QueueOut:
    """Return a queue as the API tells it."""
    return QueueOut(id=row.id, **_values(row))


async def store(
    session: WriteSession, queue_id: str, wanted: QueueIn, *, if_match: str | None, by: str, now: dt.datetime
) -> QueueOut:
    """Change a queue; what is so already is no change. `if_match` is the header of that name.

    Raises NotFoundError, ChangedError, RefusedError with all findings.
    """
    found = await repository.lock_queue(session, queue_id)
    if found is None:
        raise NotFoundError(UNKNOWN)
    await require_unchanged(session, describe(found), if_match, f"queue:{queue_id}")
    rules = wanted.rules.model_dump(exclude_defaults=True) if wanted.rules else {}
    findings = rules_findings(queue_id, rules, await repository.queue_ids(session))
    if findings:
        raise RefusedError(REFUSED, findings)
    before = _values(found)
    after = wanted.model_dump(include={"name", "priority", "ring_seconds"}) | {"rules": normal_rules(rules)}
    if after != before:
        await repository.change_queue(session, queue_id, after)
        detail = {"before": before, "after": after}
        await record(session, by, "queue.changed", f"queue:{queue_id}", why=wanted.why, detail=detail, now=now)
    return QueueOut(id=queue_id, **after)


def _values(row: Queue) -> dict[str, Any]:
    return {"name": row.name, "priority": row.priority, "ring_seconds": row.ring_seconds, "rules": row.rules}
