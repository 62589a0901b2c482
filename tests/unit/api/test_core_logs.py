import io
import sys

import pytest

from api.core.logs import StderrLogger


class FullDisk(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_line_goes_to_stderr_as_it_is_now(capsys: pytest.CaptureFixture[str]) -> None:
    StderrLogger().info("event=here")
    assert capsys.readouterr().err == "event=here\n"


@pytest.mark.parametrize("broken", [FullDisk(), io.StringIO()])
def test_a_line_that_cannot_be_written_fails_no_request(monkeypatch: pytest.MonkeyPatch, broken: io.StringIO) -> None:
    if not isinstance(broken, FullDisk):
        broken.close()
    monkeypatch.setattr(sys, "stderr", broken)
    StderrLogger().error("event=lost")
