import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.hours import CHINA, DAY_MINUTES, DAYS, Calendar, Gap, Period, Week, gaps, is_open, next_opening
from ivr.hours_codec import week_from_dict, week_to_dict

OFFICE = week_from_dict({"mon-fri": ["08:30-12:00", "14:00-18:00"], "sat": ["09:00-12:00"]})
NATIONAL_DAY = dt.date(2026, 10, 1)
WORKED_SATURDAY = dt.date(2026, 10, 10)
CALENDAR = Calendar(frozenset({NATIONAL_DAY}), frozenset({WORKED_SATURDAY}))
NONE = Calendar()


@pytest.mark.parametrize(
    ("moment", "opened"),
    [
        ("2026-11-20T08:29:59+08:00", False),
        ("2026-11-20T08:30:00+08:00", True),
        ("2026-11-20T11:59:59.999+08:00", True),
        ("2026-11-20T12:00:00+08:00", False),
        ("2026-11-20T00:30:00+00:00", True),
        ("2026-11-19T20:30:00-04:00", True),
        ("2026-11-21T09:00:00+08:00", True),
        ("2026-11-21T14:00:00+08:00", False),
        ("2026-11-22T09:00:00+08:00", False),
        ("2026-10-01T09:00:00+08:00", False),
        ("2026-10-10T15:00:00+08:00", True),
    ],
)
def test_open_is_half_open_in_china(moment: str, opened: bool) -> None:
    assert is_open(OFFICE, CALENDAR, now=dt.datetime.fromisoformat(moment)) is opened


def test_holidays_and_make_up_days_may_have_hours_of_their_own() -> None:
    week = week_from_dict({"mon": ["08:00-09:00"], "holiday": ["10:00-11:00"], "makeup": []})
    assert is_open(week, CALENDAR, now=dt.datetime(2026, 10, 1, 10, tzinfo=CHINA))
    assert not is_open(week, CALENDAR, now=dt.datetime(2026, 10, 10, 8, 30, tzinfo=CHINA))


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        is_open(OFFICE, NONE, now=dt.datetime(2026, 11, 20, 9))  # noqa: DTZ001 - that is the test


def test_a_week_has_seven_days() -> None:
    with pytest.raises(ValueError, match="7 days"):
        Week(((),))


@pytest.mark.parametrize(
    ("week", "found"),
    [
        ({day: ["00:00-24:00"] for day in DAYS}, []),
        ({"mon-sun": ["00:00-24:00"]}, []),
        ({}, ["mon 00:00 to mon 00:00"]),
        (
            {"mon-sun": ["00:00-23:59"]},
            [f"{a} 23:59 to {b} 00:00" for a, b in zip(DAYS, (*DAYS[1:], "mon"), strict=True)],
        ),
        ({"mon": ["08:00-12:00", "12:00-24:00"], "tue": ["00:00-12:00"]}, ["tue 12:00 to mon 08:00"]),
    ],
)
def test_gaps_are_joined_over_midnight_and_the_week(week: dict[object, object], found: list[str]) -> None:
    assert [str(gap) for gap in gaps(week_from_dict(week))] == found


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"monday": []}, "'monday' is not a day"),
        ({"fri-mon": []}, "'fri-mon' is not a day"),
        ({1: []}, "'1' is not a day"),
        ({"mon-": []}, "is not a day"),
        ({"mon": "08:00-12:00"}, "no list"),
        ({"mon": ["8-12"]}, "'8-12' is not a period"),
        ({"mon": [510]}, "'510' is not a period"),
        ({"mon": ["08:60-12:00"]}, "no time of day"),
        ({"mon": ["08:00-24:01"]}, "no time of day"),
        ({"mon": ["22:00-06:00"]}, "split it at midnight"),
        ({"mon": ["08:00-08:00"]}, "ends before"),
        ({"mon": ["08:00-12:00", "11:59-13:00"]}, "overlap"),
        ({"mon-wed": [], "tue": []}, "twice"),
        ({"mon": ["08:00-09:00"] * 11}, "at most 10"),
        ({"mon": [[["x"] * 9]]}, "this (list) is not a period"),
        ({"mon": [10**5000]}, "this (int) is not a period"),
    ],
)
def test_hours_that_cannot_be_are_refused_with_a_reason(data: dict[object, object], what: str) -> None:
    with pytest.raises(ValueError, match=r"\S; \S") as refused:
        week_from_dict(data)
    assert what in str(refused.value)


minutes = st.integers(0, DAY_MINUTES)
days = (
    st.lists(minutes, max_size=6, unique=True)
    .map(sorted)
    .map(lambda m: tuple(Period(a, b) for a, b in zip(m[::2], m[1::2], strict=False)))
)
weeks = st.builds(Week, st.tuples(*[days] * 7), days, st.none() | days)


@given(weeks)
def test_a_week_reads_back_equal(week: Week) -> None:
    assert week_from_dict(dict(week_to_dict(week))) == week


@given(weeks, st.integers(0, 7 * DAY_MINUTES - 1))
def test_every_minute_is_open_or_in_a_gap(week: Week, minute: int) -> None:
    now = dt.datetime(2026, 11, 16, tzinfo=CHINA) + dt.timedelta(minutes=minute)
    found: list[Gap] = gaps(week)
    closed = any(gap.start <= at < gap.end for gap in found for at in (minute, minute + 7 * DAY_MINUTES))
    assert is_open(week, NONE, now=now) is not closed


@settings(deadline=None)
@given(st.integers(0, 8 * DAY_MINUTES))
def test_the_next_opening_is_the_first_minute_of_a_period_after_now(minute: int) -> None:
    now = dt.datetime(2026, 10, 1, 0, 0, 30, tzinfo=CHINA) + dt.timedelta(minutes=minute)
    found = next_opening(OFFICE, CALENDAR, after=now)
    assert found is not None
    probe = now.replace(second=0) + dt.timedelta(minutes=1)
    while not (
        is_open(OFFICE, CALENDAR, now=probe) and not is_open(OFFICE, CALENDAR, now=probe - dt.timedelta(minutes=1))
    ):
        probe += dt.timedelta(minutes=1)
    assert found == probe


def test_what_never_opens_has_no_next_opening() -> None:
    shut = Week(((),) * 7)
    assert next_opening(shut, NONE, after=dt.datetime(2026, 10, 1, tzinfo=CHINA)) is None
