import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.messages import Disposition
from api.intake.fold import MESSAGE_SEQ, MESSAGE_TYPE, Fact, fold, fold_offers

START = dt.datetime(2026, 11, 21, 0, 0, tzinfo=dt.UTC)


def fact(seq: int, kind: str, /, **data: Any) -> Fact:
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


VOICED = [
    fact(1, "call.started", caller="13800138000", dialled="12345"),
    fact(2, "call.menu", menu="default", version=3, path=["0"], end="queue", node="city", ms=900, steps=[]),
    fact(3, "call.queued", queue="city", priority=0, skill="english"),
]
LOST = fact(20, "call.record", disposition="abandoned", ended_at=START.isoformat(), started_at=START.isoformat())


def test_a_menu_tells_its_end_and_the_queue_its_skill() -> None:
    call = fold(VOICED)
    assert (call.menu_end, call.menu_node, call.menu_ms, call.skill) == ("queue", "city", 900, "english")
    assert (fold(CALL).menu_end, fold(CALL).skill) == (None, None)


def test_the_menu_after_the_talk_changes_nothing_of_the_one_before() -> None:
    after = fact(9, "call.menu", menu="default", version=4, path=[], end="hang_up", node="bye", ms=5000)
    call = fold([*VOICED, fact(8, "call.answered", agent_id="1001"), after])
    assert (call.menu_version, call.menu_path, call.menu_end, call.menu_node) == (3, ["0"], "queue", "city")


@pytest.mark.parametrize(
    ("wish", "disposition", "owed", "case"),
    [
        (("call.message", {"recording": "x-1.wav", "seconds": 4.5}), "message", True, True),
        (("call.return_requested", {"queue": "linhe"}), "registered", True, False),
        (("call.affected", {"incident": "7"}), "registered", True, False),
        (("call.transferred", {"target": "110", "result": "answered"}), "transferred", False, False),
        (("call.transferred", {"target": "110", "result": "busy"}), "abandoned", True, False),
    ],
)
@pytest.mark.parametrize("end", ["abandoned", "hangup_in_menu", None])
def test_what_the_citizen_got_is_how_the_call_ended(
    *, wish: tuple[str, dict[str, Any]], disposition: str, owed: bool, case: bool, end: str | None
) -> None:
    """Neither the end that voice tells nor Asterisk's own record makes an abandoned call of it."""
    ended = [] if end is None else [fact(9, "call.ended", disposition=end)]
    call = fold([VOICED[0], fact(4, wish[0], **wish[1]), *ended, LOST])
    if disposition == "abandoned" and end:
        disposition, owed = end, end == "abandoned"
    assert (call.disposition, call.left_alone, call.needs_case) == (disposition, owed, case)


@pytest.mark.parametrize("kind", ["call.message", "call.return_requested", "call.affected", "call.transferred"])
def test_whoever_spoke_with_a_person_after_all_was_answered(kind: str) -> None:
    got = {"recording": "m.wav", "queue": "city", "incident": "7", "target": "110", "result": "answered"}
    call = fold([*CALL, fact(3, kind, **got)])
    assert (call.disposition, call.left_alone, call.recording) == ("answered", False, "x.wav")


def test_asterisk_takes_the_far_end_of_a_transfer_for_an_agent_and_is_not_believed() -> None:
    record = fact(
        9, "call.record", disposition="answered", answered_by=None, answered_at=START.isoformat(), dialled="12345"
    )
    transferred = fact(4, "call.transferred", target="110", result="answered")
    call = fold([VOICED[0], transferred, record])
    assert (call.disposition, call.answered_at, call.transferred_to) == ("transferred", None, "110")
    assert not call.needs_case
    assert fold([VOICED[0], record]).disposition == "answered"
    by_agent = fact(10, "call.record", **(record.data | {"answered_by": "1001"}))
    assert fold([VOICED[0], transferred, by_agent]).disposition == "answered"


def test_a_wish_names_the_queue_and_a_message_its_recording() -> None:
    call = fold([VOICED[0], fact(4, "call.return_requested", queue="linhe")])
    assert call.queue == "linhe"
    assert fold([*VOICED, fact(4, "call.return_requested", queue="linhe")]).queue == "city"
    assert fold([VOICED[0], fact(4, "call.message", recording="m.wav", seconds=3)]).recording == "m.wav"


WISHES = [
    *VOICED,
    fact(4, "call.affected", incident="7"),
    fact(5, "call.message", recording="m.wav", seconds=3),
    fact(6, "call.transferred", target="110", result="answered"),
    fact(7, "call.ended", disposition="hangup_in_menu"),
    fact(MESSAGE_SEQ, MESSAGE_TYPE, caller="1", dialled="2", file_name="1.json"),
    LOST,
]


@given(st.permutations(WISHES), st.integers(0, len(WISHES)))
def test_no_order_and_no_part_changes_what_a_menu_gave(events: list[Fact], count: int) -> None:
    assert fold(events) == fold(WISHES)
    assert fold(events[:count]) == fold(sorted(events[:count], key=lambda one: one.seq))
    assert fold(WISHES).disposition == "message"


def test_a_transfer_inside_the_house_changes_who_answered_and_nothing_else() -> None:
    given = (
        fact(5, "call.transferred", target="law", kind="queue", by="1001", result="queued"),
        fact(6, "call.offered", agent_id="1002", offer_no=2, waited_ms=90_000),
        fact(7, "call.answered", agent_id="1002"),
        fact(8, "call.ended", disposition="answered", ended_by="caller"),
    )
    answered = fact(4, "call.answered", agent_id="1001", recording="c1.wav")
    call = fold([VOICED[0], answered, *given])
    assert (call.answered_by, call.disposition, call.transferred_to) == ("1002", "answered", None)
    assert (call.recording, call.answered_at) == ("c1.wav", answered.at)


def test_an_offer_to_who_was_only_asked_is_known_as_such() -> None:
    asked = {"by": "1001", "kind": "agent", "target": "1002", "result": "answered", "offer_no": 2}
    offers = fold_offers([fact(5, "call.offered", agent_id="1002", offer_no=2), fact(6, "call.consulted", **asked)])
    assert [(offer.agent_id, offer.result) for offer in offers] == [("1002", "consulted")]
