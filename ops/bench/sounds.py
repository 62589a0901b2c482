"""The bench's sounds: so short that hundreds of calls in a menu are signalling and decisions, not playback."""

import os
import shutil
import wave
from pathlib import Path

from asterisk_conf.sounds import copy_missing

_RATE = 8000
GREETING_SECONDS = 0.1
STEP_SECONDS = 0.02


def write_sounds(sounds: Path, store: Path) -> None:
    """Bring the prompts to an Asterisk's `sounds`, and `bench/greeting` and `bench/step` beside them."""
    copy_missing(store, sounds)
    folder = sounds / "zh/bench"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    silence(folder / "greeting.wav", GREETING_SECONDS)
    silence(folder / "step.wav", STEP_SECONDS)


def silence(path: Path, seconds: float) -> None:
    """Write a silent prompt (8000 Hz, 16 bit, one channel) in one step; its owner is the folder's."""
    draft = path.with_suffix(".draft")
    with wave.open(str(draft), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(bytes(2 * round(_RATE * seconds)))
    draft.chmod(0o644)
    if os.geteuid() == 0:
        facts = path.parent.stat()
        shutil.chown(draft, facts.st_uid, facts.st_gid)
    draft.replace(path)
