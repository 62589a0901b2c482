"""What the bench makes of records, processes, rates and intervals."""

import os
from pathlib import Path

import pytest

from asterisk_conf.render import CEL_COLUMNS
from ops.bench.cel import HangUps, Record, Records, parse, started
from ops.bench.hall import Ring, Seen
from ops.bench.live import both_waited, free_agents, waiting_callers
from ops.bench.menu import RATES, Ladder
from ops.bench.processes import cpu_seconds
from ops.bench.replay import Fate, arrivals, fates, members
from ops.bench.sipp import successes


def line(**values: str) -> str:
    return ",".join(f'"{values.get(name, "")}"' for name in CEL_COLUMNS)


def test_records_are_read_from_where_the_measurement_began(tmp_path: Path) -> None:
    path = tmp_path / "cel.csv"
    path.write_text(line(eventtime="1.0", eventtype="APP_START", appname="Queue", cidnum="139") + "\n")
    records = Records(path)
    half = line(eventtime="3.0", eventtype="HANGUP", channame="PJSIP/1001-00000001")
    with path.open("a") as file:
        file.write(line(eventtime="2.5", eventtype="APP_START", appname="Queue", cidnum="138") + "\n" + half[:20])
    assert started(records.read(), "Queue") == {"138": 2.5}
    assert parse(half) is not None
    assert parse("not a record") is None


def test_the_hang_up_that_made_an_agent_free() -> None:
    found = HangUps(Record(at, "HANGUP", "u", "l", "PJSIP/1001-00000001", "", "") for at in (5.0, 1.0, 3.0))
    assert [found.after("1001", moment) for moment in (0.5, 1.0, 3.5, 9.0)] == [1.0, 1.0, 5.0, None]
    assert found.after("1002", 0) is None


def test_processor_time_holds_ended_children(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    fields = ["S", *["0"] * 10, "100", "50", "30", "20", *["0"] * 20]
    (tmp_path / "7/stat").write_text("7 (a) b) " + " ".join(fields))
    assert cpu_seconds([7], proc=tmp_path) * os.sysconf("SC_CLK_TCK") == pytest.approx(200)
    with pytest.raises(FileNotFoundError):
        cpu_seconds([8], proc=tmp_path)


@pytest.mark.parametrize(("capacity", "first"), [(100, 12), (12, 100), (60, 60), (10_000, 400), (1, 12)])
def test_a_ladder_finds_the_highest_clean_rate_from_wherever_it_begins(capacity: int, first: int) -> None:
    ladder = Ladder(first, most=99)
    expected = max((rate for rate in RATES if rate <= capacity), default=0)
    for _ in range(2):
        ladder.begin()
        tried = 0
        while (rate := ladder.next()) is not None:
            ladder.note(rate, clean=rate <= capacity)
            tried += 1
        assert ladder.best == expected
    assert tried <= 2, "the second time it begins where the first one ended"


def test_a_ladder_stops_after_so_many_rates() -> None:
    ladder = Ladder(10, most=1)
    ladder.begin()
    rate = ladder.next()
    assert rate is not None
    ladder.note(rate, clean=True)
    assert (ladder.next(), ladder.best) == (None, rate)


def test_sipp_counts_clean_calls() -> None:
    text = "StartTime;SuccessfulCall(C);FailedCall(C);\n1;3;0;\n2;7;1;\n"
    assert (successes(text), successes("")) == (7, 0)


def ring(agent: str, caller: str, at: float) -> Ring:
    return Ring(agent, caller, at, None)


def test_a_free_agent_beside_a_caller_is_counted() -> None:
    """time | event: 0 agent A ready | 1 caller x enters | 1.2 x rings at A | 2 A free | 2.02 y (from 1.5) at A."""
    seen = Seen(rings=[ring("A", "x", 1.2), ring("A", "y", 2.02)], frees=[("A", 2.0)], ended={"x": 1.9, "y": 3.0})
    agents = free_agents([seen], {"A": 0.0})
    callers = waiting_callers([seen], {"x": 1.0, "y": 1.5})
    assert sorted(agents) == [(0.0, 1.2), (2.0, 2.02)]
    assert sorted(callers) == [(1.0, 1.2), (1.5, 2.02)]
    assert both_waited(agents, callers) == 1
    assert both_waited(agents, callers, slack=0.3) == 0


def test_a_caller_who_never_rang_waited_until_the_end() -> None:
    assert waiting_callers([Seen(ended={"x": 5.0, "menu": 6.0})], {"x": 1.0}) == [(1.0, 5.0)]


def test_a_rush_is_the_same_for_both_sides() -> None:
    rush = arrivals(3, 8, seconds=20, talk_s=6)
    assert rush == arrivals(3, 8, seconds=20, talk_s=6)
    assert rush != arrivals(4, 8, seconds=20, talk_s=6)
    assert 20 < len(rush) < 80
    assert all(one.at < 20 and one.talk > 0 for one in rush)


def test_half_the_agents_and_a_quarter_of_them_as_helpers() -> None:
    agents = tuple(str(1001 + n) for n in range(30))
    (team,) = members(agents).values()
    assert [agent for agent, _ in team] == [str(1009 + n) for n in range(8)]
    assert [penalty for _, penalty in team] == [0, 0, 0, 0, 0, 0, 1, 1]


def test_the_fate_of_who_was_rung_and_of_who_gave_up() -> None:
    seen = Seen(rings=[ring("A", "x", 4.0)], connected={"x": 1.0, "y": 2.0}, ended={"x": 9.0, "y": 7.0})
    assert list(fates(seen)) == [Fate(3.0, answered=True), Fate(5.0, answered=False)]
