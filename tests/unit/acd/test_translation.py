"""AMI events as a running Asterisk sends them, and what the engine hears of them."""

import datetime as dt

import pytest

from acd.rules import events as ev
from acd.translation import Translator, endpoint_of

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
CITIZEN = {"Channel": "PJSIP/trunk-00000001", "Uniqueid": "dz-1.1", "CallerIDNum": "13800138000"}
LEG = {"DestChannel": "PJSIP/1001w-00000002", "DestUniqueid": "dz-1.2"}


def test_one_call_from_ring_to_hangup() -> None:
    ours = Translator()
    told = [
        ours.translate("DialBegin", {**CITIZEN, **LEG}),
        ours.translate("DialEnd", {**CITIZEN, **LEG, "DialStatus": "ANSWER"}),
        ours.translate("HangupRequest", {"Uniqueid": "dz-1.2"}),
        ours.translate("Hangup", {"Uniqueid": "dz-1.2"}),
        ours.translate("HangupRequest", {"Uniqueid": "dz-1.1"}),
        ours.translate("Hangup", {"Uniqueid": "dz-1.1"}),
    ]
    assert told == [
        ev.LegRinging("dz-1.1", "1001w", "13800138000", "PJSIP/trunk-00000001", "dz-1.2"),
        ev.LegAnswered("dz-1.1", "1001w", "dz-1.2"),
        ev.HangupAsked("dz-1.1", "1001w"),
        ev.LegEnded("dz-1.1", "1001w"),
        ev.HangupAsked("dz-1.1", None),
        ev.CallEnded("dz-1.1"),
    ]
    assert ours.legs == {}


@pytest.mark.parametrize("status", ["NOANSWER", "BUSY", "CANCEL", "CHANUNAVAIL"])
def test_a_dial_without_answer_ends_the_leg(status: str) -> None:
    ours = Translator()
    ours.translate("DialBegin", {**CITIZEN, **LEG})
    assert ours.translate("DialEnd", {**LEG, "DialStatus": status}) == ev.LegEnded("dz-1.1", "1001w")


def test_what_means_nothing_is_nothing() -> None:
    ours = Translator()
    assert ours.translate("FullyBooted", {}) is None
    assert ours.translate("DialEnd", {"DestUniqueid": "unknown"}) is None
    assert ours.translate("DialBegin", {"DestChannel": "Local/x@y-1;1", "DestUniqueid": "z"}) is None
    assert ours.translate("DeviceStateChange", {"Device": "Queue:city_avail", "State": "NOT_INUSE"}) is None


def test_devices() -> None:
    fields = {"Device": "PJSIP/2001", "State": "INUSE"}
    assert Translator().translate("DeviceStateChange", fields) == ev.PhoneChanged("2001", "INUSE")


def test_the_far_end_of_a_transfer_is_no_citizen() -> None:
    channels = [
        {"Uniqueid": "c1", "Channel": "PJSIP/trunk-00000001", "BridgeId": "b", "CallerIDNum": "13800138000"},
        {"Uniqueid": "c2", "Channel": "PJSIP/carrier-00000002", "BridgeId": "b", "Linkedid": "c1"},
    ]
    seen = Translator().snapshot(channels, [], is_agent=lambda _: False, taken_at=T0)
    assert list(seen.channels) == ["c1"]


def test_a_snapshot_pairs_the_legs_by_bridge_and_relearns_the_ringing_ones() -> None:
    ours = Translator()
    channels = [
        {**CITIZEN, "Linkedid": "dz-1.1", "BridgeId": "b1"},
        {"Channel": "PJSIP/1001-00000002", "Uniqueid": "dz-1.2", "Linkedid": "dz-1.1", "BridgeId": "b1"},
        {"Channel": "PJSIP/trunk-00000003", "Uniqueid": "dz-1.3", "Linkedid": "dz-1.3", "BridgeId": ""},
        {"Channel": "PJSIP/1002-00000004", "Uniqueid": "dz-1.4", "Linkedid": "dz-1.3", "BridgeId": ""},
        {"Channel": "PJSIP/1003-00000005", "Uniqueid": "dz-1.5", "Linkedid": "dz-1.5", "BridgeId": ""},
        {"Channel": "Message/ast_msg_queue", "Uniqueid": "dz-1.6"},
    ]
    devices = [{"Device": "PJSIP/1001", "State": "INUSE"}, {"Device": "confbridge:1", "State": "INUSE"}]
    seen = ours.snapshot(channels, devices, is_agent=lambda e: e.startswith("100"), taken_at=T0)
    assert seen.taken_at == T0
    assert {c: s.endpoint for c, s in seen.channels.items()} == {"dz-1.1": "1001", "dz-1.3": None}
    assert seen.phones == {"1001": "INUSE"}
    assert ours.translate("Hangup", {"Uniqueid": "dz-1.4"}) == ev.LegEnded("dz-1.3", "1002")


