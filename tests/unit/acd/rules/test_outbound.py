"""Calls of the hotline's own, told as an operator would tell them."""

import datetime as dt
from typing import Any

import pytest

from acd.messages import CallEventType
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import CommandRefusedError, TransitionRefusedError
from acd.rules.floor import Floor
from acd.rules.outbound import calling_for, diallable, masked
from acd.rules.state import Phase, call_from_dict
from tests.unit.acd.rules.test_floor import Hall, configuration

R = ev.PlacedResult
NUMBER = "13900010002"
WISH = {"number": NUMBER, "line": "12345", "queue": "city", "case_no": "C1"}


def called(hall: Hall, agent: str = "1001") -> tuple[str, str]:
    """The agent asks for a call: its id and the agent's leg."""
    hall.tell(ev.Command(agent, "call_out", WISH))
    (place,) = places(hall)
    return place.leg.removeprefix("leg-caller-").removesuffix("-1"), place.leg


def places(hall: Hall) -> list[fx.Place]:
    return [e for e in hall.out if isinstance(e, fx.Place)]


def hung_up(hall: Hall) -> set[str]:
    return {e.channel for e in hall.out if isinstance(e, fx.HangUp)}


def told(hall: Hall, kind: str) -> list[dict[str, Any]]:
    return [e.body for e in hall.out if isinstance(e, fx.Tell) and e.body["type"] == kind]


@pytest.fixture
def hall() -> Hall:
    hall = Hall({"1001": ["city"]})
    hall.ready("1001")
    return hall


def test_first_the_screen_then_the_agents_phone_then_the_citizen(hall: Hall) -> None:
    call_id, leg = called(hall)
    (place,) = places(hall)
    assert (place.dial, place.caller_id, place.shown_to) == ("PJSIP/1001", "12345", "1001")
    kinds = [e.body["type"] if isinstance(e, fx.Tell) else type(e).__name__ for e in hall.out]
    assert kinds.index("offer") < kinds.index("Place")
    assert hall.state("1001") == "offered"
    (offer,) = told(hall, "offer")
    assert (offer["caller"], offer["case_no"], offer["direction"]) == ("139****0002", "C1", "outbound")
    assert NUMBER not in str(offer)
    hall.tell(ev.Placed(leg, R.ANSWERED))
    (place,) = places(hall)
    assert (place.leg, place.dial, place.caller_id) == (call_id, f"PJSIP/{NUMBER}@carrier", "12345")
    assert hall.state("1001") == "talking"
    hall.tell(ev.Placed(call_id, R.ANSWERED))
    assert hall.records(CallEventType.ANSWERED)[0]["agent_id"] == "1001"
    assert hall.floor.calls[call_id].phase is Phase.TALKING


def test_the_citizen_hangs_up_and_the_agent_says_how_it_was(hall: Hall) -> None:
    call_id, leg = called(hall)
    hall.tell(ev.Placed(leg, R.ANSWERED))
    hall.tell(ev.CallStarted(call_id, "12345", "", "PJSIP/carrier-1"))
    assert hall.records(CallEventType.ANSWERED), "the session tells it where AMI is late"
    hall.tell(ev.Placed(call_id, R.ANSWERED))
    assert not hall.records(CallEventType.ANSWERED)
    hall.tell(ev.HangupAsked(call_id))
    hall.tell(ev.PlacedEnded(call_id, R.FAILED))
    assert hall.records(CallEventType.ENDED) == [{"disposition": "answered", "ended_by": "caller"}]
    assert hall.state("1001") == "wrap_up"
    hall.tell(ev.PlacedEnded(leg, R.FAILED))
    hall.tell(ev.Command("1001", "outcome", {"call_id": call_id}))
    assert hall.state("1001") == "ready"


def test_the_agent_hangs_up_and_the_citizens_session_ends_the_call(hall: Hall) -> None:
    call_id, leg = called(hall)
    hall.tell(ev.Placed(leg, R.ANSWERED))
    hall.tell(ev.CallStarted(call_id, "12345", "", "PJSIP/carrier-1"))
    hall.tell(ev.HangupAsked(call_id, "1001"))
    hall.tell(ev.PlacedEnded(leg, R.FAILED))
    assert fx.TalkOver(call_id, again=False) in hall.out
    assert hall.state("1001") == "wrap_up"


