"""Turns the operator's DATABASE_URL into the form the asyncpg driver needs; nothing connects here."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

SCHEMES: Final = frozenset({"postgresql", "postgres", "postgresql+asyncpg"})
EXAMPLE: Final = "postgresql://user:password@host:5432/hotline"


class DatabaseAddressError(ValueError):
    """The address cannot be used; the text is one line and says what to write instead."""


def parse_address(text: str) -> URL:
    """Return the asyncpg form of a `postgresql://` or `postgres://` address.

    Raises DatabaseAddressError for anything else.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError) as error:
        raise DatabaseAddressError(f"DATABASE_URL is not an address; write it as {EXAMPLE}") from error
    if url.drivername not in SCHEMES:
        raise DatabaseAddressError(
            f"DATABASE_URL starts with {url.drivername!r}, but the hotline needs PostgreSQL; write it as {EXAMPLE}"
        )
    if not url.database:
        raise DatabaseAddressError(f"DATABASE_URL names no database; write it as {EXAMPLE}")
    return _translate_tls(url.set(drivername="postgresql+asyncpg"))


def _translate_tls(url: URL) -> URL:
    """Libpq calls the option `sslmode`; asyncpg takes the same values under the name `ssl`."""
    query = dict(url.query)
    mode = query.pop("sslmode", None)
    if mode is not None:
        query["ssl"] = mode
    return url.set(query=query)


def find_address(environ: Mapping[str, str] = os.environ) -> str:
    """Return DATABASE_URL, or what the secret file `database_url` holds.

    Raises DatabaseAddressError when neither is there.
    """
    if given := environ.get("DATABASE_URL", "").strip():
        return given
    folder = environ.get("HOTLINE_SECRETS_DIR", "")
    path = Path(folder) / "database_url"
    try:
        stored = path.read_text().strip() if folder else ""
    except OSError as error:
        raise DatabaseAddressError(
            f"no DATABASE_URL is set and {path} cannot be read ({error.strerror}); set DATABASE_URL to {EXAMPLE}"
        ) from error
    if not stored:
        raise DatabaseAddressError(f"no database is configured; set DATABASE_URL to {EXAMPLE}")
    return stored
