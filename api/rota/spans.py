"""Half-open stretches of time and their sums and differences; pure."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import NamedTuple

NOTHING = dt.timedelta(0)


class Span(NamedTuple):
    """From `since` until `until`, which is not included; both are aware."""

    since: dt.datetime
    until: dt.datetime

    @property
    def length(self) -> dt.timedelta:
        """How long it is."""
        return self.until - self.since


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same moments as spans in order that neither touch nor overlap; empty ones are gone."""
    found: list[Span] = []
    for span in sorted(span for span in spans if span.since < span.until):
        if found and span.since <= found[-1].until:
            found[-1] = Span(found[-1].since, max(found[-1].until, span.until))
        else:
            found.append(span)
    return found


def common(one: list[Span], other: list[Span]) -> Iterator[Span]:
    """The moments that lie in both; each of the two as `merged` gives it."""
    here = there = 0
    while here < len(one) and there < len(other):
        since = max(one[here].since, other[there].since)
        until = min(one[here].until, other[there].until)
        if since < until:
            yield Span(since, until)
        if one[here].until <= other[there].until:
            here += 1
        else:
            there += 1


def without(one: list[Span], other: list[Span]) -> Iterator[Span]:
    """The moments of `one` that do not lie in `other`; each of the two as `merged` gives it."""
    first = 0
    for since, until in one:
        start = since
        while first < len(other) and other[first].until <= start:
            first += 1
        place = first
        while place < len(other) and other[place].since < until:
            if start < other[place].since:
                yield Span(start, other[place].since)
            start = max(start, other[place].until)
            place += 1
        if start < until:
            yield Span(start, until)


def total(spans: Iterable[Span]) -> dt.timedelta:
    """How long they are together."""
    return sum((span.length for span in spans), NOTHING)
