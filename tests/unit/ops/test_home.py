import json
import stat
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.home import RANDOM_SECRETS, Home
from ops.ports import block


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path / "system", ports=block(22000))


def test_what_was_created_is_loaded(home: Home) -> None:
    assert Home.load(home.folder) == home


def test_the_folder_and_its_secrets_are_closed_to_others(home: Home) -> None:
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700
    for name in RANDOM_SECRETS:
        assert stat.S_IMODE(home.secret_file(name).stat().st_mode) == 0o600
        assert len(home.secret(name)) >= 32


def test_secrets_differ_between_themselves_and_between_instances(home: Home, tmp_path: Path) -> None:
    other = Home.create(tmp_path / "other", ports=block(23000))
    values = [each.secret(name) for each in (home, other) for name in RANDOM_SECRETS]
    assert len(set(values)) == len(values)


def test_a_creation_that_was_cut_off_is_finished_with_the_same_secrets(home: Home) -> None:
    token = home.secret("link_token")
    (home.folder / "instance.json").unlink()
    assert not Home.exists(home.folder)
    again = Home.create(home.folder, ports=block(22000))
    assert again.secret("link_token") == token


def test_a_missing_instance_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="make up"):
        Home.load(tmp_path)


@pytest.mark.parametrize("text", ["{", '{"no": 1}', "[]"])
def test_a_broken_instance_file_is_named(home: Home, text: str) -> None:
    (home.folder / "instance.json").write_text(text)
    with pytest.raises(OpsError, match=r"instance\.json"):
        Home.load(home.folder)


def test_choices_are_written_down(home: Home) -> None:
    home.with_changes(embedded_database=False)
    assert json.loads((home.folder / "instance.json").read_text())["embedded_database"] is False
    assert "postgres" not in Home.load(home.folder).programs()
    assert "postgres" not in Home.load(home.folder).listening()


def test_processes_meet_at_the_same_ports(home: Home) -> None:
    web, voice = home.env("web"), home.env("voice")
    assert web["HOTLINE_LINK_URL"].endswith(voice["HOTLINE_LINK_PORT"])
    assert voice["HOTLINE_API_URL"].endswith(web["HOTLINE_API_PORT"])
    assert web["HOTLINE_SECRETS_DIR"] == voice["HOTLINE_SECRETS_DIR"] == str(home.folder / "secrets")


def test_no_secret_is_in_an_environment(home: Home) -> None:
    for process in ("web", "voice", "db", "asterisk", "postgres"):
        text = json.dumps(home.env(process))
        assert not any(home.secret(name) in text for name in RANDOM_SECRETS)


def test_extra_settings_reach_every_process(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "system", extra={"HOTLINE_LOG_LEVEL": "debug"})
    assert home.env("voice")["HOTLINE_LOG_LEVEL"] == "debug"


def test_web_and_voice_share_the_sounds_and_the_voice_that_a_city_may_replace(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "system")
    for process in ("web", "voice"):
        assert home.env(process)["HOTLINE_SOUNDS_DIR"] == str(home.folder / "asterisk/sounds/zh")
        assert json.loads(home.env(process)["HOTLINE_SPEECH_COMMAND"])[1:4] == ["-m", "asterisk_conf", "speak"]
    own = home.with_changes(extra={"HOTLINE_SPEECH_COMMAND": "their voice"})
    assert own.env("voice")["HOTLINE_SPEECH_COMMAND"] == "their voice"
