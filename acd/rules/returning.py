"""Who was here a short while ago and was not served: rings such a caller again, the queue's rules may help."""

import datetime as dt
import re
from collections import OrderedDict
from enum import StrEnum

from acd.rules.policy import Returning

MOST = 10_000
FEWEST_DIGITS = 5


class Why(StrEnum):
    """What happened to the caller."""

    CUT_OFF = "cut_off"
    ABANDONED = "abandoned"
    CALLED_BACK = "called_back"


class RecentCallers:
    """The last 10,000 of them by number, the latest reason each. A withheld number is nobody's."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[dt.datetime, Why]] = OrderedDict()

    def remember(self, caller: str, why: Why, *, now: dt.datetime) -> None:
        """The caller was cut off, gave up waiting, or was called back without success."""
        key = _key(caller)
        if key:
            self._seen[key] = now, why
            self._seen.move_to_end(key)
            if len(self._seen) > MOST:
                self._seen.popitem(last=False)

    def served(self, caller: str) -> None:
        """The caller talks to an agent: nothing is owed any more."""
        self._seen.pop(_key(caller), None)

    def priority(self, caller: str, rules: Returning | None, *, now: dt.datetime) -> int:
        """How much more priority the caller has by these rules."""
        found = self._seen.get(_key(caller)) if rules is not None else None
        if rules is None or found is None or now - found[0] > dt.timedelta(seconds=rules.seconds):
            return 0
        return {
            Why.CUT_OFF: rules.cut_off,
            Why.ABANDONED: rules.abandoned,
            Why.CALLED_BACK: rules.called_back,
        }[found[1]]


def _key(caller: str) -> str:
    """A carrier sends the same form for the same caller; what is no number gives an empty key."""
    digits = re.sub(r"[^0-9]", "", caller)
    return digits if len(digits) >= FEWEST_DIGITS else ""
