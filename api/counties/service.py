"""What a county is now, and its changes, each with who, when and why."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from acd.messages import AgentConfiguration, AgentState, AgentStateName, QueueConfiguration
from api.core.audit import record
from api.core.revisions import require_unchanged
from api.counties import repository
from api.counties.schemas import CountyIn, CountyOut, CountyStored
from db.engine import WriteSession
from db.tables import County


def describe(
    row: County,
    queues: Iterable[QueueConfiguration],
    agents: Iterable[AgentConfiguration],
    states: Sequence[AgentState] | None,
) -> CountyOut:
    """Return a county with its queues and seats; `states` is what everybody does now, None while nobody can tell."""
    seats = {agent["id"]: agent for agent in agents if agent.get("county") == row.id}
    here = None if states is None else [state for state in states if state["agent_id"] in seats]
    return CountyOut(
        **_stored(row).model_dump(),
        queues=[queue["id"] for queue in queues if queue.get("county") == row.id],
        seats=len(seats),
        line_seats=sum(agent.get("seat") == "line" for agent in seats.values()),
        reachable=None if here is None else sum(state["phone"] is not None for state in here),
        signed_in=None if here is None else sum(state["state"] != AgentStateName.LOGGED_OUT for state in here),
    )


async def store(
    session: WriteSession, county: str, wanted: CountyIn, *, if_match: str | None, by: str, now: dt.datetime
) -> CountyStored:
    """Create or change a county; what is so already is no change. Raises ChangedError, by the header `if_match`."""
    found = await repository.lock_county(session, county)
    await require_unchanged(session, _stored(found) if found else None, if_match, f"county:{county}")
    before = None if found is None else _values(found)
    after = wanted.model_dump(exclude={"why"})
    if before != after:
        await repository.store_county(session, {"id": county, **after})
        action = "county.created" if before is None else "county.changed"
        detail = {"before": before, "after": after}
        await record(session, by, action, f"county:{county}", why=wanted.why, detail=detail, now=now)
    return CountyStored(id=county, **after)


def _values(row: County) -> dict[str, Any]:
    return {"name": row.name, "trunk_host": row.trunk_host, "trunk_port": row.trunk_port}


def _stored(row: County) -> CountyStored:
    return CountyStored(id=row.id, **_values(row))
