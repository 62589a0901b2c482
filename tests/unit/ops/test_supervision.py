import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops import supervision
from ops.errors import OpsError
from ops.home import MARK, Home
from ops.ports import block


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path / "100 % sys", ports=block(22000))


def read(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return parser


def test_programs_start_and_stop_in_order(home: Home) -> None:
    parsed = read(supervision.configuration(home))
    priorities = [int(parsed[f"program:{name}"]["priority"]) for name in ("postgres", "asterisk", "voice", "web")]
    assert priorities == sorted(priorities)
    assert parsed["program:postgres"]["stopsignal"] == "INT"


def test_signs_that_mean_something_to_supervisord_are_escaped(home: Home) -> None:
    parsed = read(supervision.configuration(home))
    assert parsed["program:web"]["stdout_logfile"] == str(home.log_file("web")).replace("%", "%%")


def test_the_address_of_the_socket_is_short_however_deep_the_folder(home: Home) -> None:
    assert len(read(supervision.configuration(home))["unix_http_server"]["file"]) < 100


def test_what_dies_stays_dead_only_when_asked(home: Home) -> None:
    assert read(supervision.configuration(home))["program:web"]["autorestart"] == "true"
    still = home.with_changes(autorestart=False)
    assert read(supervision.configuration(still))["program:web"]["autorestart"] == "false"


def test_no_postgres_is_started_beside_an_outside_database(home: Home) -> None:
    assert "program:postgres" not in read(supervision.configuration(home.with_changes(embedded_database=False)))


def test_a_guardian_is_watched(home: Home) -> None:
    assert read(supervision.configuration(home, guardian=4711))["program:guard"]["command"].endswith("ops.guard 4711")


def test_a_system_that_is_down_says_so(home: Home) -> None:
    assert not supervision.is_running(home)
    with pytest.raises(OpsError, match="not running"):
        supervision.programs(home)


def test_leftovers_are_known_by_their_environment_and_ended(home: Home) -> None:
    environment = {**os.environ, MARK: home.id}
    code = "import time; print('ready', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert supervision.leftovers(home) == [process.pid]
        assert supervision.end_leftovers(home) == [process.pid]
        assert not supervision.lives(process.pid)
    assert supervision.leftovers(home) == []


def test_the_end_of_a_log_is_shown(home: Home) -> None:
    home.log_file("web").write_text("".join(f"line {n}\n" for n in range(100)))
    assert supervision.last_lines(home.log_file("web"), 2) == "    line 98\n    line 99"
    assert "no log" in supervision.last_lines(home.folder / "nothing")


def test_waiting_is_bounded() -> None:
    assert not supervision.wait_for(lambda: False, 0.05)
    assert supervision.wait_for(lambda: True, 0.0)
