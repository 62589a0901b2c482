"""An instance as an operator meets it: side by side with others, killed in parts, started again, never as root."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from ops.errors import OpsError
from ops.home import LOCAL
from ops.instance import Instance
from ops.ports import block, reserve
from ops.readiness import health
from ops.supervision import leftovers, lives, wait_for


@pytest.fixture
def own(make_system: Callable[..., Instance]) -> Instance:
    """A system that the test may break."""
    return make_system()


def owner(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def test_every_program_is_ready_and_none_belongs_to_root(system: Instance) -> None:
    for name in system.home.programs():
        assert owner(system.pid(name)) != 0
    found = health(system.home)
    assert (found["database"], found["voice"]) == (True, True)


def test_nothing_listens_beyond_loopback(system: Instance) -> None:
    tables = [Path(f"/proc/net/{name}").read_text() for name in ("tcp", "udp", "tcp6", "udp6")]
    rows = [row.split()[1] for table in tables for row in table.splitlines()[1:]]
    services = {system.ports[name] for name in system.home.listening()}
    found = {row.split(":")[0] for row in rows if int(row.split(":")[1], 16) in services}
    assert found == {"0100007F"}


def test_a_second_system_lives_beside_the_first_and_leaves_it_alone(system: Instance, own: Instance) -> None:
    before = {name: system.pid(name) for name in system.home.programs()}
    assert not set(own.ports.values()) & set(system.ports.values())
    assert own.secret("session_secret") != system.secret("session_secret")
    own.down()
    assert {name: system.pid(name) for name in system.home.programs()} == before
    assert httpx.get(f"{system.url}/healthz").status_code == 200


def test_up_again_changes_nothing(system: Instance) -> None:
    before = {name: system.pid(name) for name in system.home.programs()}
    files = {path: path.read_bytes() for path in (system.folder / "secrets").iterdir()}
    said = system.up()
    assert "everything runs already" in said
    assert {name: system.pid(name) for name in system.home.programs()} == before
    assert {path: path.read_bytes() for path in (system.folder / "secrets").iterdir()} == files
    assert not any(word in said for word in system.passwords.values())


@pytest.mark.parametrize("program", ["voice", "web"])
def test_a_killed_program_stays_dead_until_it_is_started(system: Instance, program: str) -> None:
    killed = system.kill(program)
    system.wait_dead(program)
    system.start(program)
    system.wait_ready()
    assert system.pid(program) not in (0, killed)


def test_up_heals_after_supervisord_was_killed(own: Instance) -> None:
    supervisor = int((own.folder / "supervisor.pid").read_text())
    before = {name: own.pid(name) for name in own.home.programs()}
    os.kill(supervisor, signal.SIGKILL)
    assert wait_for(lambda: not lives(supervisor), 10.0)
    assert set(leftovers(own.home)) >= set(before.values())
    assert "left behind" in own.up()
    own.wait_ready()
    assert not any(lives(pid) for pid in before.values())


def test_a_taken_port_is_named_and_nothing_is_left_running(system: Instance) -> None:
    rival = Instance.create(LOCAL / "test" / f"rival-{os.getpid()}", ports=system.ports)
    with pytest.raises(OpsError) as caught:
        rival.up()
    assert re.search(rf"port {system.ports['sip']}/udp \(sip\) is in use by .*process \d+", str(caught.value))
    assert leftovers(rival.home) == []
    rival.remove()


def test_a_part_that_does_not_start_is_told_with_its_last_words(own: Instance) -> None:
    own.down()
    secret = own.folder / "secrets" / "link_token"
    kept = secret.read_text()
    secret.write_text("short")
    with pytest.raises(OpsError) as caught:
        own.up()
    assert "web ended while starting" in str(caught.value)
    assert "LINK_TOKEN" in str(caught.value)
    assert leftovers(own.home) == []
    secret.write_text(kept)
    own.up()


def test_a_run_that_is_killed_takes_its_system_with_it() -> None:
    ports = reserve()
    folder = LOCAL / "test" / f"orphan-{os.getpid()}"
    code = (
        "import os, signal, pathlib, ops.instance as i\n"
        f"x = i.Instance.create(pathlib.Path({str(folder)!r}), ports={block(ports.base)!r})\n"
        "x.up(only_database=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    orphan = Instance.load(folder)
    assert wait_for(lambda: not leftovers(orphan.home), 20.0)
    orphan.remove()
    ports.release()
