"""Queries of the sign-in."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from api.guests.repository import find_seat
from api.sessions.rules import ATTEMPTS, LOCK, locked_for
from db.engine import ReadSession, WriteSession
from db.tables import Agent, SignInAttempt


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in; `opens` and `closes` bound a guest's time, None: no bound."""

    id: str
    name: str
    role: str
    password_hash: str
    opens: dt.datetime | None = None
    closes: dt.datetime | None = None


async def find_account(session: ReadSession, agent_id: str) -> Account | None:
    """Return the account if it is active, or a guest's, whatever its time."""
    row = await session.scalar(select(Agent).where(Agent.id == agent_id, Agent.active))
    if row is not None:
        return Account(row.id, row.name, row.role, row.password_hash)
    found = await find_seat(session, agent_id)
    if found is None:
        return None
    seat, time = found.seat, found.session
    return Account(seat.id, seat.name, "guest", seat.password_hash, time.starts_at, time.ends_at)


async def take_attempt(session: WriteSession, agent_id: str, *, now: dt.datetime) -> dt.timedelta | None:
    """Count one more attempt, or return how long the staff number is locked.

    It is counted before the password is checked: guesses sent at once are counted as well as guesses in a row.
    """
    fresh = {"agent_id": agent_id, "failures": 0, "last_at": now}
    await session.execute(insert(SignInAttempt).values(fresh).on_conflict_do_nothing())
    row = await session.get_one(SignInAttempt, agent_id, with_for_update=True)
    held = locked_for(row.failures, row.last_at, now=now)
    if held is not None:
        return held
    row.failures = 1 if row.failures >= ATTEMPTS or now - row.last_at >= LOCK else row.failures + 1
    row.last_at = now
    await session.flush()
    return None


async def forget_attempts(session: WriteSession, agent_id: str, *, now: dt.datetime) -> None:
    """Forget this number's attempts after a success, and anybody's that are older than a day."""
    old = SignInAttempt.last_at < now - dt.timedelta(days=1)
    await session.execute(delete(SignInAttempt).where((SignInAttempt.agent_id == agent_id) | old))
