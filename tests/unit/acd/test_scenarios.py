"""The tables of `scenarios/` come true on the real floor, and a table that lies is found out."""

from pathlib import Path

import pytest

from tests.unit.acd.scenario_tables import play

FILES = sorted((Path(__file__).parent / "scenarios").glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_goes_as_the_table_says(path: Path) -> None:
    play(path)


def test_there_are_tables() -> None:
    assert len(FILES) >= 12


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("0 | c1 calls 12345 | c1 -> 1002", "line 4: rings"),
        ("0 | c1 calls 12345 |", "line 4: rings"),
        ("0 | c1 calls 12345 skill law | c1 waits\n60 | | c1 waits", "before line 5, at 30"),
        ("0 | c1 calls 12345 skill law | c1 2nd", "c1 has place 1"),
        ("0 | | 1001 talking", "1001 is not talking"),
        ("0 | 1001 dances |", "dances"),
    ],
)
def test_a_table_that_lies(tmp_path: Path, row: str, why: str) -> None:
    path = tmp_path / "lie.txt"
    agents = "agents: {1001: {queues: [city]}, 9001: {queues: [], skills: {law: 1}}}"
    path.write_text(f"queues: {{city: }}\n{agents}\n---\n{row}\n", "utf-8")
    with pytest.raises((AssertionError, KeyError), match=why):
        play(path)
