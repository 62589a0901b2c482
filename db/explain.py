"""Says in one line what is wrong with a database that cannot be used, and what to do about it."""

from typing import Final

import asyncpg
from sqlalchemy import URL

ADVICE: Final[dict[type[BaseException], str]] = {
    asyncpg.InvalidPasswordError: "refused the user name or password; correct them in DATABASE_URL",
    asyncpg.InvalidAuthorizationSpecificationError: "refused the user; correct DATABASE_URL or pg_hba.conf",
    asyncpg.InvalidCatalogNameError: "has no such database; create it with `createdb` or correct DATABASE_URL",
    asyncpg.InsufficientPrivilegeError: "denied a right; the user must own the database",
    asyncpg.UndefinedTableError: "lacks the hotline's tables; run `python -m db migrate` first",
    asyncpg.DiskFullError: "has no disk space left; free some and run the command again",
    asyncpg.TooManyConnectionsError: "has no connection free; raise max_connections or stop other clients",
    ConnectionRefusedError: "does not listen; start PostgreSQL or correct host and port in DATABASE_URL",
    TimeoutError: "does not answer; check host, port and firewall",
}


def explain(error: BaseException, url: URL) -> str:
    """Return one line without the password."""
    place = f"{url.host or 'localhost'}:{url.port or 5432}"
    cause: BaseException | None = error
    while cause is not None:
        for kind, advice in ADVICE.items():
            if isinstance(cause, kind):
                return f"the database {url.database!r} at {place}: the server {advice}"
        cause = getattr(cause, "orig", None) or cause.__cause__ or cause.__context__
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return f"the database {url.database!r} at {place} cannot be used ({first}); check DATABASE_URL"
