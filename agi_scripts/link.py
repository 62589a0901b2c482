"""The link server (Wire 3): agents' streams and live states out, commands and acknowledgements in."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request as HttpRequest
from websockets.http11 import Response

from acd.engine import Engine
from acd.messages import AgentState, AgentStateName, CallEventType
from acd.rules import events as ev
from acd.rules.agents import CommandRefusedError, TransitionRefusedError
from acd.rules.floor import UnknownAgentError
from acd.rules.state import Agent
from acd.rules.supervision import SUPERVISE, entry, subject_of

log = structlog.get_logger(__name__)

OUTGOING_LIMIT = 4_000_000
"""Bytes that may wait for a web process to read them."""

FIGURES_SECONDS = 1.0
"""Live figures are told no more often than that."""

HALL_SECONDS = 0.5
"""The hall is looked at so often, while a supervisor looks at it."""

Request = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""What answers a `request` of the web process; raises ValueError with what is wrong with it."""


class LinkServer:
    """Serves web processes; what waits for each of them is bounded, so a slow one delays nobody."""

    def __init__(
        self,
        engine: Engine,
        *,
        token: str,
        reload: asyncio.Event,
        configured: Callable[[], str],
        requests: Mapping[str, Request],
        figures: Callable[[], dict[str, Any]],
    ) -> None:
        self._token = token
        self._shared = _Shared(engine, reload, configured, requests, figures)
        self._telling: list[asyncio.Task[None]] = []
        self._peers: set[_Peer] = set()
        self._server: Server | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen; raises OSError when the port is taken."""
        self._server = await serve(
            self._serve, host, port, process_request=self._authorise, compression=None, max_size=1 << 20
        )
        self._telling = [asyncio.create_task(telling) for telling in (self._tell_figures(), self._tell_hall())]

    @property
    def port(self) -> int:
        """The port that is listened on (for a start with port 0)."""
        if self._server is None:
            raise RuntimeError("the link server is not started")
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def close(self) -> None:
        """Close every link."""
        for telling in self._telling:
            telling.cancel()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def agent_changed(self, state: AgentState) -> None:
        """Tell every web process an agent's new state."""
        for peer in self._peers:
            peer.send({"op": "agent", "agent": state})

    def configured(self) -> None:
        """Tell every web process which configuration calls are served by now."""
        for peer in self._peers:
            peer.tell_configured()

    async def _tell_figures(self) -> None:
        """Tell every web process the live figures whenever they have changed."""
        while True:
            await asyncio.sleep(FIGURES_SECONDS)
            figures = self._shared.present_figures() if self._peers else {}
            for peer in self._peers:
                peer.tell_figures(figures)

    async def _tell_hall(self) -> None:
        """Tell the web processes that want it how the hall is, whenever that has changed."""
        while True:
            await asyncio.sleep(HALL_SECONDS)
            watching = [peer for peer in self._peers if peer.watches_hall]
            hall = self._shared.present_hall() if watching else {}
            for peer in watching:
                peer.tell_hall(hall)

    def _authorise(self, connection: ServerConnection, request: HttpRequest) -> Response | None:
        given = request.headers.get("Authorization", "")
        if hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            return None
        log.warning("link_refused", peer=str(connection.remote_address))
        return connection.respond(HTTPStatus.UNAUTHORIZED, "the link needs the bearer token of secrets/link_token\n")

    async def _serve(self, connection: ServerConnection) -> None:
        peer = _Peer(connection, self._shared)
        self._peers.add(peer)
        try:
            peer.greet()
            async for text in connection:
                peer.take(text)
        except ConnectionClosed:
            pass
        finally:
            self._peers.discard(peer)
            peer.leave()


