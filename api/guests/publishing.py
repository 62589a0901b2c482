"""Guest sessions on Wire 2: while one lasts the floor knows its queue and seats, and its numbers lead to that queue."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from acd.messages import AgentConfiguration, NumberConfiguration, QueueConfiguration
from acd.rules.guests import GRACE
from api.guests import repository
from db.engine import ReadSession
from db.guests import queue_of
from db.tables import GuestSeat, GuestSession

RING_SECONDS = 20


@dataclass(slots=True)
class GuestConfiguration:
    """What sessions add to the configuration; `numbers` maps a number dialled to the session's title and queue."""

    queues: list[QueueConfiguration] = field(default_factory=list)
    agents: list[AgentConfiguration] = field(default_factory=list)
    numbers: dict[str, tuple[str, str]] = field(default_factory=dict)


async def guest_configuration(session: ReadSession, *, now: dt.datetime) -> GuestConfiguration:
    """Return what is published of sessions now: some time beyond their end, so that the last calls are finished."""
    found = GuestConfiguration()
    present = await repository.overlapping(session, since=now - GRACE, until=now)
    seats = await repository.seats_of(session, [one.id for one in present]) if present else []
    for one in present:
        found.queues.append(_queue(one))
        found.agents += [_seat(one, seat) for seat in seats if seat.session_id == one.id]
        if now < one.ends_at:
            found.numbers |= dict.fromkeys(one.numbers, (one.title, queue_of(one.id)))
    return found


def _queue(one: GuestSession) -> QueueConfiguration:
    """Its agents are the guests; while none of them is there, those of another queue help."""
    return QueueConfiguration(
        id=queue_of(one.id),
        name=one.title,
        priority=0,
        ring_seconds=RING_SECONDS,
        overflow=[{"to": one.overflow_to}],
    )


def _seat(one: GuestSession, seat: GuestSeat) -> AgentConfiguration:
    return AgentConfiguration(
        id=seat.id,
        name=seat.name,
        extension=seat.extension,
        queues=[queue_of(one.id)],
        role="guest",
        until=one.ends_at.astimezone(dt.UTC).isoformat(),
    )


def with_guest_numbers(
    numbers: Sequence[NumberConfiguration], guests: dict[str, tuple[str, str]]
) -> list[NumberConfiguration]:
    """Return the numbers with those of sessions: without a menu a caller is greeted and then waits in their queue."""
    known = {number["number"]: number for number in numbers}
    for number, (title, queue) in guests.items():
        plain = NumberConfiguration(number=number, line=title, menu="", queue=queue, area="", greeting=[], hours=None)
        known[number] = plain
    return [known[number] for number in sorted(known)]
