import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.messages.rules import SIZE_LIMIT, SpoolFileError, read_spool_file

GOOD = {
    "call_id": "hall-1.1",
    "caller": "13800138000",
    "dialled": "12345",
    "number": "",
    "recording": "hall-1.1.wav",
    "at": "2026-11-21T08:00:00+08:00",
}


def content(**changes: Any) -> bytes:
    return json.dumps(GOOD | changes).encode()


def test_a_good_file() -> None:
    message = read_spool_file(content())
    assert (message.call_id, message.number, message.recording) == ("hall-1.1", None, "hall-1.1.wav")
    assert message.at.isoformat() == "2026-11-21T00:00:00+00:00"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[" * 100_000, "larger|JSON"),
        (b" " * (SIZE_LIMIT + 1), "larger"),
        (b"[]", "object"),
        (content(call_id=None), "call_id"),
        (content(call_id="a\nb"), "call_id"),
        (content(call_id=5), "call_id"),
        (content(at="now"), "at"),
        (content(number=138), "number"),
        (content(recording="../../etc/passwd"), "recording"),
        (content(recording=".."), "recording"),
    ],
)
def test_a_broken_file_says_why(broken: bytes, reason: str) -> None:
    with pytest.raises(SpoolFileError) as caught:
        read_spool_file(broken)
    assert any(part in str(caught.value) for part in reason.split("|"))


@given(st.binary(max_size=200) | st.dictionaries(st.sampled_from(sorted(GOOD)), st.text()).map(lambda d: content(**d)))
def test_any_bytes_are_a_message_or_a_reason(anything: bytes) -> None:
    try:
        assert read_spool_file(anything).call_id
    except SpoolFileError as error:
        reason = str(error)
        if not reason:
            raise
