from pathlib import Path

import pytest

from ops.call.place import Place, read_passwords
from ops.errors import OpsError


def test_passwords_are_read_as_text(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"1001": "secret"}')
    assert read_passwords(tmp_path / "p.json") == {"1001": "secret"}


@pytest.mark.parametrize(
    ("text", "words"), [(None, "make up writes them"), ("[", "cannot be read"), ("[]", "cannot be read")]
)
def test_missing_or_broken_passwords_say_what_to_do(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "p.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(OpsError) as caught:
        read_passwords(path)
    assert words in str(caught.value)


def test_addresses_of_a_place() -> None:
    place = Place(Path("/h"), "127.0.0.1", 5060, "http://127.0.0.1:8000", "sipp", "s", {})
    assert place.stream_url == "ws://127.0.0.1:8000/api/stream"
    assert place.seat_password("1001") != place.seat_password("1001w")
