import datetime as dt
import sqlite3
from pathlib import Path

from acd.journal import Journal
from acd.rules.returning import Recent, Why

NOW = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)


def test_an_event_is_there_after_the_process_died_without_closing(tmp_path: Path) -> None:
    Journal(tmp_path / "voice.db").append("c1", "call.started", {"caller": "138"}, now=NOW)
    (event,) = Journal(tmp_path / "voice.db").pending(10)
    assert (event["call_id"], event["seq"], event["data"]) == ("c1", 1, {"caller": "138"})
    assert event["at"] == "2026-11-21T08:00:00+00:00"


def test_sequence_numbers_grow_over_removal_and_restart(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "voice.db")
    for _ in range(3):
        journal.append("c1", "call.started", {}, now=NOW)
    journal.remove([1, 2, 3])
    journal.close()
    again = Journal(tmp_path / "voice.db")
    assert again.pending(10) == []
    assert again.append("c2", "call.started", {}, now=NOW)["seq"] == 4


def test_oldest_first_and_no_more_than_asked(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "voice.db")
    for number in range(5):
        journal.append(f"c{number}", "call.started", {}, now=NOW)
    journal.remove([2])
    assert [e["seq"] for e in journal.pending(3)] == [1, 3, 4]


def test_a_disk_that_refuses_loses_no_event_and_stops_no_call(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "voice.db")
    journal.append("c1", "call.started", {}, now=NOW)
    other = sqlite3.connect(tmp_path / "voice.db", isolation_level=None)
    journal._db.execute("PRAGMA busy_timeout=0")
    other.execute("BEGIN EXCLUSIVE")
    journal.append("c1", "call.ended", {}, now=NOW)
    journal.keep_fact("x", 1)
    other.execute("ROLLBACK")
    other.close()
    journal.append("c2", "call.started", {}, now=NOW)
    assert [e["type"] for e in Journal(tmp_path / "voice.db").pending(10)] == [
        "call.started",
        "call.ended",
        "call.started",
    ]


def test_calls_agents_and_facts_are_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "voice.db")
    journal.keep_call("c1", {"call_id": "c1", "phase": "menu"})
    journal.keep_call("c1", {"call_id": "c1", "phase": "talking"})
    journal.keep_call("c2", {"call_id": "c2"})
    journal.forget_call("c2")
    journal.keep_fact("configuration", {"version": "7"})
    journal.keep_agent(
        {"agent_id": "1001", "state": "ready", "since": NOW.isoformat(), "call_id": None, "reason": None, "phone": None}
    )
    again = Journal(tmp_path / "voice.db")
    assert again.calls() == [{"call_id": "c1", "phase": "talking"}]
    assert again.fact("configuration") == {"version": "7"}
    assert again.fact("nothing") is None
    assert again.agents()[0]["state"] == "ready"


def test_callers_are_kept_by_their_latest_the_oldest_first(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "voice.db")
    first, before = Recent("13800000001", NOW, Why.CUT_OFF), Recent("13800000002", NOW, Why.ABANDONED)
    after, served = before._replace(at=NOW + dt.timedelta(milliseconds=1)), Recent("13800000003", NOW, Why.ABANDONED)
    for one in (before, first, after, served):
        journal.keep_caller(one.caller, one)
    journal.keep_caller(served.caller, None)
    assert Journal(tmp_path / "voice.db").callers() == [first, after]
