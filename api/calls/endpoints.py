"""`/api/calls`: history, recordings, drafts and outcomes."""

import asyncio
from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse

from acd.messages import Disposition
from api.calls import repository, service
from api.calls.repository import CallFilter
from api.calls.schemas import (
    CallDetailOut,
    CallPage,
    DraftIn,
    DraftOut,
    OfferOut,
    OutcomeIn,
    OutcomeOut,
)
from api.cases.service import may_see_rating
from api.core.files import find_file
from api.core.openapi import WAV, problems
from api.core.paging import WindowDep
from api.core.phones import canonical_number
from api.core.problems import ConflictError, NotFoundError, VoiceAwayError
from api.core.runtime import Reader, Runtime, RuntimeDep, Writer
from api.sessions.dependencies import StaffOrGuest
from db.clock import utc_now

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/api/calls", tags=["calls"], responses=problems(HTTPStatus.UNAUTHORIZED))

CallId = Annotated[
    str, Path(min_length=1, max_length=150, pattern=r"^[!-.0-~]+$", description="`<system>-<epoch>.<n>`")
]
Word = Annotated[str | None, Query(max_length=64)]
WRITE_PROBLEMS = problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST)


@router.get("", summary="List calls")
async def get_calls(
    *,
    identity: StaffOrGuest,
    session: Reader,
    runtime: RuntimeDep,
    window: WindowDep,
    queue: Word = None,
    disposition: Disposition | None = None,
    caller: Annotated[str | None, Query(max_length=64, description="In any spelling")] = None,
    agent: Word = None,
) -> CallPage:
    """Give calls, newest first; agents see those that were offered to them, agents of a county those of the county."""
    number = canonical_number(caller, area_code=runtime.settings.area_code) or caller
    seen_by = None if identity.sees_everything else identity.agent_id
    wanted = CallFilter(seen_by, _printable(agent), _printable(queue), disposition, _printable(number))
    total, rows = await repository.list_calls(session, wanted, window)
    items = [service.describe(row, identity) for row in rows]
    return CallPage(total=total, limit=window.limit, offset=window.offset, items=items)


def _printable(text: str | None) -> str | None:
    """A filter is compared, never stored: what PostgreSQL cannot hold matches nothing."""
    return text.replace("\x00", "\ufffd") if text else None


@router.get("/{call_id}", responses=problems(HTTPStatus.NOT_FOUND), summary="One call with its history")
async def get_call(call_id: CallId, identity: StaffOrGuest, session: Reader) -> CallDetailOut:
    """Give a call with events, offers, case and the address of its recording; a rating is told as with its case."""
    seen_by = None if identity.sees_everything else identity.agent_id
    row = await repository.find_call(session, call_id, seen_by=seen_by)
    if row is None:
        raise NotFoundError(service.UNKNOWN)
    rating_shown = may_see_rating(identity, row.case.state if row.case else None)
    events = await repository.list_events(session, call_id, with_rating=rating_shown)
    offers = await repository.list_offers(session, call_id)
    return CallDetailOut(
        **service.describe(row, identity).model_dump(),
        events=[service.describe_event(event, hidden=service.is_hidden(row, identity)) for event in events],
        offers=[OfferOut.model_validate(offer, from_attributes=True) for offer in offers],
        outcome=row.case.outcome if row.case else None,
        note=row.case.note if row.case else None,
        query_code=row.case.query_code if row.case else None,
    )


@router.get(
    "/{call_id}/recording",
    response_class=FileResponse,
    responses=WAV | problems(HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN),
    summary="Hear a call",
)
async def get_recording(call_id: CallId, identity: StaffOrGuest, session: Reader, runtime: RuntimeDep) -> FileResponse:
    """Give the recording to whoever answered the call and to supervisors."""
    seen_by = None if identity.sees_everything else identity.agent_id
    row = await repository.find_call(session, call_id, seen_by=seen_by)
    if row is None:
        raise NotFoundError(service.UNKNOWN)
    name = service.require_recording_right(row, identity)
    path = await asyncio.to_thread(find_file, runtime.settings.recordings_dir, name)
    log.info("recording_played", call_id=call_id, agent_id=identity.agent_id)
    return FileResponse(path, media_type="audio/wav", filename=name, content_disposition_type="inline")


@router.put("/{call_id}/outcome", responses=WRITE_PROBLEMS, summary="Choose the outcome")
async def put_outcome(call_id: CallId, body: OutcomeIn, identity: StaffOrGuest, runtime: RuntimeDep) -> OutcomeOut:
    """Commit the outcome, then end the wrap-up; with the telephone system away it is told when it is back."""
    state = runtime.link.state_of(identity.agent_id)
    async with runtime.database.write() as session:
        await service.require_own_call(session, call_id, identity, state, also_offered=False)
        service.require_own_outcome(call_id, state)
        stored = await service.choose_outcome(
            session,
            call_id,
            body.outcome,
            body.note,
            by=identity,
            region=runtime.settings.region_code,
            now=utc_now(),
        )
    ended = [await _end_wrap_up(runtime, agent, call_id) for agent in {identity.agent_id, stored.agent_id}]
    return OutcomeOut(
        call_id=call_id,
        case_no=stored.case_no,
        case_state=stored.case_state,
        outcome=stored.outcome,
        note=stored.note,
        wrap_up_ended=any(ended),
    )


async def _end_wrap_up(runtime: Runtime, agent_id: str, call_id: str) -> bool:
    """Tell the voice process; what is committed stays committed whatever it says."""
    try:
        await runtime.link.command(agent_id, "outcome", {"call_id": call_id})
    except (VoiceAwayError, ConflictError) as error:
        log.info("wrap_up_not_ended", agent_id=agent_id, call_id=call_id, reason=str(error))
        return False
    return True


@router.put("/{call_id}/draft", responses=WRITE_PROBLEMS, summary="Keep what has been typed")
async def put_draft(
    call_id: CallId, body: DraftIn, identity: StaffOrGuest, runtime: RuntimeDep, session: Writer
) -> DraftOut:
    """Store the draft, so that a refresh of the page loses no word."""
    state, now = runtime.link.state_of(identity.agent_id), utc_now()
    await service.require_own_call(session, call_id, identity, state, also_offered=True)
    note = await service.save_draft(session, call_id, body.note, body.outcome, by=identity, now=now)
    return DraftOut(call_id=call_id, note=note, outcome=body.outcome, updated_at=now)
