"""Listening, and what is written down and told of a supervisor's acts; who gets which call stands in the scenarios."""

import datetime as dt
import json
from typing import Any

import pytest

from acd.messages import AgentConfiguration, CallEventType, Configuration
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import CommandRefusedError
from acd.rules.floor import Floor
from acd.rules.listening import RING_SECONDS

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
CONFIGURATION: Configuration = {
    "version": "1",
    "queues": [{"id": "city", "name": "市级", "priority": 0, "ring_seconds": 20}],
    "agents": [
        {"id": "1001", "name": "王丽华", "extension": "1001", "queues": ["city"], "role": "agent"},
        {"id": "1002", "name": "李建国", "extension": "1002", "queues": ["city"], "role": "agent"},
        {"id": "1003", "name": "张晓梅", "extension": "1003", "queues": [], "role": "agent"},
        {"id": "9001", "name": "沈慧敏", "extension": "9001", "queues": [], "role": "supervisor"},
    ],
    "numbers": [],
    "menus": [],
}
CALLER = "13800138000"


class Hall:
    """Two agents who talk, to c1 and c2, and a supervisor at a phone."""

    def __init__(self) -> None:
        self.floor = Floor()
        self.everything: list[fx.Effect] = []
        self.tell(ev.Configured(CONFIGURATION))
        self.tell(ev.Snapshot(T0, {}, {"1001": "NOT_INUSE", "1002": "NOT_INUSE", "9001": "NOT_INUSE"}))
        for agent, call in (("1001", "c1"), ("1002", "c2")):
            self.tell(ev.Command(agent, "ready"))
            self.tell(ev.CallStarted(call, CALLER, "12345", "PJSIP/trunk-1"))
            self.tell(ev.CallQueued(call, "city"))
            self.tell(ev.LegAnswered(call, agent, f"leg of {agent}"))

    def tell(self, event: ev.Event) -> list[fx.Effect]:
        self.out = self.floor.handle(event, now=T0)
        self.everything += self.out
        return self.out

    def act(self, act: str, by: str = "9001", **more: Any) -> list[fx.Effect]:
        return self.tell(ev.Command(by, "supervise", {"act": act, "act_id": f"id-{act}", "why": "质检", **more}))

    def kinds(self, kind: type) -> list[Any]:
        return [effect for effect in self.out if isinstance(effect, kind)]

    @property
    def written(self) -> list[tuple[str, str, str]]:
        acts = [r for r in self.kinds(fx.Record) if r.type is CallEventType.HALL_ACT]
        return [(r.call_id, r.data["act"], r.data["result"]) for r in acts]

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(t.agent_id, t.body["type"]) for t in self.kinds(fx.Tell) if t.body["type"] != "state"]

    @property
    def listening(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.floor.hall()["listening"]
        return found


def listening() -> tuple[Hall, fx.Place]:
    hall = Hall()
    hall.act("listen", agent_id="1001")
    (place,) = hall.kinds(fx.Place)
    hall.tell(ev.Placed(place.leg, ev.PlacedResult.ANSWERED))
    return hall, place


def test_the_supervisors_phone_is_rung_beside_the_talk_and_the_agent_is_told_nothing() -> None:
    hall = Hall()
    hall.act("listen", agent_id="1001")
    (place,) = hall.kinds(fx.Place)
    assert (place.dial, place.context, place.exten) == ("PJSIP/9001", "supervise", "listen")
    assert place.variables == (("HOTLINE_SPIED", "leg of 1001"), ("HOTLINE_CALL", "c1"))
    assert place.leg.startswith("leg-supervise-c1-")
    assert hall.written == [("c1", "listen", "taken")]
    assert hall.told == [("9001", "supervision")]
    assert hall.listening[0]["since"] is None
    hall.tell(ev.Placed(place.leg, ev.PlacedResult.ANSWERED))
    assert hall.written == [("c1", "listen", "connected")]
    assert hall.listening[0]["since"] == T0.isoformat()


def test_the_act_is_written_down_with_who_why_and_on_whom() -> None:
    hall = Hall()
    hall.act("force", agent_id="1003", state="paused", reason="meeting")
    (record,) = [r for r in hall.kinds(fx.Record) if r.type is CallEventType.HALL_ACT]
    assert record.call_id == "agent-1003"
    wanted = {
        "by": "9001",
        "why": "质检",
        "agent_id": "1003",
        "state": "paused",
        "reason": "meeting",
        "act_id": "id-force",
    }
    assert wanted.items() <= record.data.items()
    assert ("1003", "supervised") in hall.told


def test_listening_becomes_whispering_and_joining_on_the_same_leg() -> None:
    hall, place = listening()
    hall.act("whisper", call_id="c1")
    assert hall.kinds(fx.Move) == [fx.Move("supervise", ((place.leg, "whisper"),))]
    assert ("1001", "supervised") not in hall.told
    hall.act("join", call_id="c1")
    together = fx.Move("room", (("c1", "citizen"), ("leg of 1001", "party")))
    assert hall.kinds(fx.Move) == [together, fx.Move("supervise", ((place.leg, "join"),))]
    assert ("1001", "supervised") in hall.told, "who is heard by the citizen is announced"
    hall.act("stop")
    assert hall.kinds(fx.HangUp) == [fx.HangUp(place.leg)]
    hall.tell(ev.PlacedEnded(place.leg, ev.PlacedResult.FAILED))
    assert hall.written == [("c1", "join", "ended")]
    assert hall.listening == []


def test_nobody_is_moved_before_the_joining_supervisor_has_picked_up() -> None:
    hall = Hall()
    hall.act("join", agent_id="1001")
    (place,) = hall.kinds(fx.Place)
    assert (place.exten, hall.kinds(fx.Move)) == ("join", [])
    hall.tell(ev.Placed(place.leg, ev.PlacedResult.ANSWERED))
    assert hall.kinds(fx.Move) == [fx.Move("room", (("c1", "citizen"), ("leg of 1001", "party")))]


def test_another_talk_is_heard_as_soon_as_the_first_leg_is_gone() -> None:
    hall, place = listening()
    hall.act("listen", call_id="c2")
    assert hall.kinds(fx.HangUp) == [fx.HangUp(place.leg)]
    assert hall.kinds(fx.Place) == []
    hall.tell(ev.PlacedEnded(place.leg, ev.PlacedResult.FAILED))
    (second,) = hall.kinds(fx.Place)
    assert second.variables[0] == ("HOTLINE_SPIED", "leg of 1002")
    assert second.leg != place.leg


def test_a_talk_that_has_ended_meanwhile_is_not_heard() -> None:
    hall, place = listening()
    hall.act("listen", call_id="c2")
    hall.tell(ev.HangupAsked("c2"))
    hall.tell(ev.LegEnded("c2", "1002"))
    hall.tell(ev.CallEnded("c2"))
    hall.tell(ev.PlacedEnded(place.leg, ev.PlacedResult.FAILED))
    assert hall.kinds(fx.Place) == []


@pytest.mark.parametrize("result", [ev.PlacedResult.BUSY, ev.PlacedResult.NO_ANSWER, ev.PlacedResult.FAILED])
def test_a_phone_that_is_not_picked_up_is_written_down(result: ev.PlacedResult) -> None:
    hall = Hall()
    hall.act("listen", agent_id="1001")
    (place,) = hall.kinds(fx.Place)
    hall.tell(ev.Placed(place.leg, result))
    assert hall.written == [("c1", "listen", "failed")]
    assert hall.listening == []
    hall.tell(ev.PlacedEnded(place.leg, result))
    assert hall.written == [], "its end is told once"
    assert hall.floor.calls["c1"].phase == "talking"


def reborn(hall: Hall, placed: dict[str, bool], seen: tuple[str, ...] = ("c1", "c2")) -> Hall:
    """A voice process that comes after `hall`'s and finds these legs and calls in Asterisk."""
    kept = {agent.agent_id: agent.kept() for agent in hall.floor.agents.values()}
    ears = next(one.ears for one in reversed(hall.everything) if isinstance(one, fx.KeepEars))
    after = Hall.__new__(Hall)
    after.floor, after.everything = Floor(), []
    after.floor.restore(hall.floor.calls.values(), kept.values(), ears=json.loads(json.dumps(ears)))
    after.tell(ev.Configured(CONFIGURATION))
    channels = {
        call: ev.SeenChannel(call, CALLER, "PJSIP/trunk-1", agent, f"leg of {agent}")
        for call, agent in (("c1", "1001"), ("c2", "1002"))
        if call in seen
    }
    after.tell(ev.Snapshot(T0, channels, dict.fromkeys(("1001", "1002", "9001"), "INUSE"), placed))
    return after


def test_the_next_voice_process_shows_who_listens_and_writes_down_the_end() -> None:
    hall, place = listening()
    after = reborn(hall, {place.leg: True})
    assert after.listening == hall.listening
    assert after.written == [], "nothing is written down twice"
    after.act("whisper", call_id="c1")
    assert after.kinds(fx.Move) == [fx.Move("supervise", ((place.leg, "whisper"),))]
    after.tell(ev.PlacedEnded(place.leg, ev.PlacedResult.FAILED))
    assert after.written == [("c1", "whisper", "ended")]


def test_an_ear_that_ended_while_nobody_watched_is_written_down_as_ended() -> None:
    hall, place = listening()
    after = reborn(hall, {})
    assert after.written == [("c1", "listen", "ended")]
    (record,) = [one for one in after.kinds(fx.Record) if one.type is CallEventType.HALL_ACT]
    assert (record.data["why"], record.data["detail"]) == ("质检", "noticed afterwards")
    assert after.listening == []
    assert fx.HangUp(place.leg) in after.out, "should it just be ringing, nobody listens unseen"
    assert reborn(after, {}).written == []


def test_a_phone_that_was_picked_up_while_nobody_watched_is_connected() -> None:
    hall = Hall()
    hall.act("listen", agent_id="1001")
    (place,) = hall.kinds(fx.Place)
    after = reborn(hall, {place.leg: True})
    assert after.written == [("c1", "listen", "connected")]
    assert reborn(hall, {place.leg: False}).written == [], "it still rings"
    assert reborn(hall, {}).written == [("c1", "listen", "failed")]


def test_nobody_listens_to_a_call_that_is_gone() -> None:
    hall, place = listening()
    del hall.floor.calls["c1"]
    after = reborn(hall, {place.leg: True}, seen=("c2",))
    assert after.kinds(fx.HangUp) == [fx.HangUp(place.leg)]
    after.tell(ev.PlacedEnded(place.leg, ev.PlacedResult.FAILED))
    assert after.written == [("c1", "listen", "ended")]


def test_no_leg_has_the_name_of_one_before_the_restart() -> None:
    hall, place = listening()
    after = reborn(hall, {})
    after.tell(ev.PhoneChanged("9001", "NOT_INUSE"))
    after.act("listen", agent_id="1001")
    (again,) = after.kinds(fx.Place)
    assert again.leg != place.leg


def test_a_talk_that_is_listened_to_is_taken_over_when_the_phone_is_free() -> None:
    hall, place = listening()
    hall.tell(ev.PhoneChanged("9001", "INUSE"))
    hall.act("take_over", call_id="c1")
    assert [one.channel for one in hall.kinds(fx.HangUp)] == [place.leg, "leg of 1001"]
    assert hall.kinds(fx.TalkOver) == [fx.TalkOver("c1", again=True, quiet=True)]
    assert {("1001", "ended"), ("1001", "supervised")} <= set(hall.told)
    hall.tell(ev.LegEnded("c1", "1001"))
    assert hall.floor.calls["c1"].phase == "reserved"
    hall.tell(ev.PhoneChanged("9001", "NOT_INUSE"))
    (ring,) = hall.kinds(fx.Ring)
    assert (ring.call_id, ring.agent_id) == ("c1", "9001")


def at_a_line() -> Hall:
    """The supervisor's telephone is an ordinary one in a county."""
    hall = Hall()
    *agents, supervisor = CONFIGURATION["agents"]
    seat: AgentConfiguration = {**supervisor, "seat": "line", "phone_number": "05345550009", "county": "linhe"}
    hall.tell(ev.Configured({**CONFIGURATION, "agents": [*agents, seat]}))
    hall.tell(ev.PhoneChanged("county-linhe", "NOT_INUSE"))
    return hall


def test_an_ordinary_telephone_is_dialled_through_its_countys_trunk_and_shows_the_hotlines_number() -> None:
    hall = at_a_line()
    hall.act("listen", agent_id="1001")
    (place,) = hall.kinds(fx.Place)
    assert (place.dial, place.context, place.exten) == ("Local/05345550009@line-linhe/n", "supervise", "listen")
    assert place.seconds > RING_SECONDS, "there is time to press 1"
    assert dict(place.variables) == {
        "HOTLINE_SPIED": "leg of 1001",
        "HOTLINE_CALL": "c1",
        "HOTLINE_RING": str(RING_SECONDS),
        "HOTLINE_SHOWN": "12345",
    }


def test_an_ordinary_telephone_that_listens_is_rung_only_when_it_is_on_the_hook() -> None:
    hall = at_a_line()
    hall.act("listen", agent_id="1001")
    (place,) = hall.kinds(fx.Place)
    hall.tell(ev.Placed(place.leg, ev.PlacedResult.ANSWERED))
    hall.act("take_over", call_id="c1")
    assert hall.kinds(fx.Ring) == [], "it is in use, although its trunk is free"
    hall.tell(ev.LegEnded("c1", "1001"))
    assert hall.kinds(fx.Ring) == []
    hall.tell(ev.PlacedEnded(place.leg, ev.PlacedResult.FAILED))
    (ring,) = hall.kinds(fx.Ring)
    assert (ring.call_id, ring.endpoint) == ("c1", "05345550009@line-linhe")


@pytest.mark.parametrize(
    ("act", "more", "code"),
    [
        ("dance", {}, "unknown_act"),
        ("listen", {"agent_id": "7"}, "no_talk"),
        ("listen", {"call_id": "c9"}, "no_talk"),
        ("listen", {"agent_id": ["1001"]}, "no_talk"),
        ("stop", {}, "not_listening"),
        ("move", {"call_id": "c1", "to": "city"}, "not_waiting"),
        ("front", {"call_id": "c1"}, "not_waiting"),
        ("force", {"agent_id": "7", "state": "ready"}, "unknown_agent"),
        ("force", {"agent_id": "1001", "state": "happy"}, "unknown_state"),
        ("finish", {"agent_id": "1001"}, "no_wrap_up"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(act: str, more: dict[str, Any], code: str) -> None:
    hall = Hall()
    with pytest.raises(CommandRefusedError) as refused:
        hall.act(act, **more)
    assert refused.value.code == code
    assert len(str(refused.value)) > 10


def test_only_supervisors_act() -> None:
    hall = Hall()
    with pytest.raises(CommandRefusedError, match="only supervisors"):
        hall.act("listen", by="1002", agent_id="1001")


@pytest.mark.parametrize(("state", "code"), [("UNAVAILABLE", "phone_away"), ("INUSE", "phone_busy")])
def test_without_a_free_phone_nothing_is_heard(state: str, code: str) -> None:
    hall = Hall()
    hall.tell(ev.PhoneChanged("9001", state))
    with pytest.raises(CommandRefusedError) as refused:
        hall.act("listen", agent_id="1001")
    assert refused.value.code == code
    with pytest.raises(CommandRefusedError):
        hall.act("take_over", call_id="c1")
    assert hall.floor.calls["c1"].agent_id == "1001"


def test_the_hall_shows_numbers_only_in_part_and_is_equal_while_nothing_changes() -> None:
    hall = Hall()
    hall.tell(ev.CallStarted("c3", "05342222222", "12345", "PJSIP/trunk-3"))
    hall.tell(ev.CallQueued("c3", "city"))
    shown = hall.floor.hall()
    assert shown == hall.floor.hall()
    assert [talk["caller"] for talk in shown["talks"]] == ["138****8000"] * 2
    assert [(call["caller"], call["position"]) for call in shown["waiting"]] == [("053****2222", 1)]
    assert [(agent["agent_id"], agent["state"]) for agent in shown["agents"]][:2] == [
        ("1001", "talking"),
        ("1002", "talking"),
    ]
    assert CALLER not in str(shown)


def test_who_cannot_be_heard_takes_no_call_and_the_citizen_waits_on() -> None:
    hall = Hall()
    hall.tell(ev.Command("9001", "microphone", {"ok": False}))
    hall.tell(ev.CallStarted("c7", "13800138007", "12345", "PJSIP/trunk-c7"))
    hall.tell(ev.CallQueued("c7", "city"))
    assert "c7" in hall.floor.waiting
    with pytest.raises(CommandRefusedError, match="connect your microphone first"):
        hall.act("take_over", call_id="c7")
    assert "c7" in hall.floor.waiting
    assert not hall.kinds(fx.Ring)
