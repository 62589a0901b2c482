"""Queries of the look-ups."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.dialects.postgresql import insert

from api.cases.rules import OPEN_STATES
from api.lookups.rules import KEPT, failures_after, is_locked
from db.engine import ReadSession, WriteSession
from db.tables import Call, Case, LookUpFailure


@dataclass(frozen=True, slots=True)
class KnownCaller:
    """What is known of a caller's canonical number."""

    known: bool
    open_case: bool
    owner: str | None = None


async def find_caller(session: ReadSession, caller: str) -> KnownCaller:
    """Return what earlier calls tell of a number; the present one, which nobody has answered yet, tells nothing."""
    of_call = Case.call_id == Call.call_id
    known = exists().where(Call.caller == caller, or_(Call.answered_at.is_not(None), exists().where(of_call)))
    pending = exists().where(Call.caller == caller, of_call, Case.state.in_(OPEN_STATES))
    taken = select(Call.answered_by).join(Case, of_call).where(Call.caller == caller, Case.state.in_(OPEN_STATES))
    owner = taken.where(Call.answered_by.is_not(None)).order_by(Case.opened_at.desc()).limit(1).scalar_subquery()
    row = (await session.execute(select(known, pending, owner))).one()
    return KnownCaller(*row)


async def find_case(session: WriteSession, number: str) -> Case | None:
    """Return a case by its number."""
    return await session.scalar(select(Case).where(Case.number == number))


async def take_failure(session: WriteSession, fingerprint: str, *, now: dt.datetime) -> bool:
    """Count one more failure for what was typed; False when it is locked.

    It is counted before the code is compared: guesses sent at once count as well as guesses in a row.
    """
    await session.execute(delete(LookUpFailure).where(LookUpFailure.last_at < now - KEPT))
    fresh = {"fingerprint": fingerprint, "failures": 0, "last_at": now}
    await session.execute(insert(LookUpFailure).values(fresh).on_conflict_do_nothing())
    row = await session.get_one(LookUpFailure, fingerprint, with_for_update=True, populate_existing=True)
    if is_locked(row.failures, row.last_at, now=now):
        return False
    row.failures, row.last_at = failures_after(row.failures, row.last_at, now=now), now
    await session.flush()
    return True


async def forget_failures(session: WriteSession, fingerprint: str) -> None:
    """Forget the failures after a right code."""
    await session.execute(delete(LookUpFailure).where(LookUpFailure.fingerprint == fingerprint))
