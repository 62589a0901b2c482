import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asterisk_conf import audio


def sine(frequency: float, rate: int, seconds: float = 0.5) -> list[float]:
    return [0.5 * math.sin(2 * math.pi * frequency * n / rate) for n in range(int(rate * seconds))]


def power(samples: list[float]) -> float:
    return sum(sample * sample for sample in samples) / len(samples)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100])
def test_a_voice_tone_keeps_its_power_and_length(rate: int) -> None:
    out = audio.resample(sine(1000, rate), rate)
    assert abs(len(out) - 4000) <= 1
    middle = out[400:-400]
    assert power(middle) == pytest.approx(0.125, rel=0.02)
    crossings = sum(1 for a, b in pairwise(middle) if a < 0 <= b)
    assert crossings == pytest.approx(1000 * len(middle) / 8000, abs=1)


def test_what_eight_kilohertz_cannot_hold_is_taken_out() -> None:
    out = audio.resample(sine(6000, 22050), 22050)
    assert power(out[400:-400]) < 0.125 / 1000


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=300))
@settings(max_examples=50)
def test_level_never_passes_its_peak(samples: list[float]) -> None:
    out = audio.level(samples, loudness_db=-20, peak_db=-3)
    assert len(out) == len(samples)
    assert max(map(abs, out)) <= 10 ** (-3 / 20) + 1e-9


def test_level_brings_speech_to_its_power() -> None:
    out = audio.level(sine(500, 8000), loudness_db=-20, peak_db=-3)
    assert 10 * math.log10(power(out)) == pytest.approx(-20, abs=0.01)
    assert audio.level([0.0, 0.0], loudness_db=-20, peak_db=-3) == [0.0, 0.0]


def test_trim_keeps_a_little_silence() -> None:
    out = audio.trim([0.0] * 1000 + [0.5] * 100 + [0.0] * 1000, keep=80)
    assert len(out) == 80 + 100 + 80 - 1
    assert audio.trim([0.0] * 10, keep=1) == [0.0] * 10


def test_the_music_is_soft_and_joins_its_beginning() -> None:
    music = audio.music()
    assert 15 <= len(music) / audio.RATE <= 30
    assert max(map(abs, music)) < 0.26
    assert abs(music[0] - music[-1]) < 0.02
    steps = max(abs(a - b) for a, b in pairwise(music))
    assert steps < 0.2
