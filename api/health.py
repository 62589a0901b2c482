"""`GET /healthz`: the process lives; what it reaches beside."""

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel

from api.core.runtime import RuntimeDep

router = APIRouter(tags=["health"])


class HealthOut(BaseModel):
    """What the web process reaches now; `tasks` tells a leak: at rest it is the same after any number of calls."""

    database: bool
    voice: bool
    tasks: int


@router.get("/healthz", summary="Is it alive")
async def get_health(runtime: RuntimeDep) -> HealthOut:
    """Answer 200 as long as the process lives; the fields tell what it reaches."""
    database = await runtime.database.answers()
    return HealthOut(database=database, voice=runtime.link.up, tasks=len(asyncio.all_tasks()))
