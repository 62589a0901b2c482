"""A guest's session ends: who is idle is signed out at that moment, who talks after the outcome, nobody is cut."""

import datetime as dt
from typing import Any

import pytest

from acd.messages import Configuration
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import CommandRefusedError
from acd.rules.floor import Floor
from acd.rules.guests import GRACE

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
END = T0 + dt.timedelta(hours=2)
GUEST = "g7-1"


def configuration(end: dt.datetime | None = END) -> Configuration:
    guest: Any = {"id": GUEST, "name": "韩市长", "extension": "8001", "queues": ["guest-7"], "role": "guest"}
    if end is not None:
        guest["until"] = end.isoformat()
    return {
        "version": "1",
        "queues": [
            {"id": "city", "name": "市级", "priority": 0, "ring_seconds": 20},
            {"id": "guest-7", "name": "接听日", "priority": 0, "ring_seconds": 20, "overflow": [{"to": "city"}]},
        ],
        "agents": [
            {"id": "1001", "name": "王丽华", "extension": "1001", "queues": ["city"], "role": "agent"},
            {"id": "9001", "name": "沈慧敏", "extension": "9001", "queues": [], "role": "supervisor"},
            guest,
        ],
        "numbers": [],
        "menus": [],
    }


class Session:
    """A guest and an agent at their phones; time passes as the floor asks to be woken."""

    def __init__(self) -> None:
        self.floor = Floor()
        self.now = T0
        self.rings: list[tuple[str, str]] = []
        self.tell(ev.Configured(configuration()))
        self.tell(ev.Snapshot(T0, {}, {"1001": "NOT_INUSE", "8001": "NOT_INUSE", "9001": "NOT_INUSE"}))
        self.tell(ev.Command(GUEST, "ready"))

    def tell(self, event: ev.Event) -> None:
        found = self.floor.handle(event, now=self.now)
        self.rings += [(one.call_id, one.agent_id) for one in found if isinstance(one, fx.Ring)]

    def until(self, moment: dt.datetime) -> None:
        while (due := self.floor.next_due) is not None and due <= moment:
            self.now = max(self.now, due)
            self.tell(ev.Due())
        self.now = moment

    def call(self, call_id: str) -> None:
        self.tell(ev.CallStarted(call_id, "13800138000", "12345", "PJSIP/trunk-1"))
        self.tell(ev.CallQueued(call_id, "guest-7"))

    def talk(self, call_id: str) -> None:
        self.call(call_id)
        self.tell(ev.LegAnswered(call_id, "8001", "leg"))

    def hang_up(self, call_id: str) -> None:
        self.tell(ev.HangupAsked(call_id))
        self.tell(ev.LegEnded(call_id, "8001"))
        self.tell(ev.CallEnded(call_id))

    @property
    def state(self) -> str:
        return self.floor.agents[GUEST].state.value


def test_an_idle_guest_is_signed_out_at_the_end_and_not_before() -> None:
    session = Session()
    session.until(END - dt.timedelta(seconds=1))
    assert session.state == "ready"
    session.until(END)
    assert session.state == "logged_out"


def test_a_talk_goes_on_and_the_guest_is_signed_out_after_its_outcome() -> None:
    session = Session()
    session.talk("c1")
    session.until(END + GRACE * 2)
    assert session.state == "talking"
    session.hang_up("c1")
    assert session.state == "wrap_up"
    session.tell(ev.Command(GUEST, "outcome", {"call_id": "c1"}))
    assert session.state == "logged_out"


def test_a_wrap_up_that_is_forgotten_ends_when_the_grace_is_over() -> None:
    session = Session()
    session.talk("c1")
    session.hang_up("c1")
    session.until(END + GRACE - dt.timedelta(seconds=1))
    assert session.state == "wrap_up"
    session.until(END + GRACE)
    assert session.state == "logged_out"


@pytest.mark.parametrize("command", ["ready", "pause", "sign_in"])
def test_nobody_comes_back_after_the_end(command: str) -> None:
    session = Session()
    session.until(END)
    with pytest.raises(CommandRefusedError, match="has ended"):
        session.tell(ev.Command(GUEST, command))
    force = {"act": "force", "agent_id": GUEST, "state": "ready", "why": "x", "act_id": "a"}
    with pytest.raises(CommandRefusedError, match="has ended"):
        session.tell(ev.Command("9001", "supervise", force))
    session.tell(ev.Command(GUEST, "sign_out"))


def test_the_staff_takes_who_waits_when_the_guests_are_gone() -> None:
    session = Session()
    session.talk("c1")
    session.tell(ev.Command("1001", "ready"))
    session.call("c2")
    assert ("c2", "1001") not in session.rings, "a guest is there"
    session.until(END)
    session.hang_up("c1")
    session.tell(ev.Command(GUEST, "outcome", {"call_id": "c1"}))
    assert session.rings[-1] == ("c2", "1001")


def test_an_end_that_is_put_forward_counts_at_once() -> None:
    session = Session()
    session.now = T0 + dt.timedelta(minutes=5)
    session.tell(ev.Configured(configuration(end=session.now)))
    session.until(session.now)
    assert session.state == "logged_out"
