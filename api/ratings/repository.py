"""Queries about ratings."""

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import TextClause, text

from api.core.fields import Period
from db.engine import ReadSession


class By(StrEnum):
    """What ratings are counted by."""

    AGENT = "agent"
    LINE = "line"


_AGENT: Final = "agents ON agents.id = ratings.agent_id", "agents.id", "agents.name"
_LINE: Final = (
    "calls ON calls.call_id = ratings.call_id LEFT JOIN numbers ON numbers.number = calls.dialled",
    *("numbers.number", "numbers.line"),
)


def _counted(joined: str, key: str, name: str) -> TextClause:
    """Return the statement for one way of counting, made of this file's own words only."""
    return text(
        f"""
        SELECT {key} AS id, max({name}) AS name, grouping({key}) = 1 AS is_total, count(*) AS asked,
               count(score) AS given, count(*) FILTER (WHERE reason = 'silent') AS silent,
               count(*) FILTER (WHERE reason = 'hung_up') AS hung_up, CAST(avg(score) AS double precision) AS mean
        FROM ratings LEFT JOIN {joined}
        WHERE ratings.at >= :since AND ratings.at < :until
        GROUP BY GROUPING SETS (({key}), ())
        ORDER BY is_total, {key} NULLS LAST
        """  # noqa: S608 - our own words
    )


STATEMENTS: Final = {By.AGENT: _counted(*_AGENT), By.LINE: _counted(*_LINE)}


async def count_ratings(session: ReadSession, period: Period, by: By) -> list[dict[str, Any]]:
    """Return the ratings of the period counted by agent or line, the row of all (`is_total`) last."""
    rows = await session.execute(STATEMENTS[by], {"since": period.since, "until": period.until})
    return [dict(row) for row in rows.mappings()]
