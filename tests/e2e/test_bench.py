"""`make bench QUICK=1`: every comparison is made, with figures that only a run can give."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ops.users import PROJECT

COMPARED = ("assign_gap", "ring", "ring_whole", "ivr", "ivr_cpu", "replay_wait", "erlang_c_waiting")
ALONE = ("pop", "decide_hall", "decide_province", "work_conserving_simulated", "work_conserving_live")


@pytest.mark.timeout(280)
def test_a_quick_run_makes_every_comparison(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    command = [sys.executable, "-m", "ops.bench", "--quick", "--out", str(out)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=270)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(out.read_text())
    assert found["missing"] == {}
    figures = found["figures"]
    for name in (*COMPARED, *ALONE):
        assert figures[name]["ours"]["samples"] > 0, name
        assert name in done.stdout
    for name in COMPARED:
        assert figures[name]["other"]["samples"] > 0, name
        assert figures[name]["ratio"] > 0, name
    gap = figures["assign_gap"]
    assert gap["ours"]["mean"] < gap["other"]["mean"]
    stages = [figure["ours"]["mean"] for name, figure in figures.items() if name.startswith("assign_gap.")]
    assert len(stages) == 5
    assert sum(stages) == pytest.approx(gap["ours"]["mean"])
    assert figures["work_conserving_simulated"]["ours"]["mean"] == 0
