from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.intake.parsing import Event, Rejected, parse_event

AT = "2026-11-21T08:00:00.5+08:00"


def entry(**changes: Any) -> dict[str, Any]:
    good = {"call_id": "hall-1.1", "seq": 1, "type": "call.started", "at": AT, "data": {"caller": "13800138000"}}
    return good | changes


def test_a_good_entry_is_an_event_in_utc() -> None:
    event = parse_event(entry())
    assert isinstance(event, Event)
    assert event.at.isoformat() == "2026-11-21T00:00:00.500000+00:00"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"call_id": None}, "call_id"),
        ({"call_id": ""}, "call_id"),
        ({"call_id": "a\x00b"}, "call_id"),
        ({"call_id": "x" * 151}, "call_id"),
        ({"seq": "1"}, "seq"),
        ({"seq": True}, "seq"),
        ({"seq": 0}, "seq"),
        ({"seq": 2**63}, "seq"),
        ({"type": "call.teleported"}, "type"),
        ({"type": ["call.started"]}, "type"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-11-21T08:00:00"}, "at"),
        ({"at": 5}, "at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"data": None}, "data"),
        ({"data": {"caller": 5}}, "data.caller|caller"),
        ({"type": "call.offered", "data": {"agent_id": "1001"}}, "offer_no"),
        ({"type": "call.offered", "data": {"agent_id": "1001", "offer_no": 2**31}}, "offer_no"),
        ({"type": "call.queued", "data": {}}, "queue"),
        ({"type": "call.record", "data": {"ended_at": "x"}}, "ended_at"),
    ],
)
def test_a_bad_entry_says_what_is_wrong(changes: dict[str, Any], reason: str) -> None:
    rejected = parse_event(entry(**changes))
    assert isinstance(rejected, Rejected)
    assert any(part in rejected.reason for part in reason.split("|"))


STEP = {"node": "menu", "at_ms": 0, "ms": 900, "choice": "1"}
MENU = {"menu": "default", "version": 2, "path": ["1"], "end": "queue", "node": "city", "ms": 900, "steps": [STEP]}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("call.menu", MENU),
        ("call.menu", {"menu": "default", "version": 2, "path": ["1"]}),
        ("call.menu", MENU | {"steps": [STEP | {"choice": None}] * 60}),
        ("call.queued", {"queue": "city", "priority": 0, "skill": None}),
        ("call.return_requested", {"queue": "city"}),
        ("call.message", {"recording": "hall-1.1-m1.wav", "seconds": 4}),
        ("call.message", {"recording": "hall-1.1-m1.wav", "seconds": 4.25}),
        ("call.transferred", {"target": "110", "result": "no_answer"}),
        ("call.transferred", {"target": "city", "kind": "queue", "by": "1001", "result": "queued"}),
        ("call.held", {"agent_id": "1001"}),
        ("call.resumed", {"agent_id": "1001"}),
        ("call.consulted", {"by": "1001", "kind": "agent", "target": "1002", "result": "answered", "offer_no": 2}),
        ("call.joined", {"by": "1001", "kind": "number", "target": "110"}),
        ("call.left", {"who": "third", "kind": "number", "target": "110"}),
        ("call.affected", {"incident": "7"}),
        ("call.rated", {"score": 5, "reason": "pressed"}),
        ("call.rated", {"score": None, "reason": "hung_up"}),
    ],
)
def test_what_menus_tell_is_taken(kind: str, data: dict[str, Any]) -> None:
    event = parse_event(entry(type=kind, data=data))
    assert isinstance(event, Event)
    assert event.data == data


def test_a_step_keeps_no_more_than_it_may() -> None:
    event = parse_event(entry(type="call.menu", data=MENU | {"steps": [STEP | {"digits": "372401199001011234"}]}))
    assert isinstance(event, Event)
    assert event.data["steps"] == [STEP]


