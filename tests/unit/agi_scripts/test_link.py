"""The link server as a web process sees it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from acd.engine import Engine
from acd.rules import events as ev
from agi_scripts.link import LinkServer
from tests.unit.agi_scripts.voice_support import Hands, engine_at

TOKEN = {"Authorization": "Bearer secret"}


class Site:
    def __init__(self, engine: Engine, reload: asyncio.Event, port: int) -> None:
        self.engine, self.reload, self.url = engine, reload, f"ws://127.0.0.1:{port}"


async def try_target(args: dict[str, Any]) -> dict[str, Any]:
    if args["target"] != "110":
        raise ValueError("a transfer's target has 2 to 20 digits")
    return {"result": "answered", "ms": 7}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    hands, reload = Hands(), asyncio.Event()
    engine = engine_at(tmp_path, hands)
    server = LinkServer(
        engine,
        token="secret",
        reload=reload,
        configured=lambda: "v1",
        requests={"test_target": try_target},
        figures=dict,
    )
    hands.on_agent = server.agent_changed
    await server.start("127.0.0.1", 0)
    yield Site(engine, reload, server.port)
    await server.close()


async def heard(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(5):
        frame: dict[str, Any] = json.loads(await socket.recv())
        return frame


async def say(socket: ClientConnection, **frame: Any) -> None:
    await socket.send(json.dumps(frame))


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while True:
            if look():
                return
            await asyncio.sleep(0.01)


async def greeted(socket: ClientConnection) -> None:
    """Hear the agents, the wrap-ups and the configuration's version."""
    for _ in range(3):
        await heard(socket)


async def test_a_stranger_is_refused_with_a_word_why(site: Site) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(site.url, additional_headers={"Authorization": "Bearer wrong"})
    assert refused.value.response.status_code == 401
    assert b"link_token" in (refused.value.response.body or b"")


async def test_commands_states_and_refusals(site: Site) -> None:
    site.engine.submit(ev.CallStarted("c1", "13800138000", "12345", "PJSIP/trunk-00000001"))
    site.engine.submit(ev.LegAnswered("c1", "1002"))
    async with connect(site.url, additional_headers=TOKEN) as socket:
        agents, wrap_ups, configured = await heard(socket), await heard(socket), await heard(socket)
        assert [a["agent_id"] for a in agents["agents"]] == ["1001", "1002"]
        assert wrap_ups == {"op": "wrap_ups", "calls": []}
        assert configured == {"op": "configured", "version": "v1"}
        await say(socket, op="command", id="a", agent="1001", name="ready")
        shown, reply = await heard(socket), await heard(socket)
        assert (shown["op"], shown["agent"]["state"]) == ("agent", "ready")
        assert (reply["id"], reply["ok"], reply["state"]["state"]) == ("a", True, "ready")
        await say(socket, op="command", id="m", agent="1001", name="microphone", args={"ok": False})
        shown, reply = await heard(socket), await heard(socket)
        assert (shown["agent"]["state"], reply["state"]["state"]) == ("microphone_lost", "microphone_lost")
        for name, agent, code in [
            ("ready", "1001", "transition_refused"),
            ("microphone", "1001", "malformed"),
            ("dance", "1001", "unknown_command"),
            ("ready", "7", "unknown_agent"),
        ]:
            await say(socket, op="command", id="b", agent=agent, name=name)
            refusal = await heard(socket)
            assert (refusal["ok"], refusal["code"]) == (False, code)
            assert refusal["detail"]


async def test_an_offer_is_relayed_acknowledged_and_replayed(site: Site) -> None:
    async with connect(site.url, additional_headers=TOKEN) as socket:
        await greeted(socket)
        await say(socket, op="subscribe", agent="1001", epoch=None, after=0)
        assert (await heard(socket))["body"]["type"] == "snapshot"
        seq = site.engine.streams.tell("1001", {"type": "offer"})
        frame = await heard(socket)
        assert (frame["op"], frame["seq"], frame["body"]["type"]) == ("message", seq, "offer")
        waiting = asyncio.create_task(site.engine.streams.acked("1001", seq, timeout=5))
        await say(socket, op="ack", agent="1001", epoch=frame["epoch"], seq=seq)
        assert await waiting
        await say(socket, op="unsubscribe", agent="1001")
        await say(socket, op="subscribe", agent="1001", epoch=frame["epoch"], after=seq - 1)
        assert (await heard(socket))["seq"] == seq