def test_a_supervisor_in_the_room_is_a_leg_that_was_placed_and_nobodys_agent() -> None:
    ear = {"Channel": "PJSIP/9001-00000003", "Uniqueid": "leg-supervise-dz-1.1-1", "BridgeId": "b1"}
    rings = {"Channel": "PJSIP/9002-00000004", "Uniqueid": "leg-supervise-dz-1.1-2", "ChannelStateDesc": "Ringing"}
    channels = [
        {**CITIZEN, "Linkedid": "dz-1.1", "BridgeId": "b1"},
        {"Channel": "PJSIP/1001-00000002", "Uniqueid": "dz-1.2", "Linkedid": "dz-1.1", "BridgeId": "b1"},
        {**ear, "ChannelStateDesc": "Up"},
        rings,
    ]
    seen = Translator().snapshot(channels, [], is_agent=lambda e: e[0] in "19", taken_at=T0)
    assert seen.channels["dz-1.1"].endpoint == "1001"
    assert seen.placed == {ear["Uniqueid"]: True, rings["Uniqueid"]: False}


@pytest.mark.parametrize(
    ("channel", "endpoint"),
    [("PJSIP/1001w-0000002a", "1001w"), ("PJSIP/trunk-a-0000002a", "trunk-a"), ("Local/1@x-0000002a;1", None)],
)
def test_endpoints(channel: str, endpoint: str | None) -> None:
    assert endpoint_of(channel) == endpoint


@pytest.mark.parametrize(
    ("reason", "result"), [("4", "answered"), ("5", "busy"), ("3", "no_answer"), ("0", "failed"), ("", "failed")]
)
def test_a_leg_of_ours_tells_how_its_placing_went(reason: str, result: str) -> None:
    fields = {"ActionID": "leg-third-dz-1.1-1", "Uniqueid": "leg-third-dz-1.1-1", "Reason": reason}
    placed = ev.Placed("leg-third-dz-1.1-1", ev.PlacedResult(result))
    assert Translator().translate("OriginateResponse", fields) == placed


def test_a_leg_of_ours_that_ends_is_no_call_that_ends() -> None:
    fields = {"Uniqueid": "leg-third-dz-1.1-1", "Cause": "17"}
    ended = ev.PlacedEnded("leg-third-dz-1.1-1", ev.PlacedResult.BUSY)
    assert Translator().translate("Hangup", fields) == ended


def test_calls_that_others_place_are_no_legs_of_ours() -> None:
    assert Translator().translate("OriginateResponse", {"ActionID": "target-test-1", "Reason": "4"}) is None


LINE = "05345550005@line-linhe"
NEAR = {"DestChannel": f"Local/{LINE}-00000003;1", "DestUniqueid": "dz-1.3"}
FAR = {"Channel": f"Local/{LINE}-00000003;2", "Uniqueid": "dz-1.4"}
TRUNK = {"DestChannel": "PJSIP/county-linhe-00000005", "DestUniqueid": "dz-1.5"}
NEAR_GONE = {"Uniqueid": "dz-1.3", "Channel": NEAR["DestChannel"]}


def test_a_line_seat_answers_when_the_near_end_of_its_local_channel_does() -> None:
    ours = Translator()
    told = [
        ours.translate("DialBegin", {**CITIZEN, **NEAR}),
        ours.translate("DialBegin", {**FAR, **TRUNK}),
        ours.translate("DialEnd", {**FAR, **TRUNK, "DialStatus": "ANSWER"}),  # somebody or something picked up
        ours.translate("DialEnd", {**CITIZEN, **NEAR, "DialStatus": "ANSWER"}),  # and pressed 1
    ]
    assert told == [
        ev.LegRinging("dz-1.1", LINE, "13800138000", "PJSIP/trunk-00000001", "dz-1.3"),
        None,
        None,
        ev.LegAnswered("dz-1.1", LINE, "dz-1.3"),
    ]


