"""Virtual callers among live ones: fair to both, offered once, kept over a restart."""

import datetime as dt
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from acd.messages import Configuration
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.returns import virtual_from_dict
from acd.rules.state import CARRIER, Virtual
from tests.unit.acd.rules.test_floor import T0, Hall, configuration

R = ev.PlacedResult
AGENTS = ("1001", "1002", "1003")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            (
                *("calls", "calls", "asks", "asks", "asks_at_once", "hangs_up"),
                *("answers", "declines", "finishes", "rings_again", "later"),
            )
        ),
        st.integers(0, 30),
    ),
    min_size=5,
    max_size=60,
)


def number_of(place: int) -> str:
    return f"1390000{place:04}"


class Line:
    """Callers with a number each, in the order in which they came; who is offered is compared with who stands first."""

    def __init__(self) -> None:
        self.hall = Hall({agent: ["city"] for agent in AGENTS})
        self.hall.ready(*AGENTS)
        self.callers = 0
        self.live: dict[str, str] = {}
        self.owners: dict[str, str] = {}

    def step(self, what: str, which: int) -> None:
        getattr(self, what)(which)
        self.check()

    def tell(self, event: ev.Event) -> None:
        matcher = self.hall.floor.waiting
        before = {demand.call_id: demand for demand in matcher.demands()}
        self.hall.tell(event)
        after = {demand.call_id: demand for demand in self.hall.floor.waiting.demands()}
        for entered in self.offered(before):
            older = [d for d in after.values() if d.entered < entered and d.call_id in before]
            assert not older, f"{older} came before whom an agent got"

    def offered(self, before: dict[str, Any]) -> list[float]:
        """When those had entered who are offered now."""
        calls = self.hall.floor.calls
        found: list[float] = []
        for effect in self.hall.out:
            if isinstance(effect, fx.Ring):
                moment = calls[effect.call_id].queued_at
                assert moment is not None
                found.append(moment.timestamp())
            elif isinstance(effect, fx.Place) and effect.shown_to is not None:
                out = calls[effect.leg.removeprefix("leg-caller-").removesuffix("-1")].out
                assert out is not None
                assert out.returns is not None
                found += [before[out.returns].entered] if out.returns in before else []
        return found

    def check(self) -> None:
        floor = self.hall.floor
        busy = [agent.call_id for agent in floor.agents.values() if agent.call_id is not None]
        assert len(busy) == len(set(busy)), "two agents have the same call"
        numbers = [call.out.number if call.out else call.caller for call in floor.calls.values()]
        assert len(numbers) == len(set(numbers)), "a citizen is called while on the line"
        waiting = {call.caller for call in floor.calls.values() if call.call_id in floor.waiting}
        virtual = {one.caller for one in floor.returns.values() if one.return_id in floor.waiting}
        assert not waiting & virtual, "the same citizen stands in the line twice"
        for one in floor.returns.values():
            assert one.busy_with is None or one.busy_with in floor.calls, (
                "a virtual caller waits for a call that is gone"
            )

    # What happens

    def calls(self, _which: int) -> None:
        self.callers += 1
        self.come(f"c{self.callers}", number_of(self.callers))

    def rings_again(self, which: int) -> None:
        away = sorted({one.caller for one in self.hall.floor.returns.values()} - set(self.live.values()))
        talking = {call.out.number for call in self.hall.floor.calls.values() if call.out and call.answered_at}
        away = [number for number in away if number not in talking]
        if away:
            self.callers += 1
            self.come(f"c{self.callers}", away[which % len(away)])

    def come(self, call_id: str, caller: str) -> None:
        self.live[call_id] = caller
        self.tell(ev.CallStarted(call_id, caller, "12345", f"PJSIP/trunk-{call_id}"))
        self.tell(ev.CallQueued(call_id, "city"))

    def asks(self, which: int) -> None:
        waiting = sorted(call_id for call_id in self.live if call_id in self.hall.floor.waiting)
        if waiting:
            call_id = waiting[which % len(waiting)]
            self.tell(ev.CallLeft(call_id))
            self.tell(ev.ReturnWanted(call_id, "city"))
            self.end(call_id)

    def asks_at_once(self, which: int) -> None:
        """In the menu, before ever having waited; now and then it is the second time."""
        on_line = {*self.live.values(), *(call.out.number for call in self.hall.floor.calls.values() if call.out)}
        known = sorted({one.caller for one in self.hall.floor.returns.values()} - on_line)
        self.callers += 1
        caller = known[which % len(known)] if known and which % 2 else number_of(self.callers)
        call_id = f"c{self.callers}"
        self.live[call_id] = caller
        self.tell(ev.CallStarted(call_id, caller, "12345", f"PJSIP/trunk-{call_id}"))
        self.tell(ev.ReturnWanted(call_id, "city"))
        self.end(call_id)

    def hangs_up(self, which: int) -> None:
        if self.live:
            self.end(sorted(self.live)[which % len(self.live)])

    def end(self, call_id: str) -> None:
        del self.live[call_id]
        self.tell(ev.HangupAsked(call_id))
        self.tell(ev.CallEnded(call_id))

    def agent_in(self, state: str, which: int) -> Any:
        found = [a for a in self.hall.floor.agents.values() if a.state.value == state]
        return found[which % len(found)] if found else None

    def answers(self, which: int) -> None:
        agent = self.agent_in("offered", which)
        if agent is None:
            return
        call = self.hall.floor.calls[agent.call_id]
        if call.out is None:
            self.tell(ev.LegAnswered(call.call_id, agent.extension))
            return
        self.tell(ev.Placed(call.leg or "", R.ANSWERED))
        assert any(isinstance(e, fx.Place) and e.dial.endswith(CARRIER) for e in self.hall.out)
        self.tell(ev.Placed(call.call_id, R.ANSWERED if which % 2 else R.BUSY))

    def declines(self, which: int) -> None:
        agent = self.agent_in("offered", which)
        if agent is not None:
            call = self.hall.floor.calls[agent.call_id]
            if call.out is None:
                self.tell(ev.OfferFailed(call.call_id, call.offer_no, "no_answer"))
            else:
                self.tell(ev.Placed(call.leg or "", R.NO_ANSWER))

    def finishes(self, which: int) -> None:
        agent = self.agent_in("talking", which)
        if agent is not None:
            call_id = agent.call_id
            self.live.pop(call_id, None)
            self.tell(ev.HangupAsked(call_id))
            out = self.hall.floor.calls[call_id].out is not None
            self.tell(ev.PlacedEnded(call_id, R.FAILED) if out else ev.CallEnded(call_id))
        for one in list(self.hall.floor.agents.values()):
            if one.state.value == "wrap_up":
                self.tell(ev.Command(one.agent_id, "outcome", {"call_id": one.call_id}))
            elif one.state.value == "missed":
                self.tell(ev.Command(one.agent_id, "ready"))

    def later(self, which: int) -> None:
        self.hall.second += 60 * which
        self.tell(ev.Due())


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_nobody_passes_an_older_one_and_nobody_is_called_twice(steps: list[tuple[str, int]]) -> None:
    line = Line()
    for what, which in steps:
        line.step(what, which)


