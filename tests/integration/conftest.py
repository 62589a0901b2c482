"""A migrated PostgreSQL for every test: one server a run, one database a test, cloned from a template."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from ops.home import LOCAL
from ops.instance import Instance
from ops.ports import block, reserve
from ops.postgres import programs


def execute(server: Instance, statement: str) -> None:
    administration = server.database_url.rpartition("/")[0] + "/postgres"
    command = [str(programs() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, administration]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest) -> Iterator[Instance]:
    ports = reserve()
    folder = LOCAL / "test" / f"integration-{os.getpid()}-{secrets.token_hex(3)}"
    server = Instance.create(folder, ports=block(ports.base))
    server.up(only_database=True)
    yield server
    server.down()
    ports.release()
    if not request.session.testsfailed:
        server.remove()
    else:
        shutil.rmtree(folder / "postgres")  # the logs tell what went wrong


@pytest.fixture
def database_url(database_server: Instance) -> Iterator[str]:
    """Address of a database of the test's own: the newest tables, no rows."""
    name = f"test_{secrets.token_hex(6)}"
    template = database_server.database_url.rpartition("/")[2]
    execute(database_server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield database_server.database_url.rpartition("/")[0] + "/" + name
    execute(database_server, f'DROP DATABASE "{name}" WITH (FORCE)')
