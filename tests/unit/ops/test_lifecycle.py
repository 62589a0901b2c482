import errno
import json
import stat
from pathlib import Path

import pytest

from ops import lifecycle
from ops.errors import OpsError, explain
from ops.home import Home


@pytest.mark.parametrize("text", ["", "x", "80", "64001", "-1", "22000; reboot"])
def test_a_useless_base_of_ports_is_refused(text: str) -> None:
    with pytest.raises(OpsError, match="HOTLINE_PORT_BASE"):
        lifecycle.port_base(text)


def test_passwords_are_shown_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home.create(tmp_path / "system")
    home.write_secret(lifecycle.DEMO_PASSWORDS, json.dumps({"1001": "correct-horse", "1002": "battery"}))
    lifecycle.announce(home, {})
    assert "correct-horse" in capsys.readouterr().out
    lifecycle.announce(home, {})
    said = capsys.readouterr().out
    assert "correct-horse" not in said
    assert "demo_passwords.json" in said


def test_new_passwords_are_shown_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home.create(tmp_path / "system")
    home.write_secret(lifecycle.DEMO_PASSWORDS, json.dumps({"1001": "first"}))
    lifecycle.announce(home, {})
    home.write_secret(lifecycle.DEMO_PASSWORDS, json.dumps({"1001": "second"}))
    lifecycle.announce(home, {})
    assert "second" in capsys.readouterr().out


def test_what_down_finds_where_nothing_is(tmp_path: Path) -> None:
    assert lifecycle.down(tmp_path) is False


def test_an_instance_is_made_from_choices(tmp_path: Path) -> None:
    home = lifecycle.create(tmp_path / "system", json.dumps({"autorestart": False, "lease_seconds": 4}))
    assert (home.autorestart, home.lease_seconds) == (False, 4)
    assert stat.S_IMODE((home.folder / "instance.json").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "no permission"), (errno.EIO, "mend")]
)
def test_system_errors_say_what_to_do(number: int, words: str) -> None:
    said = str(explain(OSError(number, "reason", "/some/file")))
    assert words in said
    assert "/some/file" in said
    assert "what to do" in said
