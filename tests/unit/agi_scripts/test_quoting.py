import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi_scripts.quoting import MAX_BYTES, MAX_WORDS, command_line

words = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=30), min_size=1, max_size=20
)


def as_asterisk_reads(line: str) -> list[str]:
    """`parse_args` of res_agi.c, character by character."""
    out: list[str] = []
    blank, in_quotes, escaped = True, False, False
    for character in line:
        if character == '"' and not escaped:
            in_quotes = not in_quotes
            if in_quotes and blank:
                out.append("")
                blank = False
        elif character in " \t" and not in_quotes and not escaped:
            blank = True
        elif character == "\\" and not escaped:
            escaped = True
            continue
        else:
            if blank:
                out.append("")
                blank = False
            out[-1] += character
        escaped = False
    return out


@given(words)
def test_asterisk_reads_back_exactly_the_words_sent(sent: list[str]) -> None:
    if not sent[0].strip():
        return
    line = command_line(sent).decode()
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert as_asterisk_reads(line[:-1]) == sent


@given(st.text(max_size=20), st.sampled_from("\r\n\0"), st.text(max_size=20))
def test_nothing_that_ends_a_line_is_sent(before: str, bad: str, after: str) -> None:
    with pytest.raises(ValueError, match=r"clean the text first|lone surrogate"):
        command_line(["SET", "VARIABLE", "X", before + bad + after])


def test_a_lone_surrogate_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="errors='replace'"):
        command_line(["VERBOSE", "\udcff"])


def test_plain_words_are_sent_bare() -> None:
    assert command_line(["STREAM", "FILE", "hotline/greeting-12345", ""]) == b'STREAM FILE hotline/greeting-12345 ""\n'


@pytest.mark.parametrize("sent", [[], [""], ["  "]])
def test_no_words_are_refused(sent: list[str]) -> None:
    with pytest.raises(ValueError, match="at least one word"):
        command_line(sent)


def test_too_many_words_are_refused() -> None:
    command_line(["x"] * MAX_WORDS)
    with pytest.raises(ValueError, match="101"):
        command_line(["x"] * (MAX_WORDS + 1))


def test_a_line_that_asterisk_would_cut_in_two_is_refused() -> None:
    command_line(["x" * (MAX_BYTES - 1)])
    with pytest.raises(ValueError, match="shorten"):
        command_line(["x" * MAX_BYTES])
