"""The API on a real database, a voice process of our own making, and a gate to shut the database off."""

import asyncio
import contextlib
import datetime as dt
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import insert, make_url, text
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from api.app import create_app
from api.core.runtime import Runtime
from api.settings import Settings
from db.address import parse_address
from db.engine import Database, open_database
from db.passwords import hash_password
from db.tables import Agent, AgentQueue, Number, Queue

PASSWORD = "Correct-Horse-1"
START = dt.datetime(2026, 11, 21, 0, 0, tzinfo=dt.UTC)


async def until(check: Callable[[], Any], *, seconds: float = 10) -> Any:
    """Wait until `check` gives something true and return it."""
    async with asyncio.timeout(seconds):
        while True:
            found = check()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.01)


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Awaitable[Any]]:
    return until


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
async def database(database_url: str, password_hash: str) -> AsyncIterator[Database]:
    """The test's database with a few people in it."""
    database = open_database(parse_address(database_url))
    people = [("1001", "王丽华", "agent"), ("1002", "李建国", "agent"), ("9001", "沈慧敏", "supervisor")]
    rows = [{"id": i, "name": n, "extension": i, "role": r, "password_hash": password_hash} for i, n, r in people]
    async with database.write() as session:
        await session.execute(insert(Queue), [{"id": "city", "name": "市级"}])
        await session.execute(insert(Agent), rows)
        await session.execute(insert(AgentQueue), [{"agent_id": "1001", "queue_id": "city", "preference": 0}])
        number = {"number": "12345", "line": "政务服务便民热线", "menu": "default", "queue_id": "city"}
        await session.execute(insert(Number), [number])
    yield database
    await database.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    (tmp_path / "spool" / "messages").mkdir(parents=True)
    (tmp_path / "recordings").mkdir()
    return Settings(
        session_secret="s" * 40,
        link_token="l" * 20,
        intake_token="i" * 20,
        seat_secret="t" * 20,
        database_url=database_url,
        link_url="ws://127.0.0.1:1",
        spool_dir=tmp_path / "spool",
        recordings_dir=tmp_path / "recordings",
        spool_seconds=0.05,
    )


