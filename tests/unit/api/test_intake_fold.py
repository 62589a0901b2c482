import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.messages import Disposition
from api.intake.fold import MESSAGE_SEQ, MESSAGE_TYPE, Fact, fold, fold_offers

START = dt.datetime(2026, 11, 21, 0, 0, tzinfo=dt.UTC)


def fact(seq: int, kind: str, **data: Any) -> Fact:
    return Fact(seq, kind, START + dt.timedelta(seconds=seq), data)


CALL = [
    fact(1, "call.started", caller="13800138000", dialled="12345"),
    fact(2, "call.menu", menu="default", version=3, path=["0"]),
    fact(3, "call.queued", queue="city", priority=0),
    fact(4, "call.offered", agent_id="1001", offer_no=1, waited_ms=1000),
    fact(5, "call.missed", agent_id="1001", offer_no=1, reason="no_answer"),
    fact(6, "call.offered", agent_id="1002", offer_no=2, waited_ms=3000),
    fact(7, "call.answered", agent_id="1002", recording="x.wav"),
    fact(8, "call.ended", disposition="answered", ended_by="caller"),
]
RECORD = fact(
    9,
    "call.record",
    caller="other",
    dialled="other",
    queue="linhe",
    answered_by="9999",
    disposition="abandoned",
    started_at=START.isoformat(),
    ended_at=START.isoformat(),
    answered_at=START.isoformat(),
)


def test_a_whole_call() -> None:
    call = fold(CALL)
    assert (call.source, call.caller_raw, call.dialled, call.menu_version) == ("voice", "13800138000", "12345", 3)
    assert (call.queue, call.answered_by, call.recording, call.disposition) == ("city", "1002", "x.wav", "answered")
    assert call.first_offered_at == START + dt.timedelta(seconds=4)
    assert call.waited_ms == 4000
    assert call.needs_case
    assert not call.left_alone


@given(st.permutations([*CALL, RECORD]), st.integers(0, 9))
def test_no_order_and_no_part_of_it_changes_the_fold(events: list[Fact], count: int) -> None:
    assert fold(events) == fold([*CALL, RECORD])
    assert fold_offers(events) == fold_offers(CALL)
    some = events[:count]
    assert fold(some) == fold(sorted(some, key=lambda one: one.seq))


def test_a_record_never_overwrites() -> None:
    assert fold([*CALL, RECORD]) == fold(CALL)


def test_a_record_fills_what_is_missing() -> None:
    call = fold([CALL[0], RECORD])
    assert (call.caller_raw, call.queue, call.answered_by, call.answered_at) == ("13800138000", "linhe", "9999", START)
    assert call.needs_case
    assert fold([RECORD]).source == "record"


def test_offers_tell_what_became_of_them() -> None:
    told = [(offer.offer_no, offer.agent_id, offer.result) for offer in fold_offers(CALL)]
    assert told == [(1, "1001", "no_answer"), (2, "1002", "answered")]


@pytest.mark.parametrize(
    ("disposition", "owed"), [("abandoned", True), ("message", True), ("hangup_in_menu", False), ("failed", False)]
)
def test_who_is_owed_a_return_call(disposition: str, owed: bool) -> None:
    call = fold([CALL[0], CALL[2], fact(8, "call.ended", disposition=disposition)])
    assert call.left_alone is owed


def test_an_abandoned_call_that_was_never_offered_opens_no_case() -> None:
    assert not fold([CALL[0], CALL[2], fact(8, "call.ended", disposition="abandoned")]).needs_case


def test_a_message_makes_an_abandoned_call_a_message() -> None:
    message = fact(MESSAGE_SEQ, MESSAGE_TYPE, caller="13800138000", dialled="12345")
    call = fold([message, fact(8, "call.record", disposition="abandoned")])
    assert call.disposition == Disposition.MESSAGE
    assert call.needs_case
    assert fold([message]).source == "message"
    assert fold([message, *CALL]).disposition == Disposition.ANSWERED


def test_a_second_agent_takes_the_call_over_and_the_wait_stays() -> None:
    again = [
        fact(9, "call.offered", agent_id="1003", offer_no=3, waited_ms=0),
        fact(10, "call.answered", agent_id="1003"),
    ]
    call = fold([*CALL[:7], *again])
    assert (call.answered_by, call.waited_ms, call.recording) == ("1003", 4000, "x.wav")
