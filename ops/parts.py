"""The other packages that `make up` runs, each called in one place: tools, prompts, Asterisk's configuration."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from asterisk_conf.fetch import FetchError, alone, asterisk_place, fetch_all
from asterisk_conf.render import render, start_command
from asterisk_conf.settings import AsteriskSettings, CountyTrunk, FallbackQueue, Seat, SettingsError
from asterisk_conf.sounds import copy_missing, speak_missing
from db.seats import seat_password
from ops.database import Hall
from ops.errors import OpsError
from ops.home import LOCAL, TOOLS, Home
from ops.ports import DEFAULT
from ops.users import PROJECT

SOUNDS = TOOLS / "sounds"


def bring_tools(names: Iterable[str]) -> dict[str, Path]:
    """Bring programs this machine lacks; return the launcher of each. Takes milliseconds when they are there."""
    try:
        return fetch_all(list(names), TOOLS)
    except FetchError as error:
        raise OpsError(f"a program could not be brought: {error}", "mend it, then run the same command again") from None


def speak_prompts() -> None:
    """Make the built-in prompts that are missing, once for all instances."""
    espeak = bring_tools(["espeak-ng"])["espeak-ng"]
    # Its sound library would otherwise leave folders in the caller's home and in /tmp; and it makes missing parents
    # that nobody else may enter.
    pulse = LOCAL / "cache" / "pulse"
    pulse.mkdir(parents=True, exist_ok=True)
    os.environ.update(PULSE_RUNTIME_PATH=str(pulse), PULSE_STATE_PATH=str(pulse))
    try:
        with alone(TOOLS):
            speak_missing(espeak, SOUNDS)
    except FetchError as error:
        raise OpsError(f"the prompts cannot be made: {error}", "mend it, then make up again") from None


def asterisk_settings(home: Home, hall: Hall) -> AsteriskSettings:
    """Say what this instance's Asterisk is like; `hall` is who sits where."""
    seat_secret = home.secret("seat_secret")
    ports = home.ports
    return AsteriskSettings(
        home=home.folder,
        place=asterisk_place(TOOLS),
        python=Path(sys.executable),
        project=PROJECT,
        seats=tuple(
            Seat(extension, seat_password(seat_secret, extension), seat_password(seat_secret, f"{extension}w"))
            for extension in hall.extensions
        ),
        queues=tuple(FallbackQueue(name, ring_seconds) for name, ring_seconds in hall.queues),
        ami_events_secret=home.secret("ami_events_secret"),
        ami_actions_secret=home.secret("ami_actions_secret"),
        sip_port=ports["sip"],
        carrier_port=ports.get("carrier", DEFAULT["carrier"]),  # an instance that is older than transfers has none
        counties=tuple(
            CountyTrunk(county, host, port or ports.get("county", DEFAULT["county"]))
            for county, host, port in hall.trunks
        ),
        http_port=ports["http"],
        ami_port=ports["ami"],
        fastagi_port=ports["fastagi"],
        rtp_first=ports["rtp_first"],
        rtp_last=ports["rtp_last"],
        lease_seconds=home.lease_seconds,
    )


def render_asterisk(home: Home, hall: Hall) -> list[Path]:
    """Write the instance's Asterisk configuration and prompts; return the files that changed."""
    try:
        copy_missing(SOUNDS, home.folder / "asterisk" / "sounds")
        return render(asterisk_settings(home, hall))
    except (FetchError, SettingsError) as error:
        raise OpsError(f"Asterisk cannot be configured: {error}", "mend it, then make up again") from None


def asterisk_command(home: Home) -> list[str]:
    """Return the command that runs the instance's Asterisk in the foreground."""
    return start_command(asterisk_settings(home, Hall((), (("city", 15),))))
