"""Sound as numbers: resampling, level, the music on hold. Pure: samples in and out are floats, full scale 1.0."""

import math
from collections.abc import Iterator, Sequence
from operator import mul

RATE = 8000
"""Samples a second of everything that Asterisk plays."""

_HALF_WIDTH = 16  # of the low-pass filter, in samples of the slower rate
_NOTES = (392.0, 523.25, 587.33, 659.25, 783.99, 659.25, 587.33, 440.0, 523.25, 392.0, 440.0, 329.63)
_NOTE_SECONDS = 1.6
_NOTE_LASTS = 3.2


def resample(samples: Sequence[float], rate: int) -> list[float]:
    """Bring samples from `rate` (at least 8000) down to 8000 a second, without aliasing (a windowed sinc)."""
    if rate == RATE:
        return list(samples)
    divisor = math.gcd(rate, RATE)
    up, down = RATE // divisor, rate // divisor
    reach = math.ceil(_HALF_WIDTH * rate / RATE)
    filters = [_filter(phase / up, reach, RATE / rate) for phase in range(up)]
    padded = [0.0] * reach + list(samples) + [0.0] * (reach + 1)
    count = len(samples) * up // down
    return [_at(padded, n * down // up, filters[n * down % up]) for n in range(count)]


def _at(padded: Sequence[float], start: int, taps: Sequence[float]) -> float:
    total: float = sum(map(mul, taps, padded[start : start + len(taps)]))
    return total


def _filter(offset: float, reach: int, cutoff: float) -> list[float]:
    """Build the taps for an output that lies `offset` (0..1) samples after an input one."""
    taps = []
    for n in range(-reach, reach + 1):
        x = n - offset
        window = 0.5 + 0.5 * math.cos(math.pi * x / (reach + 1))
        taps.append(window * cutoff * _sinc(0.95 * cutoff * x))
    total = sum(taps)
    return [tap / total for tap in taps]


def _sinc(x: float) -> float:
    return 1.0 if x == 0 else math.sin(math.pi * x) / (math.pi * x)


def level(samples: Sequence[float], *, loudness_db: float, peak_db: float) -> list[float]:
    """Bring speech to a mean power of `loudness_db` without any sample above `peak_db` (both dB of full scale)."""
    power = sum(map(mul, samples, samples)) / max(1, len(samples))
    peak = max(map(abs, samples), default=0.0)
    if power == 0.0:
        return list(samples)
    gain = min(10 ** (loudness_db / 20) / math.sqrt(power), 10 ** (peak_db / 20) / peak)
    return [gain * sample for sample in samples]


def trim(samples: Sequence[float], *, keep: int, floor: float = 0.004) -> list[float]:
    """Cut the silence (below `floor`) at both ends down to `keep` samples."""
    loud = [n for n, sample in enumerate(samples) if abs(sample) > floor]
    if not loud:
        return list(samples)
    return list(samples[max(0, loud[0] - keep) : loud[-1] + keep])


def music() -> list[float]:
    """Some twenty seconds of soft bell notes on a pentatonic scale that joins its own beginning."""
    total = int(len(_NOTES) * _NOTE_SECONDS * RATE)
    out = [0.0] * total
    for number, frequency in enumerate(_NOTES):
        start = int(number * _NOTE_SECONDS * RATE)
        for n, sample in enumerate(_note(frequency)):
            out[(start + n) % total] += sample
    return level(out, loudness_db=-28.0, peak_db=-12.0)


def tone(frequency: float, seconds: float) -> list[float]:
    """Make a plain tone with soft edges, as after "leave your message"."""
    count = int(seconds * RATE)
    edge = RATE // 100
    return [
        0.25 * min(1.0, n / edge, (count - n) / edge) * math.sin(2 * math.pi * frequency * n / RATE)
        for n in range(count)
    ]


def _note(frequency: float) -> Iterator[float]:
    attack = 0.06
    for n in range(int(_NOTE_LASTS * RATE)):
        t = n / RATE
        swell = min(1.0, t / attack) * math.exp(-1.6 * t) * (1 - t / _NOTE_LASTS)
        angle = 2 * math.pi * frequency * t
        yield swell * (math.sin(angle) + 0.25 * math.sin(2 * angle) * math.exp(-2 * t))
