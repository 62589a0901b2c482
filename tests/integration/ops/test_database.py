import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest

from db.guests import EXTENSIONS as GUEST_EXTENSIONS
from ops import database
from ops.errors import OpsError


@pytest.fixture
def stranger() -> Iterator[int]:
    """A server that speaks another language: the port it listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(100)
                peer.sendall(b"220 mail.example.net ESMTP\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def complaint(address: str) -> str:
    with pytest.raises(OpsError) as caught:
        database.check(address)
    return str(caught.value)


def test_a_good_address_is_accepted(database_url: str) -> None:
    database.check(database_url)


def test_a_wrong_password_is_named_and_not_shown(database_url: str) -> None:
    wrong = database_url.replace("://hotline:", "://hotline:not-")
    said = complaint(wrong)
    assert "refuses the sign-in" in said
    assert "correct the user or password in DATABASE_URL" in said
    assert wrong.split(":")[2].split("@")[0] not in said


def test_a_missing_database_is_named(database_url: str) -> None:
    assert "no such database" in complaint(database_url.rpartition("/")[0] + "/elsewhere")


def test_a_server_that_is_not_postgresql_is_named(stranger: int) -> None:
    said = complaint(f"postgresql://a:b@127.0.0.1:{stranger}/hotline")
    assert "does not speak PostgreSQL" in said


def test_nobody_there_is_named(unused_port: int) -> None:
    assert "cannot be reached" in complaint(f"postgresql://a:b@127.0.0.1:{unused_port}/hotline")


def test_an_address_of_another_kind_is_named() -> None:
    assert "needs PostgreSQL" in complaint("mysql://a:b@127.0.0.1/hotline")


def test_a_user_who_may_not_make_tables_is_named(database_url: str) -> None:
    async def make_reader() -> None:
        connection = await database.connect(database_url)
        await connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reader-password'")
        await connection.close()

    asyncio.run(make_reader())
    server = database_url.partition("@")[2]
    assert "may not make tables" in complaint(f"postgresql://reader:reader-password@{server}")


def test_the_hall_is_read_from_a_migrated_database(database_url: str) -> None:
    assert database.read_hall(database_url) == database.Hall(GUEST_EXTENSIONS, ())


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
