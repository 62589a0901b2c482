"""Queries about return calls, and about whom a case, a call or a debt would have the hotline call."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import TextClause, select, text

from api.core.paging import Window
from db.engine import ReadSession
from db.tables import Message

# An agent sees what the own queues owe, and what no queue does; null: everything.
_SEEN: Final = """
    (CAST(:agent AS text) IS NULL OR return_calls.queue IS NULL
     OR return_calls.queue IN (SELECT queue_id FROM agent_queues WHERE agent_id = :agent))
"""

_ROWS: Final = f"""
    SELECT return_calls.id, return_calls.state, return_calls.caller, return_calls.queue, calls.line, calls.dialled,
           return_calls.owed_since, return_calls.call_id, calls.disposition, return_calls.incident_id,
           return_calls.settled_at, return_calls.settled_by_call,
           coalesce(own.number, calls.about_case) AS case_no, tried.attempts, tried.last_attempt_at
    FROM return_calls
    JOIN calls ON calls.call_id = return_calls.call_id
    LEFT JOIN cases AS own ON own.call_id = return_calls.call_id
    LEFT JOIN LATERAL (
        SELECT count(*) AS attempts, max(made.started_at) AS last_attempt_at FROM calls AS made
        WHERE made.caller = return_calls.caller AND made.direction = 'outbound'
          AND made.started_at >= return_calls.owed_since
    ) AS tried ON true
    WHERE {_SEEN}
"""  # noqa: S608 - the condition is a constant of ours

LIST: Final[TextClause] = text(
    _ROWS
    + " AND return_calls.state = :state ORDER BY return_calls.owed_since, return_calls.id LIMIT :limit OFFSET :offset"
)
FIND: Final[TextClause] = text(_ROWS + " AND return_calls.id = :id")
COUNT: Final[TextClause] = text(f"SELECT count(*) FROM return_calls WHERE {_SEEN} AND state = :state")  # noqa: S608 - as above


@dataclass(frozen=True, slots=True)
class Debt:
    """A return call with what is known of the call it answers."""

    id: int
    state: str
    caller: str
    call_id: str
    queue: str | None
    dialled: str | None
    case_no: str | None
    row: dict[str, Any]


async def list_debts(
    session: ReadSession, state: str, window: Window, *, seen_by: str | None
) -> tuple[int, list[Debt]]:
    """Return how many return calls are in this state, and one page of them, the oldest first."""
    values = {"agent": seen_by, "state": state}
    total = (await session.execute(COUNT, values)).scalar_one()
    rows = await session.execute(LIST, {**values, "limit": window.limit, "offset": window.offset})
    return total, [_debt(dict(row)) for row in rows.mappings()]


async def find_debt(session: ReadSession, return_id: int, *, seen_by: str | None) -> Debt | None:
    """Return one of those that the agent may see."""
    row = (await session.execute(FIND, {"agent": seen_by, "id": return_id})).mappings().first()
    return None if row is None else _debt(dict(row))


def _debt(row: dict[str, Any]) -> Debt:
    names = ("id", "state", "caller", "call_id", "queue", "dialled", "case_no")
    return Debt(**{name: row[name] for name in names}, row=row)


async def callback_of(session: ReadSession, call_id: str) -> str | None:
    """Return the number that a message asks to be called at; None where there is no message with one."""
    asked = select(Message.callback).where(Message.call_id == call_id, Message.callback.is_not(None))
    return await session.scalar(asked.order_by(Message.left_at.desc()).limit(1))
