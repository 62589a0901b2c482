"""Queries about what agents did: when they came, paused and left."""

import datetime as dt
from collections.abc import Collection
from typing import Final

from sqlalchemy import case, func, select

from api.rota.spans import Span
from db.engine import ReadSession
from db.tables import AgentState

AWAY: Final = ("logged_out", "link_lost")
"""States in which nobody is there: signed out, or the page has gone."""


async def list_changes(
    session: ReadSession, period: Span, agents: Collection[str] | None
) -> dict[str, list[tuple[dt.datetime, str]]]:
    """Return by agent when it became `away`, `present` or `paused`, in order.

    Changes between states of one kind are left out by the server: there are hundreds of them a day.
    """
    row = AgentState
    kind = case((row.state.in_(AWAY), "away"), (row.state == "paused", "paused"), else_="present")
    before = func.lag(kind).over(partition_by=row.agent_id, order_by=(row.since, row.seq))
    states = select(row.agent_id, row.since, row.seq, kind.label("kind"), before.label("before"))
    states = states.where(row.since < period.until, row.until.is_(None) | (row.until > period.since))
    if agents is not None:
        states = states.where(row.agent_id.in_(agents))
    all_states = states.subquery()
    changed = all_states.c.before.is_(None) | (all_states.c.before != all_states.c.kind)
    query = select(all_states.c.agent_id, all_states.c.since, all_states.c.kind).where(changed)
    found: dict[str, list[tuple[dt.datetime, str]]] = {}
    for agent, since, what in await session.execute(query.order_by(all_states.c.since, all_states.c.seq)):
        found.setdefault(agent, []).append((since, what))
    return found