def asked(hall: Hall) -> None:
    """1001 talks to c1; c2 has asked for a return call."""
    hall.ready("1001")
    for call_id in ("c1", "c2"):
        hall.tell(ev.CallStarted(call_id, number_of(int(call_id[1])), "12345", "PJSIP/trunk-1"))
        hall.tell(ev.CallQueued(call_id, "city"))
    hall.tell(ev.LegAnswered("c1", "1001"))
    hall.tell(ev.CallLeft("c2"))
    hall.tell(ev.ReturnWanted("c2", "city"))
    hall.tell(ev.CallEnded("c2"))


def test_a_virtual_caller_survives_a_restart_with_its_place() -> None:
    hall = Hall({"1001": ["city"]})
    asked(hall)
    (virtual,) = hall.floor.returns.values()
    again = Hall({"1001": ["city"]})
    again.second = hall.second
    again.floor.restore([], [], returns=[virtual_from_dict(virtual.to_dict())])
    again.tell(ev.Configured(configuration({"1001": ["city"]})))
    again.tell(ev.Snapshot(again.now))
    again.tell(ev.CallStarted("c3", number_of(3), "12345", "PJSIP/trunk-3"))
    again.tell(ev.CallQueued("c3", "city"))
    again.ready("1001")
    (place,) = [e for e in again.out if isinstance(e, fx.Place)]
    assert "out-" in place.leg, "the older virtual caller first"
    assert again.floor.waiting.position("c3") == 1


def test_a_call_of_ours_that_a_restart_broke_off_gives_the_place_back() -> None:
    hall = Hall({"1001": ["city"]})
    asked(hall)
    hall.tell(ev.HangupAsked("c1"))
    hall.tell(ev.CallEnded("c1"))
    hall.tell(ev.Command("1001", "outcome", {"call_id": "c1"}))
    (virtual,) = hall.floor.returns.values()
    assert virtual.busy_with is not None
    hall.tell(ev.PhoneChanged("1001", "UNAVAILABLE"))
    hall.tell(ev.Snapshot(hall.now + dt.timedelta(seconds=1)))
    assert virtual.busy_with is None
    assert virtual.return_id in hall.floor.waiting


def come(hall: Hall, call_id: str, caller: int, dialled: str = "12345") -> None:
    hall.tell(ev.CallStarted(call_id, number_of(caller), dialled, f"PJSIP/trunk-{call_id}"))


