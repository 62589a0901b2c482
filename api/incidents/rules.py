"""When an incident's notice is told, and how long it may be; pure."""

import datetime as dt
from typing import Final

LONGEST: Final = dt.timedelta(days=7)


def is_on(
    starts_at: dt.datetime, ends_at: dt.datetime, switched_off_at: dt.datetime | None, *, now: dt.datetime
) -> bool:
    """Tell whether callers hear the notice; the end is not included, whether it came by itself or early."""
    return starts_at <= now < min(ends_at, switched_off_at or ends_at)


def wrong_end(ends_at: dt.datetime, *, now: dt.datetime) -> str | None:
    """Return what is wrong with the end of a notice that begins now, or None."""
    if ends_at <= now:
        return "it lies in the past"
    if ends_at > now + LONGEST:
        return f"it is more than {LONGEST.days} days away"
    return None
