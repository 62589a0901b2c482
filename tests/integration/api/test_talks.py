"""An agent's acts on the present talk over HTTP: what reaches the voice process, and what is refused."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.settings import Settings

PATH = "/api/agents/me/talk"


@pytest.fixture
async def place(settings: Settings, voice: Any, database: Any, serve_api: Any, until: Any) -> AsyncIterator[Any]:
    await database.answers()
    async with serve_api(settings.model_copy(update={"link_url": voice.url})) as (api, _):
        await until(lambda: api.runtime.link.up)
        yield api


async def test_an_act_reaches_the_voice_process_with_its_target(place: Any, voice: Any) -> None:
    to = {"kind": "number", "id": "110"}
    answer = await place.ask("1001", "POST", PATH, json={"act": "consult", "to": to})
    assert answer.status_code == 200, answer.text
    (command,) = voice.ops("command")
    assert (command["agent"], command["name"], command["args"]) == ("1001", "consult", {"to": to})


async def test_what_the_voice_process_refuses_is_a_conflict_with_its_advice(place: Any, voice: Any) -> None:
    voice.refusal = {"ok": False, "code": "not_now", "detail": "a third party is being rung: wait"}
    answer = await place.ask("1001", "POST", PATH, json={"act": "join"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "a third party is being rung: wait")


@pytest.mark.parametrize(
    "body",
    [
        {"act": "transfer"},
        {"act": "hold", "to": {"kind": "queue", "id": "city"}},
        {"act": "steal"},
        {"act": "transfer", "to": {"kind": "planet", "id": "x"}},
        {"act": "transfer", "to": {"kind": "queue", "id": ""}},
    ],
)
async def test_what_means_nothing_is_not_passed_on(place: Any, voice: Any, body: dict[str, Any]) -> None:
    answer = await place.ask("1001", "POST", PATH, json=body)
    assert answer.status_code == 422
    assert voice.ops("command") == []


async def test_whom_a_talk_can_be_given_to(place: Any, voice: Any, agent_state: Any, until: Any) -> None:
    await voice.send({"op": "agents", "agents": [agent_state("1001", "talking"), agent_state("1002", "ready")]})
    await until(lambda: place.runtime.link.state_of("1002"))
    targets = (await place.ask("1001", "GET", f"{PATH}/targets")).json()
    assert {"kind": "queue", "id": "city", "name": "市级", "state": None} in targets
    assert [one for one in targets if one["kind"] == "agent"] == [
        {"kind": "agent", "id": "1002", "name": "李建国", "state": "ready"}
    ]
    assert {"110", "119", "120", "122"} <= {one["id"] for one in targets if one["kind"] == "number"}


async def test_an_outcome_belongs_to_whoever_has_the_call(place: Any, voice: Any, agent_state: Any, until: Any) -> None:
    given_away = agent_state("1001", "wrap_up", "c1") | {"reason": "handed_over"}
    await voice.send({"op": "agents", "agents": [given_away]})
    await until(lambda: place.runtime.link.state_of("1001"))
    answer = await place.ask("1001", "PUT", "/api/calls/c1/outcome", json={"outcome": "answered", "note": ""})
    assert answer.status_code == 409
    assert "somebody else" in answer.json()["detail"]
