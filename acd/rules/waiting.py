"""The order of the waiting: priority first, then the time of entry, per queue."""

import datetime as dt
from bisect import bisect_left, insort
from collections.abc import Iterable

Key = tuple[int, dt.datetime, str]


class WaitingLine:
    """Calls in their queues, each queue sorted by (larger priority, earlier entry, call id).

    A call that comes back (missed offer) carries its original entry time and therefore stands in front again.
    """

    def __init__(self) -> None:
        self._queues: dict[str, list[Key]] = {}
        self._keys: dict[str, tuple[str, Key]] = {}

    def __contains__(self, call_id: str) -> bool:
        return call_id in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, call_id: str, *, queue: str, priority: int, entered_at: dt.datetime) -> None:
        """Let a call wait; a call waits in one queue only."""
        self.remove(call_id)
        key = (-priority, entered_at, call_id)
        insort(self._queues.setdefault(queue, []), key)
        self._keys[call_id] = (queue, key)

    def remove(self, call_id: str) -> None:
        """The call waits no longer; nothing happens if it did not."""
        found = self._keys.pop(call_id, None)
        if found is None:
            return
        queue, key = found
        line = self._queues[queue]
        del line[bisect_left(line, key)]

    def first(self, queues: Iterable[str]) -> str | None:
        """The call that an agent of these queues takes next, or None."""
        heads = [line[0] for q in queues if (line := self._queues.get(q))]
        return min(heads)[2] if heads else None

    def position(self, call_id: str) -> int:
        """1 for the first in its queue; raises KeyError for a call that does not wait."""
        queue, key = self._keys[call_id]
        return bisect_left(self._queues[queue], key) + 1
