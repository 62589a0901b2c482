"""Percentiles by nearest rank: always a value that was measured."""

import math
from collections.abc import Sequence


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of the sorted values do not exceed; IndexError for none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