def press_for_a_call(hall: Hall, call_id: str, caller: int, queue: str = "city", **more: Any) -> Virtual:
    """Somebody presses "call me back" in the menu and hangs up."""
    come(hall, call_id, caller)
    hall.tell(ev.ReturnWanted(call_id, queue, **more))
    hall.tell(ev.CallEnded(call_id))
    return hall.floor.returns[f"return-{call_id}"]


def called(hall: Hall) -> list[str]:
    """Who is called now, by the ids of the virtual callers."""
    places = [effect for effect in hall.out if isinstance(effect, fx.Place) and effect.shown_to is not None]
    calls = [hall.floor.calls[place.leg.removeprefix("leg-caller-").removesuffix("-1")] for place in places]
    return [call.out.returns for call in calls if call.out is not None and call.out.returns is not None]


def with_queue(**rules: Any) -> Configuration:
    conf = configuration({"1001": ["city"]})
    conf["queues"][0] |= rules  # type: ignore[typeddict-item]
    return conf


def test_who_asks_in_the_menu_has_a_place_from_that_moment() -> None:
    hall = Hall({"1001": ["city"]})
    hall.call("older")
    virtual = press_for_a_call(hall, "c1", 1)
    come(hall, "younger", 2)
    hall.tell(ev.CallQueued("younger", "city"))
    waiting = hall.floor.waiting
    assert [waiting.position(one) for one in ("older", virtual.return_id, "younger")] == [1, 2, 3]
    hall.ready("1001")
    assert hall.rings() == [("older", "1001")]
    hall.tell(ev.CallEnded("older"))
    assert called(hall) == [virtual.return_id]


def test_the_menus_wishes_for_the_call_are_kept() -> None:
    hall = Hall({"1001": ["city"]})
    hall.tell(ev.Configured(with_queue(priority=3)))
    virtual = press_for_a_call(hall, "c1", 1, priority=2, skill="dialect")
    assert (virtual.priority, virtual.skill) == (5, "dialect")


def test_who_asks_twice_keeps_the_first_place() -> None:
    hall = Hall({"1001": ["city"]})
    first = press_for_a_call(hall, "c1", 1)
    press_for_a_call(hall, "c2", 2)
    again = press_for_a_call(hall, "c3", 1)
    assert again.entered == first.entered
    assert list(hall.floor.returns) == ["return-c2", "return-c3"]
    hall.ready("1001")
    assert called(hall) == ["return-c3"]


def test_who_asked_in_the_menu_and_rings_again_takes_the_place_over() -> None:
    hall = Hall({"1001": ["city"]})
    virtual = press_for_a_call(hall, "c1", 1)
    hall.call("between")
    come(hall, "c2", 1)
    hall.tell(ev.CallQueued("c2", "city"))
    assert not hall.floor.returns
    assert hall.floor.calls["c2"].queued_at == virtual.entered
    hall.ready("1001")
    assert hall.rings() == [("c2", "1001")]


def test_a_menu_that_leads_to_a_person_all_the_same_gives_one_place() -> None:
    hall = Hall({"1001": ["city"]})
    come(hall, "c1", 1)
    hall.tell(ev.ReturnWanted("c1", "city"))
    hall.tell(ev.CallQueued("c1", "city"))
    assert not hall.floor.returns
    assert len(hall.floor.waiting) == 1


def test_who_asks_while_the_queue_is_closed_is_called_when_it_opens() -> None:
    hall = Hall({"1001": ["city"]})
    hall.tell(ev.Configured(with_queue(hours={"mon-sun": ["17:00-18:00"]})))
    hall.ready("1001")
    virtual = press_for_a_call(hall, "c1", 1)
    opening = T0 + dt.timedelta(hours=1)
    assert not called(hall)
    assert hall.floor.next_due == opening
    assert virtual.until - opening > dt.timedelta(hours=1)
    hall.second = 3600
    hall.tell(ev.Due())
    assert called(hall) == [virtual.return_id]


def test_a_closed_queues_helper_calls_at_once_and_the_queue_itself_from_its_opening_on() -> None:
    hall = Hall({"1001": ["linhe"], "2001": ["city"]})
    conf = configuration({"1001": ["linhe"], "2001": ["city"]})
    conf["queues"][1] |= {"hours": {"mon-sun": ["17:00-18:00"]}, "overflow": [{"to": "city"}]}
    hall.tell(ev.Configured(conf))
    first, second = press_for_a_call(hall, "c1", 1, "linhe"), press_for_a_call(hall, "c2", 2, "linhe")
    hall.ready("1001")
    assert not called(hall), "the county is closed"
    hall.ready("2001")
    assert called(hall) == [first.return_id]
    ours = hall.floor.calls[first.busy_with or ""]
    hall.tell(ev.Placed(ours.leg or "", R.ANSWERED))
    hall.tell(ev.Placed(ours.call_id, R.ANSWERED))
    hall.second = 3600
    hall.tell(ev.Due())
    assert called(hall) == [second.return_id]


