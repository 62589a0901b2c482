"""`/api/attendance`: planned against actual, by agent."""

import datetime as dt
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.attendance.schemas import AttendanceOut, AttendancesOut
from api.attendance.service import attendance
from api.core.openapi import problems
from api.core.runtime import Reader
from api.core.sheets import CSV, Cell, sheet
from api.rota.endpoints import Whose, whose
from api.rota.periods import MonthPeriod
from api.sessions.dependencies import SignedIn
from db.clock import utc_now

router = APIRouter(prefix="/api/attendance", tags=["rota"], responses=problems(HTTPStatus.UNAUTHORIZED))

Grace = Annotated[int, Query(ge=0, le=60, description="Minutes by which nobody is late, or gone early")]
READ_PROBLEMS = problems(HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)
HEAD: Final = (
    *("工号", "姓名", "应到", "应离", "到岗", "离岗", "状态"),
    *("应勤(分)", "在岗(分)", "小休(分)", "迟到(分)", "早退(分)", "缺勤", "加班(分)"),
)
STATUS: Final = {"planned": "未开始", "running": "进行中", "over": "已结束"}


@router.get("", responses=READ_PROBLEMS, summary="Planned against actual")
async def get_attendance(
    identity: SignedIn, session: Reader, period: MonthPeriod, agent: Whose = None, grace: Grace = 1
) -> AttendancesOut:
    """Give late, left early, absent, overtime and pauses of the duties that start in the period; at most 31 days."""
    late = dt.timedelta(minutes=grace)
    found = await attendance(session, period, whose(identity, agent), now=utc_now(), grace=late)
    return AttendancesOut(since=period.since, until=period.until, agents=found)


@router.get("/table.csv", responses=READ_PROBLEMS | CSV, summary="Attendance as a table", response_class=Response)
async def get_attendance_table(
    identity: SignedIn, session: Reader, period: MonthPeriod, agent: Whose = None, grace: Grace = 1
) -> Response:
    """Give the same as a download for a spreadsheet: a line for each duty, and one for each agent's sums."""
    late = dt.timedelta(minutes=grace)
    found = await attendance(session, period, whose(identity, agent), now=utc_now(), grace=late)
    return sheet("attendance", HEAD, (line for one in found for line in _lines(one)))


def _lines(one: AttendanceOut) -> Iterator[tuple[Cell, ...]]:
    for duty in one.duties:
        lengths = (duty.planned, duty.present, duty.paused, duty.late, duty.early)
        moments = (duty.starts, duty.ends, duty.came, duty.left)
        minutes = (_minutes(seconds) for seconds in lengths)
        yield one.agent_id, one.name, *moments, STATUS[duty.status], *minutes, int(duty.absent), None
    late, early = (sum(duty.late for duty in one.duties), sum(duty.early for duty in one.duties))
    lengths = (one.planned, one.present, one.paused, late, early)
    sums = (_minutes(seconds) for seconds in lengths)
    yield one.agent_id, one.name, *(None,) * 4, "合计", *sums, one.absent, _minutes(one.overtime)


def _minutes(seconds: int) -> float:
    return round(seconds / 60, 1)
