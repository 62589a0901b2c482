"""Writes the configuration of one Asterisk from the templates: atomically, only what changed, secrets closed."""

import contextlib
import os
import re
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path

from asterisk_conf.events import UNMADE
from asterisk_conf.modules import OPTIONAL, REQUIRED
from asterisk_conf.settings import AsteriskSettings, CountyTrunk, FallbackQueue, Seat, SettingsError

TEMPLATES = Path(__file__).parent / "templates"
SECRET_FILES = frozenset({"pjsip.conf", "manager.conf"})

# No control character: a line end in a dialled number would forge a record. No bracket and no colon: they would be read
# as part of the expression.
_CLEAN = r"${FILTER(\x20-\x27\x2a-\x39\x3b-\x7e\x80-\xff,${%s})}"

CEL_COLUMNS = {
    "eventtime": "${eventtime}",
    "eventtype": "${eventtype}",
    "uniqueid": "${CHANNEL(uniqueid)}",
    "linkedid": "${CHANNEL(linkedid)}",
    "channame": "${CHANNEL(channame)}",
    "cidnum": _CLEAN % "CALLERID(num)",
    "exten": _CLEAN % "CHANNEL(exten)",
    "context": "${CHANNEL(context)}",
    "appname": "${CHANNEL(appname)}",
    "appdata": "${CHANNEL(appdata)}",
    "peer": "${BRIDGEPEER}",
    "extra": "${eventextra}",
    "userfield": "${CHANNEL(userfield)}",
}
"""The columns of `cel.csv` in their order (all quoted, `"` doubled, no header line) and where Asterisk gets each."""


def fill(template: str, values: Mapping[str, str]) -> str:
    """Replace each `@{name}`; Asterisk's own `${name}` is plain text. An unknown name is a KeyError."""
    return re.sub(r"@\{([a-z_]+)\}", lambda match: values[match[1]], template)


def render(settings: AsteriskSettings) -> list[Path]:
    """Write `<home>/asterisk/...`; returns the files that changed (empty: Asterisk need not be reloaded).

    As root, files and folders get the owner of `home`, who Asterisk must run as. Raises SettingsError when a required
    module is missing, OSError when a folder cannot be written.
    """
    _make_folders(settings)
    values = _values(settings)
    changed = []
    for template in sorted(TEMPLATES.glob("*.conf")):
        text = fill(template.read_text("utf-8"), values)
        mode = 0o600 if template.name in SECRET_FILES else 0o644
        changed += _write(settings.etc / template.name, text, mode, settings.home)
    launcher = fill((TEMPLATES / "last-resort.sh").read_text("utf-8"), values)
    changed += _write(settings.asterisk / "agi-bin/last-resort", launcher, 0o755, settings.home)
    return changed


def start_command(settings: AsteriskSettings) -> list[str]:
    """Return the command that runs Asterisk in the foreground; it ends on SIGTERM. Never run it as root."""
    return [str(settings.place.launcher), "-f", "-C", str(settings.etc / "asterisk.conf")]


def control_command(settings: AsteriskSettings, line: str) -> list[str]:
    """Return the command that runs one console line in the running Asterisk, such as `core show channels count`."""
    return [str(settings.place.launcher), "-C", str(settings.etc / "asterisk.conf"), "-rx", line]


def _make_folders(settings: AsteriskSettings) -> None:
    base = settings.asterisk
    names = ("etc", "run", "log", "db/keys", "spool", "cache", "data", "agi-bin", "sounds/zh/hotline", "sounds/moh")
    for folder in (settings.home, *(base / name for name in names)):
        _make_folder(folder, settings.home, 0o755)
    for folder in (settings.recordings, settings.messages):
        _make_folder(folder, settings.home, 0o750)  # what citizens said
    _link(base / "data/sounds", base / "sounds")
    _link(base / "data/documentation", settings.place.data / "documentation")
    # cel_custom writes below this name in every version of Asterisk: this makes it asterisk/cel.csv.
    _link(base / "log/cel-custom", base)


def _make_folder(folder: Path, home: Path, mode: int) -> None:
    for part in reversed([part for part in (folder, *folder.parents) if not part.exists()]):
        part.mkdir(exist_ok=True)
        part.chmod(mode)
        if part != home:
            _give(part, home)


