import os
import re
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from acd.translation import WANTED
from agi_scripts.targets import TOLD_OF_TESTS
from asterisk_conf.fetch import AsteriskPlace
from asterisk_conf.modules import OPTIONAL, REQUIRED
from asterisk_conf.render import CEL_COLUMNS, TEMPLATES, control_command, fill, render, start_command
from asterisk_conf.settings import AsteriskSettings, CountyTrunk, FallbackQueue, Seat, SettingsError


@pytest.fixture
def settings(tmp_path: Path) -> AsteriskSettings:
    place = AsteriskPlace(tmp_path / "asterisk", tmp_path / "modules", tmp_path / "data")
    place.modules.mkdir()
    (place.data / "documentation").mkdir(parents=True)
    for name in (*REQUIRED, "codec_opus_open_source"):
        (place.modules / f"{name}.so").touch()
    return AsteriskSettings(
        home=tmp_path / "home",
        place=place,
        python=Path("/venv/bin/python"),
        project=tmp_path / "the project",
        seats=(Seat("1001", "desk-secret", "browser-secret"), Seat("8001", "other-secret", "fourth-secret")),
        queues=(FallbackQueue("city", 15), FallbackQueue("linhe", 20, 60)),
        ami_events_secret="events-secret",
        ami_actions_secret="actions-secret",
        trunks=("127.0.0.2", "10.1.0.0/16"),
    )


def rendered(settings: AsteriskSettings, name: str) -> str:
    render(settings)
    return (settings.etc / name).read_text("utf-8")


def test_a_second_rendering_changes_nothing(settings: AsteriskSettings) -> None:
    names = {path.name for path in render(settings)}
    assert names == {path.name for path in TEMPLATES.glob("*.conf")} | {"last-resort"}
    assert render(settings) == []
    assert [path.name for path in render(replace(settings, lease_seconds=9))] == ["extensions.conf"]


def test_every_event_that_is_read_is_made_and_sent(settings: AsteriskSettings) -> None:
    lines = rendered(settings, "manager.conf").splitlines()
    (unmade,) = (set(line.partition(" = ")[2].split(",")) for line in lines if line.startswith("disabledevents"))
    first_filter = next(line.partition(" = ")[2] for line in lines if line.startswith("eventfilter"))
    read = WANTED | TOLD_OF_TESTS
    assert not read & unmade
    assert all(re.match(rf"{first_filter}$", f"Event: {name}") for name in WANTED)


def test_files_with_secrets_are_closed_even_when_they_were_open(settings: AsteriskSettings) -> None:
    render(settings)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in settings.etc.iterdir()}
    for path in settings.etc.iterdir():
        assert modes[path.name] == (0o600 if "-secret" in path.read_text("utf-8") else 0o644), path
    (settings.etc / "pjsip.conf").chmod(0o644)
    assert [path.name for path in render(settings)] == ["pjsip.conf"]


def test_nothing_is_left_to_fill_in(settings: AsteriskSettings) -> None:
    render(settings)
    for path in settings.etc.iterdir():
        assert not re.search(r"@\{|None|PosixPath", path.read_text("utf-8")), path


def test_every_name_of_a_template_must_be_known() -> None:
    assert fill("a @{x} ${x} a@b", {"x": "1"}) == "a 1 ${x} a@b"
    with pytest.raises(KeyError):
        fill("@{y}", {"x": "1"})


def test_a_seat_has_a_desk_phone_and_a_browser(settings: AsteriskSettings) -> None:
    text = rendered(settings, "pjsip.conf")
    assert '[1001](desk-phone)\naors = 1001\nauth = 1001\ncallerid = "1001" <1001>\n' in text
    assert "username = 1001w\npassword = browser-secret\n" in text
    assert "match = 127.0.0.2\nmatch = 10.1.0.0/16\n" in text
    # The trunk, the carrier, the counties' trunks and the phones.
    assert text.count("media_address = 127.0.0.1\nbind_rtp_to_media_address = yes") == 4
    assert "contact = sip:127.0.0.3:5060\n" in text
    assert "context = nowhere\naors = carrier\nidentify_by = ip\n" in text


@pytest.mark.parametrize(
    ("host", "address", "expected"),
    [
        ("0.0.0.0", "", "; media goes by the address the route says"),  # noqa: S104 - what an operator may choose
        ("0.0.0.0", "203.0.113.9", "media_address = 203.0.113.9\nbind_rtp_to_media_address = no"),  # noqa: S104
        ("10.0.0.5", "", "media_address = 10.0.0.5\nbind_rtp_to_media_address = yes"),
    ],
)
def test_where_sound_goes(settings: AsteriskSettings, host: str, address: str, expected: str) -> None:
    assert expected in rendered(replace(settings, sip_host=host, media_address=address), "pjsip.conf")


def test_modules_that_are_missing(settings: AsteriskSettings) -> None:
    text = rendered(settings, "modules.conf")
    assert "load = codec_opus_open_source.so" in text
    assert "app_echo" not in text
    (settings.place.modules / "app_queue.so").unlink()
    with pytest.raises(SettingsError, match=r"lacks app_queue: install the whole Asterisk"):
        render(settings)


