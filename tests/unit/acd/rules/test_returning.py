import datetime as dt

from acd.rules.policy import Returning
from acd.rules.returning import MOST, RecentCallers, Why

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
RULES = Returning(600.0, cut_off=5, abandoned=2, called_back=3)


def test_the_latest_reason_counts_for_as_long_as_the_rules_say() -> None:
    recent = RecentCallers()
    recent.remember("+86 138-0000-0001", Why.ABANDONED, now=T0)
    recent.remember("8613800000001", Why.CUT_OFF, now=T0)
    assert recent.priority("8613800000001", RULES, now=T0 + dt.timedelta(minutes=10)) == 5
    assert recent.priority("8613800000001", RULES, now=T0 + dt.timedelta(minutes=10, seconds=1)) == 0
    assert recent.priority("8613800000001", None, now=T0) == 0


def test_withheld_numbers_are_nobody() -> None:
    recent = RecentCallers()
    for caller in ("", "anonymous", "0000"):
        recent.remember(caller, Why.CUT_OFF, now=T0)
        assert recent.priority(caller, RULES, now=T0) == 0


def test_who_was_served_is_owed_nothing() -> None:
    recent = RecentCallers()
    recent.remember("13800000001", Why.CALLED_BACK, now=T0)
    assert recent.priority("13800000001", RULES, now=T0) == 3
    recent.served("13800000001")
    assert recent.priority("13800000001", RULES, now=T0) == 0


def test_the_oldest_are_forgotten_first() -> None:
    recent = RecentCallers()
    for n in range(MOST + 1):
        recent.remember(f"{13800000000 + n}", Why.ABANDONED, now=T0)
    assert recent.priority("13800000000", RULES, now=T0) == 0
    assert recent.priority("13800000001", RULES, now=T0) == 2


def test_what_is_kept_over_a_restart_follows_each_change() -> None:
    recent = RecentCallers()
    recent.remember("+86 13800000001", Why.ABANDONED, now=T0)
    ((caller, kept),) = recent.take_changes()
    assert caller == "8613800000001"
    assert kept is not None
    assert recent.take_changes() == []
    again = RecentCallers()
    again.restore([kept])
    assert again.priority("+86 13800000001", RULES, now=T0) == 2
    again.served("+86 13800000001")
    again.served("13800000009")
    assert again.take_changes() == [(caller, None)]
    for n in range(MOST + 1):
        recent.remember(f"{13900000000 + n}", Why.ABANDONED, now=T0)
    gone = {one for one, kept in recent.take_changes() if kept is None}
    assert gone == {"8613800000001", "13900000000"}
