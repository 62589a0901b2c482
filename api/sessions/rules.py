"""When a staff number is locked after failed sign-ins (GB/T 22239-2019 §8.1.4.1 b); pure."""

import datetime as dt
from typing import Final

ATTEMPTS: Final = 5
LOCK: Final = dt.timedelta(minutes=15)


def locked_for(failures: int, last_at: dt.datetime, *, now: dt.datetime) -> dt.timedelta | None:
    """Return how long the lock still holds, or None. `failures` counts since the last success."""
    left = last_at + LOCK - now
    return left if failures >= ATTEMPTS and left > dt.timedelta(0) else None
