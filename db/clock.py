"""The one place where the table edge and the API read the clock."""

import datetime as dt


def utc_now() -> dt.datetime:
    """Return the present moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - this is the clock
