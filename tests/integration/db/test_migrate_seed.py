import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, select, text

from db.__main__ import main
from db.address import parse_address
from db.engine import Database, open_database
from db.passwords import verify_password
from db.seed import seed
from db.tables import Agent, AgentQueue, Base, CoverMinimum, MenuVersion, Number, Queue, Shift


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = open_database(parse_address(database_url))
    yield database
    await database.close()


@pytest.fixture
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", database_url)
    return database_url


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


async def test_the_migrations_build_what_the_tables_say(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def count(database: Database, table: type[Base]) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def test_migrating_again_changes_nothing(environment: str, capsys: pytest.CaptureFixture[str]) -> None:
    del environment
    assert main(["migrate"]) == 0
    assert capsys.readouterr().out == "database: schema is up to date\n"


def run(*arguments: str) -> int:
    return main(list(arguments))


def test_the_city_is_seeded_once_and_passwords_are_told_once(
    environment: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del environment
    file = tmp_path / "passwords.json"
    assert run("seed", "--passwords", str(file)) == 0
    told = json.loads(file.read_text())
    assert len(told) == 42
    assert len(set(told.values())) == 42
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("seed", "--passwords", str(file)) == 0
    assert json.loads(file.read_text()) == told
    assert run("password", "1001") == 0
    assert run("password", "1001") == 0
    words = capsys.readouterr().out.split("\n")
    assert words[0] == "database: 42 agents created"
    assert words[1] == "database: already seeded"
    assert words[2] != words[3]
    with pytest.raises(SystemExit, match="nobody has the staff number"):
        run("password", "nobody")


async def test_a_seeded_city_has_its_parts(environment: str, database: Database, tmp_path: Path) -> None:
    passwords = await seed(parse_address(environment), tmp_path / "p.json")
    tables = {Shift: 2412, CoverMinimum: 3, Agent: 42, Queue: 3, Number: 2, MenuVersion: 1, AgentQueue: 30 * 3 + 9}
    assert {table: await count(database, table) for table in tables} == tables
    async with database.write() as session:
        agent = await session.get_one(Agent, "1001")
        assert verify_password(passwords["1001"], agent.password_hash)
        agent.name = "改过"
        await session.execute(text("DELETE FROM agents WHERE id = '1030'"))
    again = await seed(parse_address(environment), tmp_path / "p.json")
    assert list(again) == ["1030"]
    assert json.loads((tmp_path / "p.json").read_text()) == {**passwords, **again}
    async with database.read() as session:
        assert (await session.get_one(Agent, "1001")).name == "改过"
    assert await count(database, Shift) == 2412 - 65, "what was taken away stays away"


def test_a_server_that_is_not_there_ends_with_2_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/hotline")
    assert main(["migrate"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "start PostgreSQL" in error
