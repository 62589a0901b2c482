"""Supervisors' acts as the telephone system journals them: each one row of the audit trail, however often sent."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert

from acd.messages import CallEventType
from api.intake.parsing import Event
from db.engine import WriteSession
from db.tables import Audit

ACTION: Final = "hall."
AGENT: Final = "agent-"
"""Begins the `call_id` of an event that is about an agent and no call."""

FIRST: Final = frozenset({"taken", "refused", "unanswered"})
"""Results of the act itself; the others tell what became of listening, and are entries of their own."""


def act_entry(subject: str, data: dict[str, Any], *, at: dt.datetime) -> dict[str, Any]:
    """Return the row of one act; `origin` is its key."""
    result = data["result"]
    step = "" if result in FIRST else f":{result}"
    about = f"agent:{subject.removeprefix(AGENT)}" if subject.startswith(AGENT) else f"call:{subject}"
    told = {name: data[name] for name in ("agent_id", "call_id", "to", "state", "reason", "detail") if data.get(name)}
    return {
        "at": at,
        "by": data["by"],
        "action": f"{ACTION}{data['act']}",
        "subject": about,
        "why": data.get("why", ""),
        "detail": {"result": result, **told},
        "origin": f"{data['act_id']}{step}",
    }


def is_act(event: Event) -> bool:
    """Tell whether the event is an act in the hall."""
    return event.type is CallEventType.HALL_ACT


async def store_acts(session: WriteSession, events: Sequence[Event]) -> None:
    """Write acts down; what the web process itself noted of one that was not answered in time is replaced."""
    for event in events:
        statement = insert(Audit).values(act_entry(event.call_id, event.data, at=event.at))
        change = {"at": statement.excluded.at, "detail": statement.excluded.detail}
        await session.execute(statement.on_conflict_do_update(index_elements=["origin"], set_=change))
