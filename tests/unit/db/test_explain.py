import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from db.address import parse_address
from db.engine import DatabaseAwayError, is_away, raise_if_away
from db.explain import explain

URL = parse_address("postgresql://u:secret-word@h:5432/hotline")


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (asyncpg.InvalidPasswordError("no"), "user name or password"),
        (asyncpg.InvalidCatalogNameError("no"), "createdb"),
        (ConnectionRefusedError(111, "refused"), "start PostgreSQL"),
        (TimeoutError(), "does not answer"),
        (asyncpg.UndefinedTableError("no"), "db migrate"),
        (OSError("something\nelse"), "something"),
    ],
)
def test_one_line_that_says_what_to_do_and_no_password(error: Exception, part: str) -> None:
    line = explain(error, URL)
    assert part in line
    assert "\n" not in line
    assert "secret-word" not in line
    assert "h:5432" in line


def test_a_wrapped_cause_is_found() -> None:
    wrapped = DBAPIError("SELECT", {}, asyncpg.InvalidPasswordError("no"))
    assert "user name or password" in explain(wrapped, URL)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError(),
        TimeoutError(),
        asyncpg.CannotConnectNowError("starting"),
        asyncpg.AdminShutdownError("stopping"),
        asyncpg.TooManyConnectionsError("full"),
        asyncpg.DeadlockDetectedError("again"),
        asyncpg.DiskFullError("full"),
        DBAPIError("SELECT", {}, asyncpg.AdminShutdownError("stopping")),
        DBAPIError("SELECT", {}, ConnectionResetError(), connection_invalidated=True),
    ],
)
def test_trouble_of_the_server_means_try_again(error: Exception) -> None:
    assert is_away(error)
    with pytest.raises(DatabaseAwayError):
        raise_if_away(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no"),
        DBAPIError("INSERT", {}, asyncpg.UniqueViolationError("twice")),
        DBAPIError("INSERT", {}, asyncpg.UntranslatableCharacterError("NUL")),
        asyncpg.DataError("invalid input for query argument"),
    ],
)
def test_a_fault_of_the_statement_does_not(error: Exception) -> None:
    assert not is_away(error)
    raise_if_away(error)
