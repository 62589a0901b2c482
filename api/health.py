"""`GET /healthz`: the process lives; what it reaches beside."""

from fastapi import APIRouter
from pydantic import BaseModel

from api.core.runtime import RuntimeDep

router = APIRouter(tags=["health"])


class HealthOut(BaseModel):
    """What the web process reaches now."""

    database: bool
    voice: bool


@router.get("/healthz", summary="Is it alive")
async def get_health(runtime: RuntimeDep) -> HealthOut:
    """Answer 200 as long as the process lives; the fields tell what it reaches."""
    return HealthOut(database=await runtime.database.answers(), voice=runtime.link.up)
