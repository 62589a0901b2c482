"""Figures of each line and of all together, from one statement: the parts add up because they are the same rows."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import text

from api.core.fields import Period
from db.engine import ReadSession

SOON_MS: Final = 15_000
"""GB/T 33358: answered within 15 s."""

COUNTS: Final = (
    *("calls", "answered", "abandoned", "registered", "messages", "transferred", "hung_up_in_menu", "other"),
    *("waited", "answered_within_15_s"),
)

# Of a call whose first event was lost the next best moment counts; there are few, and the index finds them.
STATISTICS: Final = text(
    """
    WITH ended AS (
        SELECT numbers.number, waited_ms,
               CASE WHEN answered_at IS NOT NULL THEN 'answered' ELSE coalesce(disposition, '') END AS how
        FROM calls LEFT JOIN numbers ON numbers.number = calls.dialled
        WHERE direction = 'inbound'
          AND ((started_at >= :since AND started_at < :until)
               OR (started_at IS NULL
                   AND coalesce(queued_at, first_offered_at, answered_at, ended_at, seen_at) >= :since
                   AND coalesce(queued_at, first_offered_at, answered_at, ended_at, seen_at) < :until))
    )
    SELECT number, grouping(number) = 1 AS is_total, count(*) AS calls,
           count(*) FILTER (WHERE how = 'answered') AS answered,
           count(*) FILTER (WHERE how = 'abandoned') AS abandoned,
           count(*) FILTER (WHERE how = 'registered') AS registered,
           count(*) FILTER (WHERE how = 'message') AS messages,
           count(*) FILTER (WHERE how = 'transferred') AS transferred,
           count(*) FILTER (WHERE how = 'hangup_in_menu') AS hung_up_in_menu,
           count(*) FILTER (WHERE how NOT IN
               ('answered', 'abandoned', 'registered', 'message', 'transferred', 'hangup_in_menu')) AS other,
           count(waited_ms) AS waited, CAST(avg(waited_ms) AS double precision) AS mean_wait_ms,
           count(*) FILTER (WHERE how = 'answered' AND waited_ms <= :soon) AS answered_within_15_s
    FROM ended GROUP BY GROUPING SETS ((number), ())
    """
)


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures by number (None: dialled numbers that are not configured), and those of all calls."""

    by_number: dict[str | None, dict[str, Any]]
    total: dict[str, Any]


def none_counted() -> dict[str, Any]:
    """Return the figures of a line that nobody called."""
    return dict.fromkeys(COUNTS, 0) | {"mean_wait_ms": None}


async def count_lines(session: ReadSession, period: Period) -> Counted:
    """Return the figures of the calls that began in the period."""
    values = {"since": period.since, "until": period.until, "soon": SOON_MS}
    by_number: dict[str | None, dict[str, Any]] = {}
    total = none_counted()
    for row in (await session.execute(STATISTICS, values)).mappings():
        figures = {name: row[name] for name in (*COUNTS, "mean_wait_ms")}
        if row["is_total"]:
            total = figures
        else:
            by_number[row["number"]] = figures
    return Counted(by_number, total)
