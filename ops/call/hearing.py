"""Which prompts were heard: a recording is searched for the wave form of WAV files; it knows no call."""

import wave
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ops.call import g711

Samples = NDArray[np.float32]

#: A prompt counts as heard when its pieces are this much alike on the average. Built-in prompts of the same voice that
#: share words stay below 0.7, what came over A-law with losses above 0.9.
HEARD = 0.8
#: A piece counts as heard when its correlation is above this.
_PIECE_HEARD = 0.6
_PIECE = g711.RATE // 5
#: A piece that is softer than the loudest one by this factor (30 dB) says nothing.
_SOFT = 0.03
#: So much of the beginning is searched by itself: all that is heard of a prompt that a key cuts short.
_HEAD = g711.RATE
#: So many pieces in a row that were not heard end what was heard: fewer may have been spoilt by lost frames.
_SPOILT = 3
#: So much of a prompt's beginning may be missing in front of a recording.
_LEAD = g711.RATE
#: Frames by which a piece may come too early or too late, after frames that were lost or said twice.
_DRIFT = 15
#: Share of a prompt's energy below which a place is too quiet to be compared.
_LEAST = 0.05
#: Energy of a sample below which it is noise (the quietest steps of A-law).
_NOISE = 8.0**2


@dataclass(frozen=True, slots=True)
class Match:
    """How well a prompt was heard, at the place where it was heard best.

    `score` is 0 to 1; `starts_at` counts seconds of sound from the recording's beginning, `at` is the same moment in
    epoch seconds (0 where a recording knows none); `seconds` of `length` were heard without a break from its beginning.
    """

    score: float
    starts_at: float
    at: float
    seconds: float
    length: float

    def __bool__(self) -> bool:
        """Whether the prompt was heard, nearly all of it."""
        return self.score >= HEARD

    @property
    def begun(self) -> bool:
        """Whether its first words were heard."""
        return self.seconds > 0

    @property
    def cut_short(self) -> bool:
        """Whether its beginning was heard and its end was not, as when a key ends it."""
        return self.begun and self.seconds < self.length - _SPOILT * _PIECE / g711.RATE


