import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from agi_scripts.settings import VoiceSettings
from api.settings import Settings
from ops.container.settings import ContainerSettings

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LASTING = ("postgres", "asterisk", "voice", "web")
DOCKERFILE = (ROOT / "containers/Dockerfile").read_text("utf-8")

each_service = pytest.mark.parametrize("name", SERVICES)
each_lasting = pytest.mark.parametrize("name", LASTING)


def filled(text: str, **environment: str) -> str:
    """What compose makes of `${NAME:-default}`."""
    return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda match: environment.get(match[1], match[2]), text)


def published(name: str) -> list[str]:
    return [filled(port) for port in SERVICES[name].get("ports", [])]


def stages() -> dict[str, list[str]]:
    """The lines of each stage of the Dockerfile."""
    found: dict[str, list[str]] = {}
    for line in DOCKERFILE.splitlines():
        start = re.fullmatch(r"FROM \S+ AS (\w+)", line)
        if start:
            found[start[1]] = []
        elif found:
            found[list(found)[-1]].append(line)
    return found


def ancestors(stage: str) -> list[str]:
    parents = {name: base for base, name in re.findall(r"^FROM (\S+) AS (\w+)", DOCKERFILE, re.MULTILINE)}
    chain = [stage]
    while parents.get(chain[-1]) in parents:
        chain.append(parents[chain[-1]])
    return chain


def test_the_four_services_last_and_the_others_end() -> None:
    assert {name for name, service in SERVICES.items() if service["restart"] == "unless-stopped"} == set(LASTING)
    assert {name for name, service in SERVICES.items() if service["restart"] == "no"} == {"setup", "call"}


def test_only_phones_and_browsers_get_in() -> None:
    assert published("asterisk") == [
        "127.0.0.1:5060:5060/udp",
        "127.0.0.1:20000-20199:20000-20199/udp",
        "127.0.0.1:8088:8088",
    ]
    assert published("web") == ["127.0.0.1:8000:8000"]
    assert [name for name in SERVICES if published(name)] == ["asterisk", "web"]


@each_service
def test_nothing_shares_the_hosts_network_or_gains_rights(name: str) -> None:
    service = SERVICES[name]
    assert service.get("network_mode", "service:asterisk") == "service:asterisk"
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "user", "expose"} & set(service)
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["init"] is True


def test_what_has_no_business_outside_has_no_way_there() -> None:
    assert COMPOSE["networks"]["private"]["internal"] is True
    assert {name for name, service in SERVICES.items() if "outside" in service.get("networks", ())} == {
        "asterisk",
        "web",
    }


def test_ami_listens_in_the_private_network_for_voice_alone() -> None:
    environment = SERVICES["setup"]["environment"]
    voice = filled(SERVICES["voice"]["networks"]["private"]["ipv4_address"])
    assert filled(environment["HOTLINE_AMI_HOST"]) == filled(
        SERVICES["asterisk"]["networks"]["private"]["ipv4_address"]
    )
    assert filled(environment["HOTLINE_AMI_PERMIT"]) == f"{voice}/32"
    assert filled(environment["HOTLINE_FASTAGI_HOST"]) == voice


def test_names_are_written_down_and_wait_for_no_name_server() -> None:
    hosts = dict(filled(line).split(":") for line in COMPOSE["x-hosts"])
    assert hosts == {name: filled(SERVICES[name]["networks"]["private"]["ipv4_address"]) for name in hosts}
    for name in ("setup", "asterisk", "voice", "web"):
        assert SERVICES[name]["extra_hosts"] == COMPOSE["x-hosts"]
    targets = [text for name in ("voice", "web") for text in SERVICES[name]["environment"].values() if "://" in text]
    inside = {found[1] for text in targets if (found := re.match(r"(?:http|ws)://([a-z]+):", filled(text)))}
    assert inside <= set(hosts)


def test_the_announced_address_is_the_published_one() -> None:
    environment = SERVICES["setup"]["environment"]
    outside = filled(SERVICES["asterisk"]["networks"]["outside"]["ipv4_address"])
    assert filled(environment["HOTLINE_INTERNAL_ADDRESS"]) == outside
    assert filled(environment["HOTLINE_EXTERNAL_ADDRESS"], HOTLINE_ADDRESS="192.0.2.7") == "192.0.2.7"
    assert filled(SERVICES["asterisk"]["ports"][0], HOTLINE_ADDRESS="192.0.2.7").startswith("192.0.2.7:5060:")


