import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api.settings import Settings

OFFER = {"type": "offer", "call_id": "hall-1.1", "offer_no": 1}


class Place:
    """A running API with a voice process beside it."""

    def __init__(self, api: Any, voice: Any, address: str) -> None:
        self.api = api
        self.voice = voice
        self.address = address

    @contextlib.asynccontextmanager
    async def screen(self, agent: str, **hello: Any) -> AsyncIterator[ClientConnection]:
        token = hello.pop("token", None) or await self.api.token(agent)
        async with connect(f"ws://{self.address}/api/stream", proxy=None) as socket:
            first = {"type": "hello", "token": token, "epoch": None, "after": 0} | hello
            await socket.send(json.dumps(first))
            yield socket


async def read(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        body: dict[str, Any] = json.loads(await socket.recv())
        return body


@pytest.fixture
async def place(settings: Settings, voice: Any, database: Any, serve_api: Any, until: Any) -> AsyncIterator[Place]:
    del database
    async with serve_api(settings.model_copy(update={"link_url": voice.url})) as (api, address):
        await until(lambda: api.runtime.link.up)
        yield Place(api, voice, address)


async def test_a_screen_gets_its_agents_messages_and_its_acks_reach_the_voice_process(place: Place, until: Any) -> None:
    async with place.screen("1001") as socket, place.screen("1002") as other:
        assert await read(socket) == {"type": "link", "up": True}
        assert await read(other) == {"type": "link", "up": True}
        await until(lambda: len(place.voice.ops("subscribe")) == 2)
        assert place.voice.ops("subscribe")[0] == {"op": "subscribe", "agent": "1001", "epoch": None, "after": 0}
        await place.voice.tell("1001", "e", 4, {"type": "snapshot", "agent": None, "call": None, "case": None})
        await place.voice.tell("1001", "e", 5, OFFER)
        assert (await read(socket))["type"] == "snapshot"
        assert await read(socket) == {**OFFER, "epoch": "e", "seq": 5}
        await socket.send(json.dumps({"type": "ack", "epoch": "e", "seq": 5}))
        await until(lambda: place.voice.ops("ack"))
        assert place.voice.ops("ack") == [{"op": "ack", "agent": "1001", "epoch": "e", "seq": 5}]
        await place.voice.tell("1002", "e", 0, {"type": "snapshot"})
        assert (await read(other))["type"] == "snapshot"
    await until(lambda: len(place.voice.ops("unsubscribe")) == 2)


async def test_a_screen_that_comes_back_asks_for_what_it_missed(place: Place, until: Any) -> None:
    async with place.screen("1001", epoch="e", after=7) as socket:
        await read(socket)
        await until(lambda: place.voice.ops("subscribe"))
        assert place.voice.ops("subscribe") == [{"op": "subscribe", "agent": "1001", "epoch": "e", "after": 7}]
        for seq in (8, 8, 9):
            await place.voice.tell("1001", "e", seq, OFFER)
        assert [(await read(socket))["seq"] for _ in range(2)] == [8, 9]
        await place.voice.tell("1001", "e", 12, OFFER)
        await until(lambda: len(place.voice.ops("subscribe")) == 2)
        assert place.voice.ops("subscribe")[1]["after"] == 9


async def test_the_link_comes_back_by_itself_and_resumes_every_stream(
    place: Place, until: Any, agent_state: Callable[..., Any]
) -> None:
    place.voice.agents = [agent_state("1001", "ready")]
    async with place.screen("1001", epoch="e", after=3) as socket:
        await read(socket)
        await place.voice.tell("1001", "e", 4, OFFER)
        await read(socket)
        await place.voice.stop()
        assert await read(socket) == {"type": "link", "up": False}
        assert (await place.api.ask("1001", "PUT", "/api/agents/me/state", json={"state": "ready"})).status_code == 503
        health = (await place.api.http.get("/healthz")).json()
        assert (health["database"], health["voice"]) == (True, False)
        assert (await place.api.ask("1001", "GET", "/api/agents")).json()[0]["state"] is None
        place.voice.frames.clear()
        await place.voice.start()
        assert await read(socket) == {"type": "link", "up": True}
        await until(lambda: place.voice.ops("subscribe"))
        assert place.voice.ops("subscribe") == [{"op": "subscribe", "agent": "1001", "epoch": "e", "after": 4}]
        await until(lambda: place.api.runtime.link.agents)
        (agent,) = (await place.api.ask("1001", "GET", "/api/agents")).json()
        assert agent["state"] == "ready"


async def test_a_state_is_asked_of_the_engine_and_its_refusal_is_told(place: Place) -> None:
    wish = {"state": "paused", "reason": "rest"}
    answer = await place.api.ask("1001", "PUT", "/api/agents/me/state", json=wish)
    assert (answer.status_code, answer.json()["agent_id"]) == (200, "1001")
    (command,) = place.voice.ops("command")
    assert (command["agent"], command["name"], command["args"]) == ("1001", "pause", {"reason": "rest"})
    place.voice.refusal = {"ok": False, "code": "transition_refused", "detail": "finish the call first"}
    answer = await place.api.ask("1001", "PUT", "/api/agents/me/state", json={"state": "ready"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "finish the call first")


async def test_a_voice_process_that_never_answers_costs_seconds_not_a_request(place: Place) -> None:
    place.voice.silent = True
    async with asyncio.timeout(8):
        answer = await place.api.ask("1001", "PUT", "/api/agents/me/state", json={"state": "ready"})
    assert answer.status_code == 503


async def test_an_outcome_is_committed_then_ends_the_wrap_up(place: Place, event: Callable[..., Any]) -> None:
    await place.api.hand_in(event("hall-1.1", 1, "call.answered", agent_id="1001"))
    answer = await place.api.ask("1001", "PUT", "/api/calls/hall-1.1/outcome", json={"outcome": "answered"})
    assert answer.json()["wrap_up_ended"] is True
    (command,) = place.voice.ops("command")
    assert (command["agent"], command["name"], command["args"]) == ("1001", "outcome", {"call_id": "hall-1.1"})


async def test_words_about_a_call_whose_events_are_late_are_kept(
    place: Place, until: Any, event: Callable[..., Any], agent_state: Callable[..., Any]
) -> None:
    path = "/api/calls/hall-1.1"
    assert (await place.api.ask("1001", "PUT", f"{path}/draft", json={"note": "甲"})).status_code == 404
    await place.voice.send({"op": "agent", "agent": agent_state("1001", "wrap_up", "hall-1.1")})
    await until(lambda: place.api.runtime.link.agents)
    assert (await place.api.ask("1001", "PUT", f"{path}/draft", json={"note": "甲"})).status_code == 200
    stored = (await place.api.ask("1001", "PUT", f"{path}/outcome", json={"outcome": "answered"})).json()
    (pop,) = (await place.api.hand_in(event("hall-1.1", 1, "call.offered", agent_id="1001", offer_no=1)))["pops"]
    assert (pop["case_no"], pop["case_state"]) == (stored["case_no"], "answered")
    assert len(await place.api.rows("SELECT * FROM cases")) == 1


async def test_wrap_ups_whose_outcome_was_stored_meanwhile_are_ended(
    place: Place, until: Any, event: Callable[..., Any]
) -> None:
    for number, agent in ((1, "1001"), (2, "1002")):
        await place.api.hand_in(event(f"hall-1.{number}", number, "call.answered", agent_id=agent))
    await place.voice.stop()
    await until(lambda: not place.api.runtime.link.up)
    answer = await place.api.ask("1001", "PUT", "/api/calls/hall-1.1/outcome", json={"outcome": "answered"})
    assert answer.json()["wrap_up_ended"] is False
    place.voice.wrap_ups = [{"agent": "1001", "call_id": "hall-1.1"}, {"agent": "1002", "call_id": "hall-1.2"}]
    await place.voice.start()
    await until(lambda: place.voice.ops("command"))
    assert [command["args"] for command in place.voice.ops("command")] == [{"call_id": "hall-1.1"}]


@pytest.mark.parametrize("frame", ["{", "[]", '{"op":"message"}', '{"op":"agent","agent":5}', '{"op":"?"}', "\x00"])
async def test_a_frame_that_makes_no_sense_ends_nothing(place: Place, frame: str) -> None:
    async with place.screen("1001", epoch="e", after=0) as socket:
        await read(socket)
        for peer in place.voice._peers:
            await peer.send(frame)
        await place.voice.tell("1001", "e", 1, OFFER)
        assert (await read(socket))["seq"] == 1


@pytest.mark.parametrize(
    ("first", "code", "close"),
    [
        ('{"type":"hello","token":"a.b.c","after":0}', "token_refused", 4401),
        ('{"type":"hello"}', "bad_hello", 4400),
        ('{"type":"ack"}', "bad_hello", 4400),
        ("{", "malformed", 4400),
        (b"\x00", "malformed", 4400),
    ],
)
async def test_a_screen_without_a_proper_hello_is_told_why(
    place: Place, first: str | bytes, code: str, close: int
) -> None:
    async with connect(f"ws://{place.address}/api/stream", proxy=None) as socket:
        await socket.send(first)
        assert (await read(socket))["code"] == code
        with pytest.raises(ConnectionClosed):
            await read(socket)
        assert socket.close_code == close
    assert place.voice.ops("subscribe") == []


async def test_a_screen_that_vanishes_is_forgotten(place: Place, until: Any) -> None:
    async with place.screen("1001") as socket:
        await read(socket)
        socket.transport.abort()
    await until(lambda: place.voice.ops("unsubscribe"))
    assert list(place.api.runtime.hub) == []


async def test_a_thousand_messages_arrive_in_their_order(place: Place) -> None:
    async with place.screen("1001", epoch="e", after=0) as socket:
        await read(socket)
        for seq in range(1, 1001):
            await place.voice.tell("1001", "e", seq, OFFER)
        assert [(await read(socket))["seq"] for _ in range(1000)] == list(range(1, 1001))
