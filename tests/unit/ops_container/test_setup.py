import stat
from dataclasses import replace
from pathlib import Path

import pytest

from asterisk_conf.fetch import AsteriskPlace
from asterisk_conf.modules import REQUIRED
from asterisk_conf.render import render
from asterisk_conf.settings import SettingsError
from db.seats import seat_password
from ops.container.settings import ContainerSettings, load, words
from ops.container.setup import asterisk_settings, gateway_port, log_to_stdout, serve_asterisk, share_sounds
from ops.database import Hall
from ops.errors import OpsError

HALL = Hall(("1001", "2001"), (("city", 15), ("linhe", 20)))


@pytest.fixture
def place(tmp_path: Path) -> AsteriskPlace:
    modules = tmp_path / "modules"
    modules.mkdir()
    for name in REQUIRED:
        (modules / f"{name}.so").touch()
    (tmp_path / "data").mkdir()
    return AsteriskPlace(tmp_path / "bin/asterisk", modules, tmp_path / "data")


def settings(home: Path, **changes: str) -> ContainerSettings:
    given = {
        "home": str(home),
        "private_network": "10.9.1.0/24",
        "ami_host": "10.9.1.10",
        "ami_permit": "10.9.1.20/32",
        "fastagi_host": "10.9.1.20",
        "external_address": "192.0.2.7",
        "internal_address": "10.9.2.10",
        "seat_secret": "s" * 32,
        "ami_events_secret": "e" * 32,
        "ami_actions_secret": "a" * 32,
    }
    return ContainerSettings.model_validate(given | changes)


def rendered(home: Path, place: AsteriskPlace, **changes: str) -> dict[str, str]:
    asterisk = asterisk_settings(settings(home, **changes), HALL, place)
    render(asterisk)
    return {path.name: path.read_text("utf-8") for path in asterisk.etc.iterdir()}


def test_phones_outside_are_told_the_outside_address(tmp_path: Path, place: AsteriskPlace) -> None:
    files = rendered(tmp_path / "home", place)
    transport = files["pjsip.conf"].split("[transport-udp]")[1].split("\n[")[0].splitlines()
    assert "bind = 0.0.0.0:5060" in transport
    assert "external_signaling_address = 192.0.2.7" in transport
    assert "external_media_address = 192.0.2.7" in transport
    assert [line for line in transport if line.startswith("local_net")] == [
        "local_net = 127.0.0.0/8",
        "local_net = 10.9.1.0/24",
        "local_net = 10.9.2.10",
    ]
    assert "[ice_host_candidates]\n10.9.2.10 => 192.0.2.7" in files["rtp.conf"]


def test_without_translation_nothing_is_announced(tmp_path: Path, place: AsteriskPlace) -> None:
    files = rendered(tmp_path / "home", place, external_address="", internal_address="")
    assert "external_" not in files["pjsip.conf"]
    assert "ice_host_candidates" not in files["rtp.conf"]


def test_half_a_translation_is_refused(tmp_path: Path, place: AsteriskPlace) -> None:
    with pytest.raises(SettingsError, match="go together"):
        rendered(tmp_path / "home", place, internal_address="")


def test_voice_is_reached_and_let_in_by_its_address(tmp_path: Path, place: AsteriskPlace) -> None:
    files = rendered(tmp_path / "home", place)
    assert "bindaddr = 10.9.1.10" in files["manager.conf"]
    assert files["manager.conf"].count("permit = 10.9.1.20/32") == 2
    assert "agi://10.9.1.20:4573/call" in files["extensions.conf"]


def test_every_carrier_is_known_by_its_address(tmp_path: Path, place: AsteriskPlace) -> None:
    text = rendered(tmp_path / "home", place, trunks="198.51.100.4, 203.0.113.0/28")["pjsip.conf"]
    assert "match = 198.51.100.4\nmatch = 203.0.113.0/28" in text


@pytest.mark.parametrize(
    ("host", "given", "port"),
    [
        ("192.0.2.4", None, 5060),
        ("gateway.example.org", None, 5060),
        ("192.0.2.4", 5090, 5090),
        ("127.0.0.4", 5090, 5090),
    ],
)
def test_a_countys_gateway_is_at_the_port_given_or_at_sips_own(host: str, given: int | None, port: int) -> None:
    assert gateway_port(host, given) == port


def test_asterisk_does_not_take_itself_for_a_countys_gateway(tmp_path: Path, place: AsteriskPlace) -> None:
    hall = replace(HALL, trunks=(("linhe", "127.0.0.4", None),))
    asterisk = asterisk_settings(settings(tmp_path / "home"), hall, place)
    assert asterisk.sip_host == "0.0.0.0"  # noqa: S104 - a comparison
    assert [county.port for county in asterisk.counties] != [asterisk.sip_port]


def test_seats_have_the_passwords_that_the_page_gives_out(tmp_path: Path, place: AsteriskPlace) -> None:
    text = rendered(tmp_path / "home", place)["pjsip.conf"]
    for endpoint in ("1001", "1001w", "2001", "2001w"):
        assert f"username = {endpoint}\npassword = {seat_password('s' * 32, endpoint)}" in text


def test_only_asterisk_itself_reads_the_passwords(tmp_path: Path, place: AsteriskPlace) -> None:
    rendered(tmp_path / "home", place)
    for name in ("pjsip.conf", "manager.conf"):
        assert stat.S_IMODE((tmp_path / "home/asterisk/etc" / name).stat().st_mode) == 0o600


def test_the_log_goes_to_standard_output(tmp_path: Path) -> None:
    path = tmp_path / "messages.log"
    path.write_text("older")
    log_to_stdout(path)
    log_to_stdout(path)
    assert path.readlink() == Path("/dev/stdout")


def test_asterisk_is_not_started_before_the_set_up(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="docker compose run --rm setup"):
        serve_asterisk(tmp_path)


def test_lists_may_be_written_with_blanks_or_commas() -> None:
    assert words(" 192.0.2.1,192.0.2.2  198.51.100.0/24 ,") == ("192.0.2.1", "192.0.2.2", "198.51.100.0/24")


def test_missing_settings_are_named_and_no_value_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "seat_secret").write_text("not-to-be-shown")
    monkeypatch.setenv("HOTLINE_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("HOTLINE_RTP_FIRST", "many")
    with pytest.raises(OpsError) as caught:
        load()
    assert "HOTLINE_AMI_HOST" in str(caught.value)
    assert "HOTLINE_RTP_FIRST" in str(caught.value)
    assert "not-to-be-shown" not in str(caught.value)


def test_secrets_are_files_named_like_the_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("seat_secret", "ami_events_secret", "ami_actions_secret"):
        (tmp_path / name).write_text(f"{name}-of-this-system\n")
    monkeypatch.setenv("HOTLINE_SECRETS_DIR", str(tmp_path))
    for name in ("PRIVATE_NETWORK", "AMI_HOST", "AMI_PERMIT", "FASTAGI_HOST"):
        monkeypatch.setenv(f"HOTLINE_{name}", "10.9.1.0")
    assert load().ami_actions_secret.get_secret_value() == "ami_actions_secret-of-this-system"


def test_voice_and_web_may_add_sounds_in_two_folders(tmp_path: Path) -> None:
    for _ in range(2):
        share_sounds(tmp_path / "zh")
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "zh").iterdir()} == {
        "own": 0o2770,
        "spoken": 0o2770,
    }
