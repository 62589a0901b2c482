import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from acd.rules.timers import Timers

T0 = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
KEYS = st.sampled_from([("state", "1001"), ("state", "1002"), ("link", "1001")])
MOMENTS = st.none() | st.integers(0, 20).map(lambda second: T0 + dt.timedelta(seconds=second))


@given(st.lists(st.tuples(KEYS, MOMENTS)), st.integers(0, 20))
def test_timers_are_a_table_of_moments(sets: list[tuple[tuple[str, str], dt.datetime | None]], second: int) -> None:
    timers, table = Timers(), {}
    for key, at in sets:
        timers.set(key, at)
        table[key] = at
    wanted = {key: at for key, at in table.items() if at is not None}
    assert timers.next_due == min(wanted.values(), default=None)
    now = T0 + dt.timedelta(seconds=second)
    due = timers.take(now)
    assert sorted(due) == sorted(key for key, at in wanted.items() if at <= now)
    assert [wanted[key] for key in due] == sorted(wanted[key] for key in due)
    assert timers.next_due == min((at for at in wanted.values() if at > now), default=None)
    assert timers.take(now) == []
