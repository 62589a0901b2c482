"""When nobody hears the progress of a case any more, because its code is being guessed; pure."""

import datetime as dt
from typing import Final

FAILURES: Final = 5
LOCK: Final = dt.timedelta(minutes=15)
KEPT: Final = dt.timedelta(days=1)


def is_locked(failures: int, last_at: dt.datetime, *, now: dt.datetime) -> bool:
    """Tell whether a case number is locked; `failures` are those since the last right code, `last_at` the newest."""
    return failures >= FAILURES and now - last_at < LOCK


def failures_after(failures: int, last_at: dt.datetime, *, now: dt.datetime) -> int:
    """Return the count with one more failure; those of a lock that is over, or older than one, count no more."""
    return 1 if now - last_at >= LOCK else failures + 1
