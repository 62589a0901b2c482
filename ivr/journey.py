"""What the figures keep of one call's way through its menu: nodes, times and choices, never a typed number."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from ivr.hours import CHINA
from ivr.state import State, Stop

MAX_VISITS = 60

QUEUE, HANG_UP, GAVE_UP = "queue", "hang_up", "gave_up"
GOT = ("message", "transfer", "return_call", "affected")
ENDS = (QUEUE, HANG_UP, GAVE_UP, *GOT)


@dataclass(frozen=True, slots=True)
class Visit:
    """One node: when it was entered after the start, how long it lasted, and the key that was a choice there."""

    node: str
    at_ms: int
    ms: int
    choice: str | None = None


@dataclass(frozen=True, slots=True)
class Journey:
    """The whole way: its visits, one of `ENDS`, the node where it ended, and how long it took."""

    steps: tuple[Visit, ...]
    end: str
    node: str
    ms: int

    def as_data(self) -> dict[str, Any]:
        """The fields that `call.menu` adds to menu, version and path."""
        steps = [{"node": v.node, "at_ms": v.at_ms, "ms": v.ms, "choice": v.choice} for v in self.steps]
        return {"end": self.end, "node": self.node, "ms": self.ms, "steps": steps}


def journey_of(state: State, *, at: dt.datetime) -> Journey:
    """What the last state tells; `at` is when the menu ended, or the citizen was gone (a naive time is China's).

    Of more than 60 visits the first ones and the last are kept.
    """
    at = at if at.tzinfo else at.replace(tzinfo=CHINA)
    trail = state.trail
    began = trail[0].at if trail else at
    ends = [*(stop.at for stop in trail[1:]), at]
    visits = [_visit(stop, began, end) for stop, end in zip(trail, ends, strict=False)]
    kept = visits if len(visits) <= MAX_VISITS else [*visits[: MAX_VISITS - 1], visits[-1]]
    return Journey(tuple(kept), _end(state), trail[-1].node if trail else state.node, _ms(began, at))


def _visit(stop: Stop, began: dt.datetime, end: dt.datetime) -> Visit:
    return Visit(stop.node, _ms(began, stop.at), _ms(stop.at, end), stop.choice)


def _ms(start: dt.datetime, end: dt.datetime) -> int:
    """Whole milliseconds; a clock that was put back counts as none."""
    return max(0, round((end - start) / dt.timedelta(milliseconds=1)))


def _end(state: State) -> str:
    """A citizen who hangs up after having got something has not given up."""
    if state.ending == QUEUE:
        return QUEUE
    got = next((what for what in reversed(state.served) if what in GOT), None)
    return got or (HANG_UP if state.ending == HANG_UP else GAVE_UP)
