"""`/api/rota`: who is on duty when, and every minute without cover."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.core.fields import Why
from api.core.openapi import problems
from api.core.problems import ForbiddenError, RefusedError
from api.core.runtime import Reader, RuntimeDep
from api.core.sheets import CSV, sheet
from api.numbers.schemas import Slug
from api.rota import repository, service
from api.rota.cover import check_cover
from api.rota.periods import LongPeriod, ShortPeriod
from api.rota.repository import ShiftRow
from api.rota.schemas import (
    SHIFTS_LIMIT,
    AgentId,
    CopyIn,
    CoverOut,
    Kind,
    MinimumsIn,
    RotaOut,
    ShiftIn,
    ShiftOut,
    WeeksIn,
    WrittenOut,
)
from api.rota.spans import Span
from api.sessions.dependencies import SignedIn, Supervisor
from api.sessions.tokens import Identity
from db.clock import utc_now
from db.engine import ReadSession

router = APIRouter(prefix="/api/rota", tags=["rota"], responses=problems(HTTPStatus.UNAUTHORIZED))

ShiftId = Annotated[int, Path(ge=1, lt=2**63)]
Whose = Annotated[AgentId | None, Query(description="Only this agent's; agents are given their own")]
READ_PROBLEMS = problems(HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)
WRITE_PROBLEMS = READ_PROBLEMS | problems(HTTPStatus.BAD_REQUEST)
ONE_PROBLEMS = WRITE_PROBLEMS | problems(HTTPStatus.NOT_FOUND)
KINDS = {"duty": "值班", "leave": "请假"}


@router.get("", responses=READ_PROBLEMS, summary="Who is on duty when")
async def get_rota(identity: SignedIn, session: Reader, period: ShortPeriod, agent: Whose = None) -> RotaOut:
    """Give all shifts to supervisors and administrators, agents their own; at most 62 days."""
    rows = await _listed(identity, session, period, agent)
    names = await repository.names_of_agents(session)
    shifts = [service.describe(row, names) for row in rows]
    return RotaOut(since=period.since, until=period.until, shifts=shifts)


@router.get("/table.csv", responses=READ_PROBLEMS | CSV, summary="The rota as a table", response_class=Response)
async def get_rota_table(identity: SignedIn, session: Reader, period: ShortPeriod, agent: Whose = None) -> Response:
    """Give the same as a download for a spreadsheet, in China's time."""
    rows = await _listed(identity, session, period, agent)
    names = await repository.names_of_agents(session)
    head = ("工号", "姓名", "开始", "结束", "小时", "类别", "备注")
    hours = [row.span.length.total_seconds() / 3600 for row in rows]
    return sheet(
        "rota",
        head,
        (
            (row.agent_id, names[row.agent_id], *row.span, round(length, 2), KINDS[row.kind], row.note)
            for row, length in zip(rows, hours, strict=True)
        ),
    )


def whose(identity: Identity, agent: str | None) -> list[str] | None:
    """Return whose shifts may be shown, None: everybody's. Raises ForbiddenError where an agent asks for others'."""
    if identity.sees_everything:
        return None if agent is None else [agent]
    if agent not in {None, identity.agent_id}:
        raise ForbiddenError("Only a supervisor sees the shifts of others; ask one.")
    return [identity.agent_id]


async def _listed(identity: Identity, session: ReadSession, period: Span, agent: str | None) -> list[ShiftRow]:
    rows = await repository.list_shifts(session, period, agents=whose(identity, agent), limit=SHIFTS_LIMIT + 1)
    if len(rows) > SHIFTS_LIMIT:
        raise RefusedError("There are too many shifts in this period; ask for a shorter one, or for one agent.")
    return rows


