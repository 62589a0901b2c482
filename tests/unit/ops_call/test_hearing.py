import math
import random
import time
import wave
from array import array
from pathlib import Path

import pytest

from ops.call import g711, tones
from ops.call.hearing import HEARD, Recording
from ops.call.rtp import Heard, wav_frames

RATE = g711.RATE


def voice(seed: int, seconds: float) -> list[int]:
    """Something like speech: syllables of 150 to 300 ms, each a buzz with its own pitch and colours, and pauses."""
    chance = random.Random(seed)  # noqa: S311 - the same voice each time
    samples: list[int] = []
    while len(samples) < seconds * RATE:
        frequencies = [chance.uniform(120, 3000) for _ in range(4)]
        waves = [tone(frequency, chance.randint(1200, 2400)) for frequency in frequencies]
        samples += [sum(parts) for parts in zip(*waves, strict=False)]
        samples += [0] * chance.randint(0, 600)
    return samples[: int(seconds * RATE)]


def tone(frequency: float, count: int) -> list[int]:
    period = math.tau * frequency / RATE
    return [round(3000 * math.sin(period * n)) for n in range(count)]


def write(path: Path, samples: list[int]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array("h", samples).tobytes())
    return path


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("prompts")
    return [write(folder / f"{seed}.wav", voice(seed, 1.5 + seed % 4)) for seed in range(8)]


def heard(*parts: list[bytes]) -> Heard:
    """Frames as they come from Asterisk, one each 20 ms from epoch second 1000 on."""
    ear = Heard()
    for number, frame in enumerate(frame for part in parts for frame in part):
        ear.take(frame, 1000 + number / 50)
    return ear


QUIET = [g711.SILENCE] * 13


def test_every_prompt_matches_itself_and_no_other(prompts: list[Path]) -> None:
    own, others = [], []
    for said in prompts:
        ear = heard(QUIET, wav_frames(said), QUIET)
        for sought in prompts:
            (own if sought == said else others).append(ear.contains(sought).score)
    assert min(own) > 0.99
    assert max(others) < HEARD / 2


def test_it_tells_where_a_prompt_began(prompts: list[Path]) -> None:
    match = heard(QUIET, wav_frames(prompts[3])).contains(prompts[3])
    assert match
    assert match.starts_at == pytest.approx(0.26, abs=0.002)
    assert match.at == pytest.approx(1000.26)
    assert match.seconds == pytest.approx(match.length, abs=0.4)
    assert not match.cut_short


def test_a_prompt_whose_first_moment_was_missed_is_found(prompts: list[Path]) -> None:
    match = heard(wav_frames(prompts[3])[11:], QUIET).contains(prompts[3])
    assert match
    assert match.begun
    assert (match.starts_at, match.at) == (pytest.approx(-0.22), pytest.approx(999.78))
    assert heard(wav_frames(prompts[3])[11:], QUIET).recording().told(prompts) == [prompts[3]]


def test_a_start_within_a_frame_and_lost_frames_do_not_hide_a_prompt(prompts: list[Path]) -> None:
    samples = [0] * 777 + voice(2, 3.5)
    frames = [g711.encode(samples[start : start + 160]) for start in range(0, len(samples) - 160, 160)]
    kept = [frame for number, frame in enumerate(frames) if number % 40]
    match = heard(kept).contains(prompts[2])
    assert match
    assert not match.cut_short


def test_a_prompt_that_a_key_ended_was_begun_and_not_heard_to_its_end(prompts: list[Path]) -> None:
    ear = heard(QUIET, wav_frames(prompts[3])[:60], wav_frames(prompts[1]))
    match = ear.contains(prompts[3])
    assert not match
    assert match.cut_short
    assert match.seconds == pytest.approx(1.2, abs=0.21)
    assert not ear.contains(prompts[1]).cut_short
    assert not ear.contains(prompts[2]).begun


def test_the_order_of_prompts_is_told_with_those_that_were_said_twice(prompts: list[Path]) -> None:
    said = [prompts[5], prompts[1], prompts[5], prompts[0]]
    ear = heard(*(part for path in said for part in (wav_frames(path), QUIET)))
    assert ear.recording().told(prompts) == said
    assert len(ear.recording().find_all(prompts[5])) == 2


def test_a_prompt_within_a_longer_one_counts_once(tmp_path: Path) -> None:
    thanks = write(tmp_path / "thanks.wav", voice(30, 1.5))
    goodbye = write(tmp_path / "goodbye.wav", voice(30, 1.5) + voice(31, 1.0))
    ear = heard(wav_frames(goodbye))
    assert ear.contains(thanks)
    assert ear.recording().told([thanks, goodbye]) == [goodbye]
    assert heard(wav_frames(thanks)).recording().told([thanks, goodbye]) == [thanks]


def test_nothing_is_found_in_silence_noise_or_nothing(prompts: list[Path]) -> None:
    chance = random.Random(4)  # noqa: S311 - the same noise each time
    noise = [bytes(chance.randrange(256) for _ in range(160)) for _ in range(200)]
    for ear in (Heard(), heard(QUIET * 20), heard(noise), heard([tones.tone_frame(700)] * 200)):
        assert not any(ear.contains(prompt) for prompt in prompts)


def test_a_recorded_file_is_searched_too(prompts: list[Path], tmp_path: Path) -> None:
    kept = write(tmp_path / "message.wav", [5, -5] * 1000 + voice(6, 3.0))
    assert Recording.of_file(kept).find(prompts[6])
    assert not Recording.of_file(kept).find(prompts[7])


def test_half_a_minute_is_searched_in_less_than_half_a_second(prompts: list[Path]) -> None:
    ear = heard([frame for _ in range(3) for path in prompts for frame in wav_frames(path)][:1500])
    began = time.process_time()
    ear.contains(prompts[3])
    assert time.process_time() - began < 0.5
