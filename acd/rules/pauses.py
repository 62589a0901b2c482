"""Pauses with a reason 小休: how much of a day's quota is used, and when a pause will have used it up; pure."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from acd.messages import PauseConfiguration, PausesUsed
from ivr.hours import CHINA

DAY = dt.timedelta(days=1)
LONGEST_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class PauseReason:
    """Why somebody may pause, and for how many minutes of a day in China (None: as long as it takes)."""

    id: str
    name: str
    minutes: int | None = None

    @property
    def quota(self) -> dt.timedelta | None:
        """The time of a day."""
        return None if self.minutes is None else dt.timedelta(minutes=self.minutes)


def pause_reason(data: PauseConfiguration) -> PauseReason:
    """A reason as published; raises ValueError with what to change."""
    minutes = data.get("minutes")
    if minutes is not None and (type(minutes) is not int or not 1 <= minutes <= LONGEST_MINUTES):
        raise ValueError(f"the pause {data['id']} needs 1 to {LONGEST_MINUTES} minutes a day, or none for no quota")
    return PauseReason(data["id"], data["name"], minutes)


def midnight(moment: dt.datetime) -> dt.datetime:
    """When the day in China began."""
    return moment.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(slots=True)
class Account:
    """Seconds that one agent has paused on one day in China, by reason; pauses that are over."""

    day: dt.date | None = None
    used: dict[str, float] = field(default_factory=dict)

    def spend(self, reason: str, *, since: dt.datetime, until: dt.datetime) -> None:
        """A pause is over; of one that ran past midnight only the new day counts."""
        begin = midnight(until)
        if self.day != begin.date():
            self.day, self.used = begin.date(), {}
        self.used[reason] = self.used.get(reason, 0.0) + (until - max(since, begin)).total_seconds()

    def left(self, reason: PauseReason, *, now: dt.datetime) -> dt.timedelta | None:
        """What is left today; None for a reason without a quota."""
        quota = reason.quota
        if quota is None or self.day != midnight(now).date():
            return quota
        return max(dt.timedelta(0), quota - dt.timedelta(seconds=self.used.get(reason.id, 0.0)))

    def end(self, reason: PauseReason, *, since: dt.datetime) -> dt.datetime | None:
        """When a pause since then will have used its quota up; None: never. At midnight a new quota begins."""
        left, quota = self.left(reason, now=since), reason.quota
        if left is None or quota is None:
            return None
        end, tomorrow = since + left, midnight(since) + DAY
        return end if end <= tomorrow else tomorrow + quota

    def to_dict(self) -> PausesUsed:
        """As it crosses the wires and survives a restart; what is spent later does not change it."""
        return {"day": None if self.day is None else self.day.isoformat(), "used": dict(self.used)}


def account_from_dict(data: Mapping[str, Any]) -> Account:
    """An account as it was kept."""
    day = data.get("day")
    return Account(None if day is None else dt.date.fromisoformat(day), dict(data.get("used") or {}))
