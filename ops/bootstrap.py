"""Makes `.venv` from requirements.lock: run by a bare Python 3.11+, so only the standard library is imported here."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from ops.console import complain, say, step
from ops.errors import OpsError, explain
from ops.locks import only_one
from ops.pip_settings import for_uv, parse
from ops.users import PROJECT, become_owner

VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
STAMP = VENV / "hotline-stamp"
LOCK = PROJECT / "requirements.lock"
UV_LOCK = PROJECT / "ops" / "locks" / "uv.lock"
LOCAL = PROJECT / ".local"
OWN_LIBRARIES = {"soundfile": "_soundfile_data"}
"""Packages of which some wheels bring a library and others look for the machine's; and the library's module."""


def main() -> int:
    """Bring `.venv` up to date (after writing the lock anew, with `--lock`); returns the process's exit code."""
    os.umask(0o022)
    try:
        become_owner()
        check_interpreter()
        with only_one(LOCAL / "bootstrap.lock", "preparing the Python environment"):
            if "--lock" in sys.argv[1:]:
                write_lock()
            if not up_to_date():
                build()
    except OpsError as error:
        complain(f"make: {error}")
        return 1
    except OSError as error:
        complain(f"make: {explain(error)}")
        return 1
    return 0


def check_interpreter() -> None:
    """Raise OpsError when this Python is not one the project runs on."""
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        raise OpsError(f"Python {sys.version.split()[0]} does not run this project", "make PYTHON=/path/to/python3.11")


def wanted_stamp() -> str:
    """Fingerprint of what the environment must hold, and where: a moved folder needs a new one."""
    digest = hashlib.sha256()
    for part in (LOCK.read_bytes(), UV_LOCK.read_bytes(), str(PROJECT).encode(), b"2"):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def up_to_date() -> bool:
    """Whether `.venv` holds what the locks say, at this place and for this version of Python."""
    if not STAMP.is_file() or STAMP.read_text() != wanted_stamp() or not PYTHON.exists():
        return False
    return _version_of_venv() in (None, f"{sys.version_info[0]}.{sys.version_info[1]}")


def _version_of_venv() -> str | None:
    for line in (VENV / "pyvenv.cfg").read_text().splitlines():
        name, _, value = line.partition("=")
        if name.strip() in ("version", "version_info"):
            return ".".join(value.strip().split(".")[:2])
    return None


def build() -> None:
    """Make the environment, bring uv with pip, and let uv install what the lock says."""
    with step("Preparing the Python environment (.venv)"):
        make_venv()
        STAMP.unlink(missing_ok=True)
        pip = find_pip()
        if not UV.exists():
            say("    bringing the installer (uv)")
            run([*pip, "install", "--quiet", "--require-hashes", "-r", str(UV_LOCK)], own_caches())
        say("    bringing the libraries of requirements.lock")
        sync = [str(UV), "pip", "sync", "--python", str(PYTHON), "--compile-bytecode", str(LOCK)]
        # At a terminal uv draws bars; elsewhere it would list every package, and the step's own ticks say enough.
        sync += [] if sys.stderr.isatty() else ["--quiet"]
        run(sync, uv_environment(pip))
        bring_own_libraries(pip)
        STAMP.write_text(wanted_stamp())


def bring_own_libraries(pip: list[str]) -> None:
    """Take the wheels that bring their library with them, where a mirror in parts has made uv take another one.

    Of several indexes uv takes the first that has the version, pip the wheel that fits best.
    """
    for package, library in OWN_LIBRARIES.items():
        if any(VENV.glob(f"lib/python*/site-packages/{library}")):
            continue
        say(f"    looking for {package} with its library")
        wanted = LOCAL / "cache" / f"{package}.txt"
        wanted.parent.mkdir(parents=True, exist_ok=True)
        wanted.write_text(of_lock(package, LOCK.read_text()))
        again = ["install", "--quiet", "--no-deps", "--force-reinstall", "--require-hashes", "-r", str(wanted)]
        run([*pip, *again], own_caches())


def of_lock(package: str, lock: str) -> str:
    """Return the lines of one package in a lock file: its version and its hashes."""
    kept: list[str] = []
    for line in lock.splitlines(keepends=True):
        if line.startswith(f"{package}==") or (kept and line.startswith("    --hash=")):
            kept.append(line)
        elif kept:
            break
    return "".join(kept)


def install_into(folder: Path, lock: Path) -> None:
    """Install the packages of a lock file (with hashes) into a folder of their own; raise OpsError when it fails."""
    install = [str(UV), "pip", "install", "--quiet", "--python", str(PYTHON), "--target", str(folder), "-r", str(lock)]
    run([*install, "--require-hashes"], uv_environment(find_pip()))


