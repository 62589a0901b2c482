import datetime as dt

import pytest

from acd.rules.pauses import Account, PauseReason, account_from_dict, midnight, pause_reason
from ivr.hours import CHINA

REST = PauseReason("rest", "小休", 30)
TRAINING = PauseReason("training", "培训")


def at(text: str) -> dt.datetime:
    """A moment of November 2026 in China, written `21 23:50`."""
    day, clock = text.split()
    return dt.datetime.fromisoformat(f"2026-11-{day}T{clock}:00+08:00").astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("used", "begins", "ends"),
    [
        ([], "21 10:00", "21 10:30"),
        ([("21 08:00", "21 08:20")], "21 10:00", "21 10:10"),
        ([("21 08:00", "21 08:20"), ("21 09:00", "21 09:10")], "21 10:00", "21 10:00"),
        ([("20 10:00", "20 10:30")], "21 10:00", "21 10:30"),  # yesterday's
        ([("20 23:50", "21 00:10")], "21 10:00", "21 10:20"),  # only what lies after midnight
        ([("21 08:00", "21 08:10")], "21 23:50", "22 00:30"),  # the new day's quota begins at midnight
        ([("21 08:00", "21 08:25")], "21 23:50", "21 23:55"),
    ],
)
def test_a_pause_ends_when_the_days_quota_is_used(used: list[tuple[str, str]], begins: str, ends: str) -> None:
    account = Account()
    for since, until in used:
        account.spend("rest", since=at(since), until=at(until))
    assert account.end(REST, since=at(begins)) == at(ends)
    assert account_from_dict(account.to_dict()).end(REST, since=at(begins)) == at(ends), "also after a restart"


def test_what_screens_were_told_is_not_changed_by_the_next_pause() -> None:
    account = Account()
    account.spend("rest", since=at("21 08:00"), until=at("21 08:10"))
    told = account.to_dict()
    account.spend("rest", since=at("21 09:00"), until=at("21 09:10"))
    assert told == {"day": "2026-11-21", "used": {"rest": 600.0}}


def test_a_reason_without_a_quota_never_ends_and_other_reasons_use_nothing_of_it() -> None:
    account = Account()
    account.spend("training", since=at("21 08:00"), until=at("21 18:00"))
    assert account.end(TRAINING, since=at("21 18:00")) is None
    assert account.left(TRAINING, now=at("21 18:00")) is None
    assert account.left(REST, now=at("21 18:00")) == dt.timedelta(minutes=30)
    assert account.left(REST, now=at("22 00:00")) == dt.timedelta(minutes=30)


def test_what_is_over_the_quota_leaves_nothing() -> None:
    account = Account()
    account.spend("rest", since=at("21 08:00"), until=at("21 09:00"))
    assert account.left(REST, now=at("21 23:59")) == dt.timedelta(0)
    assert account.left(REST, now=at("22 00:00")) == dt.timedelta(minutes=30)


def test_midnight_is_chinas() -> None:
    assert midnight(at("21 00:00")) == at("21 00:00") == dt.datetime(2026, 11, 20, 16, tzinfo=dt.UTC)
    assert midnight(at("21 23:59")).tzinfo is CHINA


@pytest.mark.parametrize("minutes", [0, 1441, -1, 1.5, True, "30"])
def test_minutes_that_no_day_has_are_refused(minutes: object) -> None:
    with pytest.raises(ValueError, match="the pause rest needs 1 to 1440 minutes"):
        pause_reason({"id": "rest", "name": "小休", "minutes": minutes})  # type: ignore[typeddict-item]
