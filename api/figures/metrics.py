"""The figures in Prometheus' text format: gauges whose labels are configured queues, counties and numbers, no more."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeVar

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from acd.rules.figures import Figures, Key, Live, Periods, Scope, share
from api.figures.service import FigureBoard, History

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
NOT_CONFIGURED: Final = "other"
WHOLE_CITY: Final = "none"

T = TypeVar("T")
Reading = Callable[[Figures], float | None]

COUNTS: Final[Mapping[str, tuple[str, Reading]]] = {
    "calls_answered": ("Calls answered", lambda f: f.answered),
    "calls_lost": ("Calls that asked for a person and ended without one", lambda f: f.lost),
    "calls_abandoned": ("Of the lost, those who just hung up", lambda f: f.abandoned),
    "calls_abandoned_within_5_seconds": ("Of the abandoned, those within 5 s", lambda f: f.abandoned_short),
    "calls_undecided": ("Calls that are still on the line", lambda f: f.undecided),
    "calls_answered_within_15_seconds": ("Calls answered within 15 s", lambda f: f.within_15_s),
    "calls_answered_within_20_seconds": ("Calls answered within 20 s", lambda f: f.within_20_s),
    "connect_ratio": ("Share answered of the calls that asked for a person", lambda f: f.connect_rate),
    "answered_within_15_seconds_ratio": ("Share of them answered in 15 s", lambda f: share(f.within_15_s, f.offered)),
    "wait_mean_seconds": ("Mean wait of the answered", lambda f: _seconds(f.mean_wait_ms)),
    "wait_p90_seconds": ("Wait that nine of ten answered did not pass", lambda f: _seconds(f.p90_wait_ms)),
}


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else ms / 1000


class _Page(Collector):
    """One page: what is not known is left out, never told as zero."""

    def __init__(self, board: FigureBoard, history: History | None, *, now: float) -> None:
        self._voice, self._live = board.voice, board.live()
        self._overrun = board.overrun
        self._history = history
        self._now = now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give every gauge."""
        yield GaugeMetricFamily("hotline_voice_up", "Whether the telephone system can be reached", self._voice)
        yield GaugeMetricFamily("hotline_database_up", "Whether calls can be counted", self._history is not None)
        if self._overrun is not None:
            yield GaugeMetricFamily("hotline_pauses_overrun", "Agents who pause beyond the day's quota", self._overrun)
        for scope in Scope:
            if self._live is not None:
                yield from self._now_of(scope, _of_scope(scope, self._live))
            if self._history is not None:
                yield from _past_of(scope, _of_scope(scope, self._history.periods))

    def _now_of(self, scope: Scope, found: Iterable[tuple[str, Live]]) -> Iterator[GaugeMetricFamily]:
        names = _labels(scope)
        waiting = GaugeMetricFamily(f"{_prefix(scope)}_waiting_calls", "Callers who wait now", labels=names)
        ringing = GaugeMetricFamily(f"{_prefix(scope)}_ringing_calls", "Of those, offered to an agent", labels=names)
        longest = GaugeMetricFamily(f"{_prefix(scope)}_longest_wait_seconds", "Of the callers who wait", labels=names)
        agents = GaugeMetricFamily(f"{_prefix(scope)}_agents", "Agents by state", labels=[*names, "state"])
        for name, live in found:
            label = _values(scope, name)
            waiting.add_metric(label, live.waiting)
            ringing.add_metric(label, live.ringing)
            longest.add_metric(label, max(0.0, self._now - live.since.timestamp()) if live.since else 0)
            for state, count in live.agents.items():
                agents.add_metric([*label, state], count)
        yield from (waiting, ringing, longest, agents)


def _past_of(scope: Scope, found: Iterable[tuple[str, Periods]]) -> Iterator[GaugeMetricFamily]:
    kept = list(found)
    for name, (told, read) in COUNTS.items():
        labels = [*_labels(scope), "period"]
        family = GaugeMetricFamily(f"{_prefix(scope)}_{name}", f"{told}, in the period", labels=labels)
        for place, periods in kept:
            for period, figures in (("24h", periods.rolling), ("today", periods.today)):
                value = read(figures)
                if value is not None:
                    family.add_metric([*_values(scope, place), period], value)
        yield family


def _of_scope(scope: Scope, found: Mapping[Key, T]) -> Iterator[tuple[str, T]]:
    return ((name, one) for (kind, name), one in found.items() if kind is scope)


def _prefix(scope: Scope) -> str:
    return "hotline" if scope is Scope.TOTAL else f"hotline_{scope}"


def _labels(scope: Scope) -> list[str]:
    return [] if scope is Scope.TOTAL else [scope.value]


def _values(scope: Scope, name: str) -> list[str]:
    if scope is Scope.TOTAL:
        return []
    return [name or (WHOLE_CITY if scope is Scope.COUNTY else NOT_CONFIGURED)]


def page(board: FigureBoard, history: History | None, *, now: float) -> bytes:
    """Return the text; `history` is None while the database is away, `now` is in epoch seconds."""
    registry = CollectorRegistry()
    registry.register(_Page(board, history, now=now))
    return generate_latest(registry)
