"""Queries of the figures: calls of a period that asked for a person, counted in groups of equals."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from acd.rules.figures import Group
from db.engine import ReadSession
from db.tables.calls import ASKED_AT

# What it means to have asked for a person stands in `acd.rules.figures`. Numbers that are not configured are one
# group: what people dial is without bounds. A last-resort message is one of somebody who had asked for a person,
# unlike one that a menu took. OFFSET 0 keeps the planner from looking through the subquery, where it would expect as
# many groups as calls, and sort them all on the disk.
COUNT: Final = text(
    f"""
    SELECT queue, number, today, outcome,
           CASE WHEN wait_ms <= 60000 THEN (wait_ms + 999) / 1000 ELSE (wait_ms + 9999) / 10000 * 10 END AS wait_s,
           count(*) AS calls, CAST(coalesce(sum(wait_ms), 0) AS bigint) AS waited_ms, max(wait_ms) AS longest_ms,
           count(*) FILTER (WHERE soon_15) AS soon_15,
           count(*) FILTER (WHERE soon_20) AS soon_20
    FROM (SELECT queue, numbers.number, {ASKED_AT} >= :today AS today,
                 CASE WHEN answered_at IS NOT NULL OR disposition = 'answered' THEN 'answered'
                      WHEN disposition = 'abandoned' THEN 'abandoned'
                      WHEN disposition IS NOT NULL OR ended_at IS NOT NULL THEN 'lost'
                      ELSE 'undecided' END AS outcome,
                 coalesce(waited_ms, CAST(greatest(0, round(
                     extract(epoch FROM coalesce(answered_at, ended_at) - started_at) * 1000)) AS bigint)) AS wait_ms,
                 answered_at <= started_at + interval '15 seconds' AS soon_15,
                 answered_at <= started_at + interval '20 seconds' AS soon_20
          FROM calls LEFT JOIN numbers ON numbers.number = calls.dialled
          WHERE direction = 'inbound' AND {ASKED_AT} >= :since AND {ASKED_AT} < :until
            AND (queued_at IS NOT NULL OR answered_at IS NOT NULL OR disposition IN ('answered', 'abandoned')
                 OR (disposition = 'message' AND menu_end IS DISTINCT FROM 'message'))
            AND (answered_at IS NOT NULL OR disposition IS DISTINCT FROM 'transferred')
          OFFSET 0) AS asked
    GROUP BY 1, 2, 3, 4, 5
    """  # noqa: S608 - the expression is a constant of ours
)

QUEUES_OF: Final = text("SELECT queue_id FROM agent_queues WHERE agent_id = :agent ORDER BY preference, queue_id")


async def count_calls(
    session: ReadSession, *, since: dt.datetime, today: dt.datetime, until: dt.datetime
) -> Sequence[Group]:
    """Return the calls that asked for a person from `since` on and before `until`; `today` is midnight."""
    rows = await session.execute(COUNT, {"since": since, "today": today, "until": until})
    return [Group(*row) for row in rows]


async def queues_of(session: ReadSession, agent_id: str) -> list[str]:
    """Return the queues that an agent serves, in the order of preference."""
    return list(await session.scalars(QUEUES_OF, {"agent": agent_id}))
