"""The demonstration rota: somebody is always there, and nobody works two shifts without a rest."""

import datetime as dt
from collections import defaultdict

import pytest

from api.rota.rules import Planned, Want, clashes, find_gaps, midnight_of, on_duty
from api.rota.spans import Span
from db import rota
from db.city import people
from ivr.hours import Calendar

MONDAY = dt.date(2026, 11, 16)
PERIOD = Span(midnight_of(MONDAY), midnight_of(MONDAY + dt.timedelta(weeks=rota.WEEKS)))
SERVES = {person.id: person.queues for person in people()}
WANTS = [Want(queue, agents) for queue, agents in rota.MINIMUMS]
DUTIES = list(rota.demonstration(MONDAY))


def gaps(duties: list[rota.Duty]) -> list[tuple[str, int, dt.timedelta]]:
    planned = [Planned(duty.agent_id, Span(duty.starts, duty.ends)) for duty in duties]
    found = find_gaps(on_duty(planned), SERVES, WANTS, period=PERIOD, calendar=Calendar())
    return [(gap.queue, gap.on_duty, gap.span.length) for gap in found]


def test_every_minute_is_covered() -> None:
    assert gaps(DUTIES) == []
    assert {duty.agent_id for duty in DUTIES} == {
        person.id for person in people() if person.role == "agent" and not person.phone_number
    }


@pytest.mark.parametrize("place", [0, 700, 1500])
def test_a_night_that_is_taken_away_is_found(place: int) -> None:
    gone = next(duty for duty in DUTIES[place:] if duty.note == "夜班")
    assert gaps([duty for duty in DUTIES if duty is not gone]) == [("city", 6, dt.timedelta(hours=8))]


def test_everybody_rests_sixteen_hours_between_two_shifts_but_the_counties_half_a_day() -> None:
    shifts: dict[str, list[Span]] = defaultdict(list)
    for duty in DUTIES:
        shifts[duty.agent_id].append(Span(duty.starts, duty.ends))
    for spans in shifts.values():
        rested = [Span(one.since, one.until + dt.timedelta(hours=12)) for one in spans]
        assert clashes(rested) == []
