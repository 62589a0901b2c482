import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from api.__main__ import listen, main
from api.settings import Settings, SettingsError, load_settings

SECRETS = {
    "session_secret": "s" * 40,
    "link_token": "l" * 20,
    "intake_token": "i" * 20,
    "seat_secret": "t" * 20,
    "database_url": "postgresql://from/file",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(f"{value}\n")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("HOTLINE_SECRETS_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_secrets_come_from_files_and_variables_win(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert settings.seat_secret.get_secret_value() == "t" * 20
    assert settings.database_url.get_secret_value() == "postgresql://from/file"
    assert "t" * 20 not in repr(settings)
    monkeypatch.setenv("DATABASE_URL", "postgresql://from/variable")
    monkeypatch.setenv("HOTLINE_API_PORT", "8123")
    settings = load_settings()
    assert settings.database_url.get_secret_value() == "postgresql://from/variable"
    assert settings.api_port == 8123


def test_what_is_missing_is_named_in_one_line(folder: Path) -> None:
    (folder / "link_token").unlink()
    (folder / "session_secret").write_text("short")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    text = str(caught.value)
    assert "HOTLINE_LINK_TOKEN" in text
    assert "HOTLINE_SESSION_SECRET" in text
    assert "SEAT" not in text
    assert "short" not in text.replace("shorter", "")
    assert "\n" not in text


def test_a_folder_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_SECRETS_DIR", "/nowhere/at/all")
    with pytest.raises(SettingsError, match="/nowhere/at/all"):
        load_settings()


def test_a_port_in_use_says_what_to_do(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"127.0.0.1:{port} is in use.*HOTLINE_API_PORT"):
            listen(settings.model_copy(update={"api_port": port}))


@pytest.fixture
def own_logs() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


@pytest.mark.usefixtures("folder", "own_logs")
def test_a_wrong_database_address_ends_the_start_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://x/y")
    assert main() == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: DATABASE_URL starts with 'mysql'")
