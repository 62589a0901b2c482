"""Changes by what calls find an agent, each change with who, when and why."""

import datetime as dt
from typing import Any, Final

from api.agents import repository
from api.agents.schemas import RoutingIn, RoutingOut
from api.core.audit import record
from api.core.fields import finding
from api.core.problems import NotFoundError, RefusedError
from api.core.revisions import require_unchanged
from api.counties.repository import find_county
from api.queues.repository import queue_ids
from api.queues.rules import routing_findings
from api.queues.service import REFUSED
from db.engine import WriteSession
from db.tables import Agent

UNKNOWN: Final = "There is no such agent; GET /api/agents lists those that are."


async def store(
    session: WriteSession, agent_id: str, wanted: RoutingIn, *, if_match: str | None, by: str, now: dt.datetime
) -> RoutingOut:
    """Change queues, skills, handicaps, county and seat. `if_match` is the header of that name.

    Raises NotFoundError, ChangedError, RefusedError with all findings.
    """
    agent = await repository.lock_agent(session, agent_id)
    if agent is None:
        raise NotFoundError(UNKNOWN)
    before = _values(agent, await repository.queues_of(session, agent_id))
    await require_unchanged(session, RoutingOut(**before), if_match, f"agent:{agent_id}")
    after = wanted.model_dump(exclude={"why"})
    findings = routing_findings(agent_id, after, await queue_ids(session))
    findings += await _county_findings(session, agent_id, wanted)
    if findings:
        raise RefusedError(REFUSED, findings)
    if after != before:
        await _write(session, agent, after)
        detail = {"before": before, "after": after}
        await record(session, by, "agent.routing", f"agent:{agent_id}", why=wanted.why, detail=detail, now=now)
    return RoutingOut(**after)


async def _county_findings(session: WriteSession, agent_id: str, wanted: RoutingIn) -> list[dict[str, str]]:
    """Return what is wrong with where the seat is: a county that nobody knows, or somebody else's telephone."""
    if wanted.county and await find_county(session, wanted.county) is None:
        return [finding("county", f"there is no county {wanted.county}", "create it with PUT /api/counties/{id}")]
    if wanted.seat == "line" and wanted.phone_number:
        other = await repository.find_line(session, wanted.county, wanted.phone_number)
        if other not in {None, agent_id}:
            return [finding("phone_number", f"it is the telephone of agent {other}", "give each seat its own number")]
    return []


def _values(agent: Agent, queues: list[str]) -> dict[str, Any]:
    return {
        "queues": queues,
        "skills": agent.skills or {},
        "handicaps": agent.handicaps or {},
        "county": agent.county or "",
        "seat": agent.seat,
        "phone_number": agent.phone_number,
    }


async def _write(session: WriteSession, agent: Agent, values: dict[str, Any]) -> None:
    agent.skills = values["skills"] or None
    agent.handicaps = values["handicaps"] or None
    agent.county = values["county"] or None
    agent.seat, agent.phone_number = values["seat"], values["phone_number"]
    await repository.replace_queues(session, agent.id, values["queues"])
