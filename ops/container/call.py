"""`python -m ops.container.call`: test calls through the system of containers, from a container of their own."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

from ops.call.__main__ import parser, run
from ops.call.desk import Refused
from ops.call.place import Place, program
from ops.call.sip import SippFailed
from ops.call.until import StepMissing
from ops.console import complain
from ops.errors import OpsError, explain
from ops.ports import DEFAULT

SIP_PORT = 5060


def place() -> Place:
    """Return the system of containers as its test caller sees it, who shares Asterisk's network."""
    home = Path(os.environ.get("HOTLINE_HOME", "/hotline"))
    secrets = Path(os.environ.get("HOTLINE_SECRETS_DIR", "/run/secrets"))
    return Place(
        home=Path("/tmp/calls"),  # noqa: S108 - the container's own, gone with it
        sip_host="127.0.0.1",
        sip_port=SIP_PORT,
        web_url=os.environ.get("HOTLINE_WEB_URL", "http://web:8000"),
        sipp=program("sipp"),
        seat_secret=(secrets / "seat_secret").read_text("utf-8").strip(),
        passwords=json.loads((home / "accounts/demo_passwords.json").read_text("utf-8")),
        county_port=DEFAULT["county"],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Place the calls; 0 when every step of every call happened. Options: those of `python -m ops.call`."""
    options = parser().parse_args(arguments)
    try:
        return asyncio.run(run(place(), options))
    except (OpsError, SippFailed, StepMissing, Refused) as error:
        complain(f"call: {error}")
    except httpx.HTTPError as error:
        complain(f"call: the web process does not answer ({error!r}): docker compose ps")
    except OSError as error:
        complain(f"call: {explain(error)}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
