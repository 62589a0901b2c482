import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from api.core.fields import Moment, Why, plain, within_reach


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u202e\u200f", "\x00"])
def test_a_reason_has_at_least_one_word(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Why).validate_python(text)


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_words_are_one_harmless_line_or_refused(text: str) -> None:
    try:
        cleaned = plain(20)(text)
    except ValueError:
        return
    assert 0 < len(cleaned) <= 20
    cleaned.encode()
    assert not set(cleaned) & set("\x00\r\n\u202e")


@pytest.mark.parametrize("text", ["1999-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "now"])
def test_moments_out_of_reach_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Moment).validate_python(text)


def test_a_moment_is_told_in_utc() -> None:
    at = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    assert within_reach(at).isoformat() == "2026-11-21T00:00:00+00:00"
