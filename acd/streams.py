"""Agents' streams: numbered messages, replay of what a screen missed, and the wait for its acknowledgement.

No sockets here: whoever carries the frames gives a `deliver` function.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

Frame = dict[str, Any]
Deliver = Callable[[Frame], None]


class OnScreens(Protocol):
    """Is told when the first screen of an agent comes and when the last one goes."""

    def __call__(self, agent_id: str, *, there: bool) -> None:
        """`there`: whether any screen is."""


def _nobody(agent_id: str, *, there: bool) -> None:
    """Nobody asks."""


KEPT_MESSAGES = 256


@dataclass(slots=True)
class _Stream:
    seq: int = 0
    kept: deque[Frame] = field(default_factory=lambda: deque(maxlen=KEPT_MESSAGES))
    acked: int = 0
    waiters: dict[int, asyncio.Future[bool]] = field(default_factory=dict)
    subscribers: list[Deliver] = field(default_factory=list)


class Streams:
    """One stream an agent; the epoch changes with each life of the process, so old numbers never match."""

    def __init__(
        self, snapshot: Callable[[str], dict[str, Any]], *, epoch: str | None = None, on_screens: OnScreens = _nobody
    ) -> None:
        self._on_screens = on_screens
        self.epoch = epoch or secrets.token_hex(6)
        self._snapshot = snapshot
        self._streams: dict[str, _Stream] = {}

    def tell(self, agent_id: str, body: dict[str, Any]) -> int:
        """Number a body, keep it, send it to every screen of the agent; returns its number."""
        stream = self._stream(agent_id)
        stream.seq += 1
        frame = self._frame(agent_id, stream.seq, body)
        stream.kept.append(frame)
        for deliver in stream.subscribers:
            deliver(frame)
        return stream.seq

    def subscribe(self, agent_id: str, deliver: Deliver, *, epoch: str | None, after: int) -> None:
        """Replay what is newer than `after`; a stranger to this epoch, or one too far behind, gets a snapshot."""
        stream = self._stream(agent_id)
        if deliver not in stream.subscribers:
            if not stream.subscribers:  # what that changes stands in the snapshot or the replay
                self._on_screens(agent_id, there=True)
            stream.subscribers.append(deliver)
        oldest = stream.kept[0]["seq"] if stream.kept else stream.seq + 1
        if epoch == self.epoch and oldest - 1 <= after <= stream.seq:
            for frame in stream.kept:
                if frame["seq"] > after:
                    deliver(frame)
            return
        deliver(self._frame(agent_id, stream.seq, {"type": "snapshot", **self._snapshot(agent_id)}))

    def unsubscribe(self, agent_id: str, deliver: Deliver) -> None:
        """Send this screen nothing more."""
        stream = self._stream(agent_id)
        if deliver in stream.subscribers:
            stream.subscribers.remove(deliver)
            if not stream.subscribers:
                self._on_screens(agent_id, there=False)

    def ack(self, agent_id: str, *, epoch: str, seq: int) -> None:
        """A screen shows everything up to `seq`; an ack of another epoch means nothing."""
        stream = self._stream(agent_id)
        if epoch != self.epoch or seq <= stream.acked:
            return
        stream.acked = min(seq, stream.seq)
        for waiting in [s for s in stream.waiters if s <= stream.acked]:
            _settle(stream.waiters.pop(waiting), True)  # noqa: FBT003 - the future's value

    async def acked(self, agent_id: str, seq: int, *, timeout: float) -> bool:  # noqa: ASYNC109 - bounded on purpose
        """Wait until a screen shows message `seq`, at most `timeout` seconds; at once False when no screen is there."""
        stream = self._stream(agent_id)
        if stream.acked >= seq:
            return True
        if not stream.subscribers:
            return False
        loop = asyncio.get_running_loop()
        future = stream.waiters.get(seq)
        if future is None:
            future = stream.waiters[seq] = loop.create_future()
            future.add_done_callback(lambda _: stream.waiters.pop(seq, None))
        alarm = loop.call_later(timeout, _settle, future, False)  # noqa: FBT003 - the future's value
        try:
            return await asyncio.shield(future)
        finally:
            alarm.cancel()

    def _stream(self, agent_id: str) -> _Stream:
        return self._streams.setdefault(agent_id, _Stream())

    def _frame(self, agent_id: str, seq: int, body: dict[str, Any]) -> Frame:
        return {"op": "message", "agent": agent_id, "epoch": self.epoch, "seq": seq, "body": body}


def _settle(future: asyncio.Future[bool], value: bool) -> None:
    if not future.done():
        future.set_result(value)
