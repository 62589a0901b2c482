"""What a citizen in the line is told."""

import pytest

from asterisk_conf.sounds import prompts
from ivr.waiting import INSTEAD, place_in_line


@pytest.mark.parametrize(
    ("position", "seconds", "said"),
    [
        (1, 20.0, "您是下一位。预计等待时间不到一分钟。"),
        (2, None, "您目前排在第两位。"),
        (12, 61.0, "您目前排在第十二位。预计等待时间约两分钟"),
        (3, 600.0, "您目前排在第三位。预计等待时间约十分钟"),
        (40, 3601.0, "您目前排在第四十位。"),
    ],
)
def test_place_and_wait(position: int, seconds: float | None, said: str) -> None:
    texts = prompts()
    assert "".join(texts[sound] for sound in place_in_line(position, seconds)) == said


def test_what_to_do_instead_has_its_sounds() -> None:
    assert set(INSTEAD) <= set(prompts())
