"""Sound as numbers: resampling, level, trimming, the music on hold. Pure: samples are floats, full scale 1.0."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

Samples = npt.NDArray[np.float32]

RATE: Final = 8000
"""Samples a second of everything that Asterisk plays."""

LOUDNESS_DB: Final = -19.0
"""Loudness of every prompt, built-in, spoken or uploaded (`loudness`), dB of full scale."""
PEAK_DB: Final = -3.0
"""No sample of a prompt is above this, dB of full scale."""
SILENCE_DB: Final = -100.0

_FRAME: Final = RATE // 50  # 20 ms, over which loudness is looked at
_SILENT: Final = 1e-7  # power of a frame, -70 dB
_GATE: Final = 0.1  # pauses are what is 10 dB below the mean
_LOOK: Final = RATE // 200  # 5 ms, in which the limiter turns down and up again
_QUIETER_BY: Final = 36.0  # dB below the loudness is silence at the ends

_NOTES: Final = (392.0, 523.25, 587.33, 659.25, 783.99, 659.25, 587.33, 440.0, 523.25, 392.0, 440.0, 329.63)
_NOTE_SECONDS: Final = 1.6
_NOTE_LASTS: Final = 3.2


def from_pcm(data: bytes) -> Samples:
    """Read 16-bit little-endian samples; half a sample at the end is dropped."""
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768)


def to_pcm(samples: Samples) -> bytes:
    """Return 16-bit little-endian samples; what is beyond full scale is cut."""
    return np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def resample(samples: Samples, rate: int) -> Samples:
    """Bring samples from `rate` to 8000 a second, without aliasing."""
    return samples if rate == RATE else np.asarray(soxr.resample(samples, rate, RATE), np.float32)


def loudness(samples: Samples) -> float:
    """Return the mean power of what is no pause, dB of full scale; SILENCE_DB where there is nothing."""
    power = frame_powers(samples)
    sounding = power[power > _SILENT]
    if not sounding.size:
        return SILENCE_DB
    return 10 * math.log10(sounding[sounding > _GATE * sounding.mean()].mean())


def frame_powers(samples: Samples) -> Samples:
    """Return the mean power of each 20 ms; the last frame is filled up with silence."""
    frames = np.pad(samples, (0, -len(samples) % _FRAME)).reshape(-1, _FRAME)
    return np.asarray(np.square(frames).mean(axis=1), np.float32)


def level(samples: Samples, *, loudness_db: float = LOUDNESS_DB, peak_db: float = PEAK_DB) -> Samples:
    """Bring speech to a loudness with no sample above the peak, where it is turned down softly; silence stays so."""
    present = loudness(samples)
    if present <= SILENCE_DB:
        return samples
    return _limit(samples * np.float32(10 ** ((loudness_db - present) / 20)), 10 ** (peak_db / 20))


def _limit(samples: Samples, peak: float) -> Samples:
    """Turn the sound down around each sample beyond `peak`, so that none is."""
    size = np.abs(samples)
    if size.max(initial=0.0) <= peak:
        return samples
    gain = np.minimum(1.0, peak / np.maximum(size, peak))
    padded = np.pad(gain, 2 * _LOOK, constant_values=1.0)
    window = 2 * _LOOK + 1
    lowest = np.lib.stride_tricks.sliding_window_view(padded, window).min(axis=1)
    smooth = np.convolve(lowest, np.full(window, 1 / window), "valid")
    return np.asarray(np.clip(samples * smooth, -peak, peak), np.float32)


def trim(samples: Samples, *, keep_seconds: float = 0.1) -> Samples:
    """Cut the silence (what is far below the loudness) at both ends down to `keep_seconds`."""
    floor = 10 ** ((loudness(samples) - _QUIETER_BY) / 10)
    loud = np.flatnonzero(frame_powers(samples) > floor)
    if not loud.size:
        return samples
    keep = round(keep_seconds * RATE)
    return samples[max(0, loud[0] * _FRAME - keep) : (loud[-1] + 1) * _FRAME + keep]


def music() -> Samples:
    """Some twenty seconds of soft bell notes on a pentatonic scale that joins its own beginning."""
    total = int(len(_NOTES) * _NOTE_SECONDS * RATE)
    out = np.zeros(total)
    for number, frequency in enumerate(_NOTES):
        note = _note(frequency)
        places = (int(number * _NOTE_SECONDS * RATE) + np.arange(len(note))) % total
        np.add.at(out, places, note)
    return level(out.astype(np.float32), loudness_db=-28.0, peak_db=-12.0)


def tone(frequency: float, seconds: float) -> Samples:
    """Make a plain tone with soft edges, as after "leave your message"."""
    count = int(seconds * RATE)
    n = np.arange(count)
    edge = np.minimum(1.0, np.minimum(n, count - n) / (RATE // 100))
    return np.asarray(0.25 * edge * np.sin(2 * math.pi * frequency * n / RATE), np.float32)


def _note(frequency: float) -> npt.NDArray[np.float64]:
    t = np.arange(int(_NOTE_LASTS * RATE)) / RATE
    swell = np.minimum(1.0, t / 0.06) * np.exp(-1.6 * t) * (1 - t / _NOTE_LASTS)
    angle = 2 * math.pi * frequency * t
    return np.asarray(swell * (np.sin(angle) + 0.25 * np.sin(2 * angle) * np.exp(-2 * t)))
