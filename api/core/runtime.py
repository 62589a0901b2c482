"""What lives as long as the web process, and how an endpoint gets at it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.realtime.hub import Hub
from api.realtime.link import Link
from api.sessions.hashing import Hashing
from api.settings import Settings
from db.engine import Database, ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Runtime:
    """The process' own parts, built by the application factory."""

    settings: Settings
    database: Database
    hub: Hub
    link: Link
    hashing: Hashing


def runtime_of(connection: HTTPConnection) -> Runtime:
    """Return the parts of the application that serves this connection."""
    runtime = connection.app.state.runtime
    if not isinstance(runtime, Runtime):
        raise TypeError("the application was not built by api.app.create_app")
    return runtime


# A dependency that is no coroutine would be sent to a thread and back, here on every request.
async def _runtime(connection: HTTPConnection) -> Runtime:
    return runtime_of(connection)


RuntimeDep = Annotated[Runtime, Depends(_runtime)]


async def _reader(runtime: RuntimeDep) -> AsyncIterator[ReadSession]:
    async with runtime.database.read() as session:
        yield session


async def _writer(runtime: RuntimeDep) -> AsyncIterator[WriteSession]:
    async with runtime.database.write() as session:
        yield session


# Function scope: the transaction ends before the answer is sent. With the default scope a commit that fails
# would follow an answer of 200.
Reader = Annotated[ReadSession, Depends(_reader, scope="function")]
Writer = Annotated[WriteSession, Depends(_writer, scope="function")]
