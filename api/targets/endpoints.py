"""`/api/transfer-targets`: the numbers that menus may connect citizens with."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.configuration.service import tell_voice
from api.core.fields import HeardOut, Why
from api.core.openapi import problems
from api.core.problems import NotFoundError
from api.core.runtime import Reader, Runtime, RuntimeDep
from api.sessions.dependencies import Administrator, SignedIn
from api.targets import repository, service
from api.targets.schemas import NUMBER, TargetIn, TargetOut, TargetStored, TrialIn, TrialOut
from db.clock import utc_now

router = APIRouter(
    prefix="/api/transfer-targets", tags=["transfer targets"], responses=problems(HTTPStatus.UNAUTHORIZED)
)

TargetPath = Annotated[str, Path(pattern=NUMBER, examples=["110"])]
WRITE_PROBLEMS = problems(HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
UNKNOWN_OR_BUSY = problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


async def _target(runtime: Runtime, number: str) -> TargetOut:
    async with runtime.database.read() as session:
        row = await repository.find_target(session, number)
    if row is None:
        raise NotFoundError(service.UNKNOWN)
    return service.describe(row)


@router.get("", summary="List the transfer targets")
async def get_targets(_identity: SignedIn, session: Reader) -> list[TargetOut]:
    """Give every target with its last test."""
    return [service.describe(row) for row in await repository.list_targets(session)]


@router.get("/{number}", responses=problems(HTTPStatus.NOT_FOUND), summary="One transfer target")
async def get_target(number: TargetPath, _identity: SignedIn, runtime: RuntimeDep) -> TargetOut:
    """Give a target with its last test."""
    return await _target(runtime, number)


@router.put("/{number}", responses=WRITE_PROBLEMS, summary="Create or change a transfer target")
async def put_target(number: TargetPath, body: TargetIn, identity: Administrator, runtime: RuntimeDep) -> TargetStored:
    """Store a target; menus may name it once a test was answered."""
    async with runtime.database.write() as session:
        await service.store(session, number, body, by=identity.agent_id, now=utc_now())
    heard = await tell_voice(runtime.database, runtime.link)
    return TargetStored(**(await _target(runtime, number)).model_dump(), heard=heard)


@router.delete("/{number}", responses=WRITE_PROBLEMS | UNKNOWN_OR_BUSY, summary="Take a transfer target out")
async def delete_target(
    number: TargetPath, identity: Administrator, runtime: RuntimeDep, why: Annotated[Why, Query()]
) -> HeardOut:
    """Take a target out, unless a published menu transfers to it."""
    now = utc_now()
    async with runtime.database.read() as reader:
        await service.require_unused(reader, number, now=now)
    async with runtime.database.write() as session:
        await service.remove(session, number, by=identity.agent_id, why=why, now=now)
    return HeardOut(heard=await tell_voice(runtime.database, runtime.link))


@router.post("/{number}/test", responses=WRITE_PROBLEMS | UNKNOWN_OR_BUSY, summary="Ring a transfer target")
async def create_target_test(
    number: TargetPath, identity: Administrator, runtime: RuntimeDep, body: TrialIn | None = None
) -> TrialOut:
    """Place a trial call, at most 40 s, and keep what came of it; 503 when the telephone system is away."""
    await _target(runtime, number)
    told = await service.try_target(runtime.link, number)
    async with runtime.database.write() as session:
        why = (body or TrialIn()).why
        await service.store_test(session, number, told, by=identity.agent_id, why=why, now=utc_now())
    return TrialOut(**(await _target(runtime, number)).model_dump(), ms=told["ms"])
