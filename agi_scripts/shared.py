"""What the calls of one voice process share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from acd.engine import Engine
from acd.rules.pace import Pace
from agi_scripts.configuration import ConfigurationKeeper
from agi_scripts.directory import Directory
from agi_scripts.prompts import Prompter
from agi_scripts.waiting import Patience

Cut = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds.

    `lease`: after them Asterisk takes a forgotten caller back; `pop`: the longest wait for a screen's acknowledgement
    before the phone rings; `unstaffed`: how long a caller waits in a queue for which nobody is signed in; `reserved`:
    how long one waits for the agent whose phone broke; `word`: how long AMI may lag behind AGI at the end of a talk.
    """

    lease: int = 8
    pop: float = 0.25
    unstaffed: float = 20.0
    reserved: float = 20.0
    word: float = 2.0


@dataclass(frozen=True, slots=True)
class Shared:
    """What every call of this process uses.

    `recordings` is the folder for messages that citizens leave, `cut` ends the sound that a channel hears now.
    """

    engine: Engine
    configuration: ConfigurationKeeper
    directory: Directory
    prompter: Prompter
    recordings: Path
    cut: Cut
    timing: Timing = field(default_factory=Timing)
    patience: Patience = field(default_factory=Patience)
    pace: Pace = field(default_factory=Pace)
