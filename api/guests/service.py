"""Opens and ends guest sessions, each with who and why, and tells what came of them."""

import datetime as dt
from typing import Final

from acd.rules.guests import GRACE
from api.core.audit import record
from api.core.problems import ConflictError, NotFoundError, RefusedError
from api.guests import repository
from api.guests.reporting import describe_session
from api.guests.rules import findings, state_of
from api.guests.schemas import GuestSessionOut, NewSeatOut, SessionIn
from api.sessions.hashing import Hashing
from db.engine import ReadSession, WriteSession
from db.guests import EXTENSIONS, seat_id
from db.passwords import generate_password
from db.tables import GuestSeat, GuestSession

UNKNOWN: Final = "There is no such guest session; GET /api/guest-sessions lists them."
REFUSED: Final = "The session cannot be opened like this; `findings` says why."
LISTED: Final = 200


async def new_passwords(hashing: Hashing, number: int) -> list[tuple[str, str]]:
    """Return passwords with their hashes; made before the transaction, because each takes its time."""
    words = [generate_password() for _ in range(number)]
    return [(word, await hashing.hash(word)) for word in words]


async def open_session(
    session: WriteSession, wanted: SessionIn, passwords: list[tuple[str, str]], *, by: str, now: dt.datetime
) -> tuple[GuestSessionOut, list[NewSeatOut]]:
    """Store a session with its seats. Raises RefusedError with all findings."""
    await repository.lock_opening(session)
    starts = max(wanted.starts or now, now)
    free = await _free_phones(session, wanted, starts=starts, now=now)
    opened = GuestSession(
        kind=wanted.kind.value,
        title=wanted.title,
        starts_at=starts,
        ends_at=wanted.ends,
        numbers=sorted(set(wanted.numbers)),
        overflow_to=wanted.overflow_to,
        opened_by=by,
        opened_at=now,
        why=wanted.why,
    )
    await repository.add(session, opened)
    seats, rows = [], []
    for number, (guest, phone, (word, hashed)) in enumerate(zip(wanted.guests, free, passwords, strict=False), start=1):
        key = seat_id(opened.id, number)
        seats.append(NewSeatOut(id=key, name=guest.name, title=guest.title, extension=phone, password=word))
        row = {"id": key, "session_id": opened.id, "name": guest.name, "title": guest.title, "extension": phone}
        rows.append(row | {"password_hash": hashed})
    await repository.add_seats(session, rows)
    detail = {"kind": opened.kind, "ends": opened.ends_at.isoformat(), "guests": [seat.name for seat in seats]}
    await record(
        session, by, "guest_session.opened", f"guest-session:{opened.id}", why=wanted.why, detail=detail, now=now
    )
    return describe_session(opened, [], now=now), seats


async def _free_phones(session: WriteSession, wanted: SessionIn, *, starts: dt.datetime, now: dt.datetime) -> list[str]:
    """Return the phones that nobody has then, nor may still have a talk at. Raises RefusedError."""
    others = await repository.overlapping(session, since=starts - GRACE, until=max(wanted.ends, starts) + GRACE)
    taken = {seat.extension for seat in await repository.seats_of(session, [one.id for one in others])}
    free = [phone for phone in EXTENSIONS if phone not in taken]
    wrong = findings(
        starts=starts,
        ends=wanted.ends,
        now=now,
        numbers=wanted.numbers,
        taken_numbers={
            number for one in others if one.starts_at < wanted.ends and starts < one.ends_at for number in one.numbers
        },
        guests=len(wanted.guests),
        free=len(free),
        overflow_known=await repository.queue_exists(session, wanted.overflow_to),
    )
    if wrong:
        raise RefusedError(REFUSED, wrong)
    return free


async def end_session(
    session: WriteSession, session_id: int, why: str, *, by: str, now: dt.datetime
) -> GuestSessionOut:
    """End a session now, or call off one that is planned. Raises NotFoundError, ConflictError."""
    found = await repository.lock_session(session, session_id)
    if found is None:
        raise NotFoundError(UNKNOWN)
    if state_of(found.starts_at, found.ends_at, now=now) == "over":
        raise ConflictError("This session is over already.")
    found.ends_at, found.starts_at, found.ended_by = now, min(found.starts_at, now), by
    await record(session, by, "guest_session.ended", f"guest-session:{session_id}", why=why, now=now)
    return describe_session(found, await repository.seats_of(session, [session_id]), now=now)


async def list_sessions(session: ReadSession, *, now: dt.datetime) -> list[GuestSessionOut]:
    """Return the sessions, the latest first."""
    rows = await repository.newest(session, LISTED)
    seats: dict[int, list[GuestSeat]] = {row.id: [] for row in rows}
    for seat in await repository.seats_of(session, list(seats)):
        seats[seat.session_id].append(seat)
    return [describe_session(row, seats[row.id], now=now) for row in rows]
