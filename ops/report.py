"""What `make status` and `make logs` show of an instance."""

import subprocess
from pathlib import Path

from ops.console import say
from ops.home import Home
from ops.readiness import CHECKS
from ops.supervision import Program, is_running, leftovers, programs

ALL_RUN, SOME_RUN, NONE_RUNS = 0, 1, 3


def status(folder: Path) -> int:
    """Print a table of the programs; return 0 when all are ready, 3 when nothing runs, 1 between."""
    if not Home.exists(folder):
        say(f"not set up yet: {folder} (make up)")
        return NONE_RUNS
    home = Home.load(folder)
    if not is_running(home):
        gone = leftovers(home)
        say(
            "down"
            if not gone
            else f"broken: supervisord is gone, {len(gone)} of its processes live on (make up heals it)"
        )
        return SOME_RUN if gone else NONE_RUNS
    found = programs(home)
    ready = {name: found[name].state == "RUNNING" and CHECKS[name](home) for name in home.programs()}
    say(f"{'program':<10} {'state':<9} {'ready':<6} {'process':>8} {'up for':>10}  at")
    for name in home.programs():
        say(_line(found[name], ready[name], _place(home, name)))
    if not home.embedded_database:
        say("database   outside (DATABASE_URL)")
    return ALL_RUN if all(ready.values()) else SOME_RUN


def _line(program: Program, ready: bool, place: str) -> str:
    answer = "yes" if ready else "no"
    pid = str(program.pid or "-")
    return (
        f"{program.name:<10} {program.state.lower():<9} {answer:<6} {pid:>8} {_duration(program.seconds):>10}  {place}"
    )


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def _place(home: Home, name: str) -> str:
    ports = home.ports
    return {
        "postgres": f"127.0.0.1:{ports['postgres']}",
        "asterisk": f"sip 127.0.0.1:{ports['sip']}/udp, ami {ports['ami']}, http {ports['http']}",
        "voice": f"fastagi 127.0.0.1:{ports['fastagi']}, link {ports['link']}",
        "web": f"http://127.0.0.1:{ports['web']}/",
    }[name]


def follow(folder: Path) -> int:
    """Follow all logs of the instance until interrupted."""
    logs = sorted((Home.load(folder).folder / "log").glob("*.log"))
    if not logs:
        say("there are no logs yet (make up)")
        return 1
    return subprocess.call(["tail", "-n", "20", "-F", *map(str, logs)])  # noqa: S607 - the machine's tail


def stopped(folder: Path, *, was_running: bool) -> None:
    """Say what `make down` did."""
    say("The hotline is down." if was_running else f"nothing of {folder} was running")
