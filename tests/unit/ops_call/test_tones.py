import math
import random
from itertools import pairwise

import pytest

from ops.call import g711, tones


@pytest.mark.parametrize("frequency", [700, 1100])
def test_a_tone_is_found_by_its_own_name_only(frequency: int) -> None:
    heard = tones.tone_frame(frequency) * 5
    assert tones.is_tone(heard, frequency)
    assert not any(tones.is_tone(heard, other) for other in (350, 700, 1100, 1400) if other != frequency)


def test_frames_join_without_a_jump() -> None:
    samples = g711.decode(tones.tone_frame(700) * 2)
    assert max(abs(after - before) for before, after in pairwise(samples)) < 5000


def test_a_tone_that_does_not_repeat_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 50"):
        tones.tone_frame(710)


def test_noise_is_sound_but_no_tone() -> None:
    source = random.Random(1)  # noqa: S311 - noise that is the same in every run
    noise = g711.encode([source.randint(-8000, 8000) for _ in range(800)])
    assert tones.is_sound(noise)
    assert not tones.is_tone(noise, 700)


def test_silence_is_neither() -> None:
    assert not tones.is_sound(g711.SILENCE)
    assert not tones.is_tone(g711.SILENCE * 5, 700)
    assert tones.purity([0] * 100, 700) == 0.0


def test_a_tone_under_music_is_not_pure() -> None:
    def both(n: int) -> int:
        return round(3000 * (math.sin(2 * math.pi * 700 * n / 8000) + math.sin(2 * math.pi * 450 * n / 8000)))

    assert tones.purity([both(n) for n in range(800)], 700) == pytest.approx(0.5, abs=0.05)
