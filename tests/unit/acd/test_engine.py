import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from acd.engine import Engine, alarm_in
from acd.journal import Journal
from acd.messages import AgentState, Configuration, Pop
from acd.rules import effects as fx
from acd.rules import events as ev

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
CONFIGURATION: Configuration = {
    "version": "1",
    "queues": [{"id": "city", "name": "市级", "priority": 0, "ring_seconds": 20}],
    "agents": [{"id": "1001", "name": "王芳", "extension": "1001", "queues": ["city"], "role": "agent"}],
    "numbers": [],
    "menus": [],
}


class Hands:
    """Writes down what the engine wants done."""

    def __init__(self) -> None:
        self.rings: list[tuple[str, int]] = []
        self.states: list[str] = []
        self.grew = 0

    def ring(self, order: fx.Ring, *, offer_seq: int) -> None:
        self.rings.append((order.call_id, offer_seq))

    def talk_over(self, order: fx.TalkOver) -> None: ...

    def telephone(self, order: fx.Telephone) -> None:
        """Nothing is moved here."""

    def journal_grew(self) -> None:
        self.grew += 1

    def agent_changed(self, state: AgentState) -> None:
        self.states.append(state["state"])


def engine_at(path: Path, hands: Hands) -> Engine:
    engine = Engine(Journal(path / "voice.db"), clock=lambda: T0)
    engine.start(hands)
    engine.submit(ev.Configured(CONFIGURATION))
    return engine


def offer(engine: Engine) -> None:
    engine.submit(ev.Snapshot(T0, {}, {"1001": "NOT_INUSE"}))
    engine.submit(ev.Command("1001", "ready"))
    engine.submit(ev.CallStarted("c1", "138", "12345", "PJSIP/trunk-1"))
    engine.submit(ev.CallQueued("c1", "city"))


POP: Pop = {
    "call_id": "c1",
    "agent_id": "1001",
    "case_no": "DZ1",
    "case_state": "draft",
    "caller": None,
    "caller_display": "138",
    "earlier_calls": [],
    "open_cases": [],
}


def test_events_are_in_the_journal_and_the_ring_names_its_offer(tmp_path: Path) -> None:
    hands = Hands()
    engine = engine_at(tmp_path, hands)
    offer(engine)
    told = [e["type"] for e in engine.journal.pending(10) if e["call_id"] == "c1"]
    assert told == ["call.started", "call.queued", "call.offered"]
    (ring,) = hands.rings
    shown: list[dict[str, object]] = []
    engine.streams.subscribe("1001", shown.append, epoch=engine.streams.epoch, after=ring[1] - 1)
    assert ring[0] == "c1"
    assert shown[0]["body"]["type"] == "offer"  # type: ignore[index]


def test_a_pop_reaches_the_screen_once_and_a_stale_one_never(tmp_path: Path) -> None:
    engine = engine_at(tmp_path, Hands())
    offer(engine)
    shown: list[dict[str, object]] = []
    engine.streams.subscribe("1001", shown.append, epoch=None, after=0)
    engine.show_pop(POP)
    engine.show_pop(POP)
    engine.show_pop({**POP, "call_id": "another"})
    assert [f["body"]["type"] for f in shown] == ["snapshot", "case"]  # type: ignore[index]


def test_the_screen_after_a_restart_knows_agent_call_and_wrap_up(tmp_path: Path) -> None:
    engine = engine_at(tmp_path, Hands())
    offer(engine)
    engine.submit(ev.LegAnswered("c1", "1001"))
    engine.show_pop(POP)
    assert engine.snapshot_of("1001")["call"]["phase"] == "talking"
    engine.submit(ev.HangupAsked("c1"))
    engine.submit(ev.LegEnded("c1", "1001"))
    engine.submit(ev.CallEnded("c1"))
    engine.journal.close()

    again = engine_at(tmp_path, Hands())
    again.submit(ev.Snapshot(T0, {}, {}))
    snapshot = again.snapshot_of("1001")
    assert snapshot["agent"]["state"] == "wrap_up"
    assert (snapshot["call"]["call_id"], snapshot["call"]["phase"]) == ("c1", "wrap_up")
    assert snapshot["case"]["case_no"] == "DZ1"
    assert again.snapshot_of("nobody") == {"agent": None, "call": None, "case": None, "talk": None}


def test_it_remembers_whose_end_it_saw(tmp_path: Path) -> None:
    engine = engine_at(tmp_path, Hands())
    offer(engine)
    assert engine.saw_end("c1")
    engine.submit(ev.CallEnded("c1"))
    assert engine.saw_end("c1")
    assert not engine.saw_end("c2")


RELAXING: Configuration = {
    **CONFIGURATION,
    "agents": [{**CONFIGURATION["agents"][0], "queues": ["linhe"]}],
    "queues": [
        {"id": "linhe", "name": "临河县", "priority": 0, "ring_seconds": 20},
        {**CONFIGURATION["queues"][0], "overflow": [{"to": "linhe", "after": 15}]},
    ],
}


