"""Queries of the configuration that the voice process routes by."""

from collections import defaultdict

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from acd.messages import AgentConfiguration, MenuConfiguration, NumberConfiguration, QueueConfiguration
from db.engine import ReadSession
from db.tables import Agent, AgentQueue, MenuPublication, MenuVersion, Number, Queue


async def list_queues(session: ReadSession) -> list[QueueConfiguration]:
    """Return all queues by id."""
    rows = await session.scalars(select(Queue).order_by(Queue.id))
    return [
        QueueConfiguration(id=row.id, name=row.name, priority=row.priority, ring_seconds=row.ring_seconds)
        for row in rows
    ]


async def list_agents(session: ReadSession) -> list[AgentConfiguration]:
    """Return the active accounts by id, each with its queues in order of preference."""
    serves: defaultdict[str, list[str]] = defaultdict(list)
    pairs = select(AgentQueue.agent_id, AgentQueue.queue_id).order_by(AgentQueue.preference, AgentQueue.queue_id)
    for agent_id, queue_id in await session.execute(pairs):
        serves[agent_id].append(queue_id)
    rows = await session.scalars(select(Agent).where(Agent.active).order_by(Agent.id))
    return [
        AgentConfiguration(
            id=row.id, name=row.name, extension=row.extension, queues=serves.get(row.id, []), role=row.role
        )
        for row in rows
    ]


async def list_numbers(session: ReadSession) -> list[NumberConfiguration]:
    """Return the public numbers."""
    rows = await session.scalars(select(Number).order_by(Number.number))
    return [NumberConfiguration(number=row.number, line=row.line, menu=row.menu, queue=row.queue_id) for row in rows]


async def list_menus(session: ReadSession) -> list[MenuConfiguration]:
    """Return the version of each menu that is in force."""
    in_force = (
        select(MenuPublication.menu, MenuPublication.version)
        .where(MenuPublication.cancelled_at.is_(None), MenuPublication.effective_at <= func.now())
        .ext(distinct_on(MenuPublication.menu))
        .order_by(MenuPublication.menu, MenuPublication.effective_at.desc(), MenuPublication.id.desc())
        .subquery()
    )
    same = (MenuVersion.menu == in_force.c.menu) & (MenuVersion.version == in_force.c.version)
    rows = await session.scalars(select(MenuVersion).join(in_force, same).order_by(MenuVersion.menu))
    return [MenuConfiguration(name=row.menu, version=row.version, tree=row.tree) for row in rows]
