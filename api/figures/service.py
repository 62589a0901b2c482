"""Puts the figures together: the telephone system's word for what is so now, the calls' table for what has been."""

import asyncio
import datetime as dt
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import structlog

from acd.rules.figures import (
    LIMIT,
    PERIOD,
    TOTAL,
    Figures,
    Key,
    Level,
    Live,
    Periods,
    Places,
    Scope,
    count_history,
    share,
    standing,
)
from api.cases.numbers import CHINA
from api.configuration.repository import list_numbers, list_queues
from api.figures.repository import count_calls, queues_of
from api.figures.schemas import CountsOut, FiguresOut, LiveOut, ScopeOut, StandingOut
from api.realtime.link import Link
from api.sessions.tokens import Identity
from db.clock import utc_now
from db.engine import Database, DatabaseAwayError

log = structlog.get_logger(__name__)

KEPT: Final = dt.timedelta(seconds=1)
"""However many screens ask, calls are counted once in this time."""

WATCH_SECONDS: Final = 15.0

COUNTED: Final = (
    *("offered", "answered", "lost", "abandoned", "undecided", "connect_rate", "connect_rate_without_short"),
    *("within_15_s", "within_20_s", "within_15_s_of_arrival", "within_20_s_of_arrival"),
    *("mean_wait_ms", "p90_wait_ms", "longest_wait_ms"),
)
TICKING: Final[Any] = {"live": {"longest_wait_ms": True}}
CLOCK: Final[Any] = {
    "at": True,
    "since": True,
    "total": TICKING,
    **{name: {"__all__": TICKING} for name in ("queues", "counties", "lines")},
}


@dataclass(frozen=True, slots=True)
class History:
    """The calls of the 24 hours before `until`, and of the day from `today` on."""

    until: dt.datetime
    today: dt.datetime
    places: Places
    periods: dict[Key, Periods]

    @property
    def since(self) -> dt.datetime:
        """Begin of the 24 hours."""
        return self.until - PERIOD


class FigureBoard:
    """The figures of one web process; what was counted is kept for a moment."""

    def __init__(self, database: Database, link: Link, *, warning: float) -> None:
        self.warning = Fraction(str(warning))
        self._database = database
        self._link = link
        self._kept: History | None = None
        self._counting = asyncio.Lock()

    def live(self) -> dict[Key, Live] | None:
        """What the telephone system said last; None while it is away or has said nothing yet."""
        return self._link.live if self._link.up else None

    @property
    def voice(self) -> bool:
        """Whether the telephone system can be reached."""
        return self._link.up

    @property
    def overrun(self) -> int | None:
        """How many agents pause for longer than their quota; None while the telephone system is away."""
        return sum(state.get("overrun", False) for state in self._link.agents.values()) if self._link.up else None

    @property
    def offering(self) -> bool | None:
        """Whether it offers calls; None while it is away."""
        return self._link.offering if self._link.up else None

    async def history(self, *, now: dt.datetime) -> History:
        """Count the calls, or return what was counted a moment ago. Raises DatabaseAwayError."""
        async with self._counting:
            if self._kept is None or abs(now - self._kept.until) >= KEPT:
                self._kept = await self._count(now)
            return self._kept

    async def _count(self, now: dt.datetime) -> History:
        midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)
        async with self._database.read() as session:
            places = Places(await list_queues(session), await list_numbers(session))
            groups = await count_calls(session, since=now - PERIOD, today=midnight, until=now)
        return History(now, midnight, places, count_history(groups, places))

    async def watch(self) -> None:
        """Look at the connect rate of all calls until cancelled; a change of its level stands in the log."""
        level = Level.NONE
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            level = await self.judge(level, now=utc_now())

    async def judge(self, before: Level, *, now: dt.datetime) -> Level:
        """Log the level when it is another than before and return it; while the database is away it stays."""
        try:
            rolling = (await self.history(now=now)).periods[TOTAL].rolling
        except DatabaseAwayError:
            return before
        found = standing(rolling.answered, rolling.lost, warning=self.warning)
        if found.level is not before:
            tell = {Level.WARNING: log.warning, Level.LOST: log.error}.get(found.level, log.info)
            facts = {"answered": rolling.answered, "lost": rolling.lost, "rate": rolling.connect_rate}
            calls = {"losses_left": found.losses_left, "answers_needed": found.answers_needed}
            tell("connect_rate", level=found.level.value, **facts, **calls)
        return found.level

    async def describe(self, identity: Identity, *, now: dt.datetime) -> FiguresOut:
        """Return what this person may see. Raises DatabaseAwayError."""
        history, live = await self.history(now=now), self.live() or {}
        told = _Telling(history, live, self.warning, now)
        if identity.sees_everything:
            return self._page(history, told, now)
        async with self._database.read() as session:
            own = await queues_of(session, identity.agent_id)
        return self._page(history, told.queues_alone(own), now)

    def _page(self, history: History, told: "_Telling", now: dt.datetime) -> FiguresOut:
        total = told.scope(Scope.TOTAL)
        return FiguresOut(
            at=now,
            since=history.since,
            today_since=history.today,
            voice=self.voice,
            offering=self.offering,
            limit=float(LIMIT),
            warning=float(self.warning),
            total=total[0] if total else None,
            queues=told.scope(Scope.QUEUE),
            counties=told.scope(Scope.COUNTY),
            lines=told.scope(Scope.LINE),
        )