class Recording:
    """Sound (8000 Hz) with the moment at which each 20 ms arrived, where that is known."""

    def __init__(self, samples: Samples, moments: Sequence[float] = ()) -> None:
        # Silence in front of it: a prompt whose first moment was missed began before the recording did.
        self._samples = np.concatenate((np.zeros(_LEAD, np.float32), samples))
        self._moments = moments
        self._energy = np.concatenate(([0.0], np.cumsum(np.square(self._samples, dtype=np.float64))))

    @classmethod
    def of_frames(cls, frames: Sequence[tuple[float, bytes]]) -> "Recording":
        """Take A-law frames of 20 ms, each with its arrival in epoch seconds."""
        codes = np.frombuffer(b"".join(payload for _, payload in frames), dtype=np.uint8)
        return cls(_DECODED[codes], [at for at, _ in frames])

    @classmethod
    def of_file(cls, path: Path) -> "Recording":
        """Read a WAV file (8000 Hz, 16 bit, one channel)."""
        return cls(_read(path))

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (len(self._samples) - _LEAD) / g711.RATE

    def find(self, prompt: Path) -> Match:
        """Return where the prompt of this WAV file was heard best; compare its score, or take it as a truth value."""
        sought = _prompt(prompt, prompt.stat().st_mtime_ns)
        if len(self._samples) < _LEAD + _PIECE or not sought.pieces:
            return Match(0.0, 0.0, 0.0, 0.0, sought.seconds)
        # A prompt that was cut short is found by its beginning, one that lost frames there by all of it.
        places = {self._best_place(sought.samples), self._best_place(sought.samples[:_HEAD])}
        return max((self._compare(sought, place) for place in places), key=lambda match: (match.score, match.seconds))

    def find_all(self, prompt: Path) -> list[Match]:
        """Return every time the prompt was heard, earliest first."""
        found: list[Match] = []
        rest = self
        while match := rest.find(prompt):
            found.append(match)
            rest = rest.without(match)
        return sorted(found, key=lambda match: match.starts_at)

    def told(self, prompts: Iterable[Path]) -> list[Path]:
        """Return these prompts in the order in which they were heard, each as often as it was.

        A prompt that holds the words of another one counts once: the longest is looked for first.
        """
        found: list[tuple[float, Path]] = []
        rest = self
        for prompt in sorted(set(prompts), key=lambda path: path.stat().st_size, reverse=True):
            for match in rest.find_all(prompt):
                found.append((match.starts_at, prompt))
                rest = rest.without(match)
        return [prompt for _, prompt in sorted(found)]

    def without(self, match: Match) -> "Recording":
        """Return it with silence in place of what was found."""
        samples = self._samples[_LEAD:].copy()
        start = round(match.starts_at * g711.RATE)
        samples[max(start, 0) : start + round(match.length * g711.RATE)] = 0
        return Recording(samples, self._moments)

    def _best_place(self, sought: Samples) -> int:
        """Return the offset at which `sought` fits best (cross-correlation by Fourier transform, normalised)."""
        size = 1 << (len(self._samples) + len(sought)).bit_length()
        product = np.fft.rfft(self._samples, size) * np.conj(np.fft.rfft(sought, size))
        alike = np.fft.irfft(product, size)[: len(self._samples)]
        ends = np.minimum(np.arange(len(self._samples)) + len(sought), len(self._samples))
        energy = self._energy[ends] - self._energy[:-1]
        # Some samples at the recording's end fit anything: a place must hold a part of what is sought.
        least = _LEAST * float(sought @ sought)
        return int(np.argmax(alike / np.sqrt(np.maximum(energy, least))))

    def _compare(self, sought: "_Prompt", place: int) -> Match:
        alike = [self._alike(sought, place, start) for start in sought.pieces]
        heard = _unbroken(alike)
        seconds = min((sought.pieces[heard - 1] + _PIECE) / g711.RATE, sought.seconds) if heard else 0.0
        starts_at = (place - _LEAD) / g711.RATE
        return Match(sum(alike) / len(alike), starts_at, self._moment(starts_at), seconds, sought.seconds)

    def _moment(self, seconds: float) -> float:
        """Return when the sound at this place of the recording arrived; what began before it is counted back."""
        if not self._moments:
            return 0.0
        frame = min(max(int(seconds * g711.RATE) // g711.FRAME, 0), len(self._moments) - 1)
        return self._moments[frame] + min(seconds, 0.0)

    def _alike(self, sought: "_Prompt", place: int, start: int) -> float:
        """Return the best correlation (0 to 1) of one piece, at its place or some frames beside it."""
        piece = sought.samples[start : start + _PIECE]
        return max(0.0, *(self._correlation(piece, place + start + drift * g711.FRAME) for drift in _DRIFTS))

    def _correlation(self, piece: Samples, place: int) -> float:
        window = self._samples[max(place, 0) : max(place, 0) + len(piece)]
        if place < 0 or len(window) < len(piece):
            return 0.0
        energy = float(window @ window) + _NOISE * len(piece)
        return float(window @ piece) / float(np.sqrt(energy * float(piece @ piece)))


@dataclass(frozen=True, slots=True)
class _Prompt:
    samples: Samples
    #: Where its pieces begin, in samples; quiet ones are left out.
    pieces: tuple[int, ...]

    @property
    def seconds(self) -> float:
        return len(self.samples) / g711.RATE


_DRIFTS = range(-_DRIFT, _DRIFT + 1)
_DECODED: Samples = np.array(g711.decode(bytes(range(256))), dtype=np.float32)


def _unbroken(alike: Sequence[float]) -> int:
    """Return how many pieces were heard from the first one on, the spoilt ones between them included."""
    heard = 0
    for number, one in enumerate(alike, start=1):
        if one >= _PIECE_HEARD:
            heard = number
        elif number - heard >= _SPOILT:
            break
    return heard


@lru_cache(maxsize=256)
def _prompt(path: Path, _changed: int) -> _Prompt:
    samples = _read(path)
    return _Prompt(samples, tuple(_loud(samples)))


def _loud(samples: Samples) -> Iterator[int]:
    starts = range(0, len(samples) - _PIECE + 1, _PIECE)
    power = [float(np.mean(np.square(samples[start : start + _PIECE]))) for start in starts]
    floor = max(power, default=0.0) * _SOFT**2
    return (start for start, one in zip(starts, power, strict=True) if one > floor)


def _read(path: Path) -> Samples:
    with wave.open(str(path), "rb") as file:
        if (file.getframerate(), file.getsampwidth(), file.getnchannels()) != (g711.RATE, 2, 1):
            raise ValueError(f"{path} must be 8000 Hz, 16 bit, one channel")
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32)
