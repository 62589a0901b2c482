"""What a guest session is, and what came of it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from api.cases.rules import LABELS, CaseState
from api.core.sheets import Cell
from api.guests import repository
from api.guests.repository import SessionCall
from api.guests.rules import Told, count, state_of
from api.guests.schemas import GuestFiguresOut, GuestSessionOut, Kind, ReportOut, SeatOut, SessionCaseOut
from db.engine import ReadSession
from db.guests import queue_of
from db.tables import GuestSeat, GuestSession, Offer

HEAD: Final = ("工单", "登记时间", "状态", "接听", "姓名", "职务", "记录")


def describe_session(row: GuestSession, seats: Sequence[GuestSeat], *, now: dt.datetime) -> GuestSessionOut:
    """Return a session as the API tells it."""
    return GuestSessionOut(
        id=row.id,
        kind=Kind(row.kind),
        title=row.title,
        starts=row.starts_at,
        ends=row.ends_at,
        state=state_of(row.starts_at, row.ends_at, now=now),
        queue=queue_of(row.id),
        numbers=row.numbers,
        overflow_to=row.overflow_to,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        why=row.why,
        ended_by=row.ended_by,
        seats=[_seat(seat) for seat in seats],
    )


def _seat(seat: GuestSeat) -> SeatOut:
    return SeatOut(id=seat.id, name=seat.name, title=seat.title, extension=seat.extension)


async def report(session: ReadSession, row: GuestSession, *, now: dt.datetime) -> ReportOut:
    """Return what came of a session so far."""
    seats = await repository.seats_of(session, [row.id])
    calls = await repository.calls_of(session, row)
    offers: defaultdict[str, list[Offer]] = defaultdict(list)
    for offer in await repository.offers_to(session, [seat.id for seat in seats]):
        offers[offer.agent_id].append(offer)
    counts = count([_told(one) for one in calls], {seat.id for seat in seats})
    return ReportOut(
        session=describe_session(row, seats, now=now),
        **{name: getattr(counts, name) for name in counts.__slots__},
        guests=[_guest(seat, offers[seat.id], calls) for seat in seats],
        cases=[_case(one) for one in calls if one.case is not None],
    )


def _told(one: SessionCall) -> Told:
    call = one.call
    state = one.case.state if one.case is not None else None
    return Told(call.answered_by, call.disposition, call.waited_ms, state)


def _guest(seat: GuestSeat, offers: Sequence[Offer], calls: Sequence[SessionCall]) -> GuestFiguresOut:
    talks = [one.call for one in calls if one.call.answered_by == seat.id]
    spoken = (call.ended_at - call.answered_at for call in talks if call.ended_at and call.answered_at)
    return GuestFiguresOut(
        **_seat(seat).model_dump(),
        offered=len(offers),
        answered=sum(offer.result == "answered" for offer in offers),
        missed=sum(offer.result not in {None, "answered", "withdrawn"} for offer in offers),
        talk_seconds=round(sum(spoken, dt.timedelta()).total_seconds()),
    )


def _case(one: SessionCall) -> SessionCaseOut:
    call, case = one.call, one.case
    if case is None:
        raise ValueError("this call has no case")
    return SessionCaseOut(
        call_id=call.call_id,
        number=case.number,
        state=case.state,
        outcome=case.outcome,
        note=case.note,
        answered_by=call.answered_by,
        opened_at=case.opened_at,
    )


def lines(found: ReportOut) -> Iterator[tuple[Cell, ...]]:
    """Yield a line for each case, as `HEAD` names it; who answered has a name where that was a guest."""
    guests = {guest.id: (guest.name, guest.title) for guest in found.guests}
    for case in found.cases:
        name, title = guests.get(case.answered_by or "", ("", ""))
        yield case.number, case.opened_at, LABELS[CaseState(case.state)], case.answered_by, name, title, case.note
