import re
import stat
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]


def make(folder: Path) -> str:
    command = ["sh", str(ROOT / "containers/make-secrets.sh"), str(folder)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_it_makes_every_secret_that_compose_mounts(tmp_path: Path) -> None:
    make(tmp_path / "secrets")
    wanted = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["secrets"]
    assert set(contents(tmp_path / "secrets")) == set(wanted)


def test_each_is_random_and_the_address_holds_the_databases_password(tmp_path: Path) -> None:
    make(tmp_path / "secrets")
    made = contents(tmp_path / "secrets")
    address = made.pop("database_url")
    assert address == f"postgresql://hotline:{made['postgres_password']}@postgres:5432/hotline"
    assert all(re.fullmatch(r"[0-9a-f]{64}", text) for text in made.values())
    assert len(set(made.values())) == len(made)


def test_only_the_owner_reaches_them(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make(folder)
    before = contents(folder)
    (folder / "link_token").unlink()
    said = make(folder)
    after = contents(folder)
    assert said.split() == ["made", str(folder / "link_token")]
    assert {name for name in after if after[name] != before[name]} == {"link_token"}


def test_nothing_is_said_but_names(tmp_path: Path) -> None:
    said = make(tmp_path / "secrets")
    assert not [text for text in contents(tmp_path / "secrets").values() if text in said]
