"""What the events of one call leave beside its row: visits to menu nodes, messages, a rating, registrations.

Pure, and a function of the set of events, as the fold is.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from acd.messages import CallEventType
from api.intake.fold import Fact
from api.intake.parsing import PRESSED

VISITS_LIMIT: Final = 240
ID_DIGITS: Final = 18
# The others change nothing here, and after an offer an agent's screen waits for the answer.
TRACING: Final = frozenset(CallEventType) - {
    CallEventType.QUEUED,
    CallEventType.OFFERED,
    CallEventType.MISSED,
    CallEventType.ENDED,
}


@dataclass(frozen=True, slots=True)
class Visit:
    """The call was at a node of a menu; times in milliseconds, `last` where the way to a person or the end was."""

    visit_no: int
    menu: str
    version: int
    node: str
    choice: str | None
    entered_ms: int
    spent_ms: int
    last: bool


@dataclass(frozen=True, slots=True)
class Rated:
    """The citizen's score, or why there is none."""

    score: int | None
    reason: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Affected:
    """The caller pressed 1 while an incident was told."""

    incident_id: int
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message left in a menu; `recording` is a file in the recordings' folder."""

    recording: str
    left_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Traces:
    """All of it for one call."""

    visits: tuple[Visit, ...] = ()
    rated: Rated | None = None
    affected: tuple[Affected, ...] = ()
    spoken: tuple[Spoken, ...] = ()


def traces(events: Iterable[Fact]) -> Traces:
    """Return what the events of one call leave behind."""
    told = sorted((fact for fact in events if not fact.is_from_spool), key=lambda fact: fact.seq)
    return Traces(_visits(told), _rated(told), _affected(told), _spoken(told))


def _visits(told: Sequence[Fact]) -> tuple[Visit, ...]:
    answers = [fact.seq for fact in told if fact.type == CallEventType.ANSWERED]
    menus = [fact for fact in told if fact.type == CallEventType.MENU]
    before_talk = [fact for fact in menus if not answers or fact.seq < answers[0]]
    ended = (before_talk or menus)[-1:]
    found: list[Visit] = []
    for fact in menus:
        steps = fact.data.get("steps") or []
        for place, step in enumerate(steps, start=1):
            last = fact in ended and place == len(steps)
            version = fact.data.get("version") or 0
            where = (len(found) + 1, fact.data["menu"], version, step["node"], step["choice"])
            found.append(Visit(*where, step["at_ms"], step["ms"], last))
    return tuple(found[:VISITS_LIMIT])


def _rated(told: Sequence[Fact]) -> Rated | None:
    """Return the last score that was pressed, else the last word about its absence."""
    rated = [fact for fact in told if fact.type == CallEventType.RATED]
    pressed = [fact for fact in rated if fact.data["reason"] == PRESSED]
    newest = (pressed or rated)[-1:]
    return Rated(newest[0].data.get("score"), newest[0].data["reason"], newest[0].at) if newest else None


def _affected(told: Sequence[Fact]) -> tuple[Affected, ...]:
    """Return the incidents by number, each once; a name that is no number belongs to none."""
    first: dict[int, Affected] = {}
    for fact in told:
        name = fact.data["incident"] if fact.type == CallEventType.AFFECTED else ""
        if name.isascii() and name.isdecimal() and len(name) <= ID_DIGITS:
            first.setdefault(int(name), Affected(int(name), fact.at))
    return tuple(first.values())


def _spoken(told: Sequence[Fact]) -> tuple[Spoken, ...]:
    first: dict[str, Spoken] = {}
    for fact in told:
        if fact.type == CallEventType.MESSAGE:
            first.setdefault(fact.data["recording"], Spoken(fact.data["recording"], fact.at))
    return tuple(first.values())
