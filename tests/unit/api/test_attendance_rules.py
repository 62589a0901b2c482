"""Planned against actual, told as an office tells it, and counted minute by minute."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.attendance.rules import Actual, Kept, Status, actual_of, keep, overtime
from api.rota.spans import Span, merged

DAY = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
NEVER = Actual([], [])


def at(clock: str) -> dt.datetime:
    hours, minutes = clock.split(":")
    return DAY + dt.timedelta(hours=int(hours), minutes=int(minutes))


def spans(text: str) -> list[Span]:
    return [Span(at(since), at(until)) for since, until in (part.split("-") for part in text.split())]


def judge(present: str, *, paused: str = "", leaves: str = "", now: str = "23:00") -> Kept:
    kept = keep(
        7, spans("08:00-16:00")[0], spans(leaves), Actual(spans(present), spans(paused)), now=at(now), grace=MINUTE
    )
    assert kept is not None
    return kept


def minutes(*lengths: dt.timedelta) -> tuple[float, ...]:
    return tuple(length / MINUTE for length in lengths)


@pytest.mark.parametrize(
    ("present", "late", "early", "there", "absent"),
    [
        ("07:50-16:10", 0, 0, 480, False),
        ("08:01-15:59", 0, 0, 478, False),
        ("08:02-15:30", 2, 30, 448, False),
        ("08:00-10:00 12:00-16:00", 0, 0, 360, False),
        ("16:00-20:00", 0, 0, 0, True),
        ("05:00-08:00", 0, 0, 0, True),
        ("", 0, 0, 0, True),
    ],
)
def test_a_duty_that_is_over(present: str, late: int, early: int, there: int, absent: bool) -> None:
    kept = judge(present)
    assert minutes(kept.late, kept.early, kept.present) == (late, early, there)
    assert (kept.absent, kept.status) == (absent, Status.OVER)


def test_a_duty_that_runs_is_judged_up_to_now() -> None:
    kept = judge("08:20-09:00", now="09:00")
    assert (kept.status, kept.left, kept.early, kept.late) == (Status.RUNNING, None, dt.timedelta(0), 20 * MINUTE)
    assert not judge("", now="08:01").absent
    assert judge("", now="08:02").absent
    assert judge("", now="07:00").status is Status.PLANNED


def test_leave_takes_away_from_duty() -> None:
    kept = judge("10:00-12:00 13:00-16:00", leaves="07:00-10:00 12:00-13:00", paused="11:30-12:30")
    assert minutes(kept.planned, kept.late, kept.present, kept.paused) == (300, 0, 300, 30)
    whole = keep(7, spans("08:00-16:00")[0], spans("08:00-16:00"), NEVER, now=at("23:00"), grace=MINUTE)
    assert whole is None


def test_overtime_is_presence_of_the_period_without_duty() -> None:
    found = overtime(
        spans("08:00-16:00"), spans("09:00-10:00"), spans("07:00-09:30 15:00-18:00"), period=spans("07:30-17:00")[0]
    )
    assert found == 30 * MINUTE + 30 * MINUTE + 60 * MINUTE


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["away", "present", "paused"])), max_size=8),
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), max_size=3),
    st.integers(0, 220),
)
def test_sums_are_those_of_single_minutes(
    changes: list[tuple[int, str]], leaves: list[tuple[int, int]], now: int
) -> None:
    done = sorted((minute, what) for minute, what in dict(changes).items() if minute <= now)
    actual = actual_of([(DAY + minute * MINUTE, what) for minute, what in done], until=DAY + now * MINUTE)
    away = merged(Span(DAY + since * MINUTE, DAY + (since + length) * MINUTE) for since, length in leaves)
    shift = Span(DAY + 60 * MINUTE, DAY + 180 * MINUTE)

    def state(minute: int) -> str:
        if minute >= now:
            return "away"
        return next((what for since, what in reversed(done) if since <= minute), "away")

    off = {m for m in range(300) if any(s.since <= DAY + m * MINUTE < s.until for s in away)}
    duty = [m for m in range(60, 180) if m not in off]
    kept = keep(1, shift, away, actual, now=DAY + now * MINUTE, grace=dt.timedelta(0))
    if kept is None:
        assert duty == []
    else:
        there = [m for m in duty if state(m) != "away"]
        paused = [m for m in duty if state(m) == "paused"]
        assert minutes(kept.planned, kept.present, kept.paused) == (len(duty), len(there), len(paused))
        assert kept.absent == (not there and now > duty[0])
        assert kept.late == ((there[0] - duty[0]) * MINUTE if there else dt.timedelta(0))
        if kept.status is Status.OVER and there:
            assert kept.early == (duty[-1] - there[-1]) * MINUTE
    extra = overtime([shift], away, actual.present, period=Span(DAY, DAY + 220 * MINUTE))
    assert extra / MINUTE == len([m for m in range(220) if state(m) != "away" and m not in duty])
