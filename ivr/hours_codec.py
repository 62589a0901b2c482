"""Opening hours as text: `mon-fri: ["08:30-12:00", "14:00-18:00"]`, and back."""

import itertools
import re
from collections.abc import Mapping

from ivr.hours import DAY_MINUTES, DAYS, Period, Week

HOLIDAY = "holiday"
MAKEUP = "makeup"
MAX_PERIODS = 10

_PERIOD = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)
_HOW = 'give periods such as ["08:30-12:00", "14:00-18:00"], the last minute up to 24:00'


def week_from_dict(data: Mapping[object, object]) -> Week:
    """Read a week; raises ValueError with what is wrong and what to do. A day that is left out is closed."""
    special: dict[str, tuple[Period, ...]] = {}
    days: dict[str, tuple[Period, ...]] = {}
    for key, value in data.items():
        periods = _periods(value, shown(key))
        if key in (HOLIDAY, MAKEUP):
            special[str(key)] = periods
            continue
        for day in _days(key):
            if day in days:
                raise ValueError(f"{day} stands twice; keep one")
            days[day] = periods
    return Week(tuple(days.get(day, ()) for day in DAYS), special.get(HOLIDAY, ()), special.get(MAKEUP))


def week_to_dict(week: Week) -> dict[str, list[str]]:
    """Write a week as data that `week_from_dict` reads back to an equal week."""
    written = {day: [str(p) for p in periods] for day, periods in zip(DAYS, week.days, strict=True) if periods}
    if week.holiday:
        written[HOLIDAY] = [str(p) for p in week.holiday]
    if week.makeup is not None:
        written[MAKEUP] = [str(p) for p in week.makeup]
    return written


def shown(value: object) -> str:
    """A stranger's value for a message: cut, and what would be large as text only by its kind."""
    if isinstance(value, str | float | None) or (isinstance(value, int) and abs(value) < 10**18):
        return repr(str(value[:40] if isinstance(value, str) else value)[:40])
    return f"this ({type(value).__name__})"


def _days(key: object) -> tuple[str, ...]:
    first, dash, last = key.partition("-") if isinstance(key, str) else ("", "", "")
    if first in DAYS and (last in DAYS if dash else not last):
        start, end = DAYS.index(first), DAYS.index(last or first)
        if start <= end:
            return DAYS[start : end + 1]
    raise ValueError(f"{shown(key)} is not a day; use {', '.join(DAYS)}, mon-fri, {HOLIDAY} or {MAKEUP}")


def _periods(value: object, day: str) -> tuple[Period, ...]:
    if not isinstance(value, list | tuple) or len(value) > MAX_PERIODS:
        raise ValueError(f"{day} has no list of at most {MAX_PERIODS} periods; {_HOW}")
    periods = sorted(_period(text, day) for text in value)
    for one, other in itertools.pairwise(periods):
        if other.start < one.end:
            raise ValueError(f"{one} and {other} overlap on {day}; join them")
    return tuple(periods)


def _period(value: object, day: str) -> Period:
    found = _PERIOD.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{shown(value)} is not a period ({day}); {_HOW}")
    hours, minutes, end_hours, end_minutes = map(int, found.groups())
    period = Period(hours * 60 + minutes, end_hours * 60 + end_minutes)
    if max(minutes, end_minutes) >= 60 or period.end > DAY_MINUTES:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(f"{value} is no time of day ({day}); {_HOW}")
    if period.start >= period.end:
        raise ValueError(f"{value} ends before it begins ({day}); split it at midnight")
    return period
