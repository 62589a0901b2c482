import datetime as dt

import pytest

from api.intake.returns import CallerFacts, Cancel, Owe, decide

CALLER = "+8613800138000"


def at(minute: int) -> dt.datetime:
    return dt.datetime(2026, 11, 21, 8, minute, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("left", "answered", "done", "owed", "decision"),
    [
        (None, None, None, None, None),
        (None, 5, None, None, None),
        (3, None, None, None, Owe),
        (3, None, None, 3, None),
        (4, None, None, 3, Owe),
        (3, 2, None, None, Owe),
        (3, 5, None, None, None),
        (3, 5, None, 3, Cancel),
        (3, None, 5, None, None),
        (6, 5, None, 3, Owe),
    ],
)
def test_the_latest_facts_decide(
    left: int | None, answered: int | None, done: int | None, owed: int | None, decision: type | None
) -> None:
    facts = CallerFacts(
        CALLER,
        left_at=None if left is None else at(left),
        left_call=None if left is None else "left",
        answered_at=None if answered is None else at(answered),
        answered_call=None if answered is None else "answered",
        done_at=None if done is None else at(done),
        owed_since=None if owed is None else at(owed),
    )
    found = decide(facts)
    assert found is None if decision is None else isinstance(found, decision)
    if isinstance(found, Cancel):
        assert (found.call_id, found.at) == ("answered", at(5))


@pytest.mark.parametrize(("registered", "stored", "moves"), [(7, None, True), (7, 7, False), (None, 7, True)])
def test_the_incident_of_a_debt_is_kept_right(registered: int | None, stored: int | None, moves: bool) -> None:
    facts = CallerFacts(
        CALLER, left_at=at(3), left_call="left", owed_since=at(3), incident_id=registered, owed_incident=stored
    )
    found = decide(facts)
    assert (found == Owe(CALLER, "left", None, at(3), registered)) if moves else (found is None)
