"""Where the calls go: addresses, programs and secrets of one running instance; no call is placed in here."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from db.seats import seat_password
from ops.errors import OpsError
from ops.home import Home
from ops.parts import bring_tools

#: Where the demonstration city's citizens call from: the address of the trunk.
TRUNK = "127.0.0.2"
PHONES = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Place:
    """One running instance, as somebody outside it sees it."""

    home: Path
    sip_host: str
    sip_port: int
    web_url: str
    sipp: str
    seat_secret: str
    passwords: dict[str, str]
    #: Where calls to other people arrive (`ops.call.carrier`); 0 where the instance sends none.
    carrier_port: int = 0
    #: Where calls to a county's ordinary telephones arrive; 0 where the instance has no such trunk.
    county_port: int = 0

    @property
    def stream_url(self) -> str:
        """Address of the screens' WebSocket."""
        return "ws" + self.web_url.removeprefix("http") + "/api/stream"

    def prompt(self, sound: str) -> Path:
        """Return the WAV file that Asterisk plays for a sound's name, such as `hotline/goodbye`."""
        return self.home / "asterisk" / "sounds" / "zh" / f"{sound}.wav"

    @property
    def logs(self) -> Path:
        """The folder of the instance's own log files."""
        return self.home / "log"

    def seat_password(self, endpoint: str) -> str:
        """Return the SIP password of one endpoint."""
        return seat_password(self.seat_secret, endpoint)


def program(name: str) -> str:
    """Return the path of a program, brought first when it is missing; raise OpsError when that fails."""
    return str(bring_tools([name])[name])


def place_of(home: Home) -> Place:
    """Return the place of `home`; raise OpsError when it lacks what a call needs."""
    return Place(
        home=home.folder,
        sip_host="127.0.0.1",
        sip_port=home.ports["sip"],
        web_url=f"http://127.0.0.1:{home.ports['web']}",
        sipp=program("sipp"),
        seat_secret=home.secret("seat_secret"),
        passwords=read_passwords(home.secret_file("demo_passwords.json")),
        carrier_port=home.ports.get("carrier", 0),
        county_port=home.ports.get("county", 0),
    )


def read_passwords(path: Path) -> dict[str, str]:
    """Return the demonstration people's passwords by staff number; raise OpsError saying what to do without them."""
    read = partial(path.read_text, "utf-8")
    try:
        return {str(agent): str(password) for agent, password in json.loads(read()).items()}
    except FileNotFoundError:
        raise OpsError(f"there are no passwords of a demonstration city in {path}", "make up writes them") from None
    except (ValueError, AttributeError) as error:
        raise OpsError(f"{path} cannot be read: {error}", "make up writes it again once it is removed") from None