class _Peer:
    """One web process."""

    def __init__(self, connection: ServerConnection, shared: "_Shared") -> None:
        self._connection = connection
        self._shared = shared
        self._engine = shared.engine
        self._agents: set[str] = set()
        self._figures: dict[str, Any] = {}
        self._hall: dict[str, Any] = {}
        self.watches_hall = False
        self._cut = False
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, frame: dict[str, Any]) -> None:
        """Send a frame at once, without a task between: a phone waits for the screen behind this peer.

        A peer that reads too slowly is cut off and will come back for a replay.
        """
        if self._connection.transport.get_write_buffer_size() < OUTGOING_LIMIT:
            broadcast((self._connection,), orjson.dumps(frame), text=True)
        elif not self._cut:
            self._cut = True
            self._start(self._connection.close(1013, "reading too slowly"))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def greet(self) -> None:
        """The live table, and the wrap-ups whose outcome the database may already hold."""
        self._engine.submit(ev.WebCame())
        agents = list(self._engine.floor.agents.values())
        self.send({"op": "agents", "agents": [a.public() for a in agents]})
        calls = [{"agent": a.agent_id, "call_id": a.call_id} for a in agents if _wraps_up(a)]
        self.send({"op": "wrap_ups", "calls": calls})
        self.tell_configured()
        self.tell_figures(self._shared.present_figures())

    def tell_configured(self) -> None:
        """Which configuration calls are served by now."""
        self.send({"op": "configured", "version": self._shared.configured()})

    def tell_figures(self, figures: dict[str, Any]) -> None:
        """The live figures, unless they were told before or there are none."""
        if figures and figures != self._figures:
            self._figures = figures
            self.send(figures)

    def tell_hall(self, hall: dict[str, Any]) -> None:
        """How the hall is, unless it was told before."""
        if hall and hall != self._hall:
            self._hall = hall
            self.send({"op": "hall", "hall": hall})

    def leave(self) -> None:
        """The screens behind this peer are gone."""
        for agent_id in self._agents:
            self._engine.streams.unsubscribe(agent_id, self.send)
        self._engine.submit(ev.WebWent())

    def take(self, text: str | bytes) -> None:
        """One frame of the web process; a malformed one is logged and dropped."""
        try:
            frame = orjson.loads(text)
            self._dispatch(frame)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            log.warning("link_frame_malformed", error=repr(error), frame=str(text)[:200])

    def _dispatch(self, frame: dict[str, Any]) -> None:
        match frame["op"]:
            case "ack":
                self._engine.streams.ack(frame["agent"], epoch=frame["epoch"], seq=int(frame["seq"]))
            case "subscribe":
                self._agents.add(frame["agent"])
                epoch, after = frame.get("epoch"), int(frame.get("after") or 0)
                self._engine.streams.subscribe(frame["agent"], self.send, epoch=epoch, after=after)
            case "unsubscribe":
                self._agents.discard(frame["agent"])
                self._engine.streams.unsubscribe(frame["agent"], self.send)
            case "command":
                self.send({"op": "reply", "id": frame["id"], **self._command(frame)})
            case "reload":
                self._shared.reload.set()
            case "request":
                self._start(self._request(str(frame["id"]), str(frame["name"]), frame.get("args") or {}))
            case "hall":
                self.watches_hall, self._hall = bool(frame["on"]), {}
            case "health":
                floor = self._engine.floor
                self.send({"op": "health", "tasks": len(asyncio.all_tasks()), "calls": len(floor.calls)})
            case unknown:
                raise ValueError(f"unknown op {unknown!r}")

    async def _request(self, key: str, name: str, args: dict[str, Any]) -> None:
        """Something that takes its time; the answer goes to who asked, if it is still there."""
        try:
            reply = {"ok": True, "answer": await self._shared.requests[name](args)}
        except (ValueError, KeyError, TypeError) as error:
            reply = {"ok": False, "code": "conflict", "detail": f"{name[:40]}: {error}"}
        self.send({"op": "reply", "id": key, **reply})

    def _command(self, frame: dict[str, Any]) -> dict[str, Any]:
        command = ev.Command(frame["agent"], frame["name"], frame.get("args") or {})
        try:
            self._engine.submit(command)
        except CommandRefusedError as error:
            return self._refused(command, error.code, error)
        except TransitionRefusedError as error:
            return self._refused(command, "transition_refused", error)
        except UnknownAgentError as error:
            return self._refused(command, "unknown_agent", error)
        return {"ok": True, "state": self._engine.floor.agents[frame["agent"]].public()}

    def _refused(self, command: ev.Command, code: str, error: Exception) -> dict[str, Any]:
        """The refusal; one of a supervisor's act is written down as the act would have been."""
        if command.name == SUPERVISE:
            refused = entry(command.agent_id, command.args, "refused", str(error))
            self._engine.note(subject_of(command.args), CallEventType.HALL_ACT, refused)
        return {"ok": False, "code": code, "detail": str(error)}


@dataclass(frozen=True, slots=True)
class _Shared:
    """What every peer uses."""

    engine: Engine
    reload: asyncio.Event
    configured: Callable[[], str]
    requests: Mapping[str, Request]
    figures: Callable[[], dict[str, Any]]

    def present_hall(self) -> dict[str, Any]:
        """How the hall is; empty when that could not be told. The hall must never end a link."""
        try:
            return self.engine.floor.hall()
        except Exception:
            log.exception("hall_failed")
            return {}

    def present_figures(self) -> dict[str, Any]:
        """The frame of the live figures; empty when there are none. Figures must never end a link."""
        try:
            found = self.figures()
        except Exception:
            log.exception("figures_failed")
            return {}
        return {"op": "figures", "offering": self.engine.floor.offering, "scopes": found} if found else {}


def _wraps_up(agent: Agent) -> bool:
    return agent.state is AgentStateName.WRAP_UP and agent.call_id is not None
