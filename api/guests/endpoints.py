"""`/api/guest-sessions`: open, list and end guest sessions, and their reports."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.configuration.service import tell_voice
from api.core.openapi import problems
from api.core.problems import NotFoundError
from api.core.runtime import Reader, RuntimeDep
from api.core.sheets import CSV, sheet
from api.guests import reporting, repository, service
from api.guests.schemas import EndIn, GuestSessionOut, OpenedOut, ReportOut, SessionIn
from api.sessions.dependencies import Supervisor
from db.clock import utc_now
from db.engine import ReadSession

router = APIRouter(
    prefix="/api/guest-sessions",
    tags=["guest sessions"],
    responses=problems(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN),
)
SessionId = Annotated[int, Path(ge=1, lt=2**63)]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    responses=problems(HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY),
    summary="Open a guest session",
)
async def create_guest_session(body: SessionIn, identity: Supervisor, runtime: RuntimeDep) -> OpenedOut:
    """Open a session with its own queue and an account for each guest; the passwords are told here and never again.

    A session that begins later is heard of by the telephone system within ten seconds of its beginning.
    """
    passwords = await service.new_passwords(runtime.hashing, len(body.guests))
    async with runtime.database.write() as session:
        opened, seats = await service.open_session(session, body, passwords, by=identity.agent_id, now=utc_now())
    heard = await tell_voice(runtime.database, runtime.link)
    return OpenedOut(**opened.model_dump(exclude={"seats"}), seats=seats, heard=heard)


@router.get("", summary="List guest sessions")
async def get_guest_sessions(_identity: Supervisor, session: Reader) -> list[GuestSessionOut]:
    """Give sessions, the latest first (at most 200)."""
    return await service.list_sessions(session, now=utc_now())


@router.post(
    "/{session_id}/end",
    responses=problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST),
    summary="End a guest session before its time",
)
async def end_guest_session(
    session_id: SessionId, body: EndIn, identity: Supervisor, runtime: RuntimeDep
) -> GuestSessionOut:
    """End it now: who talks finishes the call and its outcome, nobody signs in any more, the staff takes who waits."""
    async with runtime.database.write() as session:
        ended = await service.end_session(session, session_id, body.why, by=identity.agent_id, now=utc_now())
    await tell_voice(runtime.database, runtime.link)
    return ended


@router.get("/{session_id}/report", responses=problems(HTTPStatus.NOT_FOUND), summary="What came of a guest session")
async def get_guest_session_report(session_id: SessionId, _identity: Supervisor, session: Reader) -> ReportOut:
    """Give calls, waits, what each guest did, and the cases with their outcomes, so far."""
    return await _report(session, session_id)


@router.get(
    "/{session_id}/report/table.csv",
    responses=problems(HTTPStatus.NOT_FOUND) | CSV,
    summary="The cases of a guest session as a table",
    response_class=Response,
)
async def get_guest_session_table(session_id: SessionId, _identity: Supervisor, session: Reader) -> Response:
    """Give the report's cases as a download for a spreadsheet, in China's time."""
    found = await _report(session, session_id)
    return sheet(f"guests-{session_id}", reporting.HEAD, reporting.lines(found))


async def _report(session: ReadSession, session_id: int) -> ReportOut:
    found = await repository.find_session(session, session_id)
    if found is None:
        raise NotFoundError(service.UNKNOWN)
    return await reporting.report(session, found, now=utc_now())
