"""The hall over HTTP and on the stream, and that no act is ever missing in the audit trail, nor there twice."""

import asyncio
import contextlib
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect

from api.settings import Settings

HALL: dict[str, Any] = {
    "agents": [
        {
            "agent_id": "1001",
            "name": "王丽华",
            "role": "agent",
            "extension": "1001",
            "queues": ["city"],
            "state": "talking",
            "since": "2026-11-21T00:00:00+00:00",
            "call_id": "c1",
            "reason": None,
            "phone": "1001w",
            "next": {"state": "paused", "reason": "lunch"},
            "until": None,
        }
    ],
    "waiting": [
        {
            "call_id": "c2",
            "caller": "138****0001",
            "line": "热线",
            "queue": "city",
            "position": 1,
            "priority": 0,
            "skill": None,
            "queued_at": "2026-11-21T00:00:00+00:00",
        }
    ],
    "waiting_count": 1,
    "talks": [],
    "talks_count": 0,
    "in_menu": 0,
    "in_fallback": 0,
    "queues": [{"id": "city", "name": "市级"}],
    "listening": [],
}
pytestmark = pytest.mark.usefixtures("database")

LISTEN = {"act": "listen", "agent_id": "1001", "why": "质检"}


@contextlib.asynccontextmanager
async def linked(serve_api: Any, settings: Settings, voice: Any, until: Any) -> Any:
    async with serve_api(settings.model_copy(update={"link_url": voice.url})) as (api, place):
        await until(lambda: api.runtime.link.up)
        yield api, place


async def acts(api: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.ask("9001", "GET", "/api/hall/acts")).json()["entries"]
    return found


def told(event: Any, seq: int, args: dict[str, Any], result: str = "taken") -> Any:
    return event("c1", seq, "hall.act", **{**args, "by": "9001", "result": result, "detail": ""})


async def test_the_hall_is_what_the_telephone_system_says(
    serve_api: Any, settings: Settings, voice: Any, until: Any
) -> None:
    voice.answers["hall"] = HALL
    async with linked(serve_api, settings, voice, until) as (api, _):
        hall = (await api.ask("9001", "GET", "/api/hall")).json()
        assert hall["agents"] == HALL["agents"]
        assert hall["waiting"][0]["waited_ms"] > 0
        assert {name: hall[name] for name in ("waiting_count", "queues")} == {
            name: HALL[name] for name in ("waiting_count", "queues")
        }
        assert (await api.ask("1001", "GET", "/api/hall")).status_code == 403


async def test_a_taken_act_is_in_the_trail_once_however_often_it_is_told(
    serve_api: Any, settings: Settings, voice: Any, until: Any, event: Any
) -> None:
    async with linked(serve_api, settings, voice, until) as (api, _):
        done = await api.ask("9001", "POST", "/api/hall/acts", json=LISTEN)
        assert done.status_code == 200, done.text
        (command,) = voice.ops("command")
        assert (command["agent"], command["name"]) == ("9001", "supervise")
        assert command["args"] == LISTEN | {"act_id": done.json()["act_id"]}
        for _ in range(2):
            await api.hand_in(told(event, 1, command["args"]), told(event, 2, command["args"], "connected"))
        found = await acts(api)
        assert [(row["by"], row["act"], row["subject"], row["why"], row["result"]) for row in found] == [
            ("9001", "listen", "call:c1", "质检", "connected"),
            ("9001", "listen", "call:c1", "质检", "taken"),
        ]
        assert await api.rows("SELECT call_id FROM calls") == [], "an act makes no call"
        about = event(
            "agent-1001", 3, "hall.act", **{**command["args"], "act_id": "z", "by": "9001", "result": "taken"}
        )
        await api.hand_in(about)
        assert (await acts(api))[0]["subject"] == "agent:1001"


async def test_a_refused_act_is_a_conflict_with_its_reason(
    serve_api: Any, settings: Settings, voice: Any, until: Any
) -> None:
    voice.refusal = {"ok": False, "code": "no_talk", "detail": "there is no talk there now"}
    async with linked(serve_api, settings, voice, until) as (api, _):
        refused = await api.ask("9001", "POST", "/api/hall/acts", json=LISTEN)
        told = refused.json()
        assert (refused.status_code, told["detail"], told["code"]) == (409, "there is no talk there now", "no_talk")
        assert told["type"] == "urn:hotline:problem:no_talk"


async def test_an_act_that_is_never_answered_is_written_down_until_the_journal_knows_better(
    serve_api: Any, settings: Settings, voice: Any, until: Any, event: Any
) -> None:
    voice.silent = True
    async with linked(serve_api, settings, voice, until) as (api, _):
        assert (await api.ask("9001", "POST", "/api/hall/acts", json=LISTEN)).status_code == 503
        (row,) = await acts(api)
        assert (row["result"], row["subject"]) == ("unanswered", "agent:1001")
        (command,) = voice.ops("command")
        await api.hand_in(told(event, 1, command["args"]))
        (row,) = await acts(api)
        assert row["result"] == "taken"


@pytest.mark.parametrize(
    "body",
    [
        {"act": "dance", "why": "x"},
        {"act": "listen", "agent_id": "1001"},
        {"act": "listen", "agent_id": "1001", "why": " \n"},
        {"act": "listen", "agent_id": "10;01", "why": "x"},
        {"act": "force", "agent_id": "1001", "state": "talking", "why": "x"},
        {"act": "stop", "why": "x", "surprise": 1},
    ],
)
async def test_what_is_no_act_is_refused(api: Any, body: dict[str, Any]) -> None:
    assert (await api.ask("9001", "POST", "/api/hall/acts", json=body)).status_code == 422


async def test_agents_do_not_act(api: Any) -> None:
    assert (await api.ask("1001", "POST", "/api/hall/acts", json=LISTEN)).status_code == 403
    assert (await api.ask("1001", "GET", "/api/hall/acts")).status_code == 403


async def test_a_supervisors_screen_sees_the_hall_live_and_an_agents_does_not(
    serve_api: Any, settings: Settings, voice: Any, until: Any
) -> None:
    async with linked(serve_api, settings, voice, until) as (api, place):
        for who, answer in (("1001", "error"), ("9001", "hall")):
            async with connect(f"ws://{place}/api/stream", proxy=None) as screen:
                await screen.send(json.dumps({"type": "hello", "token": await api.token(who), "after": 0}))
                await screen.send(json.dumps({"type": "hall", "on": True}))
                if answer == "hall":
                    await until(lambda: voice.ops("hall"))
                    await voice.send({"op": "hall", "hall": HALL})
                seen = await asyncio.wait_for(next_of(screen, answer), 5)
                assert seen.get("waiting_count") == (1 if answer == "hall" else None)
        await until(lambda: [frame["on"] for frame in voice.ops("hall")] == [True, False])


async def next_of(screen: Any, kind: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(await screen.recv())
        if frame["type"] == kind:
            return frame
