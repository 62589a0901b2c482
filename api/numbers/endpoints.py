"""`/api/numbers` and `/api/lines/statistics`: the public numbers, their lines, and how many rang there."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.configuration.service import tell_voice
from api.core.fields import HeardOut, PeriodDep, Why
from api.core.openapi import problems
from api.core.problems import NotFoundError
from api.core.revisions import IfMatch
from api.core.runtime import Reader, RuntimeDep
from api.numbers import repository, service
from api.numbers.schemas import (
    NUMBER,
    Figures,
    LineFigures,
    LinesOut,
    NumberIn,
    NumberOut,
    NumberRow,
    NumbersIn,
    NumbersStored,
    NumberStored,
)
from api.numbers.statistics import Counted, count_lines, none_counted
from api.sessions.dependencies import Administrator, SignedIn
from db.clock import utc_now
from db.tables import Number

router = APIRouter(prefix="/api", tags=["numbers"], responses=problems(HTTPStatus.UNAUTHORIZED))

NumberPath = Annotated[str, Path(pattern=NUMBER, examples=["12345"])]
WRITE_PROBLEMS = problems(HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)


@router.get("/numbers", summary="List the public numbers")
async def get_numbers(_identity: SignedIn, session: Reader) -> list[NumberOut]:
    """Give every number with its line."""
    in_force = await service.menus_in_force(session, now=utc_now())
    return [service.describe(row, in_force) for row in await repository.list_numbers(session)]


@router.put("/numbers", responses=WRITE_PROBLEMS, summary="Create or change many numbers")
async def put_numbers(body: NumbersIn, identity: Administrator, runtime: RuntimeDep) -> NumbersStored:
    """Store all of them or none; numbers that are not in the list stay as they are."""
    async with runtime.database.write() as session:
        done = await service.store(session, body.numbers, by=identity.agent_id, why=body.why, now=utc_now())
    heard = await tell_voice(runtime.database, runtime.link)
    return NumbersStored(created=done.created, changed=done.changed, unchanged=done.unchanged, heard=heard)


@router.get("/numbers/{number}", responses=problems(HTTPStatus.NOT_FOUND), summary="One public number")
async def get_number(number: NumberPath, _identity: SignedIn, session: Reader) -> NumberOut:
    """Give a number with its line."""
    row = await repository.find_number(session, number)
    if row is None:
        raise NotFoundError(service.UNKNOWN)
    return service.describe(row, await service.menus_in_force(session, now=utc_now()))


@router.put(
    "/numbers/{number}",
    responses=WRITE_PROBLEMS | problems(HTTPStatus.PRECONDITION_FAILED),
    summary="Create or change a number",
)
async def put_number(
    number: NumberPath, body: NumberIn, identity: Administrator, runtime: RuntimeDep, if_match: IfMatch = None
) -> NumberStored:
    """Store the number; the next call to it finds its line so."""
    wanted, now = NumberRow(number=number, **body.model_dump(exclude={"why"})), utc_now()
    async with runtime.database.write() as session:
        await service.require_read(session, number, if_match)
        await service.store(session, [wanted], by=identity.agent_id, why=body.why, now=now)
    heard = await tell_voice(runtime.database, runtime.link)
    async with runtime.database.read() as reader:
        row = await repository.find_number(reader, number)
        if row is None:
            raise NotFoundError(service.UNKNOWN)
        told = service.describe(row, await service.menus_in_force(reader, now=now))
    return NumberStored(**told.model_dump(), heard=heard)


@router.delete(
    "/numbers/{number}",
    responses=WRITE_PROBLEMS | problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    summary="Take a number out",
)
async def delete_number(
    number: NumberPath, identity: Administrator, runtime: RuntimeDep, why: Annotated[Why, Query()]
) -> HeardOut:
    """Take a number out; whoever dials it then hears the built-in menu and reaches the first queue."""
    async with runtime.database.write() as session:
        await service.remove(session, number, by=identity.agent_id, why=why, now=utc_now())
    return HeardOut(heard=await tell_voice(runtime.database, runtime.link))


@router.get(
    "/lines/statistics", responses=problems(HTTPStatus.UNPROCESSABLE_ENTITY), summary="How many rang on each line"
)
async def get_lines_statistics(_identity: SignedIn, session: Reader, period: PeriodDep) -> LinesOut:
    """Give the calls that began in the period by how they ended, for each number and for all together."""
    counted = await count_lines(session, period)
    lines = {row.number: row for row in await repository.list_numbers(session)}
    gone = [number for number in counted.by_number if number not in lines]
    told = [_line(number, lines.get(number or ""), counted) for number in [*lines, *gone]]
    return LinesOut(since=period.since, until=period.until, lines=told, total=Figures(**counted.total))


def _line(number: str | None, row: Number | None, counted: Counted) -> LineFigures:
    figures = counted.by_number.get(number, none_counted())
    return LineFigures(number=number, line=row.line if row else None, area=row.area if row else None, **figures)
