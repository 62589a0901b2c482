import json
from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.call import report
from ops.call.timeline import (
    CallFacts,
    OfferFact,
    RingFact,
    Spread,
    Word,
    double_offers,
    double_rings,
    figures,
    missing,
    spread,
    steps,
    summary,
    summary_of_all,
)

T = 1_800_000_000.0
OFFER = OfferFact("1001", "n-1", decided_at=T + 3, popped_at=T + 3.004, queue="city", menu_version=1, waited_ms=12)
RING = RingFact("1001", "n-1", rang_at=T + 3.02, answered_at=T + 3.5, ended_at=T + 5.5, ended_by="self")
WHOLE = CallFacts(
    key="c1",
    caller="13912340001",
    dialled="12345",
    keys="0",
    dialled_at=T,
    connected_at=T + 0.1,
    greeted_at=T + 0.2,
    pressed_at=T + 0.3,
    queued_at=T + 2.9,
    offers=(OFFER,),
    rings=(RING,),
    agent_heard_at=T + 3.6,
    citizen_heard_at=T + 3.7,
    ended_at=T + 5.6,
    ended_by="other",
    outcome="answered",
    outcome_at=T + 6,
    call_id="n-1",
    case_no="3714-1",
    case_shown_at=T + 3.05,
    case_count=1,
)


def test_a_whole_call_is_told_in_the_order_of_time() -> None:
    assert [step.name for step in steps(WHOLE)] == [
        *("dialled", "greeted", "key pressed", "queued", "popped", "rang", "case number"),
        *("answered", "talked", "ended", "outcome chosen"),
    ]
    assert missing(WHOLE) == []


def test_the_figures_of_a_whole_call() -> None:
    assert summary(WHOLE) == {
        "call_id": "n-1",
        "case_no": "3714-1",
        "menu_version": 1,
        "queue_ms": 12,
        "pop_ms": 4.0,
        "ring_ms": 20.0,
        "pop_before_ring": True,
        "answered": True,
        "case_count": 1,
    }


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ({"greeted_at": None}, ["greeted"]),
        ({"rings": ()}, ["rang", "answered"]),
        ({"rings": (replace(RING, answered_at=None),)}, ["rang", "answered"]),
        ({"offers": ()}, ["popped"]),
        ({"citizen_heard_at": None}, ["talked"]),
        ({"case_shown_at": None}, ["case number"]),
        ({"case_count": 2}, ["exactly one case (there are 2)"]),
        ({"case_count": 0}, ["exactly one case (there are 0)"]),
    ],
)
def test_what_did_not_happen_is_named(change: dict[str, object], lacking: list[str]) -> None:
    facts = replace(WHOLE, **change)  # type: ignore[arg-type]
    assert missing(facts) == lacking
    assert report.complaints([facts], "the logs")[-1] == "look in the logs"


def test_a_key_that_was_not_wanted_is_not_missed() -> None:
    assert missing(replace(WHOLE, keys="", pressed_at=None)) == []


def test_a_ring_before_its_pop_shows() -> None:
    late = replace(WHOLE, offers=(replace(OFFER, popped_at=T + 3.03),))
    assert not figures(late).pop_before_ring


def test_a_missed_first_offer_must_have_popped_too() -> None:
    missed_offer = replace(OFFER, agent="1002", decided_at=T + 1, popped_at=T + 1.01)
    missed_ring = RingFact("1002", "n-1", rang_at=T + 1.02, ended_at=T + 2)
    both = replace(WHOLE, offers=(missed_offer, OFFER), rings=(missed_ring, RING))
    assert figures(both).pop_before_ring
    assert figures(both).ring_ms == 20.0
    assert not figures(replace(both, offers=(OFFER,))).pop_before_ring


def test_who_ended_the_call() -> None:
    def ender(facts: CallFacts) -> str:
        return next(step.text for step in steps(facts) if step.name == "ended")

    assert ender(WHOLE) == "by the agent"
    assert ender(replace(WHOLE, ended_by="self")) == "by the citizen"
    assert ender(replace(WHOLE, rings=(replace(RING, ended_by="other"),))) == "by the system"


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("offer a, offer b", 1),
        ("offer a, offer a", 0),
        ("offer a, withdrawn a, offer b", 0),
        ("offer a, withdrawn b, offer b", 1),
        ("offer a, state talking, ended a, state wrap_up, offer b", 1),
        ("offer a, state talking, ended a, state wrap_up, state ready, offer b", 0),
        ("offer a, state missed, offer b, state ready", 0),
    ],
)
def test_an_agent_has_one_call_in_hand(words: str, count: int) -> None:
    def word(text: str) -> Word:
        kind, _, about = text.partition(" ")
        return Word(kind, state=about) if kind == "state" else Word(kind, call_id=about)

    assert double_offers(map(word, words.split(", "))) == count


def test_one_phone_rings_for_one_call_at_a_time() -> None:
    after = RingFact("1001", "n-2", rang_at=T + 5.4)
    assert double_rings([after, RING]) == 1
    assert double_rings([replace(after, rang_at=T + 5.6), RING]) == 0


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_percentiles_are_values_in_their_order(values: list[float]) -> None:
    found = spread(values)
    assert found.p50 is not None
    assert found.p95 is not None
    assert found.p99 is not None
    assert min(values) <= found.p50 <= found.p95 <= found.p99 <= max(values)


def test_percentiles_of_a_hundred_and_of_none() -> None:
    assert spread(list(range(1, 101))) == Spread(50, 95, 99)
    assert spread([]) == Spread(None, None, None)


def test_many_calls_in_one_line() -> None:
    other = replace(WHOLE, key="c2", rings=(), case_count=0)
    assert summary_of_all([WHOLE, other], 0) == {
        "calls": 2,
        "answered": 1,
        "cases": 1,
        "double_offers": 0,
        "pop_before_ring": 1,
        "pop_ms": {"p50": 4.0, "p95": 4.0, "p99": 4.0},
        "ring_ms": {"p50": 20.0, "p95": 20.0, "p99": 20.0},
    }


def test_the_last_line_is_json() -> None:
    assert json.loads(report.of_one(WHOLE, UTC)[-1])["case_no"] == "3714-1"
    assert json.loads(report.of_many([WHOLE, WHOLE], 0)[-1])["calls"] == 2


def test_a_timeline_reads_like_a_story() -> None:
    lines = report.timeline(replace(WHOLE, outcome_at=None), UTC)
    assert lines[0] == "08:00:00.000     +0 ms  dialled         13912340001 dials 12345"
    assert lines[-1] == "--:--:--.---            outcome chosen  did not happen"


def test_hostile_text_cannot_move_the_cursor() -> None:
    assert report.printable("张\x1b[2J\r\n") == "张\\x1b[2J\\r\\n"


def test_nothing_to_complain_about() -> None:
    assert report.complaints([WHOLE], "the logs") == []
