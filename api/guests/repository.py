"""Queries about guest sessions."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, insert, select, text

from acd.messages import CallEventType
from db.engine import ReadSession, WriteSession
from db.guests import queue_of
from db.tables import Call, CallEvent, Case, GuestSeat, GuestSession, Offer, Queue

Session = ReadSession | WriteSession
LOCK = 0x12347
"""One session at a time is opened: two must not get the same phones or numbers."""

EARLIER, LATER = dt.timedelta(days=1), dt.timedelta(hours=12)
"""So long before and after a session a call of it may have begun: it may have been moved there, or have come late."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A guest's seat with its session."""

    seat: GuestSeat
    session: GuestSession


@dataclass(frozen=True, slots=True)
class SessionCall:
    """A call of a session with its case."""

    call: Call
    case: Case | None


async def find_seat(session: Session, guest_id: str) -> Seat | None:
    """Return a guest's seat, of whatever time."""
    query = select(GuestSeat, GuestSession).join(GuestSession, GuestSession.id == GuestSeat.session_id)
    row = (await session.execute(query.where(GuestSeat.id == guest_id))).first()
    return Seat(row[0], row[1]) if row is not None else None


async def find_session(session: Session, session_id: int) -> GuestSession | None:
    """Return one session."""
    return await session.get(GuestSession, session_id)


async def lock_session(session: WriteSession, session_id: int) -> GuestSession | None:
    """Return one session, kept from other changes until the transaction ends."""
    return await session.get(GuestSession, session_id, with_for_update=True)


async def newest(session: Session, limit: int) -> list[GuestSession]:
    """Return sessions, the latest first."""
    query = select(GuestSession).order_by(GuestSession.starts_at.desc(), GuestSession.id.desc())
    return list(await session.scalars(query.limit(limit)))


async def overlapping(session: Session, *, since: dt.datetime, until: dt.datetime) -> list[GuestSession]:
    """Return the sessions that are on at any moment from `since` to `until`, by id."""
    on = (GuestSession.starts_at < until) & (GuestSession.ends_at > since)
    return list(await session.scalars(select(GuestSession).where(on).order_by(GuestSession.id)))


async def seats_of(session: Session, session_ids: Sequence[int]) -> list[GuestSeat]:
    """Return the seats of these sessions in the order of their phones."""
    query = select(GuestSeat).where(GuestSeat.session_id.in_(session_ids))
    return list(await session.scalars(query.order_by(GuestSeat.session_id, GuestSeat.extension)))


async def lock_opening(session: WriteSession) -> None:
    """Let nobody else open a session until the transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


async def queue_exists(session: Session, queue_id: str) -> bool:
    """Tell whether there is such a queue of the staff."""
    return await session.get(Queue, queue_id) is not None


async def add(session: WriteSession, opened: GuestSession) -> int:
    """Store a session; return its id."""
    session.add(opened)
    await session.flush()
    return opened.id


async def add_seats(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Store the seats of a session."""
    await session.execute(insert(GuestSeat), list(rows))


async def calls_of(session: ReadSession, opened: GuestSession) -> list[SessionCall]:
    """Return the calls that ever waited in the session's queue, the first first."""
    waited = exists().where(
        CallEvent.call_id == Call.call_id,
        CallEvent.type == CallEventType.QUEUED,
        CallEvent.data["queue"].astext == queue_of(opened.id),
    )
    began = func.coalesce(Call.started_at, Call.seen_at)
    near = (began >= opened.starts_at - EARLIER) & (began < opened.ends_at + LATER)
    query = (
        select(Call, Case)
        .outerjoin(Case, Case.call_id == Call.call_id)
        .where(near, waited)
        .order_by(began, Call.call_id)
    )
    return [SessionCall(call, case) for call, case in await session.execute(query)]


async def offers_to(session: ReadSession, guests: Sequence[str]) -> list[Offer]:
    """Return what was offered to these guests, in order."""
    query = select(Offer).where(Offer.agent_id.in_(guests)).order_by(Offer.offered_at, Offer.call_id, Offer.offer_no)
    return list(await session.scalars(query))
