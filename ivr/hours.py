"""Opening hours as rules: half-open weekly periods, holidays, make-up days; clock and calendar are arguments."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

CHINA = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
"""China has had one zone without summer time since 1991, so no zone table is needed on the machine."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
LOOK_AHEAD = 31


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Minutes after midnight, `end` not included; 1440 is the end of the day."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{clock_text(self.start)}-{clock_text(self.end)}"


@dataclass(frozen=True, slots=True)
class Week:
    """The open periods of Monday to Sunday; on a holiday those of `holiday`, on a make-up day those of `makeup`.

    A make-up day (a weekend day that is worked, 调休) is like a Monday where `makeup` is None.
    """

    days: tuple[tuple[Period, ...], ...]
    holiday: tuple[Period, ...] = ()
    makeup: tuple[Period, ...] | None = None

    def __post_init__(self) -> None:
        if len(self.days) != len(DAYS):
            raise ValueError(f"a week has {len(DAYS)} days, not {len(self.days)}")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that are not what their weekday says, as the State Council publishes them each year."""

    holidays: frozenset[dt.date] = field(default_factory=frozenset)
    makeup_days: frozenset[dt.date] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Gap:
    """A closed stretch of an ordinary week, in minutes after Monday 00:00; `end` may lie in the week after."""

    start: int
    end: int

    @property
    def minutes(self) -> int:
        """How long it is."""
        return self.end - self.start

    def __str__(self) -> str:
        return f"{_moment(self.start)} to {_moment(self.end)}"


def is_open(week: Week, calendar: Calendar, *, now: dt.datetime) -> bool:
    """Whether `now` lies in a period of its day in China; ValueError for a naive time."""
    if now.tzinfo is None:
        raise ValueError("opening hours need a time with its offset")
    here = now.astimezone(CHINA)
    minute = here.hour * 60 + here.minute
    return any(period.start <= minute < period.end for period in periods_of(week, calendar, here.date()))


def next_opening(week: Week, calendar: Calendar, *, after: dt.datetime) -> dt.datetime | None:
    """The first beginning of a period later than `after`; None when there is none in the next `LOOK_AHEAD` days."""
    midnight = after.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    for day in (midnight + dt.timedelta(days=number) for number in range(LOOK_AHEAD + 1)):
        starts = (day + dt.timedelta(minutes=period.start) for period in periods_of(week, calendar, day.date()))
        first = min((start for start in starts if start > after), default=None)
        if first is not None:
            return first
    return None


def periods_of(week: Week, calendar: Calendar, day: dt.date) -> tuple[Period, ...]:
    """The open periods of a date; a day in both lists is worked, because make-up days are the exception's exception."""
    if day in calendar.makeup_days:
        return week.days[0] if week.makeup is None else week.makeup
    return week.holiday if day in calendar.holidays else week.days[day.weekday()]


def gaps(week: Week) -> list[Gap]:
    """The closed stretches of an ordinary week, joined over midnight and over the end of the week."""
    opened = [Period(d * DAY_MINUTES + p.start, d * DAY_MINUTES + p.end) for d, p in _all(week)]
    if not opened:
        return [Gap(0, 7 * DAY_MINUTES)]
    starts = [*(period.start for period in opened[1:]), opened[0].start + 7 * DAY_MINUTES]
    return [Gap(p.end, start) for p, start in zip(opened, starts, strict=True) if p.end < start]


def clock_text(minute: int) -> str:
    """Minutes after midnight as `08:30`."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _all(week: Week) -> Iterator[tuple[int, Period]]:
    for number, periods in enumerate(week.days):
        for period in sorted(periods):
            yield number, period


def _moment(minute: int) -> str:
    return f"{DAYS[minute // DAY_MINUTES % 7]} {clock_text(minute % DAY_MINUTES)}"
