"""`/api/sounds`: uploads, texts that are spoken, hearing them, and the decision of a second person."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse

from api.core.openapi import WAV, Responses, problems
from api.core.paging import WindowDep
from api.core.problems import ForbiddenError, NotFoundError
from api.core.runtime import Reader, Runtime, RuntimeDep
from api.sessions.dependencies import Administrator, SignedIn
from api.sounds import files, repository, service
from api.sounds.decoding import decode
from api.sounds.forms import is_form, read_spoken, read_upload
from api.sounds.repository import SoundFilter
from api.sounds.rules import FOLDER_PATTERN, TAKE_PATTERN, Decision, Remark, Source, State
from api.sounds.schemas import DecisionIn, MadeOut, RemarkOut, SoundOut, SoundPage, SpokenIn
from api.sounds.service import Bench
from db.clock import utc_now

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/api/sounds", tags=["sounds"], responses=problems(HTTPStatus.UNAUTHORIZED))

Folder = Annotated[str, Path(pattern=FOLDER_PATTERN, description="`own`, `hotline` or `parts`")]
TakeName = Annotated[str, Path(pattern=TAKE_PATTERN, description="The rest of the name, such as `power-cut-1`")]
BENCH: Final = Bench()
MAKE_PROBLEMS: Final = problems(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
DECIDE_PROBLEMS: Final = problems(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
HEAR_PROBLEMS: Final = problems(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
PLAIN: Final[dict[str, Any]] = {"text/plain": {}}
PARTS: Final[Responses] = {
    206: {"description": "The part that `Range` asked for", "content": {"audio/wav": {}}},
    400: {"description": "`Range` cannot be read", "content": PLAIN},
    416: {"description": "The sound has no such part", "content": PLAIN},
}
MAKE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": SpokenIn.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "slug", "text"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "WAV, MP3, OGG or FLAC"},
                        **SpokenIn.model_json_schema()["properties"],
                    },
                }
            },
        },
    }
}


@router.get("", summary="List sounds")
async def get_sounds(
    *,
    _identity: SignedIn,
    session: Reader,
    runtime: RuntimeDep,
    window: WindowDep,
    state: State | None = None,
    source: Source | None = None,
    words: Annotated[str | None, Query(max_length=64, description="Looked for in name and text")] = None,
) -> SoundPage:
    """Give sounds, newest first; `missing` tells which have lost their file."""
    wanted = SoundFilter(state, source, words.replace("\x00", "\ufffd") if words else None)
    total, sounds = await repository.list_sounds(session, wanted, window)
    names = [sound.name for sound in sounds]
    missing = await asyncio.to_thread(files.which_are_missing, runtime.settings.sounds_dir, names)
    items = [service.describe(sound, missing) for sound in sounds]
    return SoundPage(total=total, limit=window.limit, offset=window.offset, items=items)


@router.post("", status_code=201, openapi_extra=MAKE_BODY, responses=MAKE_PROBLEMS, summary="Upload or speak a sound")
async def post_sound(request: Request, identity: Administrator, runtime: RuntimeDep) -> MadeOut:
    """Take a file (multipart: `file`, `slug`, `text`), or let the voice speak a text (JSON: `slug`, `text`).

    The sound becomes 8 kHz mono, loses the silence at its ends and gets the loudness of all prompts. It is heard by
    nobody before another administrator has approved it. `remarks` tell what to listen for.
    """
    folder = files.require_folder(runtime.settings.sounds_dir)
    with BENCH.place():
        take, remarks = await _make(request, runtime)
        async with runtime.database.write() as session:
            sound = await service.store_take(session, folder, take, by=identity.agent_id, now=utc_now())
    log.info("sound_made", name=sound.name, source=sound.source, by=identity.agent_id)
    told = [RemarkOut(code=remark.code, what=remark.what, do=remark.do) for remark in remarks]
    return MadeOut(**service.describe(sound, set()).model_dump(), remarks=told)


async def _make(request: Request, runtime: Runtime) -> tuple[service.Take, list[Remark]]:
    if is_form(request):
        upload = await read_upload(request)
        decoded = await decode(upload.content)
        return service.take_of_upload(upload, decoded), decoded.remarks
    body = await read_spoken(request)
    return await service.speak_take(runtime, body.slug, body.text), []


@router.get(
    "/{folder}/{take}/audio", response_class=FileResponse, responses=WAV | PARTS | HEAR_PROBLEMS, summary="Hear"
)
async def get_sound_audio(
    folder: Folder, take: TakeName, identity: SignedIn, session: Reader, runtime: RuntimeDep
) -> FileResponse:
    """Give a sound to supervisors and administrators; parts of it, too."""
    if not identity.sees_everything:
        raise ForbiddenError("Only supervisors and administrators hear sounds here.")
    sound = await repository.find_sound(session, f"{folder}/{take}")
    if sound is None:
        raise NotFoundError(service.UNKNOWN)
    path = await asyncio.to_thread(files.find_sound_file, runtime.settings.sounds_dir, sound.name)
    return FileResponse(path, media_type="audio/wav", filename=f"{take}.wav", content_disposition_type="inline")


@router.post("/{folder}/{take}/approval", responses=DECIDE_PROBLEMS, summary="Approve a sound")
async def approve_sound(
    folder: Folder, take: TakeName, body: DecisionIn, identity: Administrator, runtime: RuntimeDep
) -> SoundOut:
    """Let citizens hear a sound that another administrator made."""
    return await _decide(runtime, f"{folder}/{take}", Decision.APPROVE, body.why, identity.agent_id)


@router.post("/{folder}/{take}/rejection", responses=DECIDE_PROBLEMS, summary="Reject a sound")
async def reject_sound(
    folder: Folder, take: TakeName, body: DecisionIn, identity: Administrator, runtime: RuntimeDep
) -> SoundOut:
    """Keep a sound from citizens; refused while a menu, a greeting or an incident plays it."""
    return await _decide(runtime, f"{folder}/{take}", Decision.REJECT, body.why, identity.agent_id)


async def _decide(runtime: Runtime, name: str, decision: Decision, why: str, by: str) -> SoundOut:
    folder = runtime.settings.sounds_dir
    async with runtime.database.write() as session:
        sound = await service.decide(session, folder, name, decision, by=by, why=why, now=utc_now())
    missing = await asyncio.to_thread(files.which_are_missing, folder, [name])
    return service.describe(sound, missing)
