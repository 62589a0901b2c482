"""`python -m ops.container.health PART`: a container's health check; only the standard library, for it runs often."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path

SECONDS = 4.0
PROJECT = Path(__file__).resolve().parent.parent.parent


def asterisk() -> str:
    """Asterisk answers on its control socket and has loaded everything; returns what is wrong, or nothing."""
    home = os.environ.get("HOTLINE_HOME", "/hotline")
    launcher = str(PROJECT / ".local/tools/bin/asterisk")
    command = [launcher, "-C", f"{home}/asterisk/etc/asterisk.conf", "-rx", "core waitfullybooted"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return "it does not answer on its control socket, or is still loading"
    return "" if result.returncode == 0 else (result.stdout + result.stderr).strip() or "it does not run"


def voice() -> str:
    """The voice process takes FastAGI connections, and its loop answers (the link does not speak plain HTTP)."""
    fastagi = ("127.0.0.1", int(os.environ.get("HOTLINE_FASTAGI_PORT", "4573")))
    with socket.create_connection(fastagi, SECONDS):
        pass
    token = Path(os.environ.get("HOTLINE_SECRETS_DIR", "/run/secrets"), "link_token").read_text("utf-8").strip()
    address = f"http://127.0.0.1:{os.environ.get('HOTLINE_LINK_PORT', '8765')}/"
    question = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    try:
        urllib.request.urlopen(question, timeout=SECONDS).close()  # noqa: S310 - an http address, written above
    except urllib.error.HTTPError as answer:
        answer.close()
        if answer.code != HTTPStatus.UPGRADE_REQUIRED:
            return f"the link answers {answer.code}"
    return ""


def web() -> str:
    """The web process answers and has its database; the voice process may be away."""
    address = f"http://127.0.0.1:{os.environ.get('HOTLINE_API_PORT', '8000')}/healthz"
    with urllib.request.urlopen(address, timeout=SECONDS) as answer:
        found = json.loads(answer.read())
    return "" if found.get("database") else "it has no database"


CHECKS: Mapping[str, Callable[[], str]] = {"asterisk": asterisk, "voice": voice, "web": web}


def main(arguments: list[str]) -> int:
    """Check one part; 0 when it is healthy, else 1 with one line that says why (docker inspect shows it)."""
    part = arguments[0] if len(arguments) == 1 else ""
    if part not in CHECKS:
        sys.stderr.write(f"usage: python -m ops.container.health {'|'.join(CHECKS)}\n")
        return 2
    try:
        wrong = CHECKS[part]()
    except (OSError, ValueError) as error:
        wrong = str(error) or type(error).__name__
    if wrong:
        sys.stderr.write(f"{part}: {wrong}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
