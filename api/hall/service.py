"""The hall described, and acts passed to the telephone system, which writes each down before it is answered."""

import datetime as dt
import secrets
from typing import Any, Final

import structlog

from acd.rules.supervision import entry, subject_of
from api.core.problems import VoiceAwayError
from api.core.runtime import Runtime
from api.hall import repository
from api.hall.schemas import ActIn, ActOut, EntryOut, HallOut
from api.intake.acts import ACTION, act_entry
from api.sessions.tokens import Identity
from db.engine import DatabaseAwayError, ReadSession
from db.tables import Audit

log = structlog.get_logger(__name__)

HALL_SECONDS: Final = 3.0
ENTRIES: Final = 200


def describe(hall: dict[str, Any], *, now: dt.datetime) -> HallOut:
    """Return the telephone system's hall with the moment and how long each call has waited until then."""
    waiting = [{**call, "waited_ms": _since(call["queued_at"], now)} for call in hall["waiting"]]
    return HallOut.model_validate({**hall, "at": now.isoformat(), "waiting": waiting})


def _since(stamp: str | None, now: dt.datetime) -> int:
    if stamp is None:
        return 0
    return max(0, round((now - dt.datetime.fromisoformat(stamp)) / dt.timedelta(milliseconds=1)))


async def act(runtime: Runtime, identity: Identity, wanted: ActIn, *, now: dt.datetime) -> ActOut:
    """Have it done. Raises ConflictError with the reason, VoiceAwayError when there is no answer.

    The telephone system journals what it took or refused. Only an act that it never answered is written down here;
    should it have been taken all the same, the journal's word replaces this one.
    """
    act_id = secrets.token_hex(8)
    args = wanted.args(act_id)
    try:
        state = await runtime.link.command(identity.agent_id, "supervise", args)
    except VoiceAwayError as error:
        await _note_unanswered(runtime, identity.agent_id, args, str(error), now=now)
        raise
    return ActOut(act_id=act_id, act=wanted.act, agent_id=wanted.agent_id, call_id=wanted.call_id, state=state)


async def _note_unanswered(runtime: Runtime, by: str, args: dict[str, Any], detail: str, *, now: dt.datetime) -> None:
    row = act_entry(subject_of(args), entry(by, args, "unanswered", detail), at=now)
    try:
        async with runtime.database.write() as session:
            await repository.note(session, row)
    except DatabaseAwayError as error:  # neither voice nor database: nothing was done that could be lost
        log.warning("hall_act_not_recorded", reason=str(error), **args)


async def entries(session: ReadSession) -> list[Audit]:
    """Return the newest acts, newest first."""
    return await repository.newest(session, ACTION, ENTRIES)


def describe_entry(row: Audit) -> EntryOut:
    """Return one act of the audit trail."""
    detail = dict(row.detail or {})
    return EntryOut(
        at=row.at.isoformat(),
        by=row.by,
        act=row.action.removeprefix(ACTION),
        subject=row.subject,
        why=row.why,
        result=str(detail.pop("result", "")),
        detail=detail,
    )
