"""Distributions, limits, the table for people and the data for programs."""

import json

import pytest

from ops.bench.figures import Figure, Missing, Summary, TooFew, at_least, at_most, quotient, summary
from ops.bench.table import as_json, as_table
from ops.ranks import percentile

GAP = Figure(
    name="assign_gap",
    unit="ms",
    ours=Summary(200, 2.5, 2.0, 4.0, 9.0),
    other=Summary(190, 500.0, 480.0, 900.0, 990.0),
    other_is="app_queue",
    ratio=200.0,
    ratio_is="other / ours",
    limits=(at_most("p50", 2.0, 2), at_most("p99", 9.0, 5)),
    note="from here to there",
)


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.99) == 7.0


def test_a_summary_scales_and_sorts() -> None:
    assert summary([0.003, 0.001, 0.002], scale=1000) == Summary(3, 2.0, 2.0, 3.0, 3.0)


@pytest.mark.parametrize("values", [[], [1.0]])
def test_too_few_samples_say_which(values: list[float]) -> None:
    with pytest.raises(TooFew, match=r"ring, ours has \d samples, 2 are needed"):
        summary(values, least=2, what="ring, ours")


def test_limits_are_inclusive() -> None:
    assert at_most("p50", 2.0, 2).met
    assert not at_most("p50", 2.01, 2).met
    assert at_least("ratio", 150.0, 150).met
    assert quotient(1, 0) is None


def test_the_table_shows_both_sides_what_was_asked_and_what_is_missing() -> None:
    lines = as_table([GAP, Missing("replay", "StepMissing: the calls of ours end")])
    text = "\n".join(lines)
    assert lines[2].split()[:5] == ["assign_gap", "(ms)", "ours", "200", "2.5"]
    assert "p50 <= 2 yes; p99 <= 5 NO: 9" in lines[2]
    assert lines[3].split()[:2] == ["app_queue", "190"]
    assert "NOT MADE" in text
    assert "the calls of ours end" in text
    assert "assign_gap: from here to there" in lines


def test_the_data_holds_every_figure() -> None:
    data = json.loads(json.dumps(as_json([GAP, Missing("replay", "no")], {"quick": True})))
    assert data["quick"]
    assert data["missing"] == {"replay": "no"}
    gap = data["figures"]["assign_gap"]
    assert gap["ours"] == {"samples": 200, "mean": 2.5, "p50": 2.0, "p95": 4.0, "p99": 9.0}
    assert gap["other"]["p99"] == 990.0
    assert (gap["ratio"], gap["limits"][1]["met"]) == (200.0, False)