def _values(settings: AsteriskSettings) -> dict[str, str]:
    environment = {
        "PYTHONPATH": str(settings.project),
        "HOTLINE_SPOOL_DIR": str(settings.messages.parent),
        **settings.extra_environment,
    }
    plain = {
        name: str(getattr(settings, name))
        for name in (
            *("asterisk", "recordings", "system_name", "default_queue", "max_calls", "lease_seconds"),
            *("sip_host", "sip_port", "http_host", "http_port", "ami_host", "ami_port", "rtp_first", "rtp_last"),
            *("fastagi_host", "fastagi_port", "ami_events_secret", "ami_actions_secret"),
            *("carrier_host", "carrier_port", "phone_rtp_timeout", "trunk_rtp_timeout", "phone_qualify_seconds"),
            "qualify_timeout_seconds",
        )
    }
    return plain | {
        "modules_dir": str(settings.place.modules),
        "modules": _modules(settings.place.modules),
        "ami_permit": _lines("permit", settings.ami_permit),
        "unmade_events": ",".join(UNMADE),
        "trunk_matches": _lines("match", settings.trunks),
        "media": _media(settings),
        "translation": _translation(settings),
        "candidates": _candidates(settings),
        "seats": "\n".join(_seat(seat) for seat in settings.seats),
        "counties": "\n".join(_county(county) for county in settings.counties),
        "lines": "\n".join(_line(county) for county in settings.counties),
        "queues": "\n".join(_queue(queue) for queue in settings.queues),
        "waits": "\n".join(_wait(queue) for queue in settings.queues),
        "cel_columns": ",".join(f"${{CSV_QUOTE({source})}}" for source in CEL_COLUMNS.values()),
        "project": shlex.quote(str(settings.project)),
        "environment": _environment(environment),
        "command": shlex.join([str(settings.python), "-m", "agi_scripts.last_resort"]),
    }


def _environment(variables: Mapping[str, str]) -> str:
    return " ".join(shlex.quote(f"{name}={value}") for name, value in sorted(variables.items()))


def _lines(name: str, values: tuple[str, ...]) -> str:
    return "\n".join(f"{name} = {value}" for value in values)


def _modules(folder: Path) -> str:
    missing = [name for name in REQUIRED if not (folder / f"{name}.so").is_file()]
    if missing:
        raise SettingsError(
            f"the Asterisk with modules in {folder} lacks {', '.join(missing)}: install the whole Asterisk package, "
            "or take it out of PATH so that a complete one is brought"
        )
    present = [name for name in OPTIONAL if (folder / f"{name}.so").is_file()]
    return "\n".join([*(f"require = {name}.so" for name in REQUIRED), *(f"load = {name}.so" for name in present)])


def _media(settings: AsteriskSettings) -> str:
    address = settings.media_address or ("" if settings.sip_host in {"0.0.0.0", "::"} else settings.sip_host)  # noqa: S104 - a comparison
    if not address:
        return "; media goes by the address the route says"
    bound = "yes" if address == settings.sip_host else "no"
    return f"media_address = {address}\nbind_rtp_to_media_address = {bound}"


def _translation(settings: AsteriskSettings) -> str:
    address = settings.external_address
    if not address:
        return "; no address translation between here and the phones"
    # Asterisk translates its own address only where that is a local one, too.
    local = (*settings.local_networks, settings.internal_address)
    named = f"external_signaling_address = {address}\nexternal_media_address = {address}\n"
    return named + _lines("local_net", local)


def _candidates(settings: AsteriskSettings) -> str:
    if not settings.external_address:
        return "; browsers are offered Asterisk's own addresses"
    return f"[ice_host_candidates]\n{settings.internal_address} => {settings.external_address}"


def _seat(seat: Seat) -> str:
    phones = (
        (seat.extension, seat.password, "desk-phone"),
        (f"{seat.extension}w", seat.browser_password, "browser-phone"),
    )
    return "\n".join(_endpoint(name, password, kind, seat.extension) for name, password, kind in phones)


def _endpoint(name: str, password: str, kind: str, extension: str) -> str:
    return (
        f'[{name}]({kind})\naors = {name}\nauth = {name}\ncallerid = "{extension}" <{extension}>\n'
        f"[{name}](seat-contact)\n"
        f"[{name}](seat-secret)\nusername = {name}\npassword = {password}\n"
    )


def _county(county: CountyTrunk) -> str:
    name = f"county-{county.id}"
    return (
        f"[{name}](county-trunk)\naors = {name}\n[{name}](county-contact)\ncontact = sip:{county.host}:{county.port}\n"
    )


def _line(county: CountyTrunk) -> str:
    # A context of its own for each county: what is dialled in it leaves by that county's trunk and no other.
    return f"[line-{county.id}]\nexten => _X.,1,Gosub(line-call,s,1(${{FILTER(0-9,${{EXTEN}})}},{county.id}))\n"


def _queue(queue: FallbackQueue) -> str:
    return f"[{queue.id}](net)\ntimeout = {queue.ring_seconds}\n"


def _wait(queue: FallbackQueue) -> str:
    # A context of its own for each queue, because each has its own patience.
    option = "iIb(agent-leg^s^1(${UNIQUEID}))"
    return f"[wait-{queue.id}]\nexten => s,1,Queue({queue.id},{option},,,{queue.wait_seconds})\n same => n,Return()\n"


def _write(path: Path, text: str, mode: int, home: Path) -> list[Path]:
    if path.is_file() and stat.S_IMODE(path.stat().st_mode) == mode and path.read_text("utf-8") == text:
        return []
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.ExitStack() as clean_up:
        clean_up.callback(draft.unlink, missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        draft.chmod(mode)
        _give(draft, home)
        draft.replace(path)
    return [path]


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.readlink() == target:
        return
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _give(path: Path, home: Path) -> None:
    if os.geteuid() == 0:
        owner = home.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