SETTINGS: dict[str, type[BaseSettings]] = {"setup": ContainerSettings, "voice": VoiceSettings, "web": Settings}
CITYS_OWN = {
    "voice": ("announce_first_seconds", "announce_every_seconds", "offer_after_seconds"),
    "web": ("region_code", "area_code", "session_hours", "connect_rate_warning"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_service_is_told_nothing_that_it_does_not_know(name: str) -> None:
    told = {key.removeprefix("HOTLINE_").lower() for key in SERVICES[name]["environment"]} - {"tz"}
    assert told <= set(SETTINGS[name].model_fields)


@pytest.mark.parametrize("name", CITYS_OWN)
def test_what_a_city_may_change_is_passed_on_and_else_as_everywhere(name: str) -> None:
    for field in CITYS_OWN[name]:
        line = SERVICES[name]["environment"][f"HOTLINE_{field.upper()}"]
        default = SETTINGS[name].model_fields[field].default
        assert type(default)(filled(line)) == default
        assert filled(line, **{f"HOTLINE_{field.upper()}": "7"}) == "7"


@each_lasting
def test_each_has_a_health_check_and_time_to_end(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["healthcheck"]["timeout"]
    assert re.fullmatch(r"[1-9]\d*s", service["stop_grace_period"])
    assert service["logging"]["options"]["max-size"]


@each_service
def test_secrets_are_files_and_each_gets_only_its_own(name: str) -> None:
    service = SERVICES[name]
    assert "env_file" not in service
    assert not [key for key in service.get("environment", {}) if re.search(r"SECRET|TOKEN|PASSWORD|DATABASE_URL", key)]
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])


def test_asterisk_itself_holds_no_secret_and_voice_not_the_database() -> None:
    assert "secrets" not in SERVICES["asterisk"]
    assert not {"database_url", "postgres_password", "seat_secret", "session_secret"} & set(
        SERVICES["voice"]["secrets"]
    )
    assert not {"postgres_password", "ami_actions_secret"} & set(SERVICES["web"]["secrets"])
    assert SERVICES["postgres"]["secrets"] == ["postgres_password"]


def test_every_secret_comes_from_a_file_of_its_name() -> None:
    for name, secret in COMPOSE["secrets"].items():
        assert set(secret) == {"file"}
        assert filled(secret["file"]) == f".local/containers/secrets/{name}"


@each_service
def test_every_volume_is_named_or_none(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        assert volume.partition(":")[0] in COMPOSE["volumes"]


def mounts(name: str) -> dict[str, str]:
    """Volume -> `place` or `place:ro`."""
    return dict(volume.split(":", 1) for volume in SERVICES[name].get("volumes", []))


def test_voice_and_web_add_sounds_where_asterisk_looks_and_nothing_else() -> None:
    place = "/hotline/asterisk/sounds"
    assert {name: mounts(name).get("sounds") for name in ("setup", "asterisk", "voice", "web")} == {
        "setup": place, "asterisk": f"{place}:ro", "voice": place, "web": place,
    }  # fmt: skip
    assert mounts("voice")["asterisk"].endswith(":ro")
    assert "asterisk" not in mounts("web")
    for name in ("voice", "web"):
        assert SERVICES[name]["environment"]["HOTLINE_SOUNDS_DIR"] == f"{place}/zh"
    folders = "\n".join(stages()["python"])
    assert f"-m 2770 {place}/zh/own {place}/zh/spoken" in folders


def test_the_image_that_speaks_holds_the_voice() -> None:
    copied = [line for line in stages()["app"] if line.startswith("COPY --from=tools")]
    assert [line.split()[2] for line in copied] == [
        "/opt/hotline/.local/tools/espeak-ng",
        "/opt/hotline/.local/tools/bin/espeak-ng",
    ]
    tools = " ".join(stages()["tools"])
    for module in ("speech", "voice", "sounds", "audio"):
        assert f"asterisk_conf/{module}.py" in tools


def test_the_build_takes_the_decoders_with_their_library_or_fails() -> None:
    build = " ".join(stages()["build"])
    assert "import soundfile, soxr" in build
    first, last = re.findall(r"sed -n '/(\S+)/,/(.+)/p' requirements\.lock", build)[0]
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    lines = re.findall(f"{first}.*?{last}", lock, re.DOTALL | re.MULTILINE)[0].splitlines()
    assert lines[0].startswith("soundfile==")
    assert len([line for line in lines if "==" in line]) == 1
    assert all("--hash=sha256:" in line for line in lines[1:-1])


@pytest.mark.parametrize("target", ["postgres", "app", "asterisk", "caller"])
def test_no_image_runs_as_root(target: str) -> None:
    users = [line.split()[1] for stage in ancestors(target) for line in stages()[stage] if line.startswith("USER ")]
    assert users
    assert users[0] in {"postgres", "hotline", "asterisk"}


def test_every_built_target_exists() -> None:
    targets = {service["build"]["target"] for service in SERVICES.values() if "build" in service}
    assert targets == {"postgres", "app", "asterisk", "caller"} <= set(stages())


def test_build_arguments_reach_no_finished_image() -> None:
    given = {argument.partition("=")[0] for argument in SERVICES["web"].get("build", {}).get("args", [])} | {
        argument.partition("=")[0] for argument in SERVICES["voice"]["build"]["args"]
    }
    for target in ("postgres", "app", "asterisk", "caller"):
        for stage in ancestors(target):
            assert not [line for line in stages()[stage] if line.startswith("ARG ")], stage
    declared = {line.split()[1] for lines in stages().values() for line in lines if line.startswith("ARG ")}
    assert declared == given - {"BASE"}


def test_everything_comes_from_one_base_and_no_address_is_written_down() -> None:
    outside = {base for base, _ in re.findall(r"^FROM (\S+) AS (\w+)", DOCKERFILE, re.MULTILINE)} - set(stages())
    assert outside == {"${BASE}"}
    assert "http" not in DOCKERFILE.replace("HTTP_PROXY", "")


def test_the_build_sees_no_secret_and_no_instance() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    assert let_in.isdisjoint({".local", ".venv", ".git", "containers", "tests"})
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE))
    for source in {word.partition("/")[0] for words in copied for word in words.split()}:
        assert any(entry.partition("/")[0] == source for entry in let_in), source
