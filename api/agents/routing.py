"""Changes by what calls find an agent, each change with who, when and why."""

import datetime as dt
from typing import Any, Final

from api.agents import repository
from api.agents.schemas import RoutingIn, RoutingOut
from api.core.audit import record
from api.core.problems import NotFoundError, RefusedError
from api.queues.repository import queue_ids
from api.queues.rules import routing_findings
from api.queues.service import REFUSED
from db.engine import WriteSession
from db.tables import Agent

UNKNOWN: Final = "There is no such agent; GET /api/agents lists those that are."


async def store(session: WriteSession, agent_id: str, wanted: RoutingIn, *, by: str, now: dt.datetime) -> RoutingOut:
    """Change queues, skills, handicaps and county. Raises NotFoundError, RefusedError with all findings."""
    agent = await repository.lock_agent(session, agent_id)
    if agent is None:
        raise NotFoundError(UNKNOWN)
    after = wanted.model_dump(exclude={"why"})
    findings = routing_findings(agent_id, after, await queue_ids(session))
    if findings:
        raise RefusedError(REFUSED, findings)
    before = _values(agent, await repository.queues_of(session, agent_id))
    if after != before:
        await _write(session, agent, after)
        detail = {"before": before, "after": after}
        await record(session, by, "agent.routing", f"agent:{agent_id}", why=wanted.why, detail=detail, now=now)
    return RoutingOut(**after)


def _values(agent: Agent, queues: list[str]) -> dict[str, Any]:
    return {
        "queues": queues,
        "skills": agent.skills or {},
        "handicaps": agent.handicaps or {},
        "county": agent.county or "",
    }


async def _write(session: WriteSession, agent: Agent, values: dict[str, Any]) -> None:
    agent.skills = values["skills"] or None
    agent.handicaps = values["handicaps"] or None
    agent.county = values["county"] or None
    await repository.replace_queues(session, agent.id, values["queues"])
