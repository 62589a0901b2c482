"""Moments as a person reads them; reads no clock."""

from datetime import datetime, tzinfo


def shown(at: float, zone: tzinfo | None) -> str:
    """Return epoch seconds `at` as HH:MM:SS.mmm in `zone` (None: the machine's)."""
    return datetime.fromtimestamp(at, tz=zone).strftime("%H:%M:%S.%f")[:-3]


def epoch(text: str) -> float:
    """Return epoch seconds of an ISO 8601 moment with its offset; raise ValueError without one."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return moment.timestamp()
