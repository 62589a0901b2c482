"""The floor told as an operator would tell it: what happens, and what everybody then is doing."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.messages import AgentStateName, CallEventType, Configuration
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import CommandRefusedError, TransitionRefusedError
from acd.rules.floor import Floor, UnknownAgentError
from acd.rules.state import Phase, call_from_dict

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
FREE = "NOT_INUSE"


def configuration(agents: dict[str, list[str]]) -> Configuration:
    return {
        "version": "1",
        "queues": [
            {"id": "city", "name": "市级", "priority": 0, "ring_seconds": 20},
            {"id": "linhe", "name": "临河县", "priority": 0, "ring_seconds": 15},
        ],
        "agents": [
            {"id": a, "name": f"座席{a}", "extension": a, "queues": q, "role": "agent"} for a, q in agents.items()
        ],
        "numbers": [{"number": "12345", "line": "市民热线", "menu": "default", "queue": "city"}],
        "menus": [],
    }


class Hall:
    """A floor with a clock of its own."""

    def __init__(self, agents: dict[str, list[str]] | None = None) -> None:
        self.floor = Floor()
        self.second = 0
        self.out: list[fx.Effect] = []
        self.tell(ev.Configured(configuration(agents or {"1001": ["city"], "1002": ["city"]})))
        self.tell(ev.Snapshot(self.now))

    @property
    def now(self) -> dt.datetime:
        return T0 + dt.timedelta(seconds=self.second)

    def tell(self, event: ev.Event) -> list[fx.Effect]:
        self.second += 1
        self.out = self.floor.handle(event, now=self.now)
        return self.out

    def ready(self, *agents: str) -> None:
        for agent in agents:
            self.tell(ev.PhoneChanged(agent, FREE))
            self.tell(ev.Command(agent, "ready"))

    def call(self, call_id: str, *, queue: str = "city", priority: int = 0) -> list[fx.Effect]:
        self.tell(ev.CallStarted(call_id, "13800138000", "12345", f"PJSIP/trunk-{call_id}"))
        return self.tell(ev.CallQueued(call_id, queue, priority))

    def state(self, agent: str) -> str:
        return self.floor.agents[agent].state.value

    def rings(self) -> list[tuple[str, str]]:
        return [(e.call_id, e.agent_id) for e in self.out if isinstance(e, fx.Ring)]

    def records(self, kind: CallEventType) -> list[dict[str, Any]]:
        return [e.data for e in self.out if isinstance(e, fx.Record) and e.type is kind]


def test_a_caller_meets_a_free_agent_and_the_screen_is_told_before_the_phone() -> None:
    hall = Hall()
    hall.ready("1001")
    hall.call("c1")
    kinds = [e.body["type"] if isinstance(e, fx.Tell) else type(e).__name__ for e in hall.out]
    assert hall.rings() == [("c1", "1001")]
    assert kinds.index("offer") < kinds.index("Ring")
    assert hall.state("1001") == "offered"
    offer = next(e.body for e in hall.out if isinstance(e, fx.Tell) and e.body["type"] == "offer")
    assert (offer["line"], offer["caller"], offer["offer_no"]) == ("市民热线", "13800138000", 1)


def test_the_longest_idle_agent_gets_the_call() -> None:
    hall = Hall()
    hall.ready("1002", "1001")
    hall.call("c1")
    assert hall.rings() == [("c1", "1002")]


def test_a_free_agent_takes_the_first_of_the_line() -> None:
    hall = Hall()
    hall.call("c1")
    hall.call("c2")
    hall.call("urgent", priority=3)
    hall.ready("1001")
    assert hall.rings() == [("urgent", "1001")]


def test_missed_the_agent_is_missed_and_the_call_is_first_with_its_entry_time() -> None:
    hall = Hall()
    hall.ready("1001")
    hall.call("c1")
    entered = hall.floor.calls["c1"].queued_at
    hall.call("c2")
    hall.tell(ev.OfferFailed("c1", 1, "no_answer"))
    assert hall.state("1001") == "missed"
    assert hall.floor.agents["1001"].reason == "no_answer"
    assert hall.floor.waiting.position("c1") == 1
    assert hall.floor.calls["c1"].queued_at == entered
    hall.ready("1002")
    assert hall.rings() == [("c1", "1002")]
    assert hall.records(CallEventType.OFFERED)[0]["offer_no"] == 2


def test_talk_then_wrap_up_until_an_outcome_then_the_next_caller() -> None:
    hall = Hall()
    hall.ready("1001")
    hall.call("c1")
    hall.tell(ev.LegRinging("c1", "1001"))
    hall.tell(ev.LegAnswered("c1", "1001"))
    assert hall.state("1001") == "talking"
    hall.call("c2")
    assert hall.rings() == []
    hall.tell(ev.HangupAsked("c1", "1001"))
    hall.tell(ev.LegEnded("c1", "1001"))
    assert hall.state("1001") == "wrap_up"
    hall.tell(ev.Command("1001", "ready"))
    assert hall.state("1001") == "wrap_up", "the outcome comes first"
    hall.tell(ev.Command("1001", "outcome", {"call_id": "c1"}))
    assert hall.rings() == [("c2", "1001")]


def test_an_outcome_chosen_during_the_talk_skips_the_wrap_up() -> None:
    hall = Hall()
    hall.ready("1001")
    hall.call("c1")
    hall.tell(ev.LegAnswered("c1", "1001"))
    hall.tell(ev.Command("1001", "outcome", {"call_id": "c1"}))
    assert hall.state("1001") == "talking"
    hall.tell(ev.HangupAsked("c1", "1001"))
    hall.tell(ev.LegEnded("c1", "1001"))
    assert hall.state("1001") == "ready"


def test_an_outcome_for_another_call_changes_nothing() -> None:
    hall = Hall()
    hall.ready("1001")
    hall.call("c1")
    hall.tell(ev.LegAnswered("c1", "1001"))
    hall.tell(ev.HangupAsked("c1", "1001"))
    hall.tell(ev.LegEnded("c1", "1001"))
    hall.tell(ev.Command("1001", "outcome", {"call_id": "c0"}))
    assert hall.state("1001") == "wrap_up"


def broken(hall: Hall) -> None:
    """Agent 1001 talks to c1 and the phone is gone without anybody having hung up."""
    hall.ready("1001")
    hall.call("c1")
    hall.tell(ev.LegAnswered("c1", "1001"))
    hall.tell(ev.PhoneChanged("1001", "UNAVAILABLE"))
    hall.tell(ev.LegEnded("c1", "1001"))


def test_an_agents_phone_breaks_and_the_same_citizen_is_back_with_it() -> None:
    hall = Hall()
    broken(hall)
    assert [e.again for e in hall.out if isinstance(e, fx.TalkOver)] == [True]
    assert (hall.state("1001"), hall.floor.agents["1001"].reason) == ("missed", "phone_lost")
    hall.ready("1002")
    hall.call("c2")
    assert hall.rings() == [("c2", "1002")], "nobody else is given the reserved citizen"
    hall.tell(ev.PhoneChanged("1001", FREE))
    assert hall.rings() == [("c1", "1001")]
    hall.tell(ev.LegAnswered("c1", "1001"))
    assert hall.state("1001") == "talking"


def test_the_phone_does_not_come_back_and_the_citizen_is_first_of_the_line() -> None:
    hall = Hall()
    hall.call("later")
    hall.tell(ev.CallEnded("later"))
    broken(hall)
    hall.call("c2")
    hall.tell(ev.ReservationOver("c1"))
    assert [hall.floor.waiting.position(c) for c in ("c1", "c2")] == [1, 2]
    hall.ready("1002")
    assert hall.rings() == [("c1", "1002")]
    hall.tell(ev.PhoneChanged("1001", FREE))
    assert hall.rings() == []
    assert (hall.state("1001"), hall.floor.agents["1001"].call_id) == ("missed", None)
    hall.tell(ev.Command("1001", "ready"))
    assert hall.rings() == [("c2", "1001")]


def test_the_citizen_leaves_while_the_phone_is_broken_and_the_case_still_gets_its_outcome() -> None:
    hall = Hall()
    broken(hall)
    hall.tell(ev.CallEnded("c1"))
    assert hall.state("1001") == "wrap_up"
    assert hall.records(CallEventType.ENDED) == [{"disposition": "answered", "ended_by": "caller"}]
    hall.tell(ev.Command("1001", "outcome", {"call_id": "c1"}))
    assert hall.state("1001") == "ready"


def test_the_caller_gives_up_while_it_rings() -> None:
    hall = Hall()
    hall.ready("1001")
    hall.call("c1")
    hall.tell(ev.CallEnded("c1"))
    assert hall.state("1001") == "ready"
    assert hall.records(CallEventType.MISSED)[0]["reason"] == "withdrawn"
    assert hall.records(CallEventType.ENDED) == [{"disposition": "abandoned", "ended_by": "caller"}]


def test_the_caller_gives_up_while_it_rings_and_the_session_is_the_first_to_know() -> None:
    hall = Hall()
    hall.ready("1001")
    hall.call("c1")
    hall.tell(ev.SessionLost("c1"))
    hall.tell(ev.HangupAsked("c1"))
    hall.tell(ev.LegEnded("c1", "1001"))
    assert hall.state("1001") == "ready"


@pytest.mark.parametrize(("seconds", "disposition"), [(0, "hangup_in_menu"), (30, "abandoned")])
def test_a_hang_up_in_the_menu_is_one_though_the_session_is_gone_before_ami_tells(
    seconds: int, disposition: str
) -> None:
    hall = Hall()
    hall.tell(ev.CallStarted("c1", "138", "12345", "PJSIP/trunk-1"))
    hall.tell(ev.SessionLost("c1"))
    hall.second += seconds
    (ended,) = (e for e in hall.tell(ev.CallEnded("c1")) if isinstance(e, fx.Record))
    assert ended.data["disposition"] == disposition


def test_the_way_through_the_menu_is_written_down_though_the_citizen_hung_up_as_it_ended() -> None:
    hall = Hall()
    hall.tell(ev.CallStarted("c1", "138", "12345", "PJSIP/trunk-1"))
    hall.tell(ev.CallEnded("c1"))
    told = hall.tell(ev.MenuPassed("c1", "m", 2, ("1",), journey={"end": "queue"}))
    (passed,) = (e for e in told if isinstance(e, fx.Record))
    assert (passed.call_id, passed.type) == ("c1", CallEventType.MENU)
    assert passed.data == {"menu": "m", "version": 2, "path": ["1"], "end": "queue"}
    assert hall.tell(ev.CallQueued("c1", "city", 0)) == []


def test_an_agent_who_declines_has_not_ended_the_call() -> None:
    hall = Hall()
    hall.ready("1001")
    hall.call("c1")
    hall.tell(ev.HangupAsked("c1", "1001"))
    hall.tell(ev.OfferFailed("c1", 1, "busy"))
    hall.tell(ev.CallEnded("c1"))
    assert hall.records(CallEventType.ENDED) == [{"disposition": "abandoned", "ended_by": "caller"}]


@pytest.mark.parametrize(
    ("endpoint", "by"), [(None, "caller"), ("1001", "agent")], ids=["the citizen hangs up", "the agent hangs up"]
)
def test_who_ended_it_is_who_asked_first(endpoint: str | None, by: str) -> None:
    hall = Hall()
    hall.ready("1001")
    hall.call("c1")
    hall.tell(ev.LegAnswered("c1", "1001"))
    hall.tell(ev.HangupAsked("c1", endpoint))
    hall.tell(ev.LegEnded("c1", "1001"))
    hall.tell(ev.HangupAsked("c1", None))
    hall.tell(ev.CallEnded("c1"))
    assert hall.records(CallEventType.ENDED) == [{"disposition": "answered", "ended_by": by}]


def test_an_idle_agent_is_not_blocked_by_a_call_nobody_free_may_take() -> None:
    hall = Hall({"1001": ["city"], "2001": ["linhe"]})
    hall.call("for-linhe", queue="linhe", priority=9)
    hall.call("for-city")
    hall.ready("1001")
    assert hall.rings() == [("for-city", "1001")]


def test_no_phone_no_offer_and_the_offer_as_soon_as_the_phone_is_there() -> None:
    hall = Hall()
    hall.tell(ev.Command("1001", "ready"))
    hall.call("c1")
    assert hall.rings() == []
    hall.tell(ev.PhoneChanged("1001w", FREE))
    assert hall.rings() == [("c1", "1001")]
    assert next(e.endpoint for e in hall.out if isinstance(e, fx.Ring)) == "1001w"


def test_a_phone_in_use_is_not_rung() -> None:
    hall = Hall()
    hall.ready("1001")
    hall.tell(ev.PhoneChanged("1001w", FREE))
    hall.tell(ev.PhoneChanged("1001", "INUSE"))
    hall.call("c1")
    assert hall.rings() == []


def test_nothing_is_offered_while_asterisk_is_out_of_sight() -> None:
    hall = Hall()
    hall.ready("1001")
    hall.tell(ev.AmiLost())
    hall.call("c1")
    assert hall.rings() == []
    hall.tell(ev.Thawed())
    assert hall.rings() == [("c1", "1001")]


def test_asterisk_was_restarted_no_ghost_call_no_agent_stuck() -> None:
    hall = Hall()
    hall.ready("1001", "1002")
    hall.call("talking")
    hall.tell(ev.LegAnswered("talking", "1001"))
    hall.call("ringing")
    hall.call("waiting")
    hall.tell(ev.AmiLost())
    hall.tell(ev.Snapshot(hall.now, {}, {"1001": FREE, "1002": FREE}))
    assert hall.floor.calls == {}
    assert len(hall.floor.waiting) == 0
    assert (hall.state("1001"), hall.state("1002")) == ("wrap_up", "ready")
    assert {e.call_id for e in hall.out if isinstance(e, fx.ForgetCall) and not e.witnessed} == {
        "talking",
        "ringing",
        "waiting",
    }
    assert hall.records(CallEventType.ENDED) == []


def test_a_call_that_began_after_the_snapshot_was_asked_for_is_kept() -> None:
    hall = Hall()
    asked = hall.now
    hall.call("new")
    hall.tell(ev.Snapshot(asked, {}, {}))
    assert "new" in hall.floor.calls


def test_after_a_restart_talks_go_on_and_waiting_callers_are_in_the_fallback() -> None:
    before = Hall()
    before.ready("1001", "1002")
    before.call("talk")
    before.tell(ev.LegAnswered("talk", "1001"))
    before.call("ring")
    before.call("wait")
    kept_calls = [call_from_dict(c.to_dict()) for c in before.floor.calls.values()]
    kept_agents = [a.public() for a in before.floor.agents.values()]

    after = Hall.__new__(Hall)
    after.floor, after.second, after.out = Floor(), 100, []
    after.floor.restore(kept_calls, kept_agents)
    after.tell(ev.Configured(configuration({"1001": ["city"], "1002": ["city"]})))
    channels = {
        "talk": ev.SeenChannel("talk", "138", "PJSIP/trunk-1", "1001"),
        "ring": ev.SeenChannel("ring", "138", "PJSIP/trunk-2"),
        "wait": ev.SeenChannel("wait", "138", "PJSIP/trunk-3"),
        "new": ev.SeenChannel("new", "139", "PJSIP/trunk-4", "1002"),
    }
    after.tell(ev.Snapshot(after.now, channels, {"1001": "INUSE", "1002": "INUSE"}))
    assert (after.state("1001"), after.state("1002")) == ("talking", "talking")
    assert [after.floor.calls[c].phase for c in ("talk", "ring", "wait", "new")] == [
        Phase.TALKING,
        Phase.FALLBACK,
        Phase.FALLBACK,
        Phase.TALKING,
    ]
    assert {e.call_id for e in after.out if isinstance(e, fx.Record) and e.type is CallEventType.ANSWERED} == {"new"}


def test_a_fallback_call_pops_too() -> None:
    hall = Hall()
    hall.call("c1")
    hall.ready("1001")
    hall.tell(ev.SessionLost("c1"))
    hall.tell(ev.OfferFailed("c1", 1, "unreachable"))
    hall.tell(ev.Command("1001", "ready"))
    hall.tell(ev.SessionLost("c1"))
    hall.tell(ev.LegRinging("c1", "1001"))
    assert hall.floor.agents["1001"].call_id == "c1"
    assert hall.rings() == []
    hall.tell(ev.LegEnded("c1", "1001"))
    assert hall.state("1001") == "missed"
    hall.tell(ev.LegAnswered("c1", "1002"))
    assert hall.state("1002") == "talking"


def test_a_late_answer_event_after_the_talk_changes_nothing() -> None:
    hall = Hall()
    hall.ready("1001")
    hall.call("c1")
    hall.tell(ev.LegAnswered("c1", "1001"))
    hall.tell(ev.HangupAsked("c1", "1001"))
    hall.tell(ev.LegEnded("c1", "1001"))
    assert hall.tell(ev.LegAnswered("c1", "1001")) == []
    assert hall.state("1001") == "wrap_up"


def test_commands_of_strangers_and_unknown_commands_are_refused() -> None:
    hall = Hall()
    with pytest.raises(UnknownAgentError):
        hall.tell(ev.Command("7777", "ready"))
    for name in ("dance", "answer"):
        with pytest.raises(CommandRefusedError, match=name):
            hall.tell(ev.Command("1001", name))


def test_an_agent_removed_from_the_configuration_finishes_first() -> None:
    hall = Hall()
    hall.ready("1001")
    hall.tell(ev.Configured(configuration({"1002": ["city"]})))
    assert "1001" in hall.floor.agents
    hall.tell(ev.Command("1001", "sign_out"))
    hall.tell(ev.Configured(configuration({"1002": ["city"]})))
    assert "1001" not in hall.floor.agents


AGENTS, CALLS = ["1001", "1002", "1003"], ["c1", "c2", "c3", "c4"]
ANY_EVENT = st.one_of(
    st.builds(ev.CallStarted, st.sampled_from(CALLS), st.just("138"), st.just("12345"), st.just("PJSIP/trunk-1")),
    st.builds(ev.CallQueued, st.sampled_from(CALLS), st.sampled_from(["city", "linhe"]), st.integers(0, 2)),
    st.builds(ev.OfferFailed, st.sampled_from(CALLS), st.integers(1, 4), st.sampled_from(["no_answer", "busy"])),
    st.builds(ev.SessionLost, st.sampled_from(CALLS)),
    st.builds(ev.ReservationOver, st.sampled_from(CALLS)),
    st.builds(ev.LegRinging, st.sampled_from(CALLS), st.sampled_from(AGENTS)),
    st.builds(ev.LegAnswered, st.sampled_from(CALLS), st.sampled_from(AGENTS)),
    st.builds(ev.LegEnded, st.sampled_from(CALLS), st.sampled_from(AGENTS)),
    st.builds(ev.HangupAsked, st.sampled_from(CALLS), st.sampled_from([None, *AGENTS])),
    st.builds(ev.CallEnded, st.sampled_from(CALLS)),
    st.builds(ev.PhoneChanged, st.sampled_from(AGENTS), st.sampled_from([FREE, "INUSE", "UNAVAILABLE"])),
    st.builds(ev.Command, st.sampled_from(AGENTS), st.sampled_from(["ready", "pause", "sign_out"])),
    st.builds(lambda a, c: ev.Command(a, "outcome", {"call_id": c}), st.sampled_from(AGENTS), st.sampled_from(CALLS)),
    st.just(ev.AmiLost()),
    st.just(ev.Thawed()),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(ANY_EVENT, max_size=60))
def test_in_whatever_order_events_come_the_hall_stays_sane_and_agrees_with_the_snapshot(events: list[ev.Event]) -> None:
    hall = Hall({a: ["city", "linhe"] for a in AGENTS})
    hall.ready(*AGENTS)
    for event in events:
        try:
            hall.tell(event)
        except TransitionRefusedError:
            assert isinstance(event, ev.Command)
        assert_sane(hall.floor)
    hall.tell(ev.Snapshot(hall.now + dt.timedelta(hours=1), {}, dict.fromkeys(AGENTS, FREE)))
    assert hall.floor.calls == {}
    assert all(a.state.value not in {"offered", "talking"} for a in hall.floor.agents.values())


def assert_sane(floor: Floor) -> None:
    holders = [c.agent_id for c in floor.calls.values() if c.phase is Phase.OFFERED]
    assert len(holders) == len(set(holders)), "an agent is offered two calls"
    for call in floor.calls.values():
        assert (call.call_id in floor.waiting) == (call.phase is Phase.WAITING)
    for agent in floor.agents.values():
        assert floor.waiting.free(agent.agent_id) == (agent.state is AgentStateName.READY and agent.phone is not None)
        if agent.state is AgentStateName.OFFERED:
            call = floor.calls[agent.call_id or ""]
            assert (call.phase, call.agent_id) == (Phase.OFFERED, agent.agent_id)
        if floor.offering and agent.state is AgentStateName.READY and agent.phone:
            waiting = {c.queue for c in floor.calls.values() if c.phase is Phase.WAITING}
            assert waiting.isdisjoint(agent.queues), "a free agent and a waiting call ignore each other"
