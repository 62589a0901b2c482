"""`POST /internal/call-events`: the voice process hands over what happened."""

import json
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from sqlalchemy.exc import DBAPIError

from api.core.openapi import problems
from api.core.problems import UnreadableError
from api.core.runtime import Runtime, RuntimeDep
from api.intake import service
from api.intake.schemas import BODY_SCHEMA, ReceiptOut
from api.intake.service import Place, Receipt
from api.sessions.dependencies import voice_only
from db.clock import utc_now
from db.engine import is_away

BODY_LIMIT: Final = 8_000_000
BATCH_LIMIT: Final = 1000

router = APIRouter(prefix="/internal", tags=["wires"], dependencies=[Depends(voice_only)])


@router.post(
    "/call-events",
    responses=problems(HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED),
    openapi_extra=BODY_SCHEMA,
    summary="Hand over call events",
)
async def create_call_events(request: Request, runtime: RuntimeDep) -> ReceiptOut:
    """Store each event once, whatever is sent twice, late or out of order; 200 means committed."""
    entries = read_entries(await request.body())
    receipt = await _accept(runtime, entries)
    return ReceiptOut.model_validate(receipt, from_attributes=True)


async def _accept(runtime: Runtime, entries: list[Any]) -> Receipt:
    """Apply the batch in one transaction, or entry by entry when one of them upsets the database."""
    settings, now = runtime.settings, utc_now()
    place = Place(settings.region_code, settings.area_code)
    try:
        async with runtime.database.write() as session:
            return await service.accept(session, entries, place=place, now=now)
    except DBAPIError as error:
        if is_away(error) or len(entries) == 0:
            raise
    async with runtime.database.write() as session:
        return await service.accept_one_by_one(session, entries, place=place, now=now)


def read_entries(body: bytes) -> list[Any]:
    """Return the entries of a batch. Raises UnreadableError when the body is no batch at all.

    The standard library reads it, because unlike stricter readers it takes a lone surrogate, and one odd caller
    name must not hold up the batch.
    """
    if len(body) > BODY_LIMIT:
        raise UnreadableError(f"Send less than {BODY_LIMIT} bytes at once.")
    try:
        parsed = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise UnreadableError('Send JSON: {"events": [...]}.') from None
    entries = parsed.get("events") if isinstance(parsed, dict) else None
    if not isinstance(entries, list) or len(entries) > BATCH_LIMIT:
        raise UnreadableError(f'Send {{"events": [...]}} with at most {BATCH_LIMIT} events.')
    return entries
