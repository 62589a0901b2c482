import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.call.siplog import LineBuffer, SipEvent, parse_address, parse_line, parse_ringing

LINE = "citizen|2026-11-21\t19:01:29.639730\t1795287689.639730|c7|answered|127.0.0.1 20010"


def test_a_line_becomes_an_event() -> None:
    assert parse_line(LINE) == SipEvent("citizen", 1795287689.639730, "c7", "answered", "127.0.0.1 20010")


@pytest.mark.parametrize("line", ["", "Aborting call", "a|b|c|d|e", "a|b|c"])
def test_other_words_of_sipp_are_passed_over(line: str) -> None:
    assert parse_line(line) is None


def test_a_separator_in_hostile_text_stays_text() -> None:
    event = parse_line("phone|d\tt\t1.5|k|rang|1001 127.0.0.1 20000 id-1 <sip:a|b@x>")
    assert event is not None
    assert parse_ringing(event.more).caller == "<sip:a|b@x>"


def test_a_ring_without_a_call_id_is_the_fallback_queue() -> None:
    told = parse_ringing('1001 127.0.0.1 20400  "x y" <sip:139@127.0.0.1>;tag=1')
    assert (told.endpoint, told.audio, told.call_id) == ("1001", ("127.0.0.1", 20400), None)
    assert told.caller == '"x y" <sip:139@127.0.0.1>;tag=1'


@pytest.mark.parametrize("text", ["", " ", "127.0.0.1", "127.0.0.1 x", " 20000"])
def test_an_sdp_without_an_address_gives_none(text: str) -> None:
    assert parse_address(text) is None


@given(st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8"))), st.integers(1, 7))
def test_lines_come_whole_however_they_are_cut(lines: list[str], size: int) -> None:
    data = "".join(line + "\n" for line in lines).encode()
    buffer, found = LineBuffer(), []
    for start in range(0, len(data), size):
        found += buffer.feed(data[start : start + size])
    assert found == lines


def test_bytes_that_are_no_utf8_are_shown_as_escapes() -> None:
    assert LineBuffer().feed(b"a\xffb\n") == ["a\\xffb"]
