"""Brings a system of containers up to date: tables, demonstration city, Asterisk's configuration, prompts."""

import ipaddress
import os
import resource
import subprocess
import sys
from pathlib import Path

from asterisk_conf.fetch import AsteriskPlace, FetchError, asterisk_place
from asterisk_conf.render import control_command, render
from asterisk_conf.settings import AsteriskSettings, CountyTrunk, FallbackQueue, Seat, SettingsError
from asterisk_conf.sounds import copy_missing
from db.address import DatabaseAddressError, find_address
from db.seats import seat_password
from ops import database
from ops.console import say
from ops.container.settings import ContainerSettings, words
from ops.database import Hall
from ops.errors import OpsError
from ops.home import TOOLS
from ops.ports import DEFAULT
from ops.users import PROJECT

EVERYWHERE = "0.0.0.0"  # noqa: S104 - inside a container; docker-compose.yml says which ports are published
MOST_FILES = 65536
SIP_PORT = 5060
SHARED_SOUNDS = ("own", "spoken")


def set_up(settings: ContainerSettings) -> None:
    """Do it all; a second run changes only what differs. Raises OpsError with what to do."""
    address = _database_address()
    database.check(address)
    _db("migrate")
    if settings.demo_city:
        _db("seed", "--passwords", str(settings.home / "accounts/demo_passwords.json"))
    try:
        asterisk = asterisk_settings(settings, database.read_hall(address), asterisk_place(TOOLS))
        changed = render(asterisk)
    except (FetchError, SettingsError) as error:
        raise OpsError(f"Asterisk cannot be configured: {error}", "mend it, then docker compose up again") from None
    copy_missing(TOOLS / "sounds", asterisk.sounds)
    share_sounds(asterisk.sounds / "zh")
    log_to_stdout(asterisk.asterisk / "log/messages.log")
    say(f"setup: {len(changed)} files of Asterisk's configuration changed")
    if changed:
        tell_running(asterisk)


def asterisk_settings(settings: ContainerSettings, hall: Hall, place: AsteriskPlace) -> AsteriskSettings:
    """Say what the Asterisk of the containers is like; `hall` is who sits where. Raises SettingsError."""
    secret = settings.seat_secret.get_secret_value()
    return AsteriskSettings(
        home=settings.home,
        place=place,
        python=Path(sys.executable),
        project=PROJECT,
        seats=tuple(
            Seat(extension, seat_password(secret, extension), seat_password(secret, f"{extension}w"))
            for extension in hall.extensions
        ),
        ami_events_secret=settings.ami_events_secret.get_secret_value(),
        ami_actions_secret=settings.ami_actions_secret.get_secret_value(),
        queues=tuple(FallbackQueue(name, ring_seconds) for name, ring_seconds in hall.queues),
        trunks=words(settings.trunks),
        carrier_host=settings.carrier_host,
        carrier_port=settings.carrier_port,
        counties=tuple(CountyTrunk(county, host, gateway_port(host, port)) for county, host, port in hall.trunks),
        system_name=settings.system_name,
        sip_host=EVERYWHERE,
        external_address=settings.external_address,
        internal_address=settings.internal_address,
        local_networks=("127.0.0.0/8", settings.private_network),
        rtp_first=settings.rtp_first,
        rtp_last=settings.rtp_last,
        http_host=EVERYWHERE,
        ami_host=settings.ami_host,
        ami_permit=words(settings.ami_permit),
        fastagi_host=settings.fastagi_host,
        fastagi_port=settings.fastagi_port,
        lease_seconds=settings.lease_seconds,
        max_calls=settings.max_calls,
    )


def gateway_port(host: str, port: int | None) -> int:
    """Return where a county's gateway takes calls: `port`, else SIP's own one, and on loopback that of the test calls.

    On every loopback address of its container Asterisk has SIP's port itself: it would take its own answer for the
    gateway's, and offer calls to line seats that nobody reaches.
    """
    return port or (DEFAULT["county"] if _is_loopback(host) else SIP_PORT)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name


def _database_address() -> str:
    try:
        return find_address()
    except DatabaseAddressError as error:
        raise OpsError(str(error), "run sh containers/make-secrets.sh, then docker compose up again") from None


def _db(*arguments: str) -> None:
    """Run `python -m db ...`, its output shown; raise OpsError when it fails (its last line says why)."""
    if subprocess.run([sys.executable, "-m", "db", *arguments], cwd=PROJECT, check=False).returncode != 0:
        raise OpsError(f"python -m db {arguments[0]} failed", "mend what the line above names, then docker compose up")


def share_sounds(folder: Path) -> None:
    """Let the group of voice and web add sounds, in two folders; what they add stays readable for the group."""
    for name in SHARED_SOUNDS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name).chmod(0o2770)


def log_to_stdout(path: Path) -> None:
    """Let Asterisk write this log file to its standard output, where Docker keeps and rotates it."""
    target = Path("/dev/stdout")
    if not (path.is_symlink() and path.readlink() == target):
        path.unlink(missing_ok=True)
        path.symlink_to(target)


def tell_running(asterisk: AsteriskSettings) -> None:
    """Let a running Asterisk read its configuration again; its socket lies on the volume that both containers share."""
    command = control_command(asterisk, "core reload")
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    say("setup: Asterisk reads it now" if result.returncode == 0 else "setup: Asterisk reads it when it starts")


def serve_asterisk(home: Path) -> None:
    """Replace this process by Asterisk; raise OpsError when the set-up has not been."""
    configuration = home / "asterisk/etc/asterisk.conf"
    if not configuration.is_file():
        raise OpsError(f"there is no {configuration}", "docker compose run --rm setup")
    # What it records is for its group, too: voice reads the call event records, web the recordings.
    os.umask(0o027)
    allow_files()
    launcher = str(TOOLS / "bin/asterisk")
    os.execv(launcher, [launcher, "-f", "-C", str(configuration)])  # noqa: S606 - a fixed program, no shell


def allow_files() -> None:
    """Let this process open as many files as it may (a call needs about ten), but not so many that forking is slow."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
