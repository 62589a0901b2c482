import csv
import datetime as dt
from pathlib import Path
from typing import Any

from acd.engine import Engine
from acd.journal import Journal
from acd.messages import AgentState
from acd.reconcile import CHECKPOINT, Reconciler
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.records import FIELDS

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)


class Hands:
    def ring(self, order: fx.Ring, *, offer_seq: int) -> None:
        raise AssertionError(order, offer_seq)

    def talk_over(self, order: fx.TalkOver) -> None: ...

    def telephone(self, order: fx.Telephone) -> None:
        """Nothing is moved here."""

    def journal_grew(self) -> None: ...

    def agent_changed(self, state: AgentState) -> None: ...


class Site:
    """A CEL file, and the voice process that reads it; `restart` is a new life of that process."""

    def __init__(self, folder: Path) -> None:
        self.cel = folder / "cel.csv"
        self._folder = folder
        self.restart()

    def restart(self) -> None:
        self.engine = Engine(Journal(self._folder / "voice.db"), clock=lambda: T0)
        self.engine.start(Hands())
        self.reconciler = Reconciler(self.engine, self.cel, journal_grew=lambda: None)

    def write(
        self, kind: str, second: float, uid: str, channel: str = "PJSIP/trunk-00000001", linked: str = ""
    ) -> None:
        row = {"eventtime": str(T0.timestamp() + second), "eventtype": kind, "uniqueid": uid, "channame": channel}
        row |= {"linkedid": linked or uid, "context": "from-trunk", "exten": "12345", "cidnum": "138"}
        with self.cel.open("a", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerow([row.get(f, "") for f in FIELDS])

    def talk(self, uid: str) -> None:
        self.write("CHAN_START", 0, uid)
        self.write("BRIDGE_ENTER", 5, f"{uid}-leg", "PJSIP/1001-00000002", uid)
        self.write("CHAN_END", 9, uid)

    def records(self) -> list[tuple[str, Any]]:
        events = self.engine.journal.pending(100)
        return [(e["call_id"], e["data"]["disposition"]) for e in events if e["type"] == "call.record"]


def test_what_happened_while_nobody_watched_is_handed_in_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.talk("c1")
    site.write("CHAN_START", 20, "c2")
    site.write("CHAN_END", 30, "c2")
    assert site.reconciler.catch_up() == 2
    assert site.reconciler.catch_up() == 0
    site.restart()
    assert site.reconciler.catch_up() == 0
    assert site.records() == [("c1", "answered"), ("c2", "abandoned")]


def test_a_call_over_a_restart_is_found_from_its_beginning(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.talk("done")
    site.write("CHAN_START", 20, "c2")
    site.reconciler.catch_up()
    site.restart()
    assert site.engine.journal.fact(CHECKPOINT) > 0
    site.write("BRIDGE_ENTER", 25, "l2", "PJSIP/1001-00000004", "c2")
    site.write("CHAN_END", 30, "c2")
    site.reconciler.catch_up()
    assert site.records() == [("done", "answered"), ("c2", "answered")]


def test_a_call_that_the_live_path_follows_is_not_handed_in(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.engine.submit(ev.CallStarted("c1", "138", "12345", "PJSIP/trunk-1"))
    site.talk("c1")
    assert site.reconciler.catch_up() == 0


def test_asterisk_died_under_its_calls(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.write("CHAN_START", 0, "dead")
    site.write("CHAN_START", 0, "alive")
    snapshot = ev.Snapshot(T0 + dt.timedelta(seconds=60), {"alive": ev.SeenChannel("alive", "138", "PJSIP/trunk-2")})
    site.reconciler.after_snapshot(snapshot)
    assert site.records() == [("dead", "abandoned")]


def test_a_half_written_line_waits_for_its_end_and_a_new_file_begins_anew(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.talk("c1")
    whole = site.cel.read_bytes()
    site.cel.write_bytes(whole[:-5])
    assert site.reconciler.catch_up() == 0
    site.cel.write_bytes(whole)
    assert site.reconciler.catch_up() == 1
    site.cel.unlink()
    assert site.reconciler.catch_up() == 0
    site.write("CHAN_START", 0, "c9")
    site.write("CHAN_END", 1, "c9")
    assert site.reconciler.catch_up() == 1
    assert site.records()[-1] == ("c9", "abandoned")
