"""`/api/holidays`: holidays, and weekend days that are worked."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from api.configuration.service import tell_voice
from api.core.fields import FIRST_YEAR, LAST_YEAR, HeardOut, Why
from api.core.openapi import problems
from api.core.problems import NotFoundError
from api.core.runtime import Reader, RuntimeDep
from api.holidays import repository, service
from api.holidays.schemas import Day, DayRow, HolidayIn, HolidayOut, HolidaysIn, HolidayStored
from api.sessions.dependencies import Administrator, SignedIn
from db.clock import utc_now

router = APIRouter(prefix="/api/holidays", tags=["holidays"], responses=problems(HTTPStatus.UNAUTHORIZED))

Year = Annotated[int | None, Query(ge=FIRST_YEAR, lt=LAST_YEAR)]
WRITE_PROBLEMS = problems(HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)


@router.get("", summary="List the special days")
async def get_holidays(_identity: SignedIn, session: Reader, year: Year = None) -> list[HolidayOut]:
    """Give the special days of a year, or all."""
    return [service.describe(row) for row in await repository.list_days(session, year)]


@router.put("", responses=WRITE_PROBLEMS, summary="Set many days")
async def put_holidays(body: HolidaysIn, identity: Administrator, runtime: RuntimeDep) -> HeardOut:
    """Set all of them or none, such as those that the State Council announced for a year."""
    async with runtime.database.write() as session:
        await service.store(session, body.days, by=identity.agent_id, why=body.why, now=utc_now())
    return HeardOut(heard=await tell_voice(runtime.database, runtime.link))


@router.get("/{day}", responses=problems(HTTPStatus.NOT_FOUND), summary="One special day")
async def get_holiday(day: Day, _identity: SignedIn, session: Reader) -> HolidayOut:
    """Give a day, if it is not what its weekday says."""
    row = await repository.find_day(session, day)
    if row is None:
        raise NotFoundError(service.UNKNOWN)
    return service.describe(row)


@router.put("/{day}", responses=WRITE_PROBLEMS, summary="Set a day")
async def put_holiday(day: Day, body: HolidayIn, identity: Administrator, runtime: RuntimeDep) -> HolidayStored:
    """Make a day a holiday or a workday."""
    row = DayRow(day=day, kind=body.kind, name=body.name)
    async with runtime.database.write() as session:
        await service.store(session, [row], by=identity.agent_id, why=body.why, now=utc_now())
    heard = await tell_voice(runtime.database, runtime.link)
    return HolidayStored(day=day, kind=row.kind, name=row.name, heard=heard)


@router.delete("/{day}", responses=WRITE_PROBLEMS | problems(HTTPStatus.NOT_FOUND), summary="Make it an ordinary day")
async def delete_holiday(
    day: Day, identity: Administrator, runtime: RuntimeDep, why: Annotated[Why, Query()]
) -> HeardOut:
    """Let a day be what its weekday says."""
    async with runtime.database.write() as session:
        await service.remove(session, day, by=identity.agent_id, why=why, now=utc_now())
    return HeardOut(heard=await tell_voice(runtime.database, runtime.link))
