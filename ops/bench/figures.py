"""Figures of a run: distributions, ratios, limits and what could not be measured; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from ops.ranks import percentile

MS = 1000.0


@dataclass(frozen=True, slots=True)
class Summary:
    """A distribution of `samples` values, in its figure's unit; percentiles by nearest rank."""

    samples: int
    mean: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Limit:
    """What was asked of a figure, in words, and whether it is so."""

    text: str
    value: float
    met: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: ours beside the other; `ratio_is` says which is divided by which, `note` from where to where."""

    name: str
    unit: str
    ours: Summary
    other: Summary | None
    other_is: str
    ratio: float | None
    ratio_is: str
    limits: tuple[Limit, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A comparison that could not be made, and why."""

    name: str
    why: str


class TooFew(Exception):  # noqa: N818 - reads as what it says
    """A measurement gave too few samples to say anything; the text says which."""


def summary(values: Sequence[float], *, scale: float = 1.0, least: int = 1, what: str = "") -> Summary:
    """Summarise values times `scale`; raise `TooFew` when there are fewer than `least`."""
    if len(values) < max(least, 1):
        raise TooFew(f"{what or 'a measurement'} has {len(values)} samples, {max(least, 1)} are needed")
    ordered = sorted(value * scale for value in values)
    return Summary(
        len(ordered),
        sum(ordered) / len(ordered),
        percentile(ordered, 0.5),
        percentile(ordered, 0.95),
        percentile(ordered, 0.99),
    )


def at_most(what: str, value: float, most: float) -> Limit:
    """A value that must not be larger."""
    return Limit(f"{what} <= {most:g}", value, value <= most)


def at_least(what: str, value: float, least: float) -> Limit:
    """A value that must not be smaller."""
    return Limit(f"{what} >= {least:g}", value, value >= least)


def quotient(above: float, below: float) -> float | None:
    """Divide; None where there is nothing to divide by."""
    return above / below if below else None
