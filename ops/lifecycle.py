"""Up and down of an instance, as the user its services run as: everything after the tools have been brought."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from ops import database
from ops.console import say, step
from ops.errors import OpsError
from ops.home import Home, service_environment
from ops.parts import render_asterisk
from ops.ports import block, check_free
from ops.postgres import make_cluster
from ops.readiness import wait_ready
from ops.supervision import (
    ALIVE,
    end_leftovers,
    is_running,
    programs,
    shut_down,
    start,
    start_supervisor,
    stop,
)
from ops.users import PROJECT

SPACE_NEEDED_MB = 300
DEMO_PASSWORDS = "demo_passwords.json"


def open_home(folder: Path) -> Home:
    """Load the instance, made first when there is none, and take over DATABASE_URL and HOTLINE_PORT_BASE."""
    folder.mkdir(parents=True, exist_ok=True)
    check_space(folder)
    base = os.environ.get("HOTLINE_PORT_BASE", "")
    ports = block(port_base(base)) if base else None
    home = Home.load(folder) if Home.exists(folder) else Home.create(folder, ports=ports)
    if ports and dict(home.ports) != ports:
        if is_running(home):
            raise OpsError("the running system uses other ports", "make down, then make up HOTLINE_PORT_BASE=...")
        home = home.with_changes(ports=ports)
    return choose_database(home)


def port_base(text: str) -> int:
    """Read HOTLINE_PORT_BASE."""
    if not text.isdigit() or not 1024 <= int(text) <= 64000:  # noqa: PLR2004 - unprivileged ports, a thousand of them
        raise OpsError(f"HOTLINE_PORT_BASE={text} cannot be used", "give a number from 1024 to 64000, such as 22000")
    return int(text)


def choose_database(home: Home) -> Home:
    """Use DATABASE_URL when it is set (looked at before anything starts), else what the instance had."""
    given = os.environ.get("DATABASE_URL", "").strip()
    if given:
        database.check(given)
        home.write_secret("database_url", given)
        if home.embedded_database:
            say(f"    using the database at {database.spoken(given)} instead of the project's own")
        return home.with_changes(embedded_database=False)
    if home.embedded_database:
        home.write_secret("database_url", home.embedded_url)
    else:
        database.check(home.secret("database_url"))
    return home


def check_space(folder: Path) -> None:
    """Raise OpsError when the disk is about to be full: a half-written database is worse than none."""
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < SPACE_NEEDED_MB:
        raise OpsError(f"the disk is full: {free} MB are left in {folder}", f"free at least {SPACE_NEEDED_MB} MB")


def up(folder: Path, *, guardian: int | None = None, only_database: bool = False) -> None:
    """Bring the instance up and wait until it is ready; with `only_database` no more than tables without rows.

    What runs already is left alone. When a part does not become ready, what this call started is stopped again.
    """
    timings: dict[str, float] = {}
    home = open_home(folder)
    was_running = is_running(home)
    alive = _alive(home) if was_running else set()
    try:
        _supervise(home, guardian)
        _database_up(home, timings)
        if only_database:
            return
        _services_up(home, timings)
    except BaseException:
        _undo(home, alive) if was_running else shut_down(home)
        raise
    announce(home, timings)


def _alive(home: Home) -> set[str]:
    return {name for name, program in programs(home).items() if program.state in ALIVE}


def _undo(home: Home, kept: set[str]) -> None:
    for name in reversed(home.programs()):
        if name not in kept:
            stop(home, name)


def _supervise(home: Home, guardian: int | None) -> None:
    if is_running(home):
        if set(home.programs()) <= set(programs(home)):
            return
        say("    the choice of database changed: stopping everything first")
        shut_down(home)
    gone = end_leftovers(home)
    if gone:
        say(f"    ended {len(gone)} processes that a killed supervisor had left behind")
    check_free(home.listening())
    start_supervisor(home, guardian)


def _database_up(home: Home, timings: dict[str, float]) -> None:
    if home.embedded_database:
        if not (home.postgres_data / "PG_VERSION").is_file():
            with step("Making the database", timings):
                make_cluster(home.postgres_data, home.secret("postgres_password"))
        start(home, "postgres")
        wait_ready(home, "postgres")
        database.ensure_exists(home.embedded_url)
    with step("Bringing the tables up to date", timings):
        run_db(home, "migrate")


def run_db(home: Home, *arguments: str) -> None:
    """Run `python -m db ...` on the instance's database; raise OpsError with its words when it fails."""
    result = subprocess.run(
        [sys.executable, "-m", "db", *arguments],
        cwd=PROJECT,
        env=service_environment(home) | home.env("db"),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        said = (result.stderr or result.stdout).strip()[-2000:]
        raise OpsError(f"python -m db {arguments[0]}: {said}", "mend what it names, then make up again")


def _services_up(home: Home, timings: dict[str, float]) -> None:
    with step("Settling the demonstration city", timings):
        run_db(home, "seed", "--passwords", str(home.secret_file(DEMO_PASSWORDS)))
    runs = _alive(home)
    if set(home.programs()) <= runs:
        say("    everything runs already")
        return
    if "asterisk" not in runs:
        with step("Rendering Asterisk's configuration", timings):
            render_asterisk(home, database.read_hall(home.secret("database_url")))
    services = [name for name in home.programs() if name != "postgres"]
    with step("Starting " + ", ".join(services), timings):
        start(home, "asterisk")
        start(home, "web")
        # The voice process asks the web process for menus and agents: it gets them at once when it starts last.
        wait_ready(home, "web")
        start(home, "voice")
        wait_ready(home, "asterisk")
        wait_ready(home, "voice")


def announce(home: Home, timings: dict[str, float]) -> None:
    """Print where it is, what to dial, and (once) the passwords."""
    ports = home.ports
    say()
    say("The hotline is up.")
    say(f"  page for agents    http://127.0.0.1:{ports['web']}/        (API: /docs)")
    say(f"  numbers to dial    12345 and 63160000, at sip:<number>@127.0.0.1:{ports['sip']} (UDP) from 127.0.0.2")
    say(f"  logs               {home.folder}/log    (make logs)")
    _announce_passwords(home)
    if timings:
        say("  took               " + ", ".join(f"{name.lower()} {took:.1f} s" for name, took in timings.items()))


def _announce_passwords(home: Home) -> None:
    path = home.secret_file(DEMO_PASSWORDS)
    if not path.is_file():
        return
    text = path.read_text()
    shown = home.folder / "secrets" / "demo_passwords.shown"
    digest = hashlib.sha256(text.encode()).hexdigest()
    if shown.is_file() and shown.read_text() == digest:
        say(f"  passwords          {path} (shown once, when they were made)")
        return
    say("  passwords of the demonstration agents (shown this once; kept in secrets/demo_passwords.json):")
    pairs = [f"{agent} {password}" for agent, password in sorted(json.loads(text).items())]
    for place in range(0, len(pairs), 3):
        say("    " + "   ".join(pairs[place : place + 3]))
    home.write_secret("demo_passwords.shown", digest)


def down(folder: Path) -> bool:
    """Stop everything of the instance; return whether anything ran."""
    if not Home.exists(folder):
        return False
    home = Home.load(folder)
    was_running = is_running(home) or bool(end_leftovers(home))
    shut_down(home)
    return was_running


def create(folder: Path, choices: str) -> Home:
    """Make an instance from choices given as a JSON object: `ports`, and the fields of Home."""
    return Home.create(folder, **json.loads(choices))
