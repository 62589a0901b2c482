"""The demonstration rota as data: four teams on three shifts round the clock, a day shift, the counties' seats."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

WEEKS: Final = 13
CHINA: Final = dt.timezone(dt.timedelta(hours=8))
MINIMUMS: Final = (("city", 7), ("linhe", 1), ("pingyuan", 1))
"""How many a queue needs on duty; seven make a team, so that at night a shift that is taken away is missed."""

TEAM: Final = 7
TEAMS: Final = 4
FIRST_OF_HALL: Final = 1001
DAY_SHIFT: Final = ("1029", "1030")
COUNTY_PAIRS: Final = ((("2001", "2002"), ("3001", "3002")), (("2003", "2004"), ("3003", "3004")))

# Early, early, late, late, night, night, off, off (四班三运转); a night begins when its day ends.
CYCLE: Final = (("早班", 8), ("早班", 8), ("中班", 16), ("中班", 16), ("夜班", 24), ("夜班", 24), None, None)
SHIFT_HOURS: Final = 8
SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Duty:
    """One demonstration shift; both moments are aware."""

    agent_id: str
    starts: dt.datetime
    ends: dt.datetime
    note: str


def demonstration(monday: dt.date) -> Iterator[Duty]:
    """Return thirteen weeks from the midnight in China with which that Monday begins."""
    begin = dt.datetime.combine(monday, dt.time(), CHINA)
    for number in range(-1, WEEKS * 7):
        day = begin + dt.timedelta(days=number)
        duties = [*_hall(day, number), *_counties(day, number), *_day_shift(day)]
        yield from (duty for duty in duties if duty.starts >= begin)


def _hall(day: dt.datetime, number: int) -> Iterator[Duty]:
    for team in range(TEAMS):
        turn = CYCLE[(number + 2 * team) % len(CYCLE)]
        if turn is not None:
            note, hour = turn
            members = range(FIRST_OF_HALL + team * TEAM, FIRST_OF_HALL + (team + 1) * TEAM)
            yield from (_duty(str(member), day, hour, SHIFT_HOURS, note) for member in members)


def _counties(day: dt.datetime, number: int) -> Iterator[Duty]:
    for pair in COUNTY_PAIRS[number % 2]:
        yield from (_duty(agent, day, 8, 12, "县级值班") for agent in pair)


def _day_shift(day: dt.datetime) -> Iterator[Duty]:
    if day.weekday() < SATURDAY:
        yield from (_duty(agent, day, 9, 8, "机动班") for agent in DAY_SHIFT)


def _duty(agent: str, day: dt.datetime, hour: int, hours: int, note: str) -> Duty:
    starts = day + dt.timedelta(hours=hour)
    return Duty(agent, starts, starts + dt.timedelta(hours=hours), note)
