"""The command line of the simulator, as an office types it."""

import json
from pathlib import Path

import pytest

from acd.__main__ import main

SMALL = ["simulate", "--calls-per-hour", "120", "--handle", "60", "--hours", "12", "--seed", "1"]
FIGURES = {"service_level", "mean_wait_s", "waited", "abandoned", "occupancy"}


def test_each_figure_is_a_value_between_two_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--agents", "4", "--patience", "120", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.keys() == {"agents", "calls"} | FIGURES
    assert all(found[f]["low"] <= found[f]["value"] <= found[f]["high"] for f in FIGURES)


def test_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--find", "0.9"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("5 agents, ")
    assert {line.split()[0] for line in lines[1:]} == FIGURES


def test_a_recorded_day_and_queues(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day, plan = tmp_path / "day.csv", tmp_path / "queues.yaml"
    day.write_text("at,queue\n" + "".join(f"{60 * n},{'linhe' if n % 3 else ''}\n" for n in range(120)), "utf-8")
    plan.write_text(
        "queues: {city: {share: 1}, linhe: {share: 0, priority: 1}}\n"
        "agents: [{queues: [city], count: 2}, {queues: [linhe, city]}]",
        "utf-8",
    )
    asked = ["simulate", "--arrivals", str(day), "--queues", str(plan), "--agents", "3", "--hours", "20", "--json"]
    assert main(asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["agents"], found["calls"]) == (5, 1200)
    assert found["queues"]["linhe"]["calls"] == 800
    assert main([*asked[:-1]]) == 0
    assert "queue linhe, 800 calls" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ([], "give --agents, or --find"),
        (["--agents", "4", "--find", "0.9"], "not both"),
        (["--agents", "2"], "grow for ever"),
        (["--find", "95"], "between 0 and 1"),
        (["--agents", "4", "--queues", "/nowhere.yaml"], "cannot read a file"),
    ],
)
def test_what_cannot_be_simulated_is_a_sentence(extra: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, *extra]) == 2
    assert why in capsys.readouterr().err
