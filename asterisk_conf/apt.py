"""A private apt: brings Debian packages into one folder, without root and without the machine's own state."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from asterisk_conf.sources import Source, debian_sources, machine_sources

USE_CONTAINERS = "Use the containers instead: docker compose up (see README.md)."
KEYRINGS = tuple(
    Path("/usr/share/keyrings/debian-archive-keyring").with_suffix(suffix) for suffix in (".gpg", ".pgp", ".asc")
)
UNPACKED_PER_DOWNLOADED = 5  # a .deb of this kind grows three to four times, and both lie on the disk for a moment
REPORT_SECONDS = 5.0

_NO_ROOM = "the disk is full: free some space and run the command again"
_NO_RIGHT = "no permission: the project's .local folder must belong to you (check with ls -ld .local)"
_NO_NETWORK = (
    "the package mirror cannot be reached: check the network and the proxy in /etc/apt/apt.conf.d, then try again"
)
_MOVING = "the mirror did not give a file: it may be changing, try again in some minutes"
_SIGNATURE = (
    "the archive's signature cannot be verified with this machine's keys: "
    "install or upgrade the package debian-archive-keyring"
)
_REASONS = (
    (r"No space left|not have enough free space", _NO_ROOM),
    (r"NO_PUBKEY|not signed|GPG error|Sub-process /usr/bin/sqv|couldn't be verified", _SIGNATURE),
    (r"Permission denied", _NO_RIGHT),
    (r"Could not (resolve|connect)|Temporary failure|Unable to connect|unreachable", _NO_NETWORK),
    (r"Connection (failed|timed out|refused)", _NO_NETWORK),
    (r"Unable to locate package|has no installation candidate", "the mirror does not hold the package"),
    (r"404 +Not Found|Failed to fetch", _MOVING),
)


class FetchError(RuntimeError):
    """Something could not be brought; the text says what to do."""


class SignatureError(FetchError):
    """The machine's keyring cannot verify the archive."""


