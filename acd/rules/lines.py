"""A line of waiting calls in order; whoever looks for a call looks at its head only."""

from bisect import bisect_left, insort

Place = tuple[int, float, str]
"""Where a call stands: (larger priority first, moment of entry, call id); a smaller one goes first."""

SPARE = 64


class Line:
    """Places in order. Taking the first costs the same however many stand behind it."""

    __slots__ = ("_places", "_start")

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._start = 0

    def __len__(self) -> int:
        return len(self._places) - self._start

    @property
    def head(self) -> Place:
        """The first; IndexError when nobody stands here."""
        return self._places[self._start]

    def add(self, place: Place) -> bool:
        """Stand in line; True when this is the new head."""
        insort(self._places, place, self._start)
        return self._places[self._start] is place

    def remove(self, place: Place) -> bool:
        """Leave the line, where the place must be; True when it was the head."""
        places, start = self._places, self._start
        if places[start] != place:
            del places[bisect_left(places, place, start)]
            return False
        self._start = start = start + 1
        if start > SPARE and start * 2 > len(places):
            del places[:start]
            self._start = 0
        return True

    def before(self, place: Place) -> int:
        """How many stand before that place."""
        return bisect_left(self._places, place, self._start) - self._start
