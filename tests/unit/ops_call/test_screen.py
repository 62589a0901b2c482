import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve

from ops.call.desk import Desk
from ops.call.screen import Arrival, Screen
from ops.call.until import StepMissing, until

SNAPSHOT = {"type": "snapshot", "epoch": "e1", "seq": 5, "agent": {"state": "paused"}, "call": None, "case": None}
OFFER = {"type": "offer", "epoch": "e1", "seq": 6, "call_id": "n-1", "decided_at": 1.0}


class SignedInDesk(Desk):
    """A desk whose agents hold a token already."""

    async def token(self, person: str) -> str:
        return f"token of {person}"


class Web:
    """Plays the web process: each connection gets the next script, then stays open or is cut."""

    def __init__(self, *scripts: list[dict[str, Any]], cut: bool = False) -> None:
        self.scripts = list(scripts)
        self.cut = cut
        self.heard: list[dict[str, Any]] = []

    async def __call__(self, socket: ServerConnection) -> None:
        self.heard.append(json.loads(await socket.recv()))
        script = self.scripts.pop(0) if self.scripts else []
        for body in script:
            await socket.send(json.dumps(body))
            if "seq" in body:
                self.heard.append(json.loads(await socket.recv()))
        if self.cut and self.scripts:
            await socket.close()
        await socket.wait_closed()


@pytest.fixture
async def opened() -> AsyncIterator[list[Any]]:
    kept: list[Any] = []
    yield kept
    for screen, desk, server in kept:
        await screen.close()
        await desk.aclose()
        server.close()
        await server.wait_closed()


async def connect(web: Web, opened: list[Any]) -> Screen:
    server: Server = await serve(web, "127.0.0.1", 0)
    port = next(iter(server.sockets)).getsockname()[1]
    desk = SignedInDesk("http://127.0.0.1:1", {})
    screen = Screen("1001", desk, f"ws://127.0.0.1:{port}/api/stream", where="the logs")
    opened.append((screen, desk, server))
    await screen.open(seconds=5)
    return screen


async def test_every_numbered_message_is_acknowledged(opened: list[Any]) -> None:
    web = Web([{"type": "link", "up": True}, SNAPSHOT, OFFER])
    screen = await connect(web, opened)
    offer = await screen.next("offer", "n-1", seconds=5)
    assert offer.body["decided_at"] == 1.0
    await until(lambda: len(web.heard) == 3, "both acks", seconds=5)
    assert web.heard == [
        {"type": "hello", "token": "token of 1001", "epoch": None, "after": 0},
        {"type": "ack", "epoch": "e1", "seq": 5},
        {"type": "ack", "epoch": "e1", "seq": 6},
    ]


async def test_a_lost_stream_is_taken_up_where_it_was(opened: list[Any]) -> None:
    web = Web([SNAPSHOT], [OFFER], cut=True)
    screen = await connect(web, opened)
    await screen.next("offer", seconds=5)
    hellos = [message for message in web.heard if message["type"] == "hello"]
    assert [(hello["epoch"], hello["after"]) for hello in hellos] == [(None, 0), ("e1", 5)]
    assert screen.connections == 2


async def test_the_state_follows_the_stream(opened: list[Any]) -> None:
    state = {"type": "state", "epoch": "e1", "seq": 6, "agent_id": "1001", "state": "ready"}
    screen = await connect(Web([SNAPSHOT, state]), opened)
    await screen.in_state("ready", seconds=5)


async def test_listeners_hear_every_message(opened: list[Any]) -> None:
    web = Web([SNAPSHOT])
    server = await serve(web, "127.0.0.1", 0)
    desk = SignedInDesk("http://127.0.0.1:1", {})
    screen = Screen("1001", desk, f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/", where="")
    opened.append((screen, desk, server))
    heard: list[Arrival] = []
    screen.on_arrival(heard.append)
    await screen.open(seconds=5)
    assert [arrival.type for arrival in heard] == ["snapshot"]


async def test_what_does_not_come_is_named_with_where_to_look(opened: list[Any]) -> None:
    screen = await connect(Web([SNAPSHOT]), opened)
    with pytest.raises(
        StepMissing, match=r"'offer' about n-2 at the screen of 1001: not within 0\.05 s; look in the logs"
    ):
        await screen.next("offer", "n-2", seconds=0.05)
