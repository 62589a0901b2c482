"""Queries about the rota."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from api.rota.spans import Span
from db.engine import ReadSession, WriteSession
from db.tables import Agent, AgentQueue, CoverMinimum, Shift

Session = ReadSession | WriteSession
BATCH: Final = 2_000


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift without its agent's name; far cheaper than an object of the mapper."""

    id: int
    agent_id: str
    span: Span
    kind: str
    note: str


async def list_shifts(
    session: Session, period: Span, *, limit: int, agents: Collection[str] | None = None, kind: str | None = None
) -> list[ShiftRow]:
    """Return the shifts that lie in the period or reach into it, by start; of these agents, or of all."""
    query = select(Shift.id, Shift.agent_id, Shift.starts, Shift.ends, Shift.kind, Shift.note)
    query = query.where(Shift.starts < period.until, Shift.ends > period.since)
    if agents is not None:
        query = query.where(Shift.agent_id.in_(agents))
    if kind is not None:
        query = query.where(Shift.kind == kind)
    rows = await session.execute(query.order_by(Shift.starts, Shift.agent_id, Shift.id).limit(limit))
    return [ShiftRow(i, agent, Span(starts, ends), kind, note) for i, agent, starts, ends, kind, note in rows]


async def find_shift(session: WriteSession, shift_id: int) -> Shift | None:
    """Return one shift, kept from other changes until the transaction ends."""
    return await session.get(Shift, shift_id, with_for_update=True)


async def lock_agents(session: WriteSession, agents: Collection[str]) -> set[str]:
    """Return those of these agents that work here, their shifts kept from other changes; in the order of their ids."""
    query = (
        select(Agent.id).where(Agent.id.in_(agents), Agent.active).order_by(Agent.id).with_for_update(key_share=True)
    )
    return set(await session.scalars(query))


async def store_shifts(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert shifts, a few thousand with each statement."""
    for first in range(0, len(rows), BATCH):
        await session.execute(insert(Shift), list(rows[first : first + BATCH]))


async def store_shift(session: WriteSession, values: dict[str, Any]) -> int:
    """Insert one shift; return its id."""
    return (await session.execute(insert(Shift).values(values).returning(Shift.id))).scalar_one()


async def remove_shift(session: WriteSession, shift_id: int) -> None:
    """Take one shift away."""
    await session.execute(delete(Shift).where(Shift.id == shift_id))


async def remove_shifts(session: WriteSession, period: Span, *, agents: Collection[str], kind: str) -> int:
    """Take away the shifts of these agents that start in the period; return how many."""
    doomed = delete(Shift).where(Shift.starts >= period.since, Shift.starts < period.until, Shift.kind == kind)
    gone = doomed.where(Shift.agent_id.in_(agents)).returning(Shift.id).cte()
    return await session.scalar(select(func.count()).select_from(gone)) or 0


async def names_of_agents(session: Session) -> dict[str, str]:
    """Return the names of all agents, those who have left too."""
    rows = await session.execute(select(Agent.id, Agent.name).order_by(Agent.id))
    return {row.id: row.name for row in rows}


async def queues_of_agents(session: Session) -> dict[str, set[str]]:
    """Return which queues the agents who work here serve."""
    found: dict[str, set[str]] = {}
    query = select(AgentQueue.agent_id, AgentQueue.queue_id).join(Agent, Agent.id == AgentQueue.agent_id)
    for agent, queue in await session.execute(query.where(Agent.active)):
        found.setdefault(agent, set()).add(queue)
    return found


async def list_minimums(session: Session) -> dict[str, int]:
    """Return how many agents queues need on duty, as far as it was said."""
    rows = await session.execute(select(CoverMinimum.queue_id, CoverMinimum.agents))
    return {row.queue_id: row.agents for row in rows}


async def store_minimums(session: WriteSession, minimums: dict[str, int]) -> None:
    """Set how many agents queues need on duty."""
    statement = upsert(CoverMinimum).values([{"queue_id": queue, "agents": n} for queue, n in minimums.items()])
    change = {"agents": statement.excluded["agents"]}
    await session.execute(statement.on_conflict_do_update(index_elements=["queue_id"], set_=change))