@router.get(
    "/cover", responses=READ_PROBLEMS | problems(HTTPStatus.NOT_FOUND), summary="Find every minute without cover"
)
async def get_cover(
    _identity: Supervisor, session: Reader, period: LongPeriod, queue: Annotated[Slug | None, Query()] = None
) -> CoverOut:
    """Give every stretch in which a queue has fewer agents on duty than it needs, day and night; at most 400 days."""
    return await check_cover(session, period, queue)


@router.put("/minimums", responses=WRITE_PROBLEMS, summary="How many agents queues need")
async def put_minimums(body: MinimumsIn, identity: Supervisor, runtime: RuntimeDep) -> dict[str, int]:
    """Set how many must be on duty at any minute of a queue's hours; give them for all queues that were named ever."""
    async with runtime.database.write() as session:
        await service.set_minimums(session, body, by=identity.agent_id, now=utc_now())
        return await repository.list_minimums(session)


@router.post("/shifts", status_code=HTTPStatus.CREATED, responses=WRITE_PROBLEMS, summary="Add one shift")
async def create_shift(body: ShiftIn, identity: Supervisor, runtime: RuntimeDep) -> ShiftOut:
    """Store one duty or leave; refused where the agent has one of the kind then."""
    async with runtime.database.write() as session:
        row = await service.add(session, body, by=identity.agent_id, now=utc_now())
        return service.describe(row, await repository.names_of_agents(session))


@router.put("/shifts/{shift_id}", responses=ONE_PROBLEMS, summary="Change one shift")
async def put_shift(shift_id: ShiftId, body: ShiftIn, identity: Supervisor, runtime: RuntimeDep) -> ShiftOut:
    """Replace one duty or leave; refused where the agent has another of the kind then."""
    async with runtime.database.write() as session:
        row = await service.change(session, shift_id, body, by=identity.agent_id, now=utc_now())
        return service.describe(row, await repository.names_of_agents(session))


@router.delete(
    "/shifts/{shift_id}", status_code=HTTPStatus.NO_CONTENT, responses=ONE_PROBLEMS, summary="Take one shift away"
)
async def delete_shift(
    shift_id: ShiftId, identity: Supervisor, runtime: RuntimeDep, why: Annotated[Why, Query()]
) -> None:
    """Take one duty or leave away."""
    async with runtime.database.write() as session:
        await service.remove(session, shift_id, by=identity.agent_id, why=why, now=utc_now())


@router.post("/weeks", status_code=HTTPStatus.CREATED, responses=WRITE_PROBLEMS, summary="Repeat a week's pattern")
async def create_weeks(body: WeeksIn, identity: Supervisor, runtime: RuntimeDep) -> WrittenOut:
    """Store a week's pattern for some agents and weeks, all of it or nothing."""
    async with runtime.database.write() as session:
        return WrittenOut(shifts=await service.write_weeks(session, body, by=identity.agent_id, now=utc_now()))


@router.post("/copies", status_code=HTTPStatus.CREATED, responses=WRITE_PROBLEMS, summary="Copy a week")
async def create_copy(body: CopyIn, identity: Supervisor, runtime: RuntimeDep) -> WrittenOut:
    """Copy the duties that start in a week to other weeks, all of them or none."""
    async with runtime.database.write() as session:
        return WrittenOut(shifts=await service.copy_week(session, body, by=identity.agent_id, now=utc_now()))


@router.delete("", responses=WRITE_PROBLEMS, summary="Take away many shifts")
async def delete_shifts(
    *,
    identity: Supervisor,
    runtime: RuntimeDep,
    period: LongPeriod,
    agent: Annotated[list[AgentId], Query(min_length=1, max_length=100, description="Whose")],
    why: Annotated[Why, Query()],
    kind: Annotated[Kind, Query()] = "duty",
) -> WrittenOut:
    """Take away what starts in the period, of the agents named; give how many."""
    async with runtime.database.write() as session:
        gone = await service.clear(session, period, agent, kind, by=identity.agent_id, why=why, now=utc_now())
        return WrittenOut(shifts=gone)
