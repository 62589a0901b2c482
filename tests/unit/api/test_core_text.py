import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core.text import DEPTH_LIMIT, clean, clean_json, clean_note

HOSTILE = st.text(alphabet=st.characters(exclude_categories=()), max_size=400)


@given(HOSTILE)
def test_cleaned_text_can_be_stored_shown_and_cleaned_again(text: str) -> None:
    cleaned = clean(text, 256)
    assert len(cleaned) <= 256
    cleaned.encode()
    assert all(letter >= " " for letter in cleaned)
    assert clean(cleaned, 256) == cleaned


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("138\x00001", "138001"),
        ("a\r\nAction: Originate", "a  Action: Originate"),
        ("\u202e00331", "00331"),
        ("\ud800x", "\ufffdx"),
        ("${SHELL(id)}&'\",", "${SHELL(id)}&'\","),
        ("王😀👨‍👩‍👧", "王😀👨‍👩‍👧"),
    ],
)
def test_what_becomes_of_hostile_text(text: str, harmless: str) -> None:
    assert clean(text, 256) == harmless


def test_a_note_keeps_its_lines() -> None:
    assert clean_note("甲\r\n乙\t丙\x07") == "甲\n乙\t丙 "


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | HOSTILE,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(HOSTILE, inner, max_size=5),
)


@given(JSON)
def test_cleaned_json_is_strict_json_in_utf_8(value: object) -> None:
    text = json.dumps(clean_json(value), allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode()


def test_depth_is_bounded() -> None:
    value: list[object] = []
    for _ in range(100):
        value = [value]
    text = json.dumps(clean_json(value))
    assert text.count("[") == DEPTH_LIMIT
