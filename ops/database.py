"""Looks at the database before anything is started on it, and says in words what is wrong with its address."""

import asyncio
import ssl
from collections.abc import Iterable
from dataclasses import dataclass

import asyncpg

from db.address import EXAMPLE, DatabaseAddressError, parse_address
from db.guests import EXTENSIONS as GUEST_EXTENSIONS
from ops.errors import OpsError

OLDEST = 140000
SECONDS = 10.0
# How asyncpg fails when something answers that is no PostgreSQL (a refused TLS upgrade is a plain ConnectionError).
_NOT_POSTGRESQL = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
    ssl.SSLError,
    UnicodeDecodeError,
)


def check(address: str) -> None:
    """Raise OpsError unless a usable PostgreSQL (14 or newer, UTF-8, tables may be made) answers at the address."""
    asyncio.run(_check(address))


def dsn(address: str) -> str:
    """Return the address in the form asyncpg itself takes."""
    scheme, mark, rest = address.strip().partition("://")
    return f"postgresql{mark}{rest}" if scheme in ("postgresql+asyncpg", "postgres") else address.strip()


def spoken(address: str) -> str:
    """Return the address without its password, for messages."""
    try:
        return parse_address(address).set(drivername="postgresql").render_as_string(hide_password=True)
    except DatabaseAddressError:
        return "(not an address)"


async def _check(address: str) -> None:
    try:
        parse_address(address)
    except DatabaseAddressError as error:
        raise OpsError(
            str(error), f"set DATABASE_URL={EXAMPLE}, or unset it to use the project's own PostgreSQL"
        ) from None
    connection = await connect(address)
    try:
        await _examine(connection, address)
    finally:
        await connection.close(timeout=SECONDS)


async def connect(address: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Open a connection; raise OpsError in words when the server does not let us."""
    shown = spoken(address)
    try:
        return await asyncpg.connect(dsn(address), timeout=SECONDS)
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        raise OpsError(
            f"the database at {shown} refuses the sign-in: {error}", "correct the user or password in DATABASE_URL"
        ) from None
    except asyncpg.InvalidCatalogNameError:
        raise OpsError(
            f"the server of {shown} has no such database",
            "create it (CREATE DATABASE ... ENCODING 'UTF8'), or correct the name in DATABASE_URL",
        ) from None
    except asyncpg.PostgresError as error:
        raise OpsError(
            f"the database at {shown} refuses: {error}", "see the server's log; then make up again"
        ) from None
    except ConnectionRefusedError as error:
        raise _unreachable(shown, str(error)) from None
    except _NOT_POSTGRESQL as error:
        raise OpsError(
            f"what answers at {shown} does not speak PostgreSQL's language: {error}",
            "correct host and port in DATABASE_URL",
        ) from None
    except (TimeoutError, OSError) as error:
        raise _unreachable(shown, str(error) or "no answer within 10 seconds") from None


def _unreachable(shown: str, reason: str) -> OpsError:
    return OpsError(
        f"the database at {shown} cannot be reached: {reason}", "start it, or correct host and port in DATABASE_URL"
    )


async def _examine(connection: "asyncpg.Connection[asyncpg.Record]", address: str) -> None:
    shown = spoken(address)
    version = int(await connection.fetchval("SHOW server_version_num"))
    if version < OLDEST:
        text = await connection.fetchval("SHOW server_version")
        raise OpsError(f"the PostgreSQL at {shown} is version {text}", "use PostgreSQL 14 or newer")
    if await connection.fetchval("SHOW server_encoding") != "UTF8":
        raise OpsError(f"the database at {shown} cannot hold Chinese text", "create it with ENCODING 'UTF8'")
    allowed = "SELECT has_schema_privilege(current_user, coalesce(current_schema(), 'public'), 'CREATE')"
    if not await connection.fetchval(allowed):
        raise OpsError(
            f"the user of {shown} may not make tables", "as the owner: GRANT CREATE ON SCHEMA public TO <that user>"
        )


def ensure_exists(address: str) -> None:
    """Make the embedded server's database unless it is there."""
    asyncio.run(_ensure_exists(address))


async def _ensure_exists(address: str) -> None:
    server, _, name = address.rpartition("/")
    connection = await connect(f"{server}/postgres")
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close(timeout=SECONDS)


@dataclass(frozen=True)
class Hall:
    """Who sits where: the agents' extensions, and each queue with the seconds one phone rings.

    `trunks` are the ways to the counties' telephone numbers: county, host, and port (None: the instance's own one).
    """

    extensions: tuple[str, ...]
    queues: tuple[tuple[str, int], ...]
    trunks: tuple[tuple[str, str, int | None], ...] = ()


def read_hall(address: str) -> Hall:
    """Read from the migrated database what Asterisk's configuration depends on."""
    return asyncio.run(_read_hall(address))


def _seats(extensions: Iterable[str]) -> tuple[str, ...]:
    """Everybody's, and those where the guests of a session will sit."""
    return tuple(dict.fromkeys((*extensions, *GUEST_EXTENSIONS)))


async def _read_hall(address: str) -> Hall:
    connection = await connect(address)
    try:
        extensions = await connection.fetch("SELECT extension FROM agents ORDER BY extension")
        queues = await connection.fetch("SELECT id, ring_seconds FROM queues ORDER BY id")
        trunks = await connection.fetch(
            "SELECT id, trunk_host, trunk_port FROM counties WHERE trunk_host IS NOT NULL ORDER BY id"
        )
    finally:
        await connection.close(timeout=SECONDS)
    return Hall(
        _seats(row[0] for row in extensions),
        tuple((row[0], row[1]) for row in queues),
        tuple((row[0], row[1], row[2]) for row in trunks),
    )
