"""`/api/ratings/statistics`: how citizens rated their talks, by agent or by line."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter

from api.core.fields import PeriodDep
from api.core.openapi import problems
from api.core.runtime import Reader
from api.ratings.repository import By, count_ratings
from api.ratings.schemas import RatingFigures, RatingRow, RatingsOut
from api.sessions.dependencies import Supervisor

router = APIRouter(prefix="/api/ratings", tags=["ratings"], responses=problems(HTTPStatus.UNAUTHORIZED))


@router.get(
    "/statistics",
    responses=problems(HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY),
    summary="How citizens rated their talks",
)
async def get_ratings_statistics(
    _identity: Supervisor, session: Reader, period: PeriodDep, by: By = By.AGENT
) -> RatingsOut:
    """Give the ratings of the period; supervisors only: an agent could tell single ratings from the mean."""
    *rows, total = await count_ratings(session, period, by)
    told = [RatingRow(id=row["id"], name=row["name"], **_figures(row)) for row in rows]
    return RatingsOut(since=period.since, until=period.until, rows=told, total=RatingFigures(**_figures(total)))


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    names = ("asked", "given", "silent", "hung_up", "mean")
    asked, given = row["asked"], row["given"]
    return {name: row[name] for name in names} | {"share_not_given": (asked - given) / asked if asked else None}
