"""Seats that are ordinary telephones behind a county's trunk, as the floor sees them."""

import datetime as dt

from acd.messages import AgentConfiguration, CallEventType, Configuration
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.floor import Floor

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
FIRST, SECOND = "05345550001@line-linhe", "05345550002@line-linhe"
TRUNK = "county-linhe"


def line(agent: str, number: str, county: str = "linhe") -> AgentConfiguration:
    return {
        "id": agent,
        "name": agent,
        "extension": agent,
        "queues": ["linhe"],
        "role": "agent",
        "county": county,
        "seat": "line",
        "phone_number": number,
    }


def configuration(*agents: AgentConfiguration) -> Configuration:
    return {
        "version": "1",
        "queues": [{"id": "linhe", "name": "临河县", "priority": 0, "ring_seconds": 15}],
        "agents": list(agents),
        "numbers": [],
        "menus": [],
    }


class County:
    """Two line seats, signed in and ready, and the trunk to them."""

    def __init__(self) -> None:
        self.floor = Floor()
        self.second = 0
        self.tell(ev.Configured(configuration(line("2001", "05345550001"), line("2002", "05345550002"))))
        self.tell(ev.Snapshot(T0, phones={TRUNK: "UNAVAILABLE", "2001": "NOT_INUSE"}))
        for agent in ("2001", "2002"):
            self.tell(ev.Command(agent, "ready"))

    def tell(self, event: ev.Event) -> list[fx.Effect]:
        self.second += 1
        return self.floor.handle(event, now=T0 + dt.timedelta(seconds=self.second))

    def trunk(self, state: str) -> list[fx.Effect]:
        return self.tell(ev.PhoneChanged(TRUNK, state))

    def call(self, call_id: str) -> list[fx.Effect]:
        self.tell(ev.CallStarted(call_id, "13800138000", "12345", f"PJSIP/trunk-{call_id}"))
        return self.tell(ev.CallQueued(call_id, "linhe"))


def rings(out: list[fx.Effect]) -> list[tuple[str, str]]:
    return [(e.agent_id, e.endpoint) for e in out if isinstance(e, fx.Ring)]


def test_nobody_is_offered_a_call_while_the_trunk_is_away_and_the_first_of_them_at_once_when_it_is_back() -> None:
    county = County()
    assert rings(county.call("c1")) == []
    out = county.trunk("NOT_INUSE")
    assert rings(out) == [("2001", FIRST)]
    assert {e.state["agent_id"] for e in out if isinstance(e, fx.AgentChanged)} == {"2001", "2002"}


def test_one_seats_talk_leaves_the_other_seat_of_the_trunk_free() -> None:
    county = County()
    county.trunk("NOT_INUSE")
    county.call("c1")
    county.trunk("INUSE")
    county.tell(ev.LegRinging("c1", FIRST, leg="l1"))
    county.tell(ev.LegAnswered("c1", FIRST, "l1"))
    assert county.floor.agents["2001"].state == "talking"
    assert rings(county.call("c2")) == [("2002", SECOND)]
    assert rings(county.call("c3")) == [], "one number has one call at a time"


def test_a_trunk_that_is_cut_in_a_talk_offers_the_others_nothing_although_its_channel_lives() -> None:
    county = County()
    county.trunk("NOT_INUSE")
    county.call("c1")
    county.trunk("INUSE")
    county.tell(ev.LegAnswered("c1", FIRST, "l1"))
    county.trunk("UNAVAILABLE")  # its contact is unreachable
    county.trunk("INUSE")  # the talk's channel, until its silence ends it
    assert rings(county.call("c2")) == []
    assert rings(county.trunk("NOT_INUSE")) == [("2002", SECOND)]


def test_the_citizen_of_a_cut_line_is_kept() -> None:
    county = County()
    county.trunk("NOT_INUSE")
    county.call("c1")
    county.tell(ev.LegAnswered("c1", FIRST, "l1"))
    county.trunk("UNAVAILABLE")
    out = county.tell(ev.LegEnded("c1", FIRST))
    assert fx.TalkOver("c1", again=True) in out
    assert rings(county.trunk("NOT_INUSE")) == [("2001", FIRST)], "the same agent, when the line is there again"


def test_who_presses_nothing_has_missed_the_call() -> None:
    county = County()
    county.trunk("NOT_INUSE")
    county.call("c1")
    out = county.tell(ev.OfferFailed("c1", 1, "no_answer"))
    missed = [e.data for e in out if isinstance(e, fx.Record) and e.type is CallEventType.MISSED]
    assert [(one["agent_id"], one["reason"]) for one in missed] == [("2001", "no_answer")]
    assert rings(out) == [("2002", SECOND)]


def test_a_seat_that_becomes_a_phone_is_rung_there() -> None:
    county = County()
    county.trunk("NOT_INUSE")
    phone = line("2001", "05345550001")
    phone["seat"] = "phone"
    out = county.tell(ev.Configured(configuration(phone)))
    assert not any(isinstance(e, fx.RulesRefused) for e in out)
    assert county.floor.agents["2001"].phone == "2001", "its registered phone was known all the time"


def test_a_number_that_cannot_be_dialled_is_refused_and_the_one_before_stays() -> None:
    county = County()
    county.trunk("NOT_INUSE")
    out = county.tell(ev.Configured(configuration(line("2001", "110&119"), line("2002", "05345550002"))))
    assert [e.reason for e in out if isinstance(e, fx.RulesRefused)] == [
        "agent '2001': a line seat needs a telephone number of 2 to 20 digits and a county; give both"
    ]
    assert county.floor.agents["2001"].phone == FIRST
