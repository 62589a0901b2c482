import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops import readiness
from ops.home import Home
from ops.ports import block


@contextmanager
def peer(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on loopback that lets `answer` talk to the first to connect."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path / "system", ports=block(22000))


def at(home: Home, name: str, port: int) -> Home:
    return home.with_changes(ports={**home.ports, name: port})


@pytest.mark.parametrize(("letter", "ready"), [(b"R", True), (b"E", False)])
def test_postgres_is_ready_when_it_asks_for_a_password(home: Home, letter: bytes, ready: bool) -> None:
    def answer(connection: socket.socket) -> None:
        message = connection.recv(100)
        assert int.from_bytes(message[:4], "big") == len(message)
        assert b"user\0hotline\0" in message
        connection.sendall(letter)

    with peer(answer) as port:
        assert readiness.postgres_ready(at(home, "postgres", port)) is ready


def test_asterisk_is_ready_when_it_says_so_after_the_login(home: Home) -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(b"Asterisk Call Manager/11.0.0\r\n")
        login = connection.recv(1000).decode()
        assert home.secret("ami_events_secret") in login
        connection.sendall(b"Response: Success\r\n\r\nEvent: Fully")
        connection.sendall(b"Booted\r\nUptime: 1\r\n\r\n")

    with peer(answer) as port:
        assert readiness.asterisk_ready(at(home, "ami", port))


def test_asterisk_that_refuses_the_login_is_not_ready(home: Home) -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"Response: Error\r\nMessage: Authentication failed\r\n\r\n")

    with peer(answer) as port:
        assert not readiness.asterisk_ready(at(home, "ami", port))


def test_nobody_is_not_ready(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for name, check in (("postgres", "postgres"), ("ami", "asterisk"), ("web", "web"), ("fastagi", "voice")):
        assert not readiness.CHECKS[check](at(home, name, port))


@pytest.mark.parametrize("status", [200, 503])
def test_health_is_read_whatever_the_status(home: Home, status: int) -> None:
    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps({"database": True, "voice": False}).encode())

        def log_message(self, *_: object) -> None:
            return

    with http.server.HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        placed = at(home, "web", server.server_port)
        assert readiness.health(placed) == {"database": True, "voice": False}
        assert readiness.web_ready(placed)
        assert not readiness.voice_ready(at(placed, "fastagi", server.server_port))
        server.shutdown()
        thread.join()