def test_the_agents_phone_breaks_and_the_citizen_comes_back_to_the_same_agent(hall: Hall) -> None:
    call_id, leg = called(hall)
    hall.tell(ev.Placed(leg, R.ANSWERED))
    hall.tell(ev.CallStarted(call_id, "12345", "", "PJSIP/carrier-1"))
    hall.tell(ev.PhoneChanged("1001", "UNAVAILABLE"))
    hall.tell(ev.PlacedEnded(leg, R.FAILED))
    assert fx.TalkOver(call_id, again=True) in hall.out
    hall.tell(ev.PhoneChanged("1001", "NOT_INUSE"))
    assert hall.rings() == [(call_id, "1001")]
    assert told(hall, "offer")[0]["caller"] == "139****0002"


@pytest.mark.parametrize(
    ("words", "result"),
    [
        ([ev.Placed, R.BUSY], "busy"),
        ([ev.PlacedEnded, R.BUSY], "busy"),
        ([ev.Placed, R.NO_ANSWER], "no_answer"),
        ([ev.PlacedEnded, R.FAILED, ev.Placed, R.NO_ANSWER], "no_answer"),
        ([ev.Placed, R.FAILED, ev.PlacedEnded, R.BUSY], "busy"),
        ([ev.Placed, R.FAILED, ev.PlacedEnded, R.FAILED], "failed"),
        ([ev.Placed, R.FAILED], "failed"),
        ([], "failed"),
    ],
)
def test_who_is_not_reached(hall: Hall, words: list[Any], result: str) -> None:
    call_id, leg = called(hall)
    hall.tell(ev.Placed(leg, R.ANSWERED))
    everything: list[fx.Effect] = []
    for kind, told_result in zip(words[::2], words[1::2], strict=True):
        hall.tell(kind(call_id, told_result))
        everything += hall.out
    due = hall.floor.next_due
    while due is not None:
        hall.second = int((due - hall.now).total_seconds()) + hall.second + 1
        hall.tell(ev.Due())
        everything += hall.out
        due = hall.floor.next_due
    hall.out = everything
    assert [r["disposition"] for r in hall.records(CallEventType.ENDED)] == [result]
    assert [(b["by"], b["result"]) for b in told(hall, "ended")] == [("system", result)]
    assert leg in hung_up(hall), "the agent's phone is put down"
    assert hall.state("1001") == "wrap_up"
    assert call_id not in hall.floor.calls


def test_the_agent_gives_up_and_the_citizens_phone_stops_ringing(hall: Hall) -> None:
    call_id, leg = called(hall)
    hall.tell(ev.Placed(leg, R.ANSWERED))
    hall.tell(ev.PlacedEnded(leg, R.FAILED))
    assert call_id in hung_up(hall)
    assert hall.records(CallEventType.ENDED) == [{"disposition": "cancelled", "ended_by": "agent"}]
    hall.tell(ev.Placed(call_id, R.ANSWERED))
    assert call_id in hung_up(hall), "a citizen who picks up in that moment is not left alone"


def test_the_agents_own_phone_is_not_answered(hall: Hall) -> None:
    _, leg = called(hall)
    hall.tell(ev.Placed(leg, R.NO_ANSWER))
    assert hall.state("1001") == "missed"
    assert [r["reason"] for r in hall.records(CallEventType.MISSED)] == ["no_answer"]
    assert hall.records(CallEventType.ENDED) == [{"disposition": "cancelled", "ended_by": "system"}]


def test_who_may_not_call_now(hall: Hall) -> None:
    hall.call("c1")
    with pytest.raises(TransitionRefusedError, match="answer the call first"):
        hall.tell(ev.Command("1001", "call_out", WISH))
    assert list(hall.floor.calls) == ["c1"], "nothing has changed"


def test_a_phone_that_is_in_use_and_a_number_that_is_no_citizens(hall: Hall) -> None:
    with pytest.raises(CommandRefusedError, match="only numbers of citizens"):
        hall.tell(ev.Command("1001", "call_out", {**WISH, "number": "0012125550100"}))
    hall.tell(ev.PhoneChanged("1001", "INUSE"))
    with pytest.raises(CommandRefusedError, match="phone is not free"):
        hall.tell(ev.Command("1001", "call_out", WISH))
    hall.tell(ev.PhoneChanged("1001", "NOT_INUSE"))
    hall.tell(ev.AmiLost())
    with pytest.raises(CommandRefusedError, match="try again"):
        hall.tell(ev.Command("1001", "call_out", WISH))


