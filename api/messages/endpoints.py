"""`/api/messages`: what citizens said when nobody could answer."""

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import FileResponse

from api.core.files import find_file
from api.core.openapi import WAV, problems
from api.core.paging import WindowDep
from api.core.phones import display_number, masked_number
from api.core.problems import NotFoundError
from api.core.runtime import Reader, RuntimeDep
from api.messages import repository
from api.messages.schemas import MessageOut, MessagePage
from api.messages.spool import IMPORTED
from api.sessions.dependencies import SignedIn
from api.sessions.tokens import Identity
from api.settings import Settings
from db.tables import Message

router = APIRouter(prefix="/api", tags=["messages"], responses=problems(HTTPStatus.UNAUTHORIZED))


def _seen_by(identity: Identity) -> str | None:
    return None if identity.sees_everything else identity.agent_id


def _message(row: Message, *, hidden: bool) -> MessageOut:
    return MessageOut(
        id=row.id,
        call_id=row.call_id,
        left_at=row.left_at,
        caller_raw=None if hidden else row.caller_raw,
        dialled=row.dialled,
        number=None if hidden else row.number,
        callback=None if hidden else row.callback,
        callback_display=masked_number(row.callback) if hidden else display_number(row.callback),
        recording_url=f"/api/messages/{row.id}/recording" if row.recording else None,
    )


@router.get("/messages", summary="List messages")
async def get_messages(identity: SignedIn, session: Reader, window: WindowDep) -> MessagePage:
    """Give messages that citizens left when nobody could answer, newest first; a county's agents get their county's.

    Agents call whoever left one without knowing the number: `GET /api/return-calls` has the debt of the same `call_id`.
    """
    total, rows = await repository.list_messages(session, window, seen_by=_seen_by(identity))
    items = [_message(row, hidden=not identity.sees_everything) for row in rows]
    return MessagePage(total=total, limit=window.limit, offset=window.offset, items=items)


@router.get(
    "/messages/{message_id}/recording",
    response_class=FileResponse,
    responses=WAV | problems(HTTPStatus.NOT_FOUND),
    summary="Hear a message",
)
async def get_message_recording(
    message_id: Annotated[int, InPath(ge=1, lt=2**63)], identity: SignedIn, session: Reader, runtime: RuntimeDep
) -> FileResponse:
    """Give the spoken message."""
    row = await repository.find_message(session, message_id, seen_by=_seen_by(identity))
    if row is None or row.recording is None:
        raise NotFoundError("There is no such recording; GET /api/messages lists those that are.")
    path = await asyncio.to_thread(find_file, _folder_of(row, runtime.settings), row.recording)
    return FileResponse(path, media_type="audio/wav", filename=row.recording, content_disposition_type="inline")


def _folder_of(row: Message, settings: Settings) -> Path | None:
    """A message left in a menu is named after its recording; the last-resort script's after its own file."""
    if row.file_name == row.recording:
        return settings.recordings_dir
    return settings.spool_dir / "messages" / IMPORTED if settings.spool_dir else None
