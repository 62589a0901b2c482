"""Moments at which something is due, by key: agents' states, lost links, whatever the floor has to be woken for."""

import datetime as dt
from heapq import heappop, heappush

Key = tuple[str, str]
"""What kind of moment it is, and whose."""


class Timers:
    """One moment a key; the next of all is known at once."""

    def __init__(self) -> None:
        self._at: dict[Key, dt.datetime] = {}
        self._heap: list[tuple[dt.datetime, Key]] = []

    def set(self, key: Key, at: dt.datetime | None) -> None:
        """Be due at `at` in place of any moment before; None: never."""
        if at is None:
            self._at.pop(key, None)
        elif self._at.get(key) != at:
            self._at[key] = at
            heappush(self._heap, (at, key))
        self._tidy()

    @property
    def next_due(self) -> dt.datetime | None:
        """The first moment of all; None: nothing is due any more."""
        return self._heap[0][0] if self._heap else None

    def take(self, now: dt.datetime) -> list[Key]:
        """What is due by now, the oldest first; each is named once."""
        found: list[Key] = []
        while self._heap and self._heap[0][0] <= now:
            _, key = heappop(self._heap)
            del self._at[key]
            found.append(key)
            self._tidy()
        return found

    def _tidy(self) -> None:
        """The head of the heap is always a moment that still counts."""
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heappop(self._heap)