def test_a_snapshot_ends_what_was_only_begun_and_keeps_a_talk(hall: Hall) -> None:
    call_id, leg = called(hall)
    hall.tell(ev.Placed(leg, R.ANSWERED))
    kept = call_from_dict(hall.floor.calls[call_id].to_dict())
    agents = [a.public() for a in hall.floor.agents.values()]
    hall.tell(ev.Snapshot(hall.now, {}, {"1001": "NOT_INUSE"}))
    assert hung_up(hall) == {call_id, leg}
    assert hall.records(CallEventType.ENDED) == [{"disposition": "failed", "ended_by": "system"}]
    assert hall.state("1001") == "wrap_up"

    again = Hall({"1001": ["city"]})
    again.floor = Floor()
    again.floor.restore([kept], agents)
    again.tell(ev.Configured({"version": "1", "queues": [], "agents": [], "numbers": [], "menus": []}))
    again.tell(ev.Snapshot(again.now + dt.timedelta(1), {}, {}))
    assert [r["disposition"] for r in again.records(CallEventType.ENDED)] == ["failed"]


def test_whom_the_dialplan_has_joined_while_nobody_watched_are_in_a_talk(hall: Hall) -> None:
    call_id, leg = called(hall)
    hall.tell(ev.Placed(leg, R.ANSWERED))
    kept = call_from_dict(hall.floor.calls[call_id].to_dict())
    agents = [a.kept() for a in hall.floor.agents.values()]
    again = Hall({"1001": ["city"]})
    again.floor = Floor()
    again.floor.restore([kept], agents)
    again.tell(ev.Configured(configuration({"1001": ["city"]})))
    seen = ev.SeenChannel(call_id, NUMBER, "PJSIP/carrier-1", "1001", leg, frozenset({leg}))
    again.tell(ev.Snapshot(again.now, {call_id: seen}, {"1001": "INUSE"}))
    assert not hung_up(again)
    assert [r["agent_id"] for r in again.records(CallEventType.ANSWERED)] == ["1001"]
    assert again.state("1001") == "talking"
    again.tell(ev.Command("1001", "transfer", {"to": {"kind": "queue", "id": "city"}}))
    again.tell(ev.CallStarted(call_id, NUMBER, "", "PJSIP/carrier-1"))
    out = again.floor.calls[call_id].out
    assert out is not None
    assert out.sessions == 2, "the session that comes now does not begin the talk"


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("+8613900010002", "13900010002"),
        ("13900010002", "13900010002"),
        ("+865342345678", "05342345678"),
        ("+861082345678", "01082345678"),
        ("2345678", "2345678"),
        ("008613900010002", "13900010002"),
        ("+12125550100", None),
        ("0012125550100", None),
        ("110", None),
        ("96110", None),
        ("4008001234", None),
        ("16812345", None),
        ("13900010002&PJSIP/1002", None),
        ("１３９０００１０００２", None),
        ("", None),
    ],
)
def test_only_numbers_of_citizens_are_dialled(number: str, digits: str | None) -> None:
    assert diallable(number) == digits


def test_a_number_is_shown_without_its_middle() -> None:
    assert masked("13900010002") == "139****0002"
    assert masked("2345678") == "2****5678"
    assert masked("123") == "****"


def test_whose_leg_it_is() -> None:
    assert calling_for("leg-caller-out-1795248000000-1001-1") == "out-1795248000000-1001"
    assert calling_for("leg-third-c1-1") is None
    assert calling_for("c1") is None


def test_who_called_from_a_pause_is_back_in_it_afterwards(hall: Hall) -> None:
    hall.tell(ev.Command("1001", "pause", {"reason": "callbacks"}))
    call_id, leg = called(hall)
    hall.tell(ev.Placed(leg, R.ANSWERED))
    hall.tell(ev.Placed(call_id, R.BUSY))
    hall.tell(ev.Command("1001", "outcome", {"call_id": call_id}))
    agent = hall.floor.agents["1001"]
    assert (agent.state.value, agent.reason) == ("paused", "callbacks")
