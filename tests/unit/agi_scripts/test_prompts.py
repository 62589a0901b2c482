"""Sounds that are there, that are missing, and that have to be spoken."""

import sys
from pathlib import Path

import pytest

from agi_scripts.prompts import Prompter
from agi_scripts.server import AgiFailed
from asterisk_conf.speech import spoken_name
from tests.unit.agi_scripts.asterisk_support import channel

MISSING = ("200 result=-1 endpos=0", "200 result=6")
PROGRAM = """
import sys, wave
sys.stdin.read()
with wave.open(sys.stdout.buffer, "wb") as sound:
    sound.setnchannels(1)
    sound.setsampwidth(2)
    sound.setframerate(8000)
    sound.writeframes(bytes(800))
"""
VOICE = (sys.executable, "-c", PROGRAM)


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_a_sound_that_is_there_is_played_and_its_key_told() -> None:
    async with channel("200 result=50 endpos=80") as (session, seen):
        key = await Prompter(None, ()).play(session, "own/x-1", "12", texts={})
    assert key == "2"
    assert seen.said == ["STREAM FILE own/x-1 12"]


async def test_a_sound_that_is_missing_is_spoken_from_its_text_once(tmp_path: Path) -> None:
    prompter = Prompter(tmp_path, VOICE)
    name = spoken_name("您好")
    async with channel(*MISSING, *MISSING, "200 result=0 endpos=80", *MISSING, *MISSING) as (session, seen):
        for _ in range(2):
            await prompter.play(session, "own/x-1", "", texts={"own/x-1": "您好"})
    played = [line.split()[2] for line in seen.said if line.startswith("STREAM")]
    assert played == ["own/x-1", "zh/own/x-1", f"zh/{name}"] * 2
    assert files(tmp_path / "spoken") == [f"{name.removeprefix('spoken/')}.wav"]


@pytest.mark.parametrize("command", [("/nowhere/voice",), (sys.executable, "-c", "raise SystemExit(3)")])
async def test_what_cannot_be_spoken_is_a_failure_of_the_menu(tmp_path: Path, command: tuple[str, ...]) -> None:
    async with channel(*MISSING, *MISSING, *MISSING) as (session, _):
        with pytest.raises(AgiFailed, match="own/x-1 is missing"):
            await Prompter(tmp_path, command).play(session, "own/x-1", "", texts={"own/x-1": "您好"})
