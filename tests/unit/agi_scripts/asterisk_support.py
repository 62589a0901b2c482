"""A channel that answers from a list: what it was told, for the tests of menus."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from agi_scripts.replies import Header
from agi_scripts.server import AgiSession

WELL = "200 result=0 endpos=8000"


class Channel:
    """Keeps the lines that it was told but for leases; answers from `replies`, then as if all went well.

    A reply `hang up` is the caller's end.
    """

    def __init__(self, replies: tuple[str, ...]) -> None:
        self.said: list[str] = []
        self.leases: list[str] = []
        self._replies = list(replies)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := (await reader.readline()).decode().rstrip("\n"):
            if line.startswith("SET AUTOHANGUP"):
                self.leases.append(line)
                writer.write(WELL.encode() + b"\n")
                continue
            self.said.append(line)
            reply = self._replies.pop(0) if self._replies else WELL
            writer.write(b"HANGUP\n" if reply == "hang up" else reply.encode() + b"\n")
        writer.close()


@contextlib.asynccontextmanager
async def channel(*replies: str, **header: str) -> AsyncIterator[tuple[AgiSession, Channel]]:
    """A session and the channel at its other end."""
    fake = Channel(replies)
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    session = AgiSession(Header({"threadid": "1", **header}, "call", {}), reader, writer)
    try:
        async with asyncio.timeout(10), session.listening():
            yield session, fake
    finally:
        writer.close()
        await writer.wait_closed()
        server.close()
