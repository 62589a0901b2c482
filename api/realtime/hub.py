"""The screens that are connected to this web process; passes each agent's messages on to them."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import orjson

from api.realtime.cursor import Cursor, Verdict

WAITING_LIMIT: Final = 1000


class Screen:
    """One browser's stream: a bounded queue of frames that its own task writes out."""

    def __init__(self, agent_id: str, *, epoch: str | None, after: int) -> None:
        self.agent_id = agent_id
        self.cursor = Cursor(epoch, after)
        self.overrun = asyncio.Event()
        self.watches_hall = False
        self._frames: asyncio.Queue[str] = asyncio.Queue(WAITING_LIMIT)

    def push(self, body: dict[str, Any]) -> None:
        """Queue a body; a browser that does not read is cut off and gets a replay when it comes back."""
        self.push_frame(orjson.dumps(body).decode())

    def push_frame(self, frame: str) -> None:
        """Queue a frame that is written out already."""
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.overrun.set()

    async def next_frame(self) -> str:
        """Wait for the next frame to send."""
        return await self._frames.get()


class Hub:
    """All connected screens by agent."""

    def __init__(self) -> None:
        self._screens: dict[str, set[Screen]] = {}
        self._offers: dict[str, tuple[str, int]] = {}

    def __iter__(self) -> Iterator[Screen]:
        return iter([screen for screens in self._screens.values() for screen in screens])

    def join(self, screen: Screen) -> None:
        """Add a screen."""
        self._screens.setdefault(screen.agent_id, set()).add(screen)

    def leave(self, screen: Screen) -> bool:
        """Remove a screen; True when it was its agent's last one."""
        screens = self._screens.get(screen.agent_id, set())
        screens.discard(screen)
        if screens:
            return False
        self._screens.pop(screen.agent_id, None)
        return True

    def deliver(self, agent_id: str, epoch: str, seq: int, body: dict[str, Any]) -> list[Screen]:
        """Pass a message on; return the screens that miss something before it."""
        behind: list[Screen] = []
        kind = body.get("type")
        frame = orjson.dumps({**body, "epoch": epoch, "seq": seq}).decode()
        if kind == "offer":
            self._offers[agent_id] = epoch, seq
        for screen in self._screens.get(agent_id, ()):
            verdict = screen.cursor.take(epoch, seq, snapshot=kind == "snapshot")
            if verdict is Verdict.SEND:
                screen.push_frame(frame)
            elif verdict is Verdict.GAP:
                behind.append(screen)
        return behind

    @property
    def watches_hall(self) -> bool:
        """Whether any screen wants to see the hall."""
        return any(screen.watches_hall for screen in self)

    def tell_hall(self, body: dict[str, Any]) -> None:
        """Send the hall to the screens that want to see it."""
        for screen in self:
            if screen.watches_hall:
                screen.push(body)

    def shows_offer(self, agent_id: str, epoch: str, seq: int) -> bool:
        """Whether this is the first acknowledgement of the agent's latest offer: no other is waited for."""
        offer = self._offers.get(agent_id)
        if offer is None or epoch != offer[0] or seq < offer[1]:
            return False
        del self._offers[agent_id]
        return True

    def tell_all(self, body: dict[str, Any]) -> None:
        """Send every screen a frame that has no number."""
        for screen in self:
            screen.push(body)
