"""What a citizen in the line is told: the place, the expected wait, what to do instead; sounds, nothing else."""

from ivr.spoken import say_count, say_minutes

NEXT = "hotline/you-are-next"
RETURN_KEY, MESSAGE_KEY = "1", "2"
INSTEAD_KEYS = RETURN_KEY + MESSAGE_KEY
INSTEAD = ("hotline/press-for-return-call", "hotline/press-for-message")
"""1 asks for a return call, 2 leaves a message, anything else stays."""

LONGEST_TOLD_MINUTES = 60
"""Beyond this a number would be a guess, and is not told."""


def place_in_line(position: int, expected_seconds: float | None) -> tuple[str, ...]:
    """`position` counts from 1; the wait is told in whole minutes, rounded up, where it is known."""
    place = (NEXT,) if position <= 1 else ("hotline/you-are-number", *say_count(position), "hotline/in-queue")
    return place + _wait(expected_seconds)


def _wait(seconds: float | None) -> tuple[str, ...]:
    if seconds is None or seconds > LONGEST_TOLD_MINUTES * 60:
        return ()
    if seconds < 60:  # noqa: PLR2004 - a minute
        return ("hotline/less-than-minute",)
    return ("hotline/expected-wait", *say_minutes(-int(-seconds // 60)))
