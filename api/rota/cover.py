"""Looks for every minute in which a queue has fewer agents on duty than it needs."""

from collections import defaultdict
from typing import Final

from api.core.problems import NotFoundError, RefusedError
from api.holidays.repository import list_days
from api.queues.repository import list_queues
from api.rota import repository
from api.rota.rules import Gap, Planned, Want, find_gaps, on_duty
from api.rota.schemas import CoverOut, GapOut, QueueCoverOut
from api.rota.spans import Span, total
from db.engine import ReadSession
from db.tables import Queue
from ivr.hours import Calendar, Week
from ivr.hours_codec import week_from_dict

GAPS_SHOWN: Final = 2_000
READ_LIMIT: Final = 200_000
UNKNOWN: Final = "There is no such queue; GET /api/queues lists those that are."


async def check_cover(session: ReadSession, period: Span, queue: str | None) -> CoverOut:
    """Return every gap of one queue, or of all. Raises NotFoundError, RefusedError where too much is asked for."""
    queues = [row for row in await list_queues(session) if queue in {None, row.id}]
    if queue is not None and not queues:
        raise NotFoundError(UNKNOWN)
    rows = await repository.list_shifts(session, period, limit=READ_LIMIT + 1)
    if len(rows) > READ_LIMIT:
        raise RefusedError("There are too many shifts in this period; ask for a shorter one.")
    minimums = await repository.list_minimums(session)
    gaps = find_gaps(
        on_duty(Planned(row.agent_id, row.span, row.kind == "leave") for row in rows),
        await repository.queues_of_agents(session),
        [Want(row.id, minimums.get(row.id, 1), _hours(row)) for row in queues],
        period=period,
        calendar=await _calendar(session),
    )
    return _told(period, queues, minimums, gaps)


def _hours(row: Queue) -> Week | None:
    hours = (row.rules or {}).get("hours")
    return None if hours is None else week_from_dict(hours)


async def _calendar(session: ReadSession) -> Calendar:
    days = await list_days(session, None)
    return Calendar(
        frozenset(day.day for day in days if day.kind == "holiday"),
        frozenset(day.day for day in days if day.kind == "workday"),
    )


def _told(period: Span, queues: list[Queue], minimums: dict[str, int], gaps: list[Gap]) -> CoverOut:
    uncovered: dict[str, list[Span]] = defaultdict(list)
    for gap in gaps:
        uncovered[gap.queue].append(gap.span)
    return CoverOut(
        since=period.since,
        until=period.until,
        covered=not gaps,
        queues=[
            QueueCoverOut(
                queue=row.id,
                name=row.name,
                minimum=minimums.get(row.id, 1),
                uncovered_minutes=total(uncovered[row.id]).total_seconds() / 60,
            )
            for row in queues
        ],
        gaps=[_gap(gap) for gap in gaps[:GAPS_SHOWN]],
        left_off=max(0, len(gaps) - GAPS_SHOWN),
    )


def _gap(gap: Gap) -> GapOut:
    return GapOut(
        queue=gap.queue,
        starts=gap.span.since,
        ends=gap.span.until,
        minutes=gap.span.length.total_seconds() / 60,
        on_duty=gap.on_duty,
        minimum=gap.wanted,
    )