@dataclass(frozen=True, slots=True)
class _Telling:
    """Figures on their way out; `only`: an agent's own queues, without what is none of the agent's business."""

    history: History
    live: Mapping[Key, Live]
    warning: Fraction
    now: dt.datetime
    only: Collection[str] | None = None

    def queues_alone(self, own: Collection[str]) -> "_Telling":
        return _Telling(self.history, self.live, self.warning, self.now, own)

    def scope(self, scope: Scope) -> list[ScopeOut]:
        """Tell everything of one scope: what is configured, then what has calls all the same."""
        keys = dict.fromkeys([*self.history.periods, *self.live])
        names = [name for found, name in keys if found is scope and self._meant(scope, name)]
        return [self._one(scope, name) for name in names]

    def _meant(self, scope: Scope, name: str) -> bool:
        return self.only is None or (scope is Scope.QUEUE and name in self.only)

    def _one(self, scope: Scope, name: str) -> ScopeOut:
        live, periods = self.live.get((scope, name)), self.history.periods.get((scope, name))
        shown = ScopeOut(
            id=name if name or scope is Scope.COUNTY else None,
            name=_name(scope, name, self.history.places),
            live=self._live(live) if live else None,
            at_risk=None,
            rolling=None,
            today=None,
        )
        if self.only is not None:
            return shown
        periods = periods or Periods(Figures(), Figures())
        rolling, today = self._counts(periods.rolling), self._counts(periods.today)
        at_risk = live.waiting >= rolling.standing.losses_left > 0 if live else None
        return shown.model_copy(update={"rolling": rolling, "today": today, "at_risk": at_risk})

    def _live(self, live: Live) -> LiveOut:
        longest = None if live.since is None else max(0, round((self.now - live.since).total_seconds() * 1000))
        return LiveOut(
            waiting=live.waiting,
            virtual=live.virtual,
            ringing=live.ringing,
            waiting_since=live.since,
            longest_wait_ms=longest,
            agents=live.agents if self.only is None else None,
        )

    def _counts(self, figures: Figures) -> CountsOut:
        found = standing(figures.answered, figures.lost, warning=self.warning)
        return CountsOut(
            **{name: getattr(figures, name) for name in COUNTED},
            abandoned_within_5_s=figures.abandoned_short,
            share_within_15_s=share(figures.within_15_s, figures.offered),
            share_within_20_s=share(figures.within_20_s, figures.offered),
            standing=StandingOut(level=found.level, losses_left=found.losses_left, answers_needed=found.answers_needed),
        )


def _name(scope: Scope, name: str, places: Places) -> str | None:
    if scope is Scope.LINE and name in places.numbers:
        return places.numbers[name]["line"]
    if scope in {Scope.QUEUE, Scope.COUNTY} and name in places.queues:
        return places.queues[name]["name"]
    return None


def version_of(page: FiguresOut) -> str:
    """Return the version of a page: two of them have the same one when nothing but the clock has gone on."""
    return hashlib.sha256(page.model_dump_json(exclude=CLOCK).encode()).hexdigest()[:16]