def say(text: str) -> None:
    """One line of progress on standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


@dataclass(frozen=True)
class Plan:
    """What apt would bring: (name, version) of each package, and the download size in bytes."""

    packages: tuple[tuple[str, str], ...]
    size: int


class PrivateApt:
    """apt-get with all of its state under `folder`; resolves against an empty machine (status file without packages).

    Its configuration replaces the machine's (whose hooks may touch the system); only `Acquire::` settings such as a
    proxy are taken over.
    """

    def __init__(self, folder: Path, source: Source) -> None:
        self.folder = folder
        self.source = source
        self._config = folder / "apt.conf"

    def update(self) -> None:
        """Write the configuration and read the package lists; raises FetchError, or SignatureError."""
        for name in ("lists/partial", "cache/archives/partial", "trusted", "log"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").write_text("")
        self._config.touch(mode=0o600)
        self._config.write_text(self._configuration(), "utf-8")
        self._write_source()
        self.run("update", "-q", "--error-on=any")

    def _configuration(self) -> str:
        folder = str(self.folder)
        if '"' in folder or "\n" in folder:
            raise FetchError(f"apt cannot work in a folder with a quotation mark in its name: {folder}")
        settings = {
            "Dir::State": folder,
            "Dir::State::Lists": f"{folder}/lists",
            "Dir::State::status": f"{folder}/status",
            "Dir::Cache": f"{folder}/cache",
            "Dir::Log": f"{folder}/log",
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": "/dev/null",
            "Dir::Etc::SourceList": f"{folder}/sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "Dir::Etc::Trusted": "/dev/null",
            "Dir::Etc::TrustedParts": f"{folder}/trusted",
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "",
            "Debug::NoLocking": "true",
            "Acquire::Check-Valid-Until": "false",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        return _acquire_settings() + "".join(f'{name} "{value}";\n' for name, value in settings.items())

    def _write_source(self) -> None:
        options = "[trusted=yes] " if self.source.trusted else ""
        line = f"deb {options}{self.source.uri} {self.source.suite} main\n"
        (self.folder / "sources.list").write_text(line, "utf-8")
        trusted = self.folder / "trusted"
        if "BEGIN PGP" in self.source.signed_by:
            (trusted / "machine.asc").write_text(self.source.signed_by + "\n", "utf-8")
        named = [Path(part) for part in self.source.signed_by.split() if part.startswith("/")]
        for path in [*named, *KEYRINGS]:
            if path.is_file():
                # apt takes .gpg and .asc from a folder of keyrings; a .pgp file is the former under a newer name
                shutil.copyfile(path, trusted / (path.stem + (".asc" if path.suffix == ".asc" else ".gpg")))

    def trust(self, root: Path) -> None:
        """Add the archive keyrings of an unpacked `debian-archive-keyring` package."""
        for path in (root / "usr/share/keyrings").glob("debian-archive-keyring.*"):
            shutil.copyfile(path, self.folder / "trusted" / f"newer-{path.stem}.gpg")

    def plan(self, packages: Sequence[str], leave_out: Iterable[str] = ()) -> Plan:
        """Resolve `packages` with all they depend on; names that match a pattern of `leave_out` are dropped."""
        drop = tuple(leave_out)
        wanted = []
        for name, version in re.findall(r"^Inst (\S+) \((\S+)", self.run("-s", "install", *packages), re.MULTILINE):
            if not any(fnmatch.fnmatchcase(name, pattern) for pattern in drop):
                wanted.append((name, version))
        files = self.run("-qq", "--print-uris", "download", *(f"{name}={version}" for name, version in wanted))
        return Plan(tuple(wanted), sum(int(size) for size in re.findall(r"^'\S+' \S+ (\d+)", files, re.MULTILINE)))

    def download(self, plan: Plan, into: Path, report: Callable[[int, int], None]) -> list[Path]:
        """Bring the packages of `plan` into `into` (checked against the signed lists); files already there are kept."""
        into.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(into).free
        if free < plan.size * UNPACKED_PER_DOWNLOADED:
            need = plan.size * UNPACKED_PER_DOWNLOADED // 1_000_000
            raise FetchError(f"{into} has {free // 1_000_000} MB free, {need} MB are needed: free some space first")
        arguments = ["-q", "download", *(f"{name}={version}" for name, version in plan.packages)]
        self.run(*arguments, cwd=into, watch=lambda: report(_size(into), plan.size))
        return sorted(into.glob("*.deb"))

    def run(self, *arguments: str, cwd: Path | None = None, watch: Callable[[], None] | None = None) -> str:
        """Return the output of one apt-get call; raises FetchError with apt's own words and what to do."""
        environment = {
            **os.environ,
            "APT_CONFIG": str(self._config),
            "LC_ALL": "C",
            "DEBIAN_FRONTEND": "noninteractive",
        }
        with subprocess.Popen(  # noqa: S603 - a fixed program, package names from this project
            ["apt-get", *arguments],  # noqa: S607 - apt-get is looked up in PATH on purpose
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=cwd,
            umask=0o022,
            env=environment,
        ) as process:
            output = _output_of(process, watch)
        if process.returncode != 0:
            raise failure(output)
        return output


def _output_of(process: "subprocess.Popen[str]", watch: Callable[[], None] | None) -> str:
    while True:
        try:
            return process.communicate(timeout=REPORT_SECONDS)[0]
        except subprocess.TimeoutExpired:
            if watch is not None:
                watch()


def failure(output: str) -> FetchError:
    """Return the error that apt's output stands for, with its last lines."""
    words = "\n".join(line for line in output.splitlines() if line.startswith(("E:", "Err", "W:", "  ")))[-1500:]
    for pattern, advice in _REASONS:
        if re.search(pattern, output):
            kind = SignatureError if advice is _SIGNATURE else FetchError
            return kind(f"{advice}.\n{words}")
    return FetchError(f"apt-get failed. {USE_CONTAINERS}\n{words or output[-1500:]}")


def _size(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file())


