"""Queries about agents."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from db.engine import ReadSession, WriteSession
from db.guests import is_guest
from db.tables import Agent, AgentQueue, Call, Case, CaseDraft, GuestSeat


@dataclass(frozen=True, slots=True)
class CurrentCall:
    """A call with its case and draft, as far as they exist."""

    call: Call
    case: Case | None
    draft: CaseDraft | None


async def find_extension(session: ReadSession, agent_id: str) -> str | None:
    """Return the extension of an active agent, or of a guest."""
    found = await session.scalar(select(Agent.extension).where(Agent.id == agent_id, Agent.active))
    if found is not None or not is_guest(agent_id):
        return found
    return await session.scalar(select(GuestSeat.extension).where(GuestSeat.id == agent_id))


async def lock_agent(session: WriteSession, agent_id: str) -> Agent | None:
    """Return an active agent, kept from other changes until the transaction ends."""
    return await session.scalar(select(Agent).where(Agent.id == agent_id, Agent.active).with_for_update())


async def find_line(session: WriteSession, county: str, phone_number: str) -> str | None:
    """Return whose seat an ordinary telephone of a county is."""
    line = (Agent.seat == "line", Agent.county == county, Agent.phone_number == phone_number)
    return await session.scalar(select(Agent.id).where(*line))


async def queues_of(session: WriteSession, agent_id: str) -> list[str]:
    """Return the queues that an agent serves, in order of preference."""
    served = select(AgentQueue.queue_id).where(AgentQueue.agent_id == agent_id)
    return list(await session.scalars(served.order_by(AgentQueue.preference, AgentQueue.queue_id)))


async def replace_queues(session: WriteSession, agent_id: str, queues: Sequence[str]) -> None:
    """Have an agent serve these queues, the preferred first, and no others."""
    await session.execute(delete(AgentQueue).where(AgentQueue.agent_id == agent_id))
    rows = [{"agent_id": agent_id, "queue_id": queue, "preference": place} for place, queue in enumerate(queues)]
    if rows:
        await session.execute(insert(AgentQueue), rows)


async def find_current_call(session: ReadSession, agent_id: str, call_id: str | None) -> CurrentCall | None:
    """Return the call the agent is on, or without one the last answered call whose case is still a draft."""
    own = Case.call_id == Call.call_id
    query = (
        select(Call, Case, CaseDraft)
        .outerjoin(Case, own if call_id is None else own | (Case.number == Call.about_case))
        .outerjoin(CaseDraft, (CaseDraft.call_id == Call.call_id) & (CaseDraft.agent_id == agent_id))
    )
    if call_id is not None:
        query = query.where(Call.call_id == call_id)
    else:
        unfinished = (Call.answered_by == agent_id) & (Case.state == "draft")
        query = query.where(unfinished).order_by(Call.started_at.desc()).limit(1)
    row = (await session.execute(query)).first()
    return CurrentCall(*row) if row is not None else None
