"""Pages of a list: how many, from where, and the total."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is wanted."""

    limit: int
    offset: int


async def _window(
    limit: Annotated[int, Query(ge=1, le=200, description="Rows on a page")] = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="Rows to skip")] = 0,
) -> Window:
    return Window(limit, offset)


WindowDep = Annotated[Window, Depends(_window)]


class Page(BaseModel):
    """What every page of a list tells beside its items."""

    total: Annotated[int, Field(description="Rows in the whole list")]
    limit: Annotated[int, Field(description="Rows on a page")]
    offset: Annotated[int, Field(description="Rows skipped")]