def _acquire_settings() -> str:
    """Return the machine's transport settings (proxy, certificates, time-outs), without its list of index files."""
    dump = subprocess.run(["apt-config", "dump"], check=False, capture_output=True, text=True, encoding="utf-8").stdout  # noqa: S607 - from PATH
    wanted = (line for line in dump.splitlines() if line.startswith("Acquire::"))
    return "".join(
        line + "\n" for line in wanted if not line.startswith(("Acquire::IndexTargets", "Acquire::Changelogs"))
    )


def unpack(packages: Iterable[Path], root: Path) -> None:
    """Unpack each package into `root`; raises FetchError (a full disk, a broken file)."""
    root.mkdir(parents=True, exist_ok=True)
    for package in packages:
        result = subprocess.run(  # noqa: S603 - files that apt has just verified
            ["dpkg", "-x", str(package), str(root)],  # noqa: S607 - from PATH
            check=False,
            capture_output=True,
            text=True,
            umask=0o022,
            env={**os.environ, "LC_ALL": "C"},
        )
        if result.returncode != 0:
            raise failure(f"E: {package.name}: {result.stderr.strip()}")


def open_to_readers(root: Path) -> None:
    """Let every user read (and start) what lies under `root`, and drop set-user-id bits."""
    for folder, _, files in os.walk(root):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, that every user can enter whatever the umask is."""
    for part in reversed([part for part in (folder, *folder.parents) if not part.exists()]):
        part.mkdir(exist_ok=True)
        part.chmod(0o755)


def codename(os_release: Path = Path("/etc/os-release")) -> str:
    """Return the machine's suite name, such as `bookworm`; empty where there is none."""
    text = os_release.read_text("utf-8") if os_release.is_file() else ""
    match = re.search(r'^VERSION_CODENAME="?([\w-]+)', text, re.MULTILINE)
    return match[1] if match else ""


def open_suite(state: Path, suite: str | None, *, apt_etc: Path | None = None) -> PrivateApt:
    """Open a ready PrivateApt for `suite` (None: the machine's own) from the machine's Debian mirror.

    The mirror is read from `apt_etc`, by default HOTLINE_APT_ETC or /etc/apt.
    Raises FetchError when there is no apt-get, no Debian mirror, or none that answers.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise FetchError(f"this machine has no apt-get, so packages cannot be unpacked here. {USE_CONTAINERS}")
    apt_etc = apt_etc or Path(os.environ.get("HOTLINE_APT_ETC", "/etc/apt"))
    found = debian_sources(machine_sources(apt_etc), codename())
    if not found:
        raise FetchError(f"no Debian mirror is set in {apt_etc}. {USE_CONTAINERS}")
    problem: FetchError | None = None
    for own in found:
        try:
            return _opened(state, replace(own, suite=suite or own.suite), own=own)
        except FetchError as error:
            problem = problem or error
    raise problem or FetchError("no source could be opened")


def _opened(state: Path, source: Source, *, own: Source) -> PrivateApt:
    apt = PrivateApt(state / source.suite, source)
    try:
        apt.update()
    except SignatureError:
        if source.suite == own.suite:
            raise
        # The machine's keys verify its own suite, whose updates bring the keys of newer ones.
        keys = PrivateApt(state / own.suite, own)
        keys.update()
        packages = keys.download(keys.plan(["debian-archive-keyring"]), state / "keys", lambda _done, _size: None)
        unpack([path for path in packages if "keyring" in path.name], state / "keys/root")
        apt.trust(state / "keys/root")
        apt.run("update", "-q", "--error-on=any")
    return apt


class Meter:
    """Tells how far a download is, at most once in `seconds`."""

    def __init__(self, name: str, seconds: float = REPORT_SECONDS) -> None:
        self._name = name
        self._seconds = seconds
        self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Report bytes `done` of `total`."""
        if time.monotonic() - self._last >= self._seconds:
            self._last = time.monotonic()
            say(f"{self._name}: {done // 1_000_000} of {total // 1_000_000} MB")