def test_who_asks_for_a_queue_that_never_opens_is_left_to_people() -> None:
    hall = Hall({"1001": ["city"]})
    hall.tell(ev.Configured(with_queue(hours={"holiday": ["17:00-18:00"]})))
    come(hall, "c1", 1)
    hall.tell(ev.ReturnWanted("c1", "city"))
    assert [e.type.value for e in hall.out if isinstance(e, fx.Record)] == ["call.return_requested"]
    assert not hall.floor.returns


def test_who_has_talked_and_asks_then_to_be_called_is_called() -> None:
    hall = Hall({"1001": ["city"]})
    hall.ready("1001")
    come(hall, "c1", 1)
    hall.tell(ev.CallQueued("c1", "city"))
    hall.tell(ev.LegAnswered("c1", "1001"))
    hall.tell(ev.HangupAsked("c1", "1001"))
    hall.tell(ev.LegEnded("c1", "1001"))
    asked_at = hall.now
    hall.tell(ev.ReturnWanted("c1", "city"))
    hall.tell(ev.CallEnded("c1"))
    virtual = virtual_from_dict(hall.floor.returns["return-c1"].to_dict())
    assert virtual.entered > asked_at, "the time waited before the talk is spent"
    hall.tell(ev.Command("1001", "outcome", {"call_id": "c1"}))
    assert called(hall) == ["return-c1"]


def test_who_waits_again_after_a_transfer_and_asks_then_keeps_the_place() -> None:
    hall = Hall({"1001": ["city"], "2001": ["linhe"]})
    hall.ready("1001")
    come(hall, "c1", 1)
    hall.tell(ev.CallQueued("c1", "city"))
    hall.tell(ev.LegRinging("c1", "1001", leg="leg-1"))
    hall.tell(ev.LegAnswered("c1", "1001", "leg-1"))
    hall.tell(ev.Command("1001", "transfer", {"to": {"kind": "queue", "id": "linhe"}}))
    entered = hall.floor.calls["c1"].queued_at
    hall.tell(ev.CallLeft("c1"))
    hall.tell(ev.ReturnWanted("c1", "linhe"))
    hall.tell(ev.CallEnded("c1"))
    assert hall.floor.returns["return-c1"].entered == entered
    hall.ready("2001")
    assert called(hall) == ["return-c1"]


def test_who_is_called_by_hand_is_not_called_once_more_whatever_the_carrier_sends_as_the_number() -> None:
    hall = Hall({"1001": ["city"]})
    hall.tell(ev.CallStarted("c1", f"+86{number_of(1)}", "12345", "PJSIP/trunk-c1"))
    hall.tell(ev.ReturnWanted("c1", "city"))
    hall.tell(ev.CallEnded("c1"))
    hall.tell(ev.PhoneChanged("1001", "NOT_INUSE"))
    hall.tell(ev.Command("1001", "pause", {"reason": "meal"}))
    hall.tell(ev.Command("1001", "call_out", {"number": number_of(1), "queue": "city"}))
    (place,) = [effect for effect in hall.out if isinstance(effect, fx.Place)]
    hall.tell(ev.Placed(place.leg, R.ANSWERED))
    (place,) = [effect for effect in hall.out if isinstance(effect, fx.Place)]
    hall.tell(ev.Placed(place.leg, R.ANSWERED))
    assert not hall.floor.returns


def test_without_attempts_nobody_keeps_a_place_and_the_wish_is_recorded() -> None:
    hall = Hall({"1001": ["city"]})
    conf = configuration({"1001": ["city"]})
    conf["queues"][0]["return_calls"] = {"attempts": 0}
    hall.tell(ev.Configured(conf))
    asked(hall)
    assert not hall.floor.returns


def test_who_shows_no_number_keeps_no_place() -> None:
    hall = Hall({"1001": ["city"]})
    hall.tell(ev.CallStarted("c1", "", "12345", "PJSIP/trunk-1"))
    hall.tell(ev.CallQueued("c1", "city"))
    hall.tell(ev.CallLeft("c1"))
    hall.tell(ev.ReturnWanted("c1", "city"))
    assert [e.type.value for e in hall.out if isinstance(e, fx.Record)] == ["call.return_requested"]
    assert not hall.floor.returns


def test_who_has_no_agent_that_may_wait_for_ever_is_left_to_people() -> None:
    hall = Hall({"1001": ["city"]})
    asked(hall)
    (virtual,) = hall.floor.returns.values()
    hall.second += 7200
    hall.tell(ev.Due())
    assert not hall.floor.returns
    assert fx.ForgetReturn(virtual.return_id) in hall.out