async def test_pages_come_and_go_and_the_web_process_that_dies_takes_them_along(site: Site) -> None:
    page, due = site.engine.floor.agents["1001"].page, lambda: site.engine.floor.next_due
    async with connect(site.url, additional_headers=TOKEN) as other:
        await greeted(other)
        async with connect(site.url, additional_headers=TOKEN) as socket:
            await greeted(socket)
            await say(socket, op="command", id="a", agent="1001", name="ready")
            for _ in range(2):
                await say(socket, op="subscribe", agent="1001", epoch=None, after=0)
            await say(socket, op="unsubscribe", agent="1001")
            await say(socket, op="health")
            while (await heard(socket))["op"] != "health":
                pass
            assert (page.there, due() is not None) == (False, True), "a page that is gone is looked after"
            await say(socket, op="subscribe", agent="1001", epoch=None, after=0)
            while (await heard(socket))["op"] != "message":
                pass
            assert (page.there, due()) == (True, None)
        await until(lambda: not page.there)
        assert due() is not None, "the other web process may see it again"
    await until(lambda: due() is None)
    assert site.engine.floor.agents["1001"].state == "ready"


async def test_malformed_frames_end_nothing(site: Site) -> None:
    async with connect(site.url, additional_headers=TOKEN) as socket:
        await greeted(socket)
        for text in ("not json", "[]", "{}", '{"op":"fly"}', '{"op":"ack","agent":"1001"}'):
            await socket.send(text)
        await say(socket, op="reload")
        await say(socket, op="command", id="z", agent="1002", name="pause", args={"reason": "lunch"})
        assert (await heard(socket))["agent"]["reason"] == "lunch"
        assert site.reload.is_set()


async def test_a_request_is_answered_when_it_is_done(site: Site) -> None:
    async with connect(site.url, additional_headers=TOKEN) as socket:
        await greeted(socket)
        await say(socket, op="request", id="a", name="test_target", args={"target": "110"})
        assert await heard(socket) == {"op": "reply", "id": "a", "ok": True, "answer": {"result": "answered", "ms": 7}}
        for name, args in (("test_target", {"target": "x"}), ("test_target", {}), ("fly", {})):
            await say(socket, op="request", id="b", name=name, args=args)
            refusal = await heard(socket)
            assert (refusal["id"], refusal["ok"], refusal["code"]) == ("b", False, "conflict")


async def test_a_wrap_up_is_named_to_whoever_connects(site: Site) -> None:
    site.engine.submit(ev.Command("1001", "ready"))
    site.engine.submit(ev.CallStarted("c1", "138", "12345", "PJSIP/trunk-1"))
    site.engine.submit(ev.CallQueued("c1", "city"))
    site.engine.submit(ev.LegAnswered("c1", "1001"))
    site.engine.submit(ev.HangupAsked("c1", "1001"))
    site.engine.submit(ev.LegEnded("c1", "1001"))
    async with connect(site.url, additional_headers=TOKEN) as socket:
        await heard(socket)
        assert (await heard(socket))["calls"] == [{"agent": "1001", "call_id": "c1"}]
        await say(socket, op="command", id="o", agent="1001", name="outcome", args={"call_id": "c1"})
        frames = [await heard(socket), await heard(socket)]
        assert site.engine.floor.agents["1001"].state.value == "ready", frames


async def test_a_supervisors_refused_act_is_journaled_and_the_hall_is_told_while_it_is_looked_at(site: Site) -> None:
    async with connect(site.url, additional_headers=TOKEN) as socket:
        await greeted(socket)
        args = {"act": "listen", "act_id": "a1", "agent_id": "1001", "why": "check"}
        await say(socket, op="command", id="s", agent="1002", name="supervise", args=args)
        refusal = await heard(socket)
        assert (refusal["ok"], refusal["code"]) == (False, "forbidden")
        (event,) = site.engine.journal.pending(10)
        assert (event["call_id"], event["type"]) == ("agent-1001", "hall.act")
        assert {"by": "1002", "result": "refused", "why": "check", "act_id": "a1"}.items() <= event["data"].items()
        await say(socket, op="hall", on=True)
        shown = await heard(socket)
        assert (shown["op"], len(shown["hall"]["agents"])) == ("hall", 2)
