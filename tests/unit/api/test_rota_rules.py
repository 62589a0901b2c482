"""The rota's rules against a grid of minutes that is counted one by one."""

import datetime as dt
import time
from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from api.rota.rules import Gap, Planned, Turn, Want, clashes, find_gaps, midnight_of, on_duty, open_spans, repeat_week
from api.rota.spans import Span, common, merged, total, without
from ivr.hours import CHINA, Calendar, Period, Week, is_open

MINUTES = 300
START = dt.datetime(2026, 11, 23, 13, 30, tzinfo=dt.UTC)  # 21:30 in China: the grid reaches over midnight
PERIOD = Span(START, START + dt.timedelta(minutes=MINUTES))
QUEUES = ("city", "linhe")
EVENING = Week(((Period(0, 60), Period(1300, 1440)),) * 7, holiday=(Period(30, 90),))
HOLIDAY = Calendar(holidays=frozenset({dt.date(2026, 11, 24)}))


def at(minute: int) -> dt.datetime:
    return START + dt.timedelta(minutes=minute)


def span(since: int, until: int) -> Span:
    return Span(at(since), at(until))


spans = st.tuples(st.integers(-40, MINUTES + 40), st.integers(0, 120)).map(lambda pair: span(pair[0], sum(pair)))
planned = st.builds(Planned, st.sampled_from(["a", "b", "c", "d"]), spans, st.booleans())
serving = st.fixed_dictionaries({agent: st.sets(st.sampled_from(QUEUES)) for agent in "abc"})
wants = st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([None, EVENING]))


def present(rota: list[Planned], agent: str, moment: dt.datetime) -> bool:
    there = [one.leave for one in rota if one.agent_id == agent and one.span.since <= moment < one.span.until]
    return bool(there) and not any(there)


def minutes_of(gaps: Iterable[Gap]) -> dict[tuple[str, dt.datetime], int]:
    return {
        (gap.queue, gap.span.since + dt.timedelta(minutes=minute)): gap.on_duty
        for gap in gaps
        for minute in range(int(gap.span.length.total_seconds()) // 60)
    }


@settings(deadline=None)
@given(st.lists(planned, max_size=12), serving, wants)
def test_the_gaps_are_the_minutes_of_a_grid_that_have_too_few(
    rota: list[Planned], serves: dict[str, set[str]], wanted: tuple[int, int, Week | None]
) -> None:
    asked = [Want("city", wanted[0]), Want("linhe", wanted[1], wanted[2])]
    found = find_gaps(on_duty(rota), serves, asked, period=PERIOD, calendar=HOLIDAY)
    grid = {}
    for want in asked:
        for minute in range(MINUTES):
            moment = at(minute)
            there = sum(present(rota, agent, moment) for agent, queues in serves.items() if want.queue in queues)
            opened = want.hours is None or is_open(want.hours, HOLIDAY, now=moment)
            if opened and there < want.agents:
                grid[want.queue, moment] = there
    assert minutes_of(found) == grid
    for one, other in pairwise(found):
        joined = one.queue == other.queue and one.span.until == other.span.since
        assert not joined or one.on_duty != other.on_duty
    assert all(gap.span.since < gap.span.until for gap in found)


@settings(deadline=None)
@given(st.lists(spans, max_size=8), st.lists(spans, max_size=8))
def test_sums_and_differences_of_spans_are_those_of_a_grid(one: list[Span], other: list[Span]) -> None:
    def lit(found: Iterable[Span]) -> set[int]:
        found = list(found)
        return {m for m in range(-200, MINUTES + 200) if any(s.since <= at(m) < s.until for s in found)}

    assert lit(merged(one)) == lit(one)
    assert lit(common(merged(one), merged(other))) == lit(one) & lit(other)
    assert lit(without(merged(one), merged(other))) == lit(one) - lit(other)
    assert total(merged(one)) == dt.timedelta(minutes=len(lit(one)))


@settings(deadline=None)
@given(st.lists(spans, max_size=6))
def test_shifts_clash_where_a_minute_has_two(shifts: list[Span]) -> None:
    shifts = [one for one in shifts if one.since < one.until]
    doubled = any(sum(s.since <= at(m) < s.until for s in shifts) > 1 for m in range(-200, MINUTES + 200))
    assert bool(clashes(shifts)) == doubled


def test_hours_are_those_of_each_day_with_its_holidays() -> None:
    days = Span(midnight_of(dt.date(2026, 11, 23)), midnight_of(dt.date(2026, 11, 26)))
    told = [
        (one.since.astimezone(CHINA).strftime("%d %H:%M"), one.length) for one in open_spans(EVENING, HOLIDAY, days)
    ]
    hours = [dt.timedelta(minutes=m) for m in (60, 140, 60, 60, 140)]
    assert told == list(zip(["23 00:00", "23 21:40", "24 00:30", "25 00:00", "25 21:40"], hours, strict=True))


def test_a_pattern_is_repeated_in_chinas_time_and_reaches_over_midnight() -> None:
    found = repeat_week([Turn(6, 22 * 60, 600)], monday=dt.date(2026, 11, 23), weeks=2)
    assert found == [
        Span(dt.datetime(2026, 11, day, 14, tzinfo=dt.UTC), dt.datetime(2026, 11, day + 1, tzinfo=dt.UTC))
        for day in (29,)
    ] + [Span(dt.datetime(2026, 12, 6, 14, tzinfo=dt.UTC), dt.datetime(2026, 12, 7, tzinfo=dt.UTC))]


def looked_through(weeks: int) -> tuple[float, set[str]]:
    """Seconds of the processor for so many weeks of seventy agents, the best of three; the queues with gaps."""
    turns = [[Turn(day, 480 * ((n + day) % 3), 480) for day in range(7)] for n in range(70)]
    planned = [
        Planned(str(n), shift)
        for n in range(70)
        for shift in repeat_week(turns[n], monday=dt.date(2026, 1, 5), weeks=weeks)
    ]
    assert len(planned) == 70 * 7 * weeks
    first = dt.date(2026, 1, 6)
    period = Span(midnight_of(first), midnight_of(first + dt.timedelta(weeks=weeks, days=-2)))
    serves, asked = {str(n): QUEUES for n in range(70)}, [Want("city", 20), Want("linhe", 24)]
    took, queues = [], set()
    for _ in range(3):
        began = time.process_time()
        gaps = find_gaps(on_duty(planned), serves, asked, period=period, calendar=Calendar())
        took.append(time.process_time() - began)
        queues = {gap.queue for gap in gaps}
    return min(took), queues


def test_a_year_of_seventy_agents_costs_no_more_a_week_than_a_quarter_does() -> None:
    quarter, year = looked_through(13), looked_through(52)
    assert quarter[1] == year[1] == {"linhe"}
    assert year[0] < quarter[0] * 4 * 2