@pytest.mark.parametrize("far_first", [True, False])
def test_only_the_trunk_says_whether_the_person_hung_up(*, far_first: bool) -> None:
    ours = Translator()
    dials = [{**CITIZEN, **NEAR}, {**FAR, **TRUNK}]
    for fields in reversed(dials) if far_first else dials:
        ours.translate("DialBegin", fields)
    assert ours.translate("HangupRequest", NEAR_GONE) is None
    assert ours.translate("HangupRequest", {"Uniqueid": "dz-1.5"}) == ev.HangupAsked("dz-1.1", LINE)
    assert ours.translate("Hangup", {"Uniqueid": "dz-1.5"}) is None
    assert ours.translate("Hangup", NEAR_GONE) == ev.LegEnded("dz-1.1", LINE)
    assert ours.legs == {}


def test_a_line_seat_in_a_talk_is_found_in_a_snapshot() -> None:
    ours = Translator()
    channels = [
        {"Uniqueid": "c1", "Channel": "PJSIP/trunk-00000001", "BridgeId": "b", "CallerIDNum": "13800138000"},
        {"Uniqueid": "c2", "Channel": f"Local/{LINE}-00000003;1", "BridgeId": "b", "Linkedid": "c1"},
        {"Uniqueid": "c3", "Channel": f"Local/{LINE}-00000003;2", "BridgeId": "d", "Linkedid": "c1"},
        {"Uniqueid": "c4", "Channel": "PJSIP/county-linhe-00000005", "BridgeId": "d", "Linkedid": "c1"},
    ]
    seen = ours.snapshot(channels, [], is_agent=lambda endpoint: endpoint == LINE, taken_at=T0)
    legs = frozenset({"c1", "c2", "c3", "c4"})
    assert seen.channels == {"c1": ev.SeenChannel("c1", "13800138000", "PJSIP/trunk-00000001", LINE, "c2", legs)}
    assert ours.translate("HangupRequest", {"Uniqueid": "c4"}) == ev.HangupAsked("c1", LINE)


PLACED = "leg-{}-dz-1.1-1"


@pytest.mark.parametrize(
    ("kind", "asked"),
    [("third", ev.HangupAsked("leg-third-dz-1.1-1")), ("caller", ev.HangupAsked("dz-1.1", LINE))],
)
@pytest.mark.parametrize("after_restart", [True, False])
def test_the_person_at_a_line_seat_that_was_placed_for_us_hangs_up(
    kind: str, asked: ev.HangupAsked, *, after_restart: bool
) -> None:
    ours, leg = Translator(), PLACED.format(kind)
    far = {"Channel": f"Local/{LINE}-00000003;2", "Uniqueid": f"far-{leg}"}
    if after_restart:
        rows = [{**far, "BridgeId": "d"}, {"Uniqueid": "dz-1.5", "Channel": TRUNK["DestChannel"], "BridgeId": "d"}]
        ours.snapshot(rows, [], is_agent=lambda endpoint: endpoint == LINE, taken_at=T0)
    else:
        assert ours.translate("DialBegin", {**far, **TRUNK}) is None
    assert ours.translate("HangupRequest", {"Uniqueid": "dz-1.5"}) == asked
    near = {"Uniqueid": leg, "Channel": f"Local/{LINE}-00000003;1"}
    assert ours.translate("HangupRequest", near) is None, "it ends with the far end, however that one ended"


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        (
            {"EndpointName": "county-linhe", "ContactStatus": "Unreachable"},
            ev.PhoneChanged("county-linhe", "UNAVAILABLE"),
        ),
        ({"EndpointName": "county-linhe", "ContactStatus": "Reachable"}, ev.PhoneChanged("county-linhe", "NOT_INUSE")),
        ({"EndpointName": "county-linhe", "ContactStatus": "Updated"}, None),
        ({"EndpointName": "1001", "ContactStatus": "Unreachable"}, None),
    ],
)
def test_a_countys_trunk_says_by_its_contact_whether_it_is_there(
    fields: dict[str, str], event: ev.PhoneChanged | None
) -> None:
    assert Translator().translate("ContactStatus", fields) == event
