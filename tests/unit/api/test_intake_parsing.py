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


@given(ENTRIES)
def test_whatever_comes_is_an_event_or_a_rejection_that_can_be_stored(raw: Any) -> None:
    parsed = parse_event(raw)
    if isinstance(parsed, Event):
        orjson.dumps(parsed.data)
    else:
        assert parsed.reason
        parsed.raw.encode()
