"""What a call is served by from its beginning to its end, whatever is published meanwhile; pure."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from acd.messages import Configuration, HolidayConfiguration, IncidentConfiguration, NumberConfiguration
from ivr.graph import reachable
from ivr.hours import Calendar
from ivr.hours_codec import week_from_dict
from ivr.state import Incident, Line, World
from ivr.tree import Rating, Tree


@dataclass(frozen=True, slots=True)
class Service:
    """The menu of one call; `queue` is its line's, `queues` all there are, `texts` what the sounds say."""

    menu: str
    version: int
    tree: Tree
    queue: str
    queues: frozenset[str]
    world: World = field(default_factory=World)
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def rates(self) -> bool:
        """Whether the citizen is asked for a score after the talk."""
        start = self.tree.after_talk
        return start is not None and any(
            isinstance(self.tree.nodes.get(name), Rating) for name in reachable(self.tree, [start])
        )


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is published besides trees: the calendar, incidents with the numbers they are on for, texts of sounds."""

    calendar: Calendar = field(default_factory=Calendar)
    incidents: tuple[tuple[Incident, frozenset[str]], ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)

    def world(self, number: NumberConfiguration | None, dialled: str) -> World:
        """The world of a call to this number; raises ValueError for hours that cannot be read."""
        own = tuple(incident for incident, numbers in self.incidents if dialled in numbers)
        return World(self.calendar, own, Line() if number is None else line_of(number))


def surroundings(configuration: Configuration) -> Surroundings:
    """Read them; raises ValueError (also KeyError, TypeError) for what cannot be read."""
    return Surroundings(
        calendar_of(configuration.get("holidays", [])),
        tuple(_incident(given) for given in configuration.get("incidents", [])),
        configuration.get("sounds", {}),
    )


def line_of(number: NumberConfiguration) -> Line:
    """Greeting, hours and queue of a number; raises ValueError for hours that cannot be read."""
    hours: Mapping[Any, Any] | None = number.get("hours")
    week = None if hours is None else week_from_dict(hours)
    return Line(tuple(number.get("greeting") or ()), week, number["queue"])


def calendar_of(days: Iterable[HolidayConfiguration]) -> Calendar:
    """The days that are not what their weekday says."""
    by_kind = {
        kind: frozenset(dt.date.fromisoformat(day["day"]) for day in days if day["kind"] == kind)
        for kind in ("holiday", "workday")
    }
    return Calendar(by_kind["holiday"], by_kind["workday"])


def _incident(given: IncidentConfiguration) -> tuple[Incident, frozenset[str]]:
    starts, ends = dt.datetime.fromisoformat(given["starts"]), dt.datetime.fromisoformat(given["ends"])
    return Incident(given["id"], tuple(given["sounds"]), starts, ends), frozenset(given["numbers"])
