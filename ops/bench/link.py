"""The link of the voice process as a web process speaks it (ARCHITECTURE.md, Wire 3): commands and refusals."""

import asyncio
import itertools
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from ops.instance import Instance


class Link:
    """One connection; what the voice process tells all web processes is read and dropped, refusals are kept."""

    def __init__(self, socket: ClientConnection) -> None:
        self.refused: list[dict[str, Any]] = []
        self._socket = socket
        self._numbers = itertools.count(1)
        self._reader = asyncio.create_task(self._read(), name="bench-link")

    @classmethod
    async def open(cls, instance: Instance) -> "Link":
        """Connect; raise OSError when the voice process does not listen."""
        token = {"Authorization": f"Bearer {instance.secret('link_token')}"}
        address = f"ws://127.0.0.1:{instance.ports['link']}"
        return cls(await connect(address, additional_headers=token, proxy=None, max_size=2**22, compression=None))

    async def command(self, agent: str, name: str, **arguments: str) -> None:
        """Send one command."""
        number = f"bench-{next(self._numbers)}"
        frame = {"op": "command", "id": number, "agent": agent, "name": name, "args": arguments}
        await self._socket.send(orjson.dumps(frame).decode())

    async def close(self) -> None:
        """Close the connection."""
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._socket.close()

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                told = orjson.loads(frame)
                if told.get("op") == "reply" and not told.get("ok"):
                    self.refused.append(told)
        except ConnectionClosed:
            return