def write_lock() -> None:
    """Write requirements.lock from pyproject.toml: for every platform, with hashes, without addresses."""
    wanted = ["--universal", "--python-version", "3.11", "--generate-hashes", "--group", "dev"]
    plain = ["--quiet", "--no-header", "--no-emit-index-url", "--no-emit-find-links"]
    with step("Writing requirements.lock"):
        # Relative names: uv notes them in the lock, which must not depend on where the project lies.
        run([str(UV), "pip", "compile", *wanted, *plain, "pyproject.toml", "-o", LOCK.name], uv_environment(find_pip()))


def own_caches() -> dict[str, str]:
    """Return the environment with the installers' caches inside the project's folder, unless it names others."""
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    caches = {"PIP_CACHE_DIR": str(LOCAL / "cache" / "pip"), "UV_CACHE_DIR": str(LOCAL / "cache" / "uv")}
    return {**quiet, **caches, **os.environ}


def uv_environment(pip: list[str]) -> dict[str, str]:
    """Return the environment in which uv looks where this machine's pip would."""
    environment = own_caches()
    listing = subprocess.run([*pip, "config", "list"], env=environment, capture_output=True, text=True, check=False)
    return {**environment, **for_uv(parse(listing.stdout), environment)}


def make_venv() -> None:
    """Make `.venv` anew unless it stands, works, and is of this Python's version and place."""
    if (VENV / "pyvenv.cfg").is_file() and PYTHON.exists() and _works() and not _moved():
        return
    if VENV.exists():
        say("    making .venv anew")
        shutil.rmtree(VENV)
    run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], dict(os.environ))


def _works() -> bool:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    result = subprocess.run([str(PYTHON), "-c", code], capture_output=True, text=True, check=False)
    return result.stdout.strip() == f"{sys.version_info[0]}.{sys.version_info[1]}"


def _moved() -> bool:
    text = (VENV / "bin" / "activate").read_text() if (VENV / "bin" / "activate").is_file() else ""
    return str(VENV) not in text


def find_pip() -> list[str]:
    """Return a command that runs a pip inside `.venv`: its own, the machine's, a wheel on it, or a fetched one."""
    for probe in ([str(PYTHON), "-m", "pip"], [sys.executable, "-m", "pip", "--python", str(PYTHON)]):
        if subprocess.run([*probe, "--version"], capture_output=True, check=False).returncode == 0:
            return probe
    for folder in pip_wheel_folders():
        for wheel in sorted(folder.glob("pip-*.whl"), reverse=True):
            return [str(PYTHON), str(wheel / "pip")]
    return [str(PYTHON), str(fetched_wheel() / "pip")]


def pip_wheel_folders() -> list[Path]:
    """Where a Python installation keeps the wheel of pip that it gives to new environments."""
    folders = [Path("/usr/share/python-wheels")]
    bundled = importlib.util.find_spec("ensurepip")
    if bundled is not None and bundled.origin:
        folders.append(Path(bundled.origin).parent / "_bundled")
    return folders


def fetched_wheel() -> Path:
    """Bring Debian's wheel of pip through a private apt and return its path."""
    # Imported here: only a machine without pip needs apt.
    from asterisk_conf.fetch import FetchError, fetch_debs  # noqa: PLC0415 - see above

    place = LOCAL / "tools" / "pip" / "root"
    wheels = place / "usr" / "share" / "python-wheels"
    if not list(wheels.glob("pip-*.whl")):
        say("    this Python has no pip: bringing Debian's")
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            fetch_debs(["python3-pip-whl"], place, None, leave_out=("[!p]*", "perl*", "python3", "python3-[!p]*"))
        except FetchError as error:
            raise OpsError(
                f"this Python has no pip, and none could be brought: {error}", "install python3-pip"
            ) from None
    found = sorted(wheels.glob("pip-*.whl"))
    if not found:
        raise OpsError("Debian's python3-pip-whl holds no pip", "install python3-pip, then run make again")
    return found[-1]


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run one command of the set-up with its output shown; raise OpsError when it fails."""
    if subprocess.run(command, env=environment, cwd=PROJECT, check=False).returncode != 0:
        raise OpsError(
            f"this step failed: {' '.join(command)}",
            "read the lines above (network? disk? the package index of this machine's pip configuration?) and run make"
            " again: it goes on where it stopped",
        )


if __name__ == "__main__":
    sys.exit(main())