class Api:
    """One application, called over HTTP as whoever is named."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient) -> None:
        self.runtime = runtime
        self.http = http
        self._tokens: dict[str, str] = {}

    async def token(self, agent: str) -> str:
        if agent not in self._tokens:
            answer = await self.http.post("/api/sessions", json={"agent_id": agent, "password": PASSWORD})
            assert answer.status_code == 201, answer.text
            self._tokens[agent] = answer.json()["token"]
        return self._tokens[agent]

    async def ask(self, agent: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self.token(agent)}", **more.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **more)

    async def wire(self, method: str, path: str, **more: Any) -> httpx.Response:
        token = self.runtime.settings.intake_token.get_secret_value()
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **more)

    async def hand_in(self, *events: Any) -> dict[str, Any]:
        answer = await self.wire("POST", "/internal/call-events", content=json.dumps({"events": list(events)}))
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def rows(self, statement: str) -> list[dict[str, Any]]:
        async with self.runtime.database.read() as session:
            return [dict(row) for row in (await session.execute(text(statement))).mappings()]


@pytest.fixture
async def api(settings: Settings, database: Database) -> AsyncIterator[Api]:
    """The application without background work, called without a socket."""
    await database.answers()
    app = create_app(settings.model_copy())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hotline", timeout=30) as http:
        yield Api(app.state.runtime, http)
    await app.state.runtime.database.close()
    app.state.runtime.hashing.close()


@contextlib.asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[tuple[Api, str]]:
    """The whole process but for its main function, on a port of its own; gives `host:port`."""
    app = create_app(settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(app, ws="websockets-sansio", log_config=None, lifespan="on"))
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await until(lambda: server.started)
        async with httpx.AsyncClient(base_url=f"http://{place}", timeout=30) as http:
            yield Api(app.state.runtime, http), place
        server.should_exit = True
        await running


@pytest.fixture
def serve_api() -> Callable[[Settings], contextlib.AbstractAsyncContextManager[tuple[Api, str]]]:
    return served


@pytest.fixture
def event() -> Callable[..., dict[str, Any]]:
    """Make a call event; `seq` is also its second."""

    def make(call_id: str, seq: int, kind: str, **data: Any) -> dict[str, Any]:
        at = (START + dt.timedelta(seconds=seq)).isoformat()
        return {"call_id": call_id, "seq": seq, "type": kind, "at": at, "data": data}

    return make


EMPTY_HALL: dict[str, Any] = {
    **{name: [] for name in ("agents", "waiting", "talks", "queues", "listening")},
    **dict.fromkeys(("waiting_count", "talks_count", "in_menu", "in_fallback"), 0),
}


class FakeVoice:
    """The voice process as its link shows it: keeps every frame, answers commands, sends what a test says."""

    def __init__(self, token: str) -> None:
        self.frames: list[dict[str, Any]] = []
        self.agents: list[dict[str, Any]] = []
        self.wrap_ups: list[dict[str, str]] = []
        self.refusal: dict[str, Any] | None = None
        self.silent = False
        self.answers: dict[str, dict[str, Any]] = {"hall": EMPTY_HALL}
        self.on_reload: Callable[[], Awaitable[None]] | None = None
        self._token = token
        self._server: Server | None = None
        self._peers: set[ServerConnection] = set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await serve(self._serve, "127.0.0.1", self.port, process_request=self._authorise)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def ops(self, op: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["op"] == op]

    async def send(self, frame: dict[str, Any]) -> None:
        for peer in self._peers:
            await peer.send(json.dumps(frame))

    async def tell(self, agent: str, epoch: str, seq: int, body: dict[str, Any]) -> None:
        await self.send({"op": "message", "agent": agent, "epoch": epoch, "seq": seq, "body": body})

    def _authorise(self, connection: ServerConnection, request: Request) -> Response | None:
        good = request.headers.get("Authorization") == f"Bearer {self._token}"
        return None if good else connection.respond(401, "no")

    async def _serve(self, peer: ServerConnection) -> None:
        self._peers.add(peer)
        try:
            await peer.send(json.dumps({"op": "agents", "agents": self.agents}))
            await peer.send(json.dumps({"op": "wrap_ups", "calls": self.wrap_ups}))
            async for frame in peer:
                await self._take(peer, json.loads(frame))
        finally:
            self._peers.discard(peer)

    async def _take(self, peer: ServerConnection, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        if frame["op"] == "reload" and self.on_reload is not None:
            await self.on_reload()
        if frame["op"] == "request" and frame["name"] in self.answers:
            answer = {"ok": True, "answer": self.answers[frame["name"]]}
            await peer.send(json.dumps({"op": "reply", "id": frame["id"], **answer}))
        if frame["op"] != "command" or self.silent:
            return
        answer = self.refusal or {"ok": True, "state": state(frame["agent"], "ready")}
        await peer.send(json.dumps({"op": "reply", "id": frame["id"], **answer}))


def state(agent: str, name: str, call_id: str | None = None) -> dict[str, Any]:
    since = START.isoformat()
    return {"agent_id": agent, "state": name, "since": since, "call_id": call_id, "reason": None, "phone": None}


@pytest.fixture
def agent_state() -> Callable[..., dict[str, Any]]:
    return state


@pytest.fixture
async def voice(settings: Settings) -> AsyncIterator[FakeVoice]:
    voice = FakeVoice(settings.link_token.get_secret_value())
    await voice.start()
    yield voice
    await voice.stop()


class Gate:
    """Stands between the API and PostgreSQL: open, shut (refuses, as a stopped server) or stuck (as a hung one)."""

    def __init__(self, target: str) -> None:
        url = make_url(target)
        self._host, self._port = str(url.host), int(url.port or 5432)
        self._url = url
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return self._url.set(host="127.0.0.1", port=self.port).render_as_string(hide_password=False)

    async def open(self) -> None:
        self._flows.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()
        await until(lambda: not self._writers)

    def stick(self) -> None:
        self._flows.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._flows.wait()
            far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
            tasks = [
                asyncio.create_task(self._pass(reader, far_writer)),
                asyncio.create_task(self._pass(far_reader, writer)),
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            far_writer.close()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            writer.close()
            self._writers.discard(writer)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            await self._flows.wait()
            writer.write(data)
            await writer.drain()


@pytest.fixture
async def gate(database_url: str) -> AsyncIterator[Gate]:
    gate = Gate(database_url)
    await gate.open()
    yield gate
    await gate.open()
    await gate.shut()
