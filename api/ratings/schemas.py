"""What the endpoint about ratings gives."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, Field


class RatingFigures(BaseModel):
    """Ratings that citizens were asked for."""

    asked: int
    given: int
    silent: Annotated[int, Field(description="Pressed nothing")]
    hung_up: Annotated[int, Field(description="Hung up before")]
    mean: Annotated[float | None, Field(description="Of the scores given; null when there are none")]
    share_not_given: Annotated[float | None, Field(description="From 0 to 1; null when nobody was asked")]


class RatingRow(RatingFigures):
    """The figures of one agent or one line; null: of none that is known."""

    id: Annotated[str | None, Field(description="Staff number, or dialled number")]
    name: Annotated[str | None, Field(description="The person's name, or the line's")]


class RatingsOut(BaseModel):
    """Every agent or line with ratings, and all of them together."""

    since: dt.datetime
    until: dt.datetime
    rows: list[RatingRow]
    total: RatingFigures