def test_no_module_runs_programs_or_moves_calls() -> None:
    dangerous = {"func_shell", "app_system", "pbx_spool", "res_clioriginate", "res_pjsip_refer", "app_originate"}
    assert not dangerous & {*REQUIRED, *OPTIONAL}
    assert len({*REQUIRED, *OPTIONAL}) == len(REQUIRED) + len(OPTIONAL)


def test_records_have_the_columns_the_reader_expects(settings: AsteriskSettings) -> None:
    text = rendered(settings, "cel_custom.conf")
    mapping = text.rsplit("cel.csv => ", 1)[1].strip()
    assert len(re.findall(r"\$\{CSV_QUOTE\(", mapping)) == len(CEL_COLUMNS)
    assert (settings.asterisk / "log/cel-custom/cel.csv").resolve() == settings.cel_file.resolve()


def test_each_queue_has_its_own_patience(settings: AsteriskSettings) -> None:
    assert "[linhe](net)\ntimeout = 20\n" in rendered(settings, "queues.conf")
    assert re.search(r"\[wait-linhe\]\nexten => s,1,Queue\(linhe,.*,,,60\)", rendered(settings, "extensions.conf"))


def test_the_last_resort_launcher_survives_odd_folders(settings: AsteriskSettings, tmp_path: Path) -> None:
    project = tmp_path / "the project"
    project.mkdir()
    python = tmp_path / "python's"
    python.write_text('#!/bin/sh\necho "$PWD|$PYTHONPATH|$HOTLINE_SPOOL_DIR|$*"\n')
    python.chmod(0o755)
    changed = render(replace(settings, python=python, extra_environment={"X": "a b"}))
    launcher = next(path for path in changed if path.name == "last-resort")
    said = subprocess.run([launcher], capture_output=True, text=True, check=True).stdout.strip()
    assert said == f"{project}|{project}|{settings.home}/spool|-m agi_scripts.last_resort"


def test_folders_belong_to_everybody_s_reading_under_a_strict_umask(settings: AsteriskSettings) -> None:
    before = os.umask(0o077)
    try:
        render(settings)
    finally:
        os.umask(before)
    folders = [path for path in settings.home.rglob("*") if path.is_dir() and not path.is_symlink()]
    private = {settings.recordings, settings.messages, settings.messages.parent}
    for path in folders:
        assert stat.S_IMODE(path.stat().st_mode) == (0o750 if path in private else 0o755), path


def test_commands(settings: AsteriskSettings) -> None:
    assert start_command(settings)[1:] == ["-f", "-C", str(settings.etc / "asterisk.conf")]
    assert control_command(settings, "core reload")[-2:] == ["-rx", "core reload"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"system_name": "a\nb"},
        {"system_name": ""},
        {"default_queue": "nowhere"},
        {"queues": (FallbackQueue("city"), FallbackQueue("x]y"))},
        {"seats": (Seat("10a1", "good-secret", "good-secret"),)},
        {"seats": (Seat("1001", "semi;colon", "good-secret"),)},
        {"seats": (Seat("1001", "short", "good-secret"),)},
        {"ami_events_secret": "line\nend-secret"},
        {"sip_host": "127.0.0.1;x"},
        {"trunks": ("not an address",)},
        {"ami_permit": ("300.0.0.1",)},
        {"home": Path("relative")},
        {"home": Path("/x;y")},
        {"home": Path("/" + "long/" * 30)},
    ],
)
def test_what_asterisk_would_misread_is_refused(settings: AsteriskSettings, wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        replace(settings, **wrong)  # type: ignore[arg-type]


def test_a_county_has_a_trunk_that_is_asked_whether_it_is_there_and_a_context_of_its_own(
    settings: AsteriskSettings,
) -> None:
    counties = (CountyTrunk("linhe", "127.0.0.4", 5072),)
    settings = replace(settings, counties=counties, phone_qualify_seconds=1, qualify_timeout_seconds=1.5)
    text = rendered(settings, "pjsip.conf")
    assert "[county-linhe](county-trunk)\naors = county-linhe\n" in text
    assert "[county-linhe](county-contact)\ncontact = sip:127.0.0.4:5072\n" in text
    assert text.count("qualify_frequency = 1\nqualify_timeout = 1.5\n") == 2, "phones and trunks alike"
    assert "match = 127.0.0.4" not in text, "whoever calls in from the county's gateway is no citizen by that alone"
    dialplan = rendered(settings, "extensions.conf")
    assert "[line-linhe]\nexten => _X.,1,Gosub(line-call,s,1(${FILTER(0-9,${EXTEN})},linhe))\n" in dialplan


@pytest.mark.parametrize("county", [CountyTrunk("lin he", "127.0.0.4"), CountyTrunk("linhe", "127.0.0.4;evil")])
def test_a_county_that_would_be_configuration_is_refused(settings: AsteriskSettings, county: CountyTrunk) -> None:
    with pytest.raises(SettingsError, match="in Asterisk"):
        replace(settings, counties=(county,))
