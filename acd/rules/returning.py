"""Who was here a short while ago and was not served: rings such a caller again, the queue's rules may help."""

import datetime as dt
import re
from collections import OrderedDict
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from acd.rules.policy import Returning

MOST = 10_000
FEWEST_DIGITS = 5


class Why(StrEnum):
    """What happened to the caller."""

    CUT_OFF = "cut_off"
    ABANDONED = "abandoned"
    CALLED_BACK = "called_back"


class Recent(NamedTuple):
    """What happened to a caller last; `caller` holds the digits of the number."""

    caller: str
    at: dt.datetime
    why: Why


class RecentCallers:
    """The last 10,000 of them by number, the latest reason each. A withheld number is nobody's."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, Recent] = OrderedDict()
        self._changed: dict[str, None] = {}

    def restore(self, kept: Iterable[Recent]) -> None:
        """What was kept by the process before, the oldest first."""
        self._seen = OrderedDict((one.caller, one) for one in kept)

    def take_changes(self) -> list[tuple[str, Recent | None]]:
        """What is to be kept over a restart, or not any more (None), since this was asked last."""
        changed = [(caller, self._seen.get(caller)) for caller in self._changed]
        self._changed.clear()
        return changed

    def remember(self, caller: str, why: Why, *, now: dt.datetime) -> None:
        """The caller was cut off, gave up waiting, or was called back without success."""
        key = key_of(caller)
        if key:
            self._seen[key] = Recent(key, now, why)
            self._seen.move_to_end(key)
            self._changed[key] = None
            if len(self._seen) > MOST:
                oldest, _ = self._seen.popitem(last=False)
                self._changed[oldest] = None

    def served(self, caller: str) -> None:
        """The caller talks to an agent: nothing is owed any more."""
        key = key_of(caller)
        if self._seen.pop(key, None) is not None:
            self._changed[key] = None

    def priority(self, caller: str, rules: Returning | None, *, now: dt.datetime) -> int:
        """How much more priority the caller has by these rules."""
        found = self._seen.get(key_of(caller)) if rules is not None else None
        if rules is None or found is None or now - found.at > dt.timedelta(seconds=rules.seconds):
            return 0
        return {
            Why.CUT_OFF: rules.cut_off,
            Why.ABANDONED: rules.abandoned,
            Why.CALLED_BACK: rules.called_back,
        }[found.why]


def key_of(caller: str) -> str:
    """A carrier sends the same form for the same caller; what is no number gives an empty key."""
    digits = re.sub(r"[^0-9]", "", caller)
    return digits if len(digits) >= FEWEST_DIGITS else ""
