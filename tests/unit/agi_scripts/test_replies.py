import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi_scripts.replies import (
    MAX_LINE_BYTES,
    AgiReply,
    Hangup,
    Heard,
    ReplyParser,
    Stray,
    StreamBroken,
    parse_header,
    parse_reply,
)

USAGE = "520-Invalid command syntax.  Proper usage follows:\nUsage: NOOP\n  does nothing\n520 End of proper usage.\n"


def heard(data: bytes) -> list[Heard]:
    return list(ReplyParser().feed(data))


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("200 result=0", AgiReply(200, 0)),
        ("200 result=-1", AgiReply(200, -1)),
        ("200 result=0 endpos=8000", AgiReply(200, 0, "", 8000)),
        ("200 result=1 (a (b) c)", AgiReply(200, 1, "a (b) c")),
        ("200 result=0 (timeout) endpos=160", AgiReply(200, 0, "timeout", 160)),
        ("200 result= (timeout)", AgiReply(200, "", "timeout")),
        ("200 result=0012", AgiReply(200, "0012")),
        ("200 result=1 (hangup)", AgiReply(200, 1, "hangup")),
        ("200 result=0 Gosub complete", AgiReply(200, 0)),
        ("200 result=1 ()", AgiReply(200, 1)),
        ("510 Invalid or unknown command", AgiReply(510, "", "Invalid or unknown command")),
        ("503 result=-2 Memory allocation failure", AgiReply(503, -2)),
    ],
)
def test_one_line_replies(line: str, reply: AgiReply) -> None:
    assert parse_reply(line) == reply
    assert heard(line.encode() + b"\n") == [reply]


def test_a_value_with_line_feeds_is_one_reply() -> None:
    assert heard(b"200 result=1 (a\nHANGUP\n200 result=0\nb)\n200 result=0\n") == [
        AgiReply(200, 1, "a\nHANGUP\n200 result=0\nb"),
        AgiReply(200, 0),
    ]


def test_usage_of_many_lines_is_one_reply() -> None:
    [reply, after] = heard(USAGE.encode() + b"200 result=1\n")
    assert isinstance(reply, AgiReply)
    assert (reply.code, after) == (520, AgiReply(200, 1))
    assert "does nothing" in reply.data


def test_hangup_is_heard_anywhere() -> None:
    assert heard(b"HANGUP\n200 result=0\nHANGUP\n") == [Hangup(), AgiReply(200, 0), Hangup()]
    assert Hangup() in heard(b"520-Usage follows\nHANGUP\n520 End\n")


def test_trying_is_not_the_reply() -> None:
    assert heard(b"100 result=0 Trying...\n200 result=0\n") == [AgiReply(200, 0)]


def test_what_is_no_reply_is_stray_and_empty_lines_are_nothing() -> None:
    assert heard(b"agi_rdnis: unknown\n\n") == [Stray("agi_rdnis: unknown")]


@given(st.lists(st.integers(1, 40)))
def test_the_cuts_between_reads_do_not_matter(cuts: list[int]) -> None:
    data = ("200 result=1 (市民\n热线)\nHANGUP\n" + USAGE + "200 result=0 endpos=3\n").encode()
    parser, found, rest = ReplyParser(), [], data
    for cut in cuts:
        found += parser.feed(rest[:cut])
        rest = rest[cut:]
    found += parser.feed(rest)
    assert found == heard(data)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_parser(data: bytes) -> None:
    heard(data)


def test_a_line_without_end_is_bounded() -> None:
    with pytest.raises(StreamBroken):
        heard(b"x" * (MAX_LINE_BYTES + 1))


def test_a_value_without_end_is_bounded() -> None:
    with pytest.raises(StreamBroken):
        heard(b"200 result=1 (" + b"x\n" * MAX_LINE_BYTES)


def test_a_usage_without_end_is_bounded() -> None:
    with pytest.raises(StreamBroken):
        heard(b"520-Usage\n" + b"x\n" * 500)


def test_header_with_a_query() -> None:
    header = parse_header(b"agi_network_script: call?city=a%20b&x\nagi_callerid: 138: 0000\n")
    assert (header.route, header.query) == ("call", {"city": "a b", "x": ""})
    assert header.fields["callerid"] == "138: 0000"


def test_header_keeps_the_first_value_and_ignores_what_is_no_field() -> None:
    header = parse_header(b"agi_uniqueid: a.1\nagi_callerid: x\nagi_uniqueid: forged\nnoise\nother: 1\n")
    assert header.fields == {"uniqueid": "a.1", "callerid": "x"}


def test_header_that_is_not_utf8_is_read() -> None:
    assert parse_header(b"agi_calleridname: \xd6\xd0\xb9\xfa\n").fields["calleridname"] == "\ufffdй\ufffd"


@given(st.binary(max_size=300))
def test_no_bytes_break_the_header(data: bytes) -> None:
    parse_header(data)


def test_a_query_of_too_many_fields_is_dropped() -> None:
    assert parse_header(b"agi_network_script: call?" + b"a=1&" * 60 + b"\n").query == {}
