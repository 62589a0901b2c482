"""An instance's folder: where things lie in it, its ports and choices, its secrets; no processes in here."""

import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from ops.errors import OpsError
from ops.ports import DEFAULT, ELSEWHERE
from ops.users import PROJECT

LOCAL = PROJECT / ".local"
TOOLS = LOCAL / "tools"
WEB_DIST = PROJECT / "web" / "dist"
RANDOM_SECRETS = (
    "session_secret", "link_token", "intake_token", "seat_secret", "ami_events_secret", "ami_actions_secret",
    "postgres_password",
)  # fmt: skip
FOLDERS = (
    "secrets", "asterisk", "asterisk/etc", "asterisk/run", "asterisk/log", "asterisk/db", "asterisk/spool",
    "asterisk/cache", "asterisk/sounds", "recordings", "spool", "spool/messages", "voice", "log",
)  # fmt: skip
LEASE_SECONDS = 8
VOICE_COMMAND = (sys.executable, "-m", "asterisk_conf", "speak", "--tools", str(TOOLS))
MARK = "HOTLINE_INSTANCE"  # in the environment of everything that runs for an instance


@dataclass(frozen=True)
class Home:
    """One instance: its folder and what `instance.json` in it says (written once; ports may be moved while it is down).

    `extra` are environment variables added to every process (tests shorten times with them).
    """

    folder: Path
    id: str
    ports: Mapping[str, int]
    autorestart: bool = True
    durable: bool = True
    embedded_database: bool = True
    lease_seconds: int = LEASE_SECONDS
    extra: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, folder: Path, *, ports: Mapping[str, int] | None = None, **choices: Any) -> Self:
        """Make the folder's inside (secrets included) and write instance.json last, so that a half-made one is redone.

        The folder's parent must exist or be writable. `choices` are the other fields of this class.
        """
        folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o750)
        home = cls(folder=folder, id=secrets.token_hex(8), ports=dict(ports or DEFAULT), **choices)
        for name in RANDOM_SECRETS:
            if not home.secret_file(name).exists():
                home.write_secret(name, secrets.token_urlsafe(32))
        home.save()
        return home

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read instance.json; raise OpsError when there is none or it is not one."""
        path = folder.absolute() / "instance.json"
        try:
            values = json.loads(path.read_text())
            return cls(folder=folder.absolute(), **values)
        except FileNotFoundError:
            raise OpsError(f"there is no instance in {folder}", "make up creates it") from None
        except (ValueError, TypeError) as error:
            raise OpsError(f"{path} cannot be read: {error}", "mend it, or restore it from a copy") from None

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether a whole instance lies in the folder."""
        return (folder / "instance.json").is_file()

    def save(self) -> None:
        """Write instance.json in one step."""
        values = asdict(self)
        del values["folder"]
        write_file(self.folder / "instance.json", json.dumps(values, indent=2) + "\n", mode=0o640)

    def with_changes(self, **changes: Any) -> Self:
        """Return a copy with other choices, saved."""
        changed = replace(self, **changes)
        if changed != self:
            changed.save()
        return changed

    def secret_file(self, name: str) -> Path:
        """Where a secret lies."""
        return self.folder / "secrets" / name

    def secret(self, name: str) -> str:
        """Read a secret."""
        return self.secret_file(name).read_text().strip()

    def write_secret(self, name: str, value: str) -> None:
        """Write a secret in one step, readable by its owner alone."""
        write_file(self.secret_file(name), value, mode=0o600)

    def log_file(self, program: str) -> Path:
        """Where a supervised program's output goes."""
        return self.folder / "log" / f"{program}.log"

    @property
    def postgres_data(self) -> Path:
        """The embedded cluster."""
        return self.folder / "postgres"

    @property
    def embedded_url(self) -> str:
        """Address of the embedded PostgreSQL."""
        return f"postgresql://hotline:{self.secret('postgres_password')}@127.0.0.1:{self.ports['postgres']}/hotline"

    def programs(self) -> tuple[str, ...]:
        """Return the supervised programs in the order they start."""
        services = ("asterisk", "voice", "web")
        return ("postgres", *services) if self.embedded_database else services

    def listening(self) -> dict[str, int]:
        """Return the ports that must be free before it starts."""
        skipped = {"rtp_first", "rtp_last", *ELSEWHERE} | (set() if self.embedded_database else {"postgres"})
        return {name: port for name, port in self.ports.items() if name not in skipped}

    def env(self, process: str) -> dict[str, str]:
        """Return the settings of a process (`web`, `voice`, `asterisk`, `postgres`, `db`) as environment variables."""
        common = {
            "HOTLINE_HOME": str(self.folder),
            "HOTLINE_SECRETS_DIR": str(self.folder / "secrets"),
            "HOTLINE_SOUNDS_DIR": str(self.folder / "asterisk" / "sounds" / "zh"),
            "HOTLINE_SPEECH_COMMAND": json.dumps(VOICE_COMMAND),
            **self.extra,
        }
        if process in ("web", "api"):
            return common | self._web_env()
        if process == "voice":
            return common | self._voice_env()
        return common

    def _web_env(self) -> dict[str, str]:
        ports = self.ports
        return {
            "HOTLINE_API_HOST": "127.0.0.1",
            "HOTLINE_API_PORT": str(ports["web"]),
            "HOTLINE_LINK_URL": f"ws://127.0.0.1:{ports['link']}",
            "HOTLINE_SPOOL_DIR": str(self.folder / "spool"),
            "HOTLINE_RECORDINGS_DIR": str(self.folder / "recordings"),
            "HOTLINE_WEB_DIST": str(WEB_DIST),
            "HOTLINE_SIP_WS_URL": f"ws://127.0.0.1:{ports['http']}/ws",
            "HOTLINE_SIP_DOMAIN": "127.0.0.1",
        }

    def _voice_env(self) -> dict[str, str]:
        ports = self.ports
        return {
            "HOTLINE_VOICE_DIR": str(self.folder / "voice"),
            "HOTLINE_FASTAGI_HOST": "127.0.0.1",
            "HOTLINE_FASTAGI_PORT": str(ports["fastagi"]),
            "HOTLINE_LINK_HOST": "127.0.0.1",
            "HOTLINE_LINK_PORT": str(ports["link"]),
            "HOTLINE_API_URL": f"http://127.0.0.1:{ports['web']}",
            "HOTLINE_AMI_HOST": "127.0.0.1",
            "HOTLINE_AMI_PORT": str(ports["ami"]),
            "HOTLINE_CEL_FILE": str(self.folder / "asterisk" / "cel.csv"),
            "HOTLINE_RECORDINGS_DIR": str(self.folder / "recordings"),
            "HOTLINE_LEASE_SECONDS": str(self.lease_seconds),
        }


def write_file(path: Path, text: str, *, mode: int) -> None:
    """Write a file in one step with its mode set from the start; a crash leaves the old one or the new one, whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, mode)  # whatever the caller's mask is
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def default_folder() -> Path:
    """Return HOTLINE_HOME, or `.local/system`."""
    chosen = os.environ.get("HOTLINE_HOME")
    return Path(chosen).absolute() if chosen else LOCAL / "system"


def service_environment(home: Home) -> dict[str, str]:
    """Return what every process needs of an environment, and no more of the caller's than its search path and zone."""
    kept = {name: os.environ[name] for name in ("PATH", "TZ", "SSL_CERT_FILE") if name in os.environ}
    return {
        **kept,
        "HOME": str(home.folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
        "VIRTUAL_ENV": sys.prefix,
    }
