"""Guests of a session: where they sit, and how their accounts and their queue are called."""

import re
from typing import Final

EXTENSIONS: Final = tuple(str(number) for number in range(8001, 8031))
"""Their phones are in Asterisk's configuration always: a session needs no change of it. Two rounds of 15 delegates."""

_ID = re.compile(r"g[1-9][0-9]*-[1-9][0-9]*", re.ASCII)


def is_guest(agent_id: str) -> bool:
    """Tell a guest's account by its name; staff numbers have no letters and no hyphen."""
    return _ID.fullmatch(agent_id) is not None


def seat_id(session_id: int, number: int) -> str:
    """Return the account of the guest `number` (from 1) of a session."""
    return f"g{session_id}-{number}"


def queue_of(session_id: int) -> str:
    """Return the queue of a session."""
    return f"guest-{session_id}"
