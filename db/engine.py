"""Engines and sessions, built by call and never at import."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import orjson
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

CONNECT_SECONDS: Final = 2.0
COMMAND_SECONDS: Final = 2.5
CLOSE_SECONDS: Final = 0.5
POOL_WAIT_SECONDS: Final = 2.0
# Waiting in the pool, trying an old connection and making a new one, all together.
ACQUIRE_SECONDS: Final = 2.2

# SQLSTATE classes and codes that tell of the server, not of the statement, so that the same statement may succeed
# later: connection trouble (08), a transaction rolled back for the sake of another (40), no connection or disk space
# left (53), a server that starts, stops or cancels (57), a read-only standby (25006).
AWAY_STATES: Final = ("08", "40", "53", "57", "25006")


class DatabaseAwayError(Exception):
    """The database cannot be reached now; nothing was stored and the same request may be sent again."""


class HastyConnection(asyncpg.Connection):  # type: ignore[misc] # asyncpg carries no types
    """A connection that says good-bye briefly: the caller of a server that hangs waits for the good-bye as well."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the signature is asyncpg's
        """Close within half a second, or raise TimeoutError."""
        await super().close(timeout=CLOSE_SECONDS if timeout is None else min(timeout, CLOSE_SECONDS))


class ReadSession(AsyncSession):
    """A session for queries only: each statement stands alone, nothing is committed."""


class WriteSession(AsyncSession):
    """A session inside one transaction; whoever opened it commits, services never do."""


@dataclass(frozen=True, slots=True)
class Database:
    """The two kinds of sessions over one pool of connections."""

    engine: AsyncEngine
    _readers: async_sessionmaker[ReadSession]
    _writers: async_sessionmaker[WriteSession]

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadSession]:
        """Give a session for queries. Raises DatabaseAwayError when the server cannot be reached."""
        try:
            async with self._readers() as session:
                await _acquire(session)
                yield session
        except Exception as error:
            raise_if_away(error)
            raise

    @asynccontextmanager
    async def write(self) -> AsyncIterator[WriteSession]:
        """Give a session that commits when the block ends well and rolls back otherwise.

        Raises DatabaseAwayError when the server cannot be reached, the commit included.
        """
        try:
            async with self._writers() as session:
                await _acquire(session)
                yield session
                await session.commit()
        except Exception as error:
            raise_if_away(error)
            raise

    async def answers(self) -> bool:
        """Tell whether the server answers a query within a second."""
        try:
            async with asyncio.timeout(1), self.read() as session:
                await session.execute(text("SELECT 1"))
        except (DatabaseAwayError, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        """Close every pooled connection."""
        await self.engine.dispose()


async def _acquire(session: AsyncSession) -> None:
    async with asyncio.timeout(ACQUIRE_SECONDS):
        await session.connection()


def raise_if_away(error: BaseException) -> None:
    """Raise DatabaseAwayError when the error tells of an unreachable server, else return."""
    if isinstance(error, DatabaseAwayError) or not is_away(error):
        return
    raise DatabaseAwayError(str(error).splitlines()[0] if str(error) else type(error).__name__) from error


def is_away(error: BaseException) -> bool:
    """Tell whether an error of the driver, the pool or the network means that the server is not there."""
    if isinstance(error, PoolTimeoutError | DisconnectionError | OSError | TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        state = getattr(error, "sqlstate", None)
        return isinstance(error, asyncpg.InterfaceError) or _is_away_state(state)
    if error.connection_invalidated or (isinstance(error, InterfaceError) and "connection" in str(error.orig)):
        return True
    return _is_away_state(getattr(error.orig, "sqlstate", None)) or isinstance(error, OperationalError)


def _is_away_state(state: str | None) -> bool:
    return state is not None and state.startswith(AWAY_STATES)


def open_database(url: URL, *, pool_size: int = 10) -> Database:
    """Build the pool; the first connection is made when a session first needs one.

    Each connection is tried before it is lent, so a server that was restarted is noticed by the pool and not
    by the caller; every wait is bounded, so a server that hangs costs seconds, not a request each.
    """
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_pre_ping=True,
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
        connect_args={
            "timeout": CONNECT_SECONDS,
            "command_timeout": COMMAND_SECONDS,
            "connection_class": HastyConnection,
        },
    )
    reading = engine.execution_options(isolation_level="AUTOCOMMIT")
    return Database(
        engine,
        async_sessionmaker(reading, class_=ReadSession, expire_on_commit=False, autoflush=False),
        async_sessionmaker(engine, class_=WriteSession, expire_on_commit=False, autoflush=False),
    )


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()
