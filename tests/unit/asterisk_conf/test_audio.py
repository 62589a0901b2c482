import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asterisk_conf import audio
from asterisk_conf.audio import Samples


def sine(frequency: float, rate: int, seconds: float = 0.5, size: float = 0.5) -> Samples:
    n = np.arange(int(rate * seconds))
    return np.asarray(size * np.sin(2 * math.pi * frequency * n / rate), np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * 8000), np.float32)


def power(samples: Samples) -> float:
    return float(np.square(samples).mean())


@pytest.mark.parametrize("rate", [4000, 8000, 16000, 22050, 44100, 96000])
def test_a_voice_tone_keeps_its_power_and_length(rate: int) -> None:
    out = audio.resample(sine(1000, rate), rate)
    assert abs(len(out) - 4000) <= 1
    middle = out[400:-400]
    assert power(middle) == pytest.approx(0.125, rel=0.02)
    crossings = np.count_nonzero((middle[:-1] < 0) & (middle[1:] >= 0))
    assert crossings == pytest.approx(1000 * len(middle) / 8000, abs=1)


def test_what_eight_kilohertz_cannot_hold_is_taken_out() -> None:
    assert power(audio.resample(sine(6000, 22050), 22050)[400:-400]) < 0.125 / 1000


@given(st.lists(st.floats(-1, 1, width=32), max_size=2000))
@settings(max_examples=50)
def test_level_never_passes_its_peak(values: list[float]) -> None:
    samples = np.array(values, np.float32)
    out = audio.level(samples)
    assert len(out) == len(samples)
    assert np.abs(out).max(initial=0.0) <= max(10 ** (audio.PEAK_DB / 20) + 1e-6, np.abs(samples).max(initial=0.0))


def test_level_brings_speech_to_its_loudness_whatever_it_was() -> None:
    for size in (0.003, 0.05, 0.9):
        out = audio.level(sine(500, 8000, size=size))
        assert audio.loudness(out) == pytest.approx(audio.LOUDNESS_DB, abs=0.05)
    assert not audio.level(silence(0.1)).any()


def test_pauses_do_not_count_for_loudness() -> None:
    speech = sine(500, 8000, 1.0)
    paused = np.concatenate([speech, silence(3), speech])
    assert audio.loudness(paused) == pytest.approx(audio.loudness(speech), abs=0.1)
    assert audio.loudness(silence(1)) == audio.SILENCE_DB


def test_a_sharp_peak_is_turned_down_and_the_rest_is_not() -> None:
    samples = sine(500, 8000, 1.0, size=0.05)
    samples[4000] = 0.9
    out = audio.level(samples)
    assert np.abs(out).max() <= 10 ** (audio.PEAK_DB / 20) + 1e-6
    assert audio.loudness(out[:3000]) == pytest.approx(audio.LOUDNESS_DB, abs=0.5)


def test_trim_keeps_a_little_silence() -> None:
    out = audio.trim(np.concatenate([silence(1), sine(500, 8000), silence(1)]))
    assert len(out) == pytest.approx(8000 * 0.7, abs=320)
    assert len(audio.trim(silence(0.1))) == 800


def test_a_low_hum_at_the_ends_is_silence_too() -> None:
    hum = sine(50, 8000, 1.0, size=0.001)
    assert len(audio.trim(np.concatenate([hum, sine(500, 8000), hum]))) == pytest.approx(8000 * 0.7, abs=320)


def test_samples_survive_their_file_form() -> None:
    samples = sine(500, 8000)
    assert np.abs(audio.from_pcm(audio.to_pcm(samples)) - samples).max() < 1e-4
    assert audio.to_pcm(np.array([2.0, -2.0], np.float32)) == b"\xff\x7f\x01\x80"
    assert len(audio.from_pcm(b"abc")) == 1


def test_the_music_is_soft_and_joins_its_beginning() -> None:
    music = audio.music()
    assert 15 <= len(music) / audio.RATE <= 30
    assert np.abs(music).max() < 0.26
    assert abs(music[0] - music[-1]) < 0.02
    assert np.abs(np.diff(music)).max() < 0.2


def test_the_beep_is_short_and_soft_at_its_edges() -> None:
    beep = audio.tone(880.0, 0.25)
    assert len(beep) == 2000
    assert abs(beep[0]) < 0.01
    assert np.abs(beep).max() <= 0.25
