import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cases.numbers import case_day, case_number, check_digit, is_case_number
from api.cases.rules import LABELS, TRANSITIONS, CaseState, Outcome, TransitionRefusedError, next_state


@pytest.mark.parametrize(("step", "state"), TRANSITIONS.items())
def test_every_step_of_the_table(step: tuple[CaseState, Outcome], state: CaseState) -> None:
    assert next_state(*step) is state


@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("outcome", Outcome)
def test_what_is_not_in_the_table_is_refused(state: CaseState, outcome: Outcome) -> None:
    if (state, outcome) in TRANSITIONS:
        return
    with pytest.raises(TransitionRefusedError, match=f"{state}.*{outcome}"):
        next_state(state, outcome)


def test_every_outcome_leads_out_of_the_first_state_and_every_state_has_a_chinese_name() -> None:
    assert {outcome for state, outcome in TRANSITIONS if state is CaseState.DRAFT} == set(Outcome)
    assert set(LABELS) == set(CaseState)


def test_a_number_is_region_date_serial_and_check_digit() -> None:
    assert case_number("3714", dt.date(2026, 11, 21), 42).startswith("3714-261121-00042-")


def test_the_check_digit_is_that_of_the_standard() -> None:
    # GB/T 17710, the example of ISO 7064 for MOD 11,10: 0794 -> 5.
    assert check_digit("0794") == "5"


@given(st.integers(1, 99_999), st.integers(0, 14), st.integers(1, 9))
def test_one_misheard_digit_is_always_found(serial: int, place: int, by: int) -> None:
    number = case_number("3714", dt.date(2026, 11, 21), serial)
    assert is_case_number(number)
    places = [i for i, letter in enumerate(number) if letter.isdigit()]
    wrong = list(number)
    wrong[places[place]] = str((int(wrong[places[place]]) + by) % 10)
    assert not is_case_number("".join(wrong))


@given(st.lists(st.integers(1, 200_000), unique=True, max_size=50))
def test_serials_never_share_a_number(serials: list[int]) -> None:
    day = dt.date(2026, 11, 21)
    assert len({case_number("3714", day, serial) for serial in serials}) == len(serials)


@pytest.mark.parametrize("text", ["", "-", "7", "３７１４", "3714-261121-abc"])
def test_other_text_is_no_case_number(text: str) -> None:
    assert not is_case_number(text)


def test_the_day_is_the_chinese_one() -> None:
    assert case_day(dt.datetime(2026, 11, 21, 16, tzinfo=dt.UTC)) == dt.date(2026, 11, 22)
    assert case_day(dt.datetime(2026, 11, 21, 15, 59, tzinfo=dt.UTC)) == dt.date(2026, 11, 21)
