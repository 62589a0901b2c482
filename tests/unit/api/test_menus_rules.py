import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.menus.rules import (
    TRANSITIONS,
    Publication,
    Standing,
    StepRefusedError,
    Trigger,
    VersionState,
    before,
    in_force,
    moment,
    next_state,
    scheduled,
    standing,
)

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def publication(number: int, version: int, hours: float, *, cancelled: bool = False) -> Publication:
    return Publication(number, version, NOW + dt.timedelta(hours=hours), cancelled)


PUBLICATIONS = st.lists(
    st.builds(publication, st.just(0), st.integers(1, 4), st.integers(-5, 5), cancelled=st.booleans()), max_size=12
).map(lambda found: [Publication(n, p.version, p.effective_at, p.cancelled) for n, p in enumerate(found, start=1)])


@pytest.mark.parametrize(("state", "trigger"), list(itertools.product(VersionState, Trigger)))
def test_a_version_takes_the_steps_of_the_table_and_no_other(state: VersionState, trigger: Trigger) -> None:
    if (state, trigger) in TRANSITIONS:
        assert next_state(state, trigger) is TRANSITIONS[state, trigger]
    else:
        with pytest.raises(StepRefusedError, match=state):
            next_state(state, trigger)


def test_nothing_leaves_approved() -> None:
    assert not [state for state, _ in TRANSITIONS if state is VersionState.APPROVED]


def test_in_force_is_the_latest_that_has_come() -> None:
    course = [
        publication(1, 1, -3),
        publication(2, 2, -2),
        publication(3, 3, -1, cancelled=True),
        publication(4, 4, 1),
    ]
    present = in_force(course, now=NOW)
    assert present == course[1]
    assert [standing(one, present, now=NOW) for one in course] == [
        Standing.PAST,
        Standing.IN_FORCE,
        Standing.CANCELLED,
        Standing.SCHEDULED,
    ]
    assert scheduled(course, now=NOW) == [course[3]]
    assert in_force(course, now=NOW + dt.timedelta(hours=1)) == course[3]
    assert in_force([], now=NOW) is None


def test_a_roll_back_leads_to_another_version_that_was_in_force() -> None:
    assert before([publication(1, 1, -3)], now=NOW) is None
    assert before([publication(1, 1, -3), publication(2, 1, -2)], now=NOW) is None
    again = [publication(1, 1, -4), publication(2, 2, -3), publication(3, 2, -2), publication(4, 3, 1)]
    assert before(again, now=NOW) == again[0]
    never = [publication(1, 1, -4), publication(2, 2, -2), publication(3, 3, -2)]
    assert before(never, now=NOW) == never[0]  # version 2 was overtaken in the moment of its own effect


@given(PUBLICATIONS)
def test_one_publication_at_most_is_in_force_whatever_was_decided(found: list[Publication]) -> None:
    present = in_force(found, now=NOW)
    standings = [standing(one, present, now=NOW) for one in found]
    assert standings.count(Standing.IN_FORCE) == (present is not None)
    if present is not None:
        due = [one for one in found if not one.cancelled and one.effective_at <= NOW]
        assert present == max(due, key=lambda one: (one.effective_at, one.id))
    back = before(found, now=NOW)
    assert back is None or (present is not None and back.version != present.version and not back.cancelled)


def test_a_publication_may_be_set_for_a_year_ahead_and_never_for_the_past() -> None:
    assert moment(None, now=NOW) == NOW
    for days in (0, 365):
        assert moment(NOW + dt.timedelta(days=days), now=NOW) == NOW + dt.timedelta(days=days)
    for wrong in (NOW - dt.timedelta(microseconds=1), NOW + dt.timedelta(days=365, seconds=1)):
        with pytest.raises(StepRefusedError, match="at"):
            moment(wrong, now=NOW)
    west, east = (dt.timezone(dt.timedelta(hours=hours)) for hours in (-8, 8))
    for edge in (dt.datetime(1, 1, 1, tzinfo=east), dt.datetime(9999, 12, 31, 23, tzinfo=west)):
        with pytest.raises(StepRefusedError):
            moment(edge, now=NOW)
