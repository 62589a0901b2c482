import datetime as dt

import pytest

from api.cases.numbers import case_number, new_query_code, number_of_digits
from api.lookups.rules import failures_after, is_locked

NOW = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("failures", "minutes", "locked"), [(4, 0, False), (5, 0, True), (5, 14, True), (5, 15, False), (9, 1, True)]
)
def test_five_failures_lock_for_a_quarter_of_an_hour(failures: int, minutes: int, locked: bool) -> None:
    assert is_locked(failures, NOW - dt.timedelta(minutes=minutes), now=NOW) is locked


@pytest.mark.parametrize(("failures", "minutes", "after"), [(0, 0, 1), (3, 14, 4), (3, 15, 1), (5, 16, 1)])
def test_old_failures_are_forgotten(failures: int, minutes: int, after: int) -> None:
    assert failures_after(failures, NOW - dt.timedelta(minutes=minutes), now=NOW) == after


@pytest.mark.parametrize(("region", "serial"), [("3714", 42), ("3714", 123_456), ("371402", 7), ("37", 99_999)])
def test_a_number_typed_without_dashes_is_found_again(region: str, serial: int) -> None:
    number = case_number(region, dt.date(2026, 11, 21), serial)
    assert number_of_digits(number.replace("-", ""), region=region) == number


def test_a_number_of_another_region_is_told_by_its_length() -> None:
    number = case_number("371402", dt.date(2026, 11, 21), 42)
    assert number_of_digits(number.replace("-", ""), region="4101") == number


@pytest.mark.parametrize("digits", ["1", "3714", "37142", "9" * 32])
def test_nonsense_is_some_number_that_no_case_has(digits: str) -> None:
    assert "-" in number_of_digits(digits, region="3714")


def test_query_codes_have_six_digits_and_differ() -> None:
    codes = {new_query_code() for _ in range(50)}
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(codes) > 40
