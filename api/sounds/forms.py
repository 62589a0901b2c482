"""Reads the body of an upload with bounds on its size and its time, whatever it announces."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from api.core.problems import RefusedError, TooLargeError, UnreadableError
from api.sounds.rules import FILE_LIMIT, SoundRefusedError, check_file_name, check_slug, check_text
from api.sounds.schemas import SpokenIn

READ_SECONDS: Final = 120.0
MOST_FIELDS: Final = 8
OVERHEAD: Final = 100_000  # boundaries, headers and the other fields
JSON_LIMIT: Final = 20_000

_TOO_LARGE: Final = f"The file is larger than {FILE_LIMIT // 1_000_000} MB; send it shorter, or as MP3."


@dataclass(frozen=True, slots=True)
class Upload:
    """What an administrator sent."""

    slug: str
    text: str
    file_name: str
    content: bytes


def is_form(request: Request) -> bool:
    """Tell whether the body is a form with a file; otherwise it is JSON."""
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


async def read_spoken(request: Request) -> SpokenIn:
    """Read a text to be spoken. Raises UnreadableError, RefusedError, TooLargeError."""
    content = b"".join([chunk async for chunk in _bounded(request, JSON_LIMIT, "The body is too large for a text.")])
    try:
        return SpokenIn.model_validate_json(content)
    except ValidationError as error:
        raise RefusedError(f"Send `slug` and `text` as JSON, or a form with `file`: {_first(error)}.") from None


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in found['loc']) or 'the body'}: {found['msg']}"


async def read_upload(request: Request) -> Upload:
    """Read the form `file`, `slug`, `text`. Raises UnreadableError, RefusedError, TooLargeError."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            form = await _parse(request)
    except TimeoutError:
        raise UnreadableError(f"The file came too slowly (more than {READ_SECONDS:.0f} s); send it again.") from None
    try:
        return await _upload(form)
    except SoundRefusedError as error:
        raise RefusedError(str(error)) from None
    finally:
        await form.close()


async def _parse(request: Request) -> FormData:
    parser = MultiPartParser(
        request.headers, _bounded(request, FILE_LIMIT + OVERHEAD, _TOO_LARGE), max_files=1, max_fields=MOST_FIELDS
    )
    parser.spool_max_size = FILE_LIMIT + OVERHEAD  # in memory: there may be no room on the disk
    try:
        return await parser.parse()
    except (MultiPartException, UnicodeDecodeError) as error:
        raise UnreadableError(f"The form cannot be read ({error}); send `file`, `slug` and `text`.") from None


async def _bounded(request: Request, limit: int, text: str) -> AsyncGenerator[bytes, None]:
    """Pass the body on; the length is counted, because a body in chunks announces none."""
    taken = 0
    try:
        async for chunk in request.stream():
            taken += len(chunk)
            if taken > limit:
                raise TooLargeError(text)
            yield chunk
    except ClientDisconnect:
        raise UnreadableError("The body was cut short; send it again.") from None


async def _upload(form: FormData) -> Upload:
    file, slug, text = (form.get(name) for name in ("file", "slug", "text"))
    if not isinstance(file, UploadFile):
        raise SoundRefusedError("`file` is missing; send a WAV, MP3, OGG or FLAC file.")
    if not isinstance(slug, str) or not isinstance(text, str):
        raise SoundRefusedError("`slug` and `text` are missing; they name the sound and tell what it says.")
    upload = Upload(check_slug(slug), check_text(text), check_file_name(file.filename or ""), await file.read())
    if len(upload.content) > FILE_LIMIT:
        raise TooLargeError(_TOO_LARGE)
    return upload
