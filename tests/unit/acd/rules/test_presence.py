"""Whoever cannot be reached is offered nothing, what was asked for comes once, and every state can be left."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.messages import AgentStateName as S
from acd.messages import CallEventType, Configuration
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import TABLE, CommandRefusedError, TransitionRefusedError, Trigger
from acd.rules.floor import Floor
from acd.rules.steps import LOST, keeps_wish

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
AGENTS = ["1001", "1002"]
BY_HAND = {
    *(Trigger.SIGN_IN, Trigger.READY, Trigger.PAUSE, Trigger.SIGN_OUT, Trigger.OUTCOME, Trigger.RESUME),
    *(Trigger.ANSWER, Trigger.NOT_ANSWERED, Trigger.CALL_ENDED, Trigger.LINK_BACK, Trigger.MICROPHONE_BACK),
}
"""What a person does: commands, picking up or not, hanging up, opening the page, plugging the microphone in."""


def configuration(*, rest: int = 30) -> Configuration:
    return {
        "version": str(rest),
        "queues": [{"id": "city", "name": "市级", "priority": 0, "ring_seconds": 20}],
        "agents": [{"id": a, "name": a, "extension": a, "queues": ["city"], "role": "agent"} for a in AGENTS],
        "numbers": [{"number": "12345", "line": "市民热线", "menu": "default", "queue": "city"}],
        "menus": [],
        "pauses": [{"id": "rest", "name": "小休", "minutes": rest}, {"id": "training", "name": "培训"}],
    }


class Hall:
    """A floor with a clock of its own, and what has come out of it."""

    def __init__(self, floor: Floor | None = None, second: float = 0.0) -> None:
        self.floor = floor or Floor()
        self.second = second
        self.out: list[fx.Effect] = []
        self.tell(ev.Configured(configuration()))
        self.tell(ev.Snapshot(self.now, {}, dict.fromkeys(AGENTS, "NOT_INUSE")))
        self.tell(ev.WebCame())

    @property
    def now(self) -> dt.datetime:
        return T0 + dt.timedelta(seconds=self.second)

    def tell(self, event: ev.Event, *, after: float = 1.0) -> list[fx.Effect]:
        until = self.second + after
        while (due := self.floor.next_due) is not None and (due - T0).total_seconds() <= until:
            self.second = max(self.second, (due - T0).total_seconds())
            self.out += self.floor.handle(ev.Due(), now=self.now)
        self.second = until
        found = self.floor.handle(event, now=self.now)
        self.out += found
        return found

    def ask(self, agent: str, name: str, **args: Any) -> None:
        self.tell(ev.Command(agent, name, args))

    def state(self, agent: str = "1001") -> str:
        return self.floor.agents[agent].state.value

    def talk(self, call: str = "c1") -> None:
        self.tell(ev.CallStarted(call, "13800138000", "12345", f"PJSIP/trunk-{call}"))
        self.tell(ev.CallQueued(call, "city"))
        self.tell(ev.LegAnswered(call, "1001"))

    def hang_up(self, call: str = "c1") -> None:
        self.tell(ev.HangupAsked(call, "1001"))
        self.tell(ev.LegEnded(call, "1001"))

    def restarted(self) -> "Hall":
        """The voice process dies and comes back: it knows what was kept."""
        kept = {agent_id: agent.kept() for agent_id, agent in self.floor.agents.items()}
        floor = Floor()
        floor.restore([], list(kept.values()))
        return Hall(floor, self.second + 1)


def test_a_person_can_sign_out_from_every_state() -> None:
    steps = {(before, after) for (before, trigger), after in TABLE.items() if trigger in BY_HAND}
    out = {S.LOGGED_OUT}
    while more := {before for before, after in steps if after in out} - out:
        out |= more
    assert out == set(S)


def test_ready_without_a_microphone_is_refused_with_what_to_do() -> None:
    hall = Hall()
    hall.ask("1001", "ready")
    hall.ask("1001", "microphone", ok=False)
    with pytest.raises(TransitionRefusedError, match="connect the microphone first"):
        hall.ask("1001", "ready")
    assert hall.state() == "microphone_lost"
    hall.ask("1001", "sign_out")
    hall.ask("1001", "ready")
    assert hall.state() == "ready", "a new sign-in begins anew"


def test_a_sign_out_after_the_call_forgets_page_and_microphone_too() -> None:
    hall = Hall()
    hall.tell(ev.ScreenBack("1001"))
    hall.ask("1001", "ready")
    hall.talk()
    hall.ask("1001", "microphone", ok=False)
    hall.tell(ev.ScreenGone("1001"))
    hall.ask("1001", "sign_out")
    hall.hang_up()
    hall.ask("1001", "outcome", call_id="c1")
    assert hall.state() == "logged_out"
    hall.ask("1001", "ready")
    hall.tell(ev.Due(), after=60)
    assert hall.state() == "ready"


def test_who_says_ready_right_after_closing_the_page_works_without_one() -> None:
    hall = Hall()
    hall.tell(ev.ScreenBack("1001"))
    hall.ask("1001", "pause", reason="training")
    hall.tell(ev.ScreenGone("1001"))
    hall.ask("1001", "ready")
    hall.tell(ev.Due(), after=60)
    assert hall.state() == "ready"


@pytest.mark.parametrize("args", [{}, {"ok": None}, {"ok": "yes"}, {"ok": 1}])
def test_a_word_about_the_microphone_is_true_or_false(args: dict[str, Any]) -> None:
    with pytest.raises(CommandRefusedError, match="say whether the microphone is there"):
        Hall().ask("1001", "microphone", **args)


@pytest.mark.parametrize("reason", [None, "", "lunch"])
def test_a_pause_without_a_reason_names_those_that_are(reason: str | None) -> None:
    hall = Hall()
    with pytest.raises(CommandRefusedError, match=r"rest \(小休\), training \(培训\)") as refused:
        hall.ask("1001", "pause", reason=reason)
    assert refused.value.code == "pause_reason_unknown"


def test_a_used_up_quota_is_refused_with_what_to_do() -> None:
    hall = Hall()
    hall.ask("1001", "pause", reason="rest")
    hall.tell(ev.Command("1001", "ready"), after=1800)
    with pytest.raises(CommandRefusedError, match="30 minutes of 小休 are used up: take another reason") as refused:
        hall.ask("1001", "pause", reason="rest")
    assert refused.value.code == "pause_quota_used"


def test_a_new_quota_counts_for_the_pause_in_progress() -> None:
    hall = Hall()
    hall.ask("1001", "pause", reason="rest")
    agent = hall.floor.agents["1001"]
    hall.tell(ev.Configured(configuration(rest=10)), after=900)
    assert (agent.until, agent.overrun) == (agent.since + dt.timedelta(minutes=10), True)
    hall.tell(ev.Configured(configuration(rest=20)))
    assert (agent.until, agent.overrun) == (agent.since + dt.timedelta(minutes=20), False)
    hall.tell(ev.Due(), after=400)
    assert agent.overrun


def test_a_pause_its_quota_and_the_next_state_survive_a_restart() -> None:
    hall = Hall()
    hall.ask("1002", "pause", reason="rest")
    hall.ask("1001", "ready")
    hall.talk()
    hall.ask("1001", "sign_out")
    before = {agent_id: agent.public() for agent_id, agent in hall.floor.agents.items()}
    hall = hall.restarted()
    assert hall.floor.agents["1002"].public() == before["1002"]
    assert hall.floor.agents["1001"].public()["next"] == {"state": "logged_out", "reason": None}
    hall.tell(ev.Due(), after=1800)
    assert hall.floor.agents["1002"].overrun
    assert hall.state() == "wrap_up", "Asterisk has no such call any more"
    hall.ask("1001", "outcome", call_id="c1")
    assert hall.state() == "logged_out"


def test_an_overrun_is_told_once_also_over_a_restart() -> None:
    hall = Hall()
    hall.ask("1001", "pause", reason="rest")
    hall.tell(ev.Due(), after=2000)
    told = [e for e in hall.out if isinstance(e, fx.Tell) and e.body.get("overrun")]
    assert len(told) == 1
    hall = hall.restarted()
    hall.tell(ev.Due(), after=2000)
    assert not [e for e in hall.out if isinstance(e, fx.Tell) and e.body.get("overrun")]
    assert hall.floor.agents["1001"].overrun


def test_after_a_restart_pages_have_time_to_come_back() -> None:
    hall = Hall()
    hall.tell(ev.ScreenBack("1001"))
    hall.ask("1001", "ready")
    since = hall.floor.agents["1001"].since
    hall = hall.restarted()
    hall.tell(ev.Due(), after=9)
    assert hall.state() == "ready"
    hall.tell(ev.Due(), after=2)
    assert hall.state() == "link_lost"
    hall = hall.restarted()
    assert hall.state() == "link_lost"
    hall.tell(ev.ScreenBack("1001"))
    assert (hall.state(), hall.floor.agents["1001"].since) == ("ready", since)


def test_a_microphone_stays_lost_over_a_restart() -> None:
    hall = Hall()
    hall.ask("1001", "ready")
    hall.ask("1001", "microphone", ok=False)
    hall = hall.restarted()
    hall.ask("1001", "microphone", ok=True)
    assert hall.state() == "ready"


def test_every_change_is_a_fact_after_all_orders() -> None:
    hall = Hall()
    hall.ask("1001", "ready")
    hall.tell(ev.CallStarted("c1", "13800138000", "12345", "PJSIP/trunk-c1"))
    out = hall.tell(ev.CallQueued("c1", "city"))
    places = {type(e): n for n, e in enumerate(out)}
    fact = out[-1]
    assert isinstance(fact, fx.Record)
    assert places[fx.Ring] < places[fx.Record]
    assert (fact.call_id, fact.type) == ("agent-1001", CallEventType.AGENT_STATE)
    since = hall.now.isoformat()
    assert fact.data == {"agent_id": "1001", "state": "offered", "reason": None, "call": "c1", "since": since}


EVENTS = st.one_of(
    st.builds(ev.Command, st.sampled_from(AGENTS), st.sampled_from(["ready", "sign_out", "sign_in"])),
    st.builds(
        ev.Command, st.sampled_from(AGENTS), st.just("pause"), st.sampled_from([{"reason": "rest"}, {"reason": "x"}])
    ),
    st.builds(
        ev.Command, st.sampled_from(AGENTS), st.just("microphone"), st.sampled_from([{"ok": True}, {"ok": False}])
    ),
    st.builds(ev.Command, st.sampled_from(AGENTS), st.just("outcome"), st.sampled_from([{"call_id": "c1"}])),
    st.builds(ev.ScreenBack, st.sampled_from(AGENTS)),
    st.builds(ev.ScreenGone, st.sampled_from(AGENTS)),
    st.builds(ev.CallStarted, st.sampled_from(["c1", "c2"]), st.just("138"), st.just("12345"), st.just("x")),
    st.builds(ev.CallQueued, st.sampled_from(["c1", "c2"]), st.just("city")),
    st.builds(ev.LegAnswered, st.sampled_from(["c1", "c2"]), st.sampled_from(AGENTS)),
    st.builds(ev.LegEnded, st.sampled_from(["c1", "c2"]), st.sampled_from(AGENTS)),
    st.builds(ev.OfferFailed, st.sampled_from(["c1", "c2"]), st.integers(1, 3), st.just("no_answer")),
    st.builds(ev.HangupAsked, st.sampled_from(["c1", "c2"]), st.sampled_from([None, "1001"])),
    st.builds(ev.ReservationOver, st.sampled_from(["c1", "c2"])),
    st.builds(ev.CallEnded, st.sampled_from(["c1", "c2"])),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.sampled_from([0.0, 1.0, 4.0, 2000.0])), max_size=40))
def test_whatever_happens_nobody_is_offered_what_they_cannot_take(story: list[tuple[ev.Event, float]]) -> None:
    hall = Hall()
    for event, after in story:
        free = {a.agent_id for a in hall.floor.agents.values() if a.state not in LOST}
        try:
            out = hall.tell(event, after=after)
        except (CommandRefusedError, TransitionRefusedError):
            continue
        for ring in (e for e in out if isinstance(e, fx.Ring)):
            agent = hall.floor.agents[ring.agent_id]
            assert agent.microphone or agent.agent_id in free
        for agent in hall.floor.agents.values():
            assert agent.state is not S.READY or (agent.microphone and not agent.page.lost)
            assert agent.next is None or keeps_wish(agent.state, agent.call_id)
            assert hall.floor.waiting.free(agent.agent_id) == (agent.state is S.READY and agent.phone is not None)
            assert (agent.state is S.PAUSED and agent.reason == "rest") == (agent.until is not None) or (
                agent.state is S.OFFERED and agent.until is not None
            )
