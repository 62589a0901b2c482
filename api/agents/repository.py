"""Queries about agents."""

from dataclasses import dataclass

from sqlalchemy import select

from db.engine import ReadSession
from db.tables import Agent, Call, Case, CaseDraft


@dataclass(frozen=True, slots=True)
class CurrentCall:
    """A call with its case and draft, as far as they exist."""

    call: Call
    case: Case | None
    draft: CaseDraft | None


async def find_extension(session: ReadSession, agent_id: str) -> str | None:
    """Return the extension of an active agent."""
    return await session.scalar(select(Agent.extension).where(Agent.id == agent_id, Agent.active))


async def find_current_call(session: ReadSession, agent_id: str, call_id: str | None) -> CurrentCall | None:
    """Return the call the agent is on, or without one the last answered call whose case is still a draft."""
    query = (
        select(Call, Case, CaseDraft)
        .outerjoin(Case, Case.call_id == Call.call_id)
        .outerjoin(CaseDraft, (CaseDraft.call_id == Call.call_id) & (CaseDraft.agent_id == agent_id))
    )
    if call_id is not None:
        query = query.where(Call.call_id == call_id)
    else:
        unfinished = (Call.answered_by == agent_id) & (Case.state == "draft")
        query = query.where(unfinished).order_by(Call.started_at.desc()).limit(1)
    row = (await session.execute(query)).first()
    return CurrentCall(*row) if row is not None else None
