"""A clock that jumps from one planned moment to the next; the order of equal moments is the order of planning."""

import heapq
from collections.abc import Callable
from typing import Any

Planned = tuple[float, int, Callable[[Any], None], Any]


class VirtualClock:
    """Holds what is planned; `now` is in seconds since an arbitrary beginning."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self._planned: list[Planned] = []
        self._count = 0

    def at(self, moment: float, action: Callable[[Any], None], argument: Any) -> None:
        """Plan `action(argument)` for `moment`, which must not lie in the past (ValueError)."""
        if moment < self.now:
            raise ValueError(f"{moment} s is before the present, {self.now} s")
        self._count += 1
        heapq.heappush(self._planned, (moment, self._count, action, argument))

    def run(self) -> None:
        """Carry out everything planned, and what it plans in turn, until nothing is left."""
        while self._planned:
            self.now, _, action, argument = heapq.heappop(self._planned)
            action(argument)
