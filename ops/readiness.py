"""Whether the parts answer: asked over their own doors, with a bounded wait and the culprit's last words on failure."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ops.errors import OpsError
from ops.home import Home
from ops.supervision import ALIVE, last_lines, programs

ANSWER_SECONDS = 2.0
INTERVAL = 0.1
# StartupMessage of the frontend/backend protocol, version 3.0, with its length before it.
_STARTUP_BODY = b"\x00\x03\x00\x00user\x00hotline\x00database\x00postgres\x00\x00"
_STARTUP = (len(_STARTUP_BODY) + 4).to_bytes(4, "big") + _STARTUP_BODY
READY_SECONDS: Mapping[str, float] = {"postgres": 60.0, "asterisk": 60.0, "voice": 60.0, "web": 60.0}


def postgres_ready(home: Home) -> bool:
    """Whether the embedded PostgreSQL takes connections: asked for a session it wants a password (else: an error)."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", home.ports["postgres"]), ANSWER_SECONDS) as door:
        door.settimeout(ANSWER_SECONDS)
        door.sendall(_STARTUP)
        return door.recv(1) == b"R"
    return False


def asterisk_ready(home: Home) -> bool:
    """Whether Asterisk has loaded everything: after a login the manager interface sends FullyBooted."""
    secret = home.secret("ami_events_secret")
    login = f"Action: Login\r\nUsername: voice-events\r\nSecret: {secret}\r\nEvents: on\r\n\r\n"
    with suppress(OSError), socket.create_connection(("127.0.0.1", home.ports["ami"]), ANSWER_SECONDS) as door:
        door.settimeout(ANSWER_SECONDS)
        door.sendall(login.encode())
        heard = b""
        while b"Event: FullyBooted" not in heard:
            part = door.recv(4096)
            if not part or b"Authentication failed" in heard:
                return False
            heard += part
        return True
    return False


def health(home: Home) -> dict[str, Any]:
    """Return what GET /healthz says; empty when the web process does not answer."""
    address = f"http://127.0.0.1:{home.ports['web']}/healthz"
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_SECONDS) as answer:
            body = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    except OSError:
        return {}
    with suppress(ValueError):
        found = json.loads(body)
        return found if isinstance(found, dict) else {}
    return {}


def web_ready(home: Home) -> bool:
    """Whether the web process answers and has its database."""
    return bool(health(home).get("database"))


def voice_ready(home: Home) -> bool:
    """Whether the voice process serves FastAGI and the web process has its link."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", home.ports["fastagi"]), ANSWER_SECONDS):
        return bool(health(home).get("voice"))
    return False


CHECKS: Mapping[str, Callable[[Home], bool]] = {
    "postgres": postgres_ready,
    "asterisk": asterisk_ready,
    "web": web_ready,
    "voice": voice_ready,
}


def wait_ready(home: Home, name: str, seconds: float | None = None) -> None:
    """Wait until a program is ready; raise OpsError with its last words when it ends, or not within the time."""
    limit = READY_SECONDS[name] if seconds is None else seconds
    deadline = time.monotonic() + limit
    first_pid = 0
    while not CHECKS[name](home):
        program = programs(home)[name]
        first_pid = first_pid or program.pid
        if program.state not in ALIVE or (program.pid and program.pid != first_pid):
            raise failed(home, name, f"{name} ended while starting ({program.state}: {program.detail})")
        if time.monotonic() > deadline:
            raise failed(home, name, f"{name} was not ready within {limit:.0f} s")
        time.sleep(INTERVAL)


def failed(home: Home, name: str, what: str) -> OpsError:
    """Build the error with the end of the culprit's log."""
    log = home.log_file(name)
    return OpsError(f"{what}; the end of {log}:\n{last_lines(log)}", f"read the whole of {log}, then make up again")
