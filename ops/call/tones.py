"""Tones that a test recognises again: making them, and finding them in what was heard; no I/O."""

import math
from collections.abc import Sequence
from functools import cache

from ops.call import g711

#: What a citizen and an agent hum, in Hz. Multiples of 50: each 20 ms frame holds whole periods, so one frame repeats.
CITIZEN_TONE = 700
AGENT_TONE = 1100

#: A frame whose peak is below this (in 128ths of the 16-bit scale) counts as quiet.
QUIET = 4
#: Share of the energy that must lie in one tone before it counts as that tone.
PURE = 0.7


@cache
def tone_frame(frequency: int, amplitude: int = 8000) -> bytes:
    """Return one 20 ms A-law frame of a sine of `frequency` Hz, a multiple of 50."""
    if frequency % 50 or not 0 < frequency < g711.RATE // 2:
        raise ValueError(f"a tone of {frequency} Hz does not repeat every 20 ms: choose a multiple of 50 below 4000")
    step = 2 * math.pi * frequency / g711.RATE
    return g711.encode([round(amplitude * math.sin(step * n)) for n in range(g711.FRAME)])


def goertzel(samples: Sequence[int], frequency: float) -> float:
    """Return the power of `frequency` Hz in `samples` (8000 a second) by the Goertzel algorithm."""
    coefficient = 2 * math.cos(2 * math.pi * frequency / g711.RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    return before * before + last * last - coefficient * before * last


def purity(samples: Sequence[int], frequency: float) -> float:
    """Return which share (0 to 1) of the energy of `samples` lies at `frequency` Hz."""
    energy = sum(sample * sample for sample in samples)
    if not energy:
        return 0.0
    return min(1.0, 2 * goertzel(samples, frequency) / (len(samples) * energy))


def is_sound(payload: bytes) -> bool:
    """Tell whether an A-law frame holds sound."""
    return g711.peak(payload) >= QUIET


def is_tone(payload: bytes, frequency: int) -> bool:
    """Tell whether A-law `payload` (100 ms or more) is mostly a tone of `frequency` Hz."""
    return is_sound(payload) and purity(g711.decode(payload), frequency) >= PURE