@pytest.mark.parametrize(
    ("kind", "data", "reason"),
    [
        ("call.menu", MENU | {"end": "teleported"}, "data.end|end"),
        ("call.menu", MENU | {"end": ["queue"]}, "end"),
        ("call.menu", MENU | {"node": "a b"}, "node"),
        ("call.menu", MENU | {"ms": -1}, "ms"),
        ("call.menu", MENU | {"steps": {}}, "steps"),
        ("call.menu", MENU | {"steps": [STEP] * 61}, "steps"),
        ("call.menu", MENU | {"steps": [None]}, "steps"),
        ("call.menu", MENU | {"steps": [STEP | {"node": "x" * 10_000}]}, "node"),
        ("call.menu", MENU | {"steps": [STEP | {"choice": "372401199001011234"}]}, "choice"),
        ("call.menu", MENU | {"steps": [STEP | {"choice": "一"}]}, "choice"),
        ("call.menu", MENU | {"steps": [STEP | {"ms": 2**31}]}, "ms"),
        ("call.menu", MENU | {"steps": [STEP | {"at_ms": None}]}, "at_ms"),
        ("call.queued", {"queue": "city", "skill": 5}, "skill"),
        ("call.return_requested", {"queue": 5}, "queue"),
        ("call.message", {"seconds": 4}, "recording"),
        ("call.message", {"recording": "../../etc/passwd.wav"}, "recording"),
        ("call.message", {"recording": ".wav"}, "recording"),
        ("call.message", {"recording": "..wav"}, "recording"),
        ("call.message", {"recording": "m.json"}, "recording"),
        ("call.message", {"recording": "m.wav\n"}, "recording"),
        ("call.message", {"recording": "m.wav", "seconds": float("nan")}, "seconds"),
        ("call.message", {"recording": "m.wav", "seconds": True}, "seconds"),
        ("call.message", {"recording": "m.wav", "seconds": 10**400}, "seconds"),
        ("call.transferred", {"target": "110;rm", "result": "busy"}, "target"),
        ("call.transferred", {"target": "110", "result": "maybe"}, "result"),
        ("call.affected", {}, "incident"),
        ("call.affected", {"incident": 7}, "incident"),
        ("call.affected", {"incident": " "}, "incident"),
        ("call.rated", {"score": 11, "reason": "pressed"}, "score"),
        ("call.rated", {"score": 1.5, "reason": "pressed"}, "score"),
        ("call.rated", {"score": 5, "reason": "silent"}, "score"),
        ("call.rated", {"reason": "pressed"}, "score"),
        ("call.rated", {"score": 5}, "reason"),
    ],
)
def test_what_no_menu_can_mean_is_refused_with_its_reason(kind: str, data: dict[str, Any], reason: str) -> None:
    rejected = parse_event(entry(type=kind, data=data))
    assert isinstance(rejected, Rejected)
    assert any(part in rejected.reason for part in reason.split("|"))


def test_the_journal_gets_its_number_back_even_for_nonsense() -> None:
    rejected = parse_event({"seq": 7, "rubbish": "\ud800\x00"})
    assert isinstance(rejected, Rejected)
    assert rejected.seq == 7
    assert rejected.fingerprint == parse_event({"rubbish": "\ud800\x00", "seq": 7}).fingerprint  # type: ignore[union-attr]


def test_hostile_text_is_cleaned_not_refused() -> None:
    event = parse_event(entry(data={"caller": "\x00${SHELL(id)}\r\n\ud83d" + "9" * 500, "dialled": ""}))
    assert isinstance(event, Event)
    assert event.data["caller"].startswith("${SHELL(id)}  \ufffd999")
    assert len(event.data["caller"]) == 256


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=6),
)
KEYS = ("call_id", "seq", "type", "at", "data")
ENTRIES = JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, JSON)).map(lambda some: entry(**some))


FIELD_NAMES = ("menu", "end", "node", "ms", "steps", "recording", "seconds", "target", "result", "incident", "score")
TYPED = st.builds(
    lambda kind, data: entry(type=kind, data=data),
    st.sampled_from([f"call.{kind}" for kind in ("menu", "message", "transferred", "affected", "rated", "queued")]),
    st.dictionaries(st.sampled_from([*FIELD_NAMES, "reason", "queue"]), JSON, max_size=8),
)


@given(ENTRIES | TYPED)
def test_whatever_comes_is_an_event_or_a_rejection_that_can_be_stored(raw: Any) -> None:
    parsed = parse_event(raw)
    if isinstance(parsed, Event):
        orjson.dumps(parsed.data)
    else:
        assert parsed.reason
        parsed.raw.encode()
