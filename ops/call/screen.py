"""An agent's screen without a page: the stream of ARCHITECTURE.md, Wire 4, with an ack at once and stamped arrivals."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from ops.call.desk import Desk
from ops.call.until import until

_RECONNECT_AFTER = 0.2


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came to the screen; `at` is epoch seconds."""

    at: float
    body: dict[str, Any]

    @property
    def type(self) -> str:
        """The message's type."""
        return str(self.body.get("type", ""))

    @property
    def call_id(self) -> str | None:
        """The call it is about, or None."""
        value = self.body.get("call_id")
        return str(value) if value is not None else None


class Screen:
    """One agent's stream: connected again whenever it drops, with what was missed replayed by the server.

    `state` is the agent's last one, `busy_with` the call it is about, `phone` the endpoint at which the server reaches
    the agent.
    """

    def __init__(self, agent: str, desk: Desk, stream_url: str, *, where: str) -> None:
        self.agent = agent
        self.desk = desk
        self.arrivals: list[Arrival] = []
        self.state: str | None = None
        self.busy_with: str | None = None
        self.phone: str | None = None
        self.connections = 0
        self._url = stream_url
        self._where = where
        self._epoch: Any = None
        self._after = 0
        self._task: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[Arrival], None]] = []

    def on_arrival(self, listener: Callable[[Arrival], None]) -> None:
        """Call `listener` with every message, after its ack is on its way."""
        self._listeners.append(listener)

    async def open(self, *, seconds: float = 15) -> None:
        """Sign in, connect, and return once the agent's snapshot is there (voice and web process must be up)."""
        await self.desk.token(self.agent)
        self._task = asyncio.create_task(self._stay(), name=f"screen-{self.agent}")
        what = f"the screen of {self.agent} is connected and has its snapshot"
        await until(self._snapshot_is_there, what, seconds=seconds, where=self._where)

    async def phone_known(self, *, seconds: float = 20) -> None:
        """Return once the server reaches the agent's phone: it asks a phone that has just registered."""
        known = f"the server reaches the phone of {self.agent}"
        await until(lambda: self.phone, known, seconds=seconds, where=self._where)

    async def set_state(self, state: str, *, seconds: float = 10) -> None:
        """Ask for a state and return once the stream has confirmed it."""
        await self.desk.set_state(self.agent, state)
        await self.in_state(state, seconds=seconds)

    async def in_state(self, *states: str, seconds: float = 10) -> None:
        """Return once the stream says that the agent is in one of `states`."""
        wanted = f"{self.agent} is {' or '.join(states)}"
        await until(lambda: self.state in states, wanted, seconds=seconds, where=self._where)

    def find(self, kind: str, call_id: str | None = None) -> list[Arrival]:
        """Return what came of one type, about one call when given."""
        return [one for one in self.arrivals if one.type == kind and call_id in {None, one.call_id}]

    async def next(self, kind: str, call_id: str | None = None, *, seconds: float = 15) -> Arrival:
        """Return the first message of a type (about one call), waiting for it."""
        about = f" about {call_id}" if call_id else ""
        what = f"a message {kind!r}{about} at the screen of {self.agent}"
        return (await until(lambda: self.find(kind, call_id), what, seconds=seconds, where=self._where))[0]

    async def close(self) -> None:
        """Close the stream; the agent's state stays what it is."""
        if self._task is not None:
            if self._task.done():
                await self._task
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def _snapshot_is_there(self) -> bool:
        if self._task is not None and self._task.done():
            self._task.result()
        return self.state is not None

    async def _stay(self) -> None:
        while True:
            try:
                async with connect(self._url, proxy=None, max_size=2**20) as socket:
                    await self._listen(socket)
            except (OSError, WebSocketException, TimeoutError):
                # As in the browser: the page waits a moment and connects again, with the number of its last message.
                await asyncio.sleep(_RECONNECT_AFTER)

    async def _listen(self, socket: ClientConnection) -> None:
        token = await self.desk.token(self.agent)
        await socket.send(json.dumps({"type": "hello", "token": token, "epoch": self._epoch, "after": self._after}))
        self.connections += 1
        async for frame in socket:
            now = time.time()
            body = json.loads(frame)
            if body.get("seq") is not None:
                await socket.send(json.dumps({"type": "ack", "epoch": body["epoch"], "seq": body["seq"]}))
                self._epoch, self._after = body["epoch"], body["seq"]
            self._take(Arrival(now, body))

    def _take(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)
        if arrival.type in {"state", "snapshot"}:
            told = arrival.body if arrival.type == "state" else arrival.body.get("agent") or {}
            self.state, self.busy_with, self.phone = told.get("state"), told.get("call_id"), told.get("phone")
        for listener in tuple(self._listeners):
            listener(arrival)
