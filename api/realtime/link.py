"""The web process' end of the link (Wire 3): commands and acknowledgements out, streams and live states in."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import broadcast
from websockets.exceptions import WebSocketException

from acd.messages import AgentState
from acd.rules.figures import Key, Live, live_from_wire
from api.core.problems import ConflictError, VoiceAwayError
from api.realtime.hub import Hub, Screen
from db.clock import utc_now

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 2.0
OPEN_SECONDS: Final = 3.0
PING_SECONDS: Final = 3.0
REPLY_SECONDS: Final = 3.0
AWAY_TEXT: Final = "The telephone system is away just now; try again in a moment."
FRAME_LIMIT: Final = 8_000_000


@dataclass(frozen=True, slots=True)
class WrapUp:
    """An agent who is kept in wrap-up by a call."""

    agent_id: str
    call_id: str


# Returns those wrap-ups whose outcome is already stored; may raise when the database is away.
FindStored = Callable[[Sequence[WrapUp]], Awaitable[list[WrapUp]]]


class Link:
    """One WebSocket to the voice process, made again for ever."""

    def __init__(self, url: str, token: str, hub: Hub, *, find_stored: FindStored) -> None:
        self.agents: dict[str, AgentState] = {}
        self.live: dict[Key, Live] | None = None
        self.offering: bool | None = None
        self.configured_version: str | None = None
        self._configured = asyncio.Event()
        self._url = url
        self._token = token
        self._hub = hub
        self._find_stored = find_stored
        self._connection: ClientConnection | None = None
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._ids = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def up(self) -> bool:
        """Whether the voice process can be reached now."""
        return self._connection is not None

    def state_of(self, agent_id: str) -> AgentState | None:
        """Return an agent's live state; None while the voice process is away or does not know the agent."""
        return self.agents.get(agent_id) if self.up else None

    async def run(self) -> None:
        """Keep the link until cancelled."""
        pause, told = FIRST_PAUSE_SECONDS, ""
        try:
            while True:
                reason = "the voice process closed it"
                try:
                    async with self._connect() as connection:
                        pause, told = FIRST_PAUSE_SECONDS, ""
                        await self._serve(connection)
                except (OSError, WebSocketException) as error:
                    reason = str(error) or type(error).__name__
                if reason != told:  # once a reason, not once an attempt
                    log.warning("link_down", url=self._url, reason=reason)
                    told = reason
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        finally:
            await self._end_tasks()

    def _connect(self) -> connect:
        return connect(
            self._url,
            additional_headers={"Authorization": f"Bearer {self._token}"},
            open_timeout=OPEN_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            close_timeout=1,
            max_size=FRAME_LIMIT,
            compression=None,
            proxy=None,
        )

    async def _serve(self, connection: ClientConnection) -> None:
        self._connection = connection
        log.info("link_up", url=self._url)
        self._hub.tell_all({"type": "link", "up": True})
        try:
            for screen in self._hub:
                await self.subscribe(screen)
            if self._hub.watches_hall:
                await self.watch_hall()
            async for text in connection:
                self._take(text)
        finally:
            self._connection = None
            self.live = self.offering = None
            self._note_configured(None)
            self._hub.tell_all({"type": "link", "up": False})
            for future in self._replies.values():
                if not future.done():
                    future.set_exception(VoiceAwayError(AWAY_TEXT))

    async def subscribe(self, screen: Screen) -> None:
        """Ask for what this screen has not seen yet; while the link is down the next one asks."""
        cursor = screen.cursor
        await self._try_send({"op": "subscribe", "agent": screen.agent_id, "epoch": cursor.epoch, "after": cursor.seq})

    async def unsubscribe(self, agent_id: str) -> None:
        """Nobody looks at this agent's stream any more."""
        await self._try_send({"op": "unsubscribe", "agent": agent_id})

    def ack(self, agent_id: str, epoch: str, seq: int) -> None:
        """Pass an acknowledgement on at once when an offer waits for it; the others are of no use to the engine."""
        if self._connection is not None and self._hub.shows_offer(agent_id, epoch, seq):
            frame = {"op": "ack", "agent": agent_id, "epoch": epoch, "seq": seq}
            broadcast((self._connection,), orjson.dumps(frame), text=True)

    async def watch_hall(self) -> None:
        """Ask for the hall as long as a screen wants it, and from the beginning for one that has just begun to."""
        await self._try_send({"op": "hall", "on": self._hub.watches_hall})

    async def reload(self) -> None:
        """Tell the voice process that the configuration has changed."""
        await self._try_send({"op": "reload"})

    async def wait_configured(self, version: str, seconds: float) -> bool:
        """Wait until the voice process routes by this version of the configuration; False when it does not in time."""
        try:
            async with asyncio.timeout(seconds):
                while self.configured_version != version:
                    await self._configured.wait()
        except TimeoutError:
            return False
        return True

    async def command(self, agent_id: str, name: str, args: dict[str, Any] | None = None) -> dict[str, Any]:
        """Carry out a command for an agent and return the agent's state.

        Raises VoiceAwayError when there is no link or no reply within 3 s, ConflictError with the engine's words
        when it refuses.
        """
        frame = {"op": "command", "agent": agent_id, "name": name, "args": args or {}}
        return dict((await self._exchange(frame, REPLY_SECONDS)).get("state") or {})

    async def request(self, name: str, args: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Have the voice process do something for nobody in particular (`test_target`) and return its answer.

        Raises VoiceAwayError when there is no link or no reply within `seconds`, ConflictError with the voice
        process' words when it refuses.
        """
        frame = {"op": "request", "name": name, "args": args}
        return dict((await self._exchange(frame, seconds)).get("answer") or {})

    async def _exchange(self, frame: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send a frame with an id of its own and return the reply."""
        key = str(next(self._ids))
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[key] = future
        try:
            if not await self._try_send({**frame, "id": key}):
                raise VoiceAwayError(AWAY_TEXT)
            async with asyncio.timeout(seconds):
                reply = await future
        except TimeoutError:
            raise VoiceAwayError(AWAY_TEXT) from None
        finally:
            del self._replies[key]
        if reply.get("ok") is True:
            return reply
        code = str(reply.get("code") or "conflict")
        raise ConflictError(str(reply.get("detail") or "The telephone system refused."), code=code)

    async def _try_send(self, frame: dict[str, Any]) -> bool:
        connection = self._connection
        if connection is None:
            return False
        try:
            await connection.send(orjson.dumps(frame).decode())
        except (OSError, WebSocketException):
            return False
        return True

    def _take(self, text: str | bytes) -> None:
        try:
            self._dispatch(orjson.loads(text))
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
            log.warning("link_frame_malformed", reason=repr(error), frame=str(text)[:200])

    def _dispatch(self, frame: dict[str, Any]) -> None:
        match frame["op"]:
            case "message":
                for screen in self._hub.deliver(frame["agent"], frame["epoch"], frame["seq"], frame["body"]):
                    self._start(self.subscribe(screen))
            case "agent":
                self.agents[frame["agent"]["agent_id"]] = frame["agent"]
            case "agents":
                self.agents = {state["agent_id"]: state for state in frame["agents"]}
            case "reply":
                future = self._replies.get(frame["id"])
                if future is not None and not future.done():
                    future.set_result(frame)
            case "figures" | "hall":
                self._take_live(frame)
            case "configured":
                self._note_configured(str(frame["version"]))
            case "wrap_ups":
                calls = [WrapUp(call["agent"], call["call_id"]) for call in frame["calls"]]
                self._start(self._answer_wrap_ups(calls))
            case unknown:
                log.warning("link_op_unknown", op=str(unknown)[:50])

    def _take_live(self, frame: dict[str, Any]) -> None:
        if frame["op"] == "hall":
            self._hub.tell_hall({"type": "hall", "at": utc_now().isoformat(), **frame["hall"]})
            return
        self.live, self.offering = live_from_wire(frame["scopes"]), bool(frame["offering"])

    def _note_configured(self, version: str | None) -> None:
        self.configured_version = version
        self._configured.set()
        self._configured = asyncio.Event()

    async def _answer_wrap_ups(self, calls: Sequence[WrapUp]) -> None:
        """End the wrap-ups whose outcome was stored while the link was down; wait for the database if need be."""
        connection = self._connection
        stored = await self._when_database_answers(calls) if calls else []
        for wrap_up in stored:
            if self._connection is not connection:
                return  # a new link brings a new list
            try:
                await self.command(wrap_up.agent_id, "outcome", {"call_id": wrap_up.call_id})
            except (VoiceAwayError, ConflictError) as error:
                log.warning("wrap_up_not_ended", agent_id=wrap_up.agent_id, reason=str(error))

    async def _when_database_answers(self, calls: Sequence[WrapUp]) -> list[WrapUp]:
        connection, pause = self._connection, FIRST_PAUSE_SECONDS
        while self._connection is connection and connection is not None:
            try:
                return await self._find_stored(calls)
            except Exception as error:  # noqa: BLE001 - whatever it was, the agents must not stay in wrap-up
                log.warning("wrap_ups_wait_for_database", reason=str(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        return []

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end_tasks(self) -> None:
        for task in list(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
