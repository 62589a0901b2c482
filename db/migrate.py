"""Brings a database to the newest schema; safe to run twice and by two processes at once."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

FOLDER: Final = Path(__file__).parent / "migrations"
LOCK: Final = 0x12345  # one migration at a time in a database; the number only has to be ours


def configuration(connection: Connection) -> Config:
    """Return alembic's configuration for an open connection."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    command.upgrade(configuration(connection), "head")


async def migrate(url: URL) -> None:
    """Apply every missing step in one transaction: a step that fails leaves the schema as it was."""
    engine = create_async_engine(url, connect_args={"timeout": 10})
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()