class Clock:
    """Moves by hand; holds the one alarm that is set."""

    def __init__(self) -> None:
        self.now = T0
        self.alarm: tuple[float, Callable[[], None]] | None = None
        self.cancelled = 0

    def set(self, seconds: float, action: Callable[[], None]) -> "Clock":
        assert self.alarm is None, "one alarm at a time"
        self.alarm = seconds, action
        return self

    def cancel(self) -> None:
        self.alarm = None
        self.cancelled += 1

    def go_off(self, after: float) -> None:
        assert self.alarm is not None
        _, action = self.alarm
        self.alarm = None
        self.now += dt.timedelta(seconds=after)
        action()


def relaxing(path: Path, clock: Clock) -> tuple[Engine, Hands]:
    """c1 waits in `city`, for which an agent of `linhe` is to help after 15 s; an agent of `city` is busy elsewhere."""
    hands = Hands()
    engine = Engine(Journal(path / "voice.db"), clock=lambda: clock.now, alarm=clock.set)
    engine.start(hands)
    second = {**CONFIGURATION["agents"][0], "id": "1002", "extension": "1002", "queues": ["city"]}
    engine.submit(ev.Configured({**RELAXING, "agents": [*RELAXING["agents"], second]}))
    engine.submit(ev.Snapshot(T0, {"c0": ev.SeenChannel("c0", "", "", "1002")}, {"1001": "NOT_INUSE", "1002": "INUSE"}))
    engine.submit(ev.Command("1001", "ready"))
    engine.submit(ev.CallStarted("c1", "138", "12345", "PJSIP/trunk-1"))
    engine.submit(ev.CallQueued("c1", "city"))
    return engine, hands


def test_an_alarm_is_set_for_the_next_relaxation_and_makes_it_match_again(tmp_path: Path) -> None:
    clock = Clock()
    _, hands = relaxing(tmp_path, clock)
    assert (hands.rings, clock.alarm and clock.alarm[0]) == ([], 15.0)
    clock.go_off(after=15.0)
    assert ([call for call, _ in hands.rings], clock.alarm) == (["c1"], None)


def test_an_alarm_that_goes_off_early_is_set_once_more(tmp_path: Path) -> None:
    clock = Clock()
    _, hands = relaxing(tmp_path, clock)
    clock.go_off(after=14.99999)
    assert (hands.rings, clock.alarm and clock.alarm[0]) == ([], 0.001)
    clock.go_off(after=0.001)
    assert [call for call, _ in hands.rings] == ["c1"]


def test_the_alarm_of_a_caller_who_has_gone_is_taken_back(tmp_path: Path) -> None:
    clock = Clock()
    engine, _ = relaxing(tmp_path, clock)
    engine.submit(ev.CallEnded("c1"))
    assert (clock.alarm, clock.cancelled) == (None, 1)


async def test_the_running_loop_is_the_clock_that_rings() -> None:
    rung = asyncio.Event()
    alarm_in(0.0, rung.set)
    alarm_in(60.0, rung.set).cancel()
    await asyncio.wait_for(rung.wait(), 5)


def test_rules_that_cannot_be_followed_leave_the_ones_before(tmp_path: Path) -> None:
    hands = Hands()
    engine = engine_at(tmp_path, hands)
    broken: Any = {**CONFIGURATION, "queues": [{**CONFIGURATION["queues"][0], "owner_seconds": "long"}]}
    with capture_logs() as logs:
        engine.submit(ev.Configured(broken))
    assert logs[0]["event"] == "rules_refused"
    assert "owner_seconds" in logs[0]["reason"]
    offer(engine)
    assert [call for call, _ in hands.rings] == ["c1"]


def test_who_gave_up_before_a_restart_still_goes_first_after_it(tmp_path: Path) -> None:
    returning: Any = {"returning": {"minutes": 10, "abandoned": 5}}
    conf: Configuration = {**CONFIGURATION, "queues": [{**CONFIGURATION["queues"][0], **returning}]}

    def restarted() -> Engine:
        engine = engine_at(tmp_path, Hands())
        engine.submit(ev.Configured(conf))
        return engine

    def rings(engine: Engine, call_id: str) -> int:
        engine.submit(ev.CallStarted(call_id, "13800000001", "12345", f"PJSIP/trunk-{call_id}"))
        engine.submit(ev.CallQueued(call_id, "city"))
        return engine.floor.calls[call_id].priority

    first = restarted()
    assert rings(first, "c1") == 0
    first.submit(ev.HangupAsked("c1"))
    first.submit(ev.CallEnded("c1"))
    second = restarted()
    assert rings(second, "c2") == 5
    second.submit(ev.Snapshot(T0, {}, {"1001": "NOT_INUSE"}))
    second.submit(ev.LegAnswered("c2", "1001"))
    assert restarted().journal.callers() == []


def test_a_wish_and_a_used_quota_survive_in_the_journal(tmp_path: Path) -> None:
    engine = engine_at(tmp_path, Hands())
    offer(engine)
    engine.submit(ev.LegAnswered("c1", "1001"))
    engine.submit(ev.Command("1001", "pause", {"reason": "rest"}))
    kept = engine.floor.agents["1001"]
    kept.pauses.spend("rest", since=kept.since, until=kept.since + dt.timedelta(minutes=5))
    engine.submit(ev.Command("1001", "microphone", {"ok": False}))
    engine.journal.close()
    again = engine_at(tmp_path, Hands()).floor.agents["1001"]
    assert (again.next, again.pauses, again.microphone) == (kept.next, kept.pauses, False)
    assert again.next is not None
