import datetime as dt

import pytest

from api.incidents.rules import is_on, wrong_end

NOW = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)


def at(minutes: int) -> dt.datetime:
    return NOW + dt.timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("starts", "ends", "off", "on"),
    [
        *((-1, 1, None, True), (0, 1, None, True), (1, 2, None, False)),
        *((-2, 0, None, False), (-2, 1, 0, False), (-2, 1, -1, False)),
    ],
)
def test_a_notice_is_told_from_its_start_until_its_end_or_until_it_is_switched_off(
    starts: int, ends: int, off: int | None, on: bool
) -> None:
    assert is_on(at(starts), at(ends), None if off is None else at(off), now=NOW) is on


@pytest.mark.parametrize(
    ("ends", "word"), [(0, "past"), (-5, "past"), (1, None), (7 * 24 * 60, None), (7 * 24 * 60 + 1, "7 days")]
)
def test_a_notice_ends_within_a_week(ends: int, word: str | None) -> None:
    found = wrong_end(at(ends), now=NOW)
    assert found is None if word is None else word in str(found)
