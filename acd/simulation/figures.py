"""Figures with 99 % intervals from repeated measurements: batches of a long run, or repetitions of a recorded day.

A steady stream is simulated once, for long, and cut into batches (batch means: one warm-up for all of it, and batches
that are much longer than what the line remembers are nearly independent). A recorded day has no steady state, so the
day is repeated with fresh handling times and patience (replications). Either way each figure is a ratio of two sums
over all samples, with the spread of its residuals (Taylor's ratio estimator) and Student's t.

The work that callers brought to a sample, less what they bring on average, is known and explains most of the spread;
the figures are corrected for it by regression (a control variate: A. Law, "Simulation Modeling and Analysis", 11.5).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.99
FEWEST_SAMPLES = 6
_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


@dataclass(slots=True)
class Counts:
    """What one batch or repetition counts.

    In seconds: all waits, the time that agents are busy and that they are there, and the work that callers bring in
    excess of what is expected of them.
    """

    calls: int = 0
    in_target: int = 0
    waited: int = 0
    abandoned: int = 0
    wait_s: float = 0.0
    busy_s: float = 0.0
    staffed_s: float = 0.0
    excess_s: float = 0.0

    def add(self, other: "Counts") -> None:
        """Count the other's calls and seconds as well."""
        self.calls += other.calls
        self.in_target += other.in_target
        self.waited += other.waited
        self.abandoned += other.abandoned
        self.wait_s += other.wait_s
        self.busy_s += other.busy_s
        self.staffed_s += other.staffed_s
        self.excess_s += other.excess_s


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 99 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The answer: shares from 0 to 1 of all calls, the mean wait of all calls in seconds, the share of time busy.

    In `service_level` a call that was given up counts as one not answered within the target; `waited` is the share
    that was not offered to an agent at once; a wait ends with the answer or with giving up.
    """

    calls: int
    service_level: Estimate
    mean_wait_s: Estimate
    waited: Estimate
    abandoned: Estimate
    occupancy: Estimate | None


def figures(samples: Sequence[Counts], excess: Sequence[float]) -> Figures:
    """The figures of at least six samples, corrected for the excess work of each; ValueError when there are fewer."""
    calls = [float(s.calls) for s in samples]
    staffed = [s.staffed_s for s in samples]
    busy = [s.busy_s for s in samples]
    return Figures(
        calls=sum(s.calls for s in samples),
        service_level=_share([s.in_target for s in samples], calls, excess),
        mean_wait_s=ratio([s.wait_s for s in samples], calls, excess),
        waited=_share([s.waited for s in samples], calls, excess),
        abandoned=_share([s.abandoned for s in samples], calls, excess),
        occupancy=ratio(busy, staffed, excess, most=1.0) if any(staffed) else None,
    )


def ratio(
    above: Sequence[float], below: Sequence[float], control: Sequence[float], *, most: float = math.inf
) -> Estimate:
    """Sum of `above` by sum of `below` with its interval, kept between 0 and `most`; 0 when nothing is below.

    `control` has a true mean of 0; what it explains is taken out of the value and of the interval.
    """
    n = len(above)
    if n < FEWEST_SAMPLES:
        raise ValueError(f"an interval needs at least {FEWEST_SAMPLES} samples, not {n}")
    whole = sum(below)
    if not whole:
        return Estimate(0.0, 0.0, most)
    plain = sum(above) / whole
    residuals = [a - plain * b for a, b in zip(above, below, strict=True)]
    offset = sum(control) / n
    spread = sum((c - offset) ** 2 for c in control)
    slope = sum(r * (c - offset) for r, c in zip(residuals, control, strict=True)) / spread if spread else 0.0
    squares = sum((r - slope * (c - offset)) ** 2 for r, c in zip(residuals, control, strict=True))
    # The second factor is the error of the slope, which counts as far as the controls' own mean missed 0.
    error = math.sqrt(n * squares / (n - 2)) * (math.sqrt(1 + n * offset**2 / spread) if spread else 1.0)
    half = student_t(n - 2) * error / whole
    value = min(most, max(0.0, plain - slope * n * offset / whole))
    return Estimate(value, max(0.0, value - half), min(most, value + half))


def _share(above: Sequence[int], calls: Sequence[float], control: Sequence[float]) -> Estimate:
    """A ratio from 0 to 1. None or all of n: the exact bound (Clopper-Pearson), as then nothing shows a spread."""
    n, found = sum(calls), sum(above)
    if n and found in {0, n}:
        margin = 1 - ((1 - CONFIDENCE) / 2) ** (1 / n)
        return Estimate(found / n, 1 - margin if found else 0.0, 1.0 if found else margin)
    return ratio(above, calls, control, most=1.0)


def student_t(freedom: int) -> float:
    """Student's t for a two-sided 99 % interval, within 0.01 from 4 degrees of freedom on.

    Expansion about the normal quantile: Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.5.
    """
    z, v = _Z, freedom
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(sum(term / v**power for power, term in enumerate(terms)))
