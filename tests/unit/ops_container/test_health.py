import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ops.container import health


@contextmanager
def answering(status: int, body: bytes = b"") -> Iterator[tuple[int, list[str]]]:
    """A web server on a free port that answers everything alike, and the Authorization headers it was sent."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port, seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    with listening() as port:
        return port


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, b'{"database": true, "voice": false}', 0),
        (200, b'{"database": false, "voice": true}', 1),
        (200, b"not json", 1),
        (500, b"", 1),
    ],
)
def test_web_is_healthy_with_its_database(monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, code: int) -> None:
    with answering(status, body) as (port, _):
        monkeypatch.setenv("HOTLINE_API_PORT", str(port))
        assert health.main(["web"]) == code


@pytest.mark.parametrize(("status", "code"), [(426, 0), (401, 1), (500, 1)])
def test_voice_is_healthy_when_both_doors_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int, code: int
) -> None:
    (tmp_path / "link_token").write_text("token-of-the-link\n")
    monkeypatch.setenv("HOTLINE_SECRETS_DIR", str(tmp_path))
    with listening() as fastagi, answering(status) as (link, seen):
        monkeypatch.setenv("HOTLINE_FASTAGI_PORT", str(fastagi))
        monkeypatch.setenv("HOTLINE_LINK_PORT", str(link))
        assert health.main(["voice"]) == code
    assert seen == ["Bearer token-of-the-link"]


def test_voice_is_ill_without_fastagi(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HOTLINE_FASTAGI_PORT", str(closed_port()))
    assert health.main(["voice"]) == 1
    assert capsys.readouterr().err.startswith("voice: ")


def test_asterisk_is_ill_when_it_cannot_be_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    monkeypatch.setattr(health, "PROJECT", tmp_path)
    assert health.main(["asterisk"]) == 1


@pytest.mark.parametrize(("said", "code"), [("exit 0", 0), ("echo no; exit 1", 1)])
def test_asterisk_is_asked_on_its_control_socket(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, code: int
) -> None:
    launcher = tmp_path / ".local/tools/bin/asterisk"
    launcher.parent.mkdir(parents=True)
    launcher.write_text(f"#!/bin/sh\n{said}\n")
    launcher.chmod(0o755)
    monkeypatch.setattr(health, "PROJECT", tmp_path)
    assert health.main(["asterisk"]) == code


def test_an_unknown_part_is_a_mistake() -> None:
    assert health.main(["everything"]) == 2
