import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from api.settings import Settings
from db.clock import utc_now
from db.seats import seat_password
from db.tables import SignInAttempt

Make = Callable[..., dict[str, Any]]


@pytest.fixture
async def answered(api: Any, event: Make) -> str:
    """A call that 1002 answered after 1001 had missed it."""
    call_id = "hall-1.1"
    await api.hand_in(
        event(call_id, 1, "call.started", caller="13800138000", dialled="12345"),
        event(call_id, 2, "call.offered", agent_id="1001", offer_no=1, waited_ms=0),
        event(call_id, 3, "call.missed", agent_id="1001", offer_no=1, reason="no_answer"),
        event(call_id, 4, "call.offered", agent_id="1002", offer_no=2, waited_ms=0),
        event(call_id, 5, "call.answered", agent_id="1002", recording=f"{call_id}.wav"),
        event(call_id, 6, "call.ended", disposition="answered", ended_by="caller"),
    )
    return call_id


async def sign_in(api: Any, agent: str, password: str) -> int:
    answer = await api.http.post("/api/sessions", json={"agent_id": agent, "password": password})
    return int(answer.status_code)


async def test_a_wrong_password_and_an_unknown_number_look_alike(api: Any) -> None:
    told = []
    for agent in ("1001", "4711"):
        answer = await api.http.post("/api/sessions", json={"agent_id": agent, "password": "x"})
        told.append((answer.status_code, answer.json()))
    assert told[0] == told[1]
    assert told[0][0] == 401


@pytest.mark.parametrize("agent", ["1001", "4711"])
async def test_five_failures_lock_the_number_for_a_quarter_of_an_hour(api: Any, agent: str) -> None:
    assert [await sign_in(api, agent, "x") for _ in range(6)] == [401] * 5 + [429]
    answer = await api.http.post("/api/sessions", json={"agent_id": agent, "password": "Correct-Horse-1"})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 900
    async with api.runtime.database.write() as session:
        earlier = utc_now().replace(year=2025)
        await session.execute(update(SignInAttempt).values(last_at=earlier))
    assert await sign_in(api, agent, "Correct-Horse-1") == (201 if agent == "1001" else 401)


async def test_guesses_at_once_are_counted_like_guesses_in_a_row(api: Any) -> None:
    statuses = await asyncio.gather(*(sign_in(api, "1001", f"guess {n}") for n in range(12)))
    assert sorted(statuses) == [401] * 5 + [429] * 7


async def test_a_success_forgets_the_failures(api: Any) -> None:
    for _ in range(3):
        assert [await sign_in(api, "1001", "x") for _ in range(4)] == [401] * 4
        assert await sign_in(api, "1001", "Correct-Horse-1") == 201


async def test_agents_see_what_concerns_them_and_supervisors_everything(api: Any, event: Make, answered: str) -> None:
    await api.hand_in(event("hall-2.1", 9, "call.answered", agent_id="1001"))
    for path in ("/api/calls", "/api/cases"):
        seen = {who: (await api.ask(who, "GET", path)).json()["total"] for who in ("1001", "1002", "9001")}
        assert seen == {"1001": 2, "1002": 1, "9001": 2}
    assert (await api.ask("1002", "GET", "/api/calls/hall-2.1")).status_code == 404
    assert [agent["id"] for agent in (await api.ask("1002", "GET", "/api/agents")).json()] == ["1002"]
    assert len((await api.ask("9001", "GET", "/api/agents")).json()) == 3
    detail = (await api.ask("1001", "GET", f"/api/calls/{answered}")).json()
    assert [one["type"] for one in detail["events"]][-1] == "call.ended"
    assert len(detail["offers"]) == 2


async def test_a_case_is_found_by_its_number_and_a_misheard_one_is_told(api: Any, answered: str) -> None:
    (case,) = (await api.ask("1002", "GET", "/api/cases?state=draft")).json()["items"]
    found = (await api.ask("1002", "GET", f"/api/cases/{case['case_no']}")).json()
    assert (found["call_id"], found["state_label"], found["history"][0]["trigger"]) == (answered, "登记", "opened")
    wrong = case["case_no"][:-1] + str((int(case["case_no"][-1]) + 1) % 10)
    answer = await api.ask("1002", "GET", f"/api/cases/{wrong}")
    assert answer.status_code == 404
    assert "check digit" in answer.json()["detail"]


async def test_a_draft_survives_and_the_outcome_follows_the_table(api: Any, answered: str) -> None:
    path = f"/api/calls/{answered}"
    for note in ("甲", "甲\n乙\x00"):
        assert (await api.ask("1002", "PUT", f"{path}/draft", json={"note": note})).status_code == 200
    me = (await api.ask("1002", "GET", "/api/agents/me")).json()
    assert (me["call"]["call_id"], me["call"]["draft"]["note"]) == (answered, "甲\n乙")
    outcome = {"outcome": "to_dispatch", "note": "路灯不亮"}
    for _ in range(2):
        stored = (await api.ask("1002", "PUT", f"{path}/outcome", json=outcome)).json()
        assert (stored["case_state"], stored["wrap_up_ended"]) == ("to_dispatch", False)
    for late in ("outcome", "draft"):
        answer = await api.ask("1002", "PUT", f"{path}/{late}", json={"outcome": "invalid", "note": ""})
        assert answer.status_code == 409
    assert (await api.ask("1002", "GET", "/api/agents/me")).json()["call"] is None
    steps = await api.rows("SELECT from_state, to_state, by FROM case_transitions ORDER BY id")
    assert [tuple(step.values()) for step in steps] == [(None, "draft", None), ("draft", "to_dispatch", "1002")]


async def test_two_outcomes_at_once_store_one(api: Any, answered: str) -> None:
    bodies = [{"outcome": "answered"}, {"outcome": "rejected"}] * 4
    answers = await asyncio.gather(
        *(api.ask("1002", "PUT", f"/api/calls/{answered}/outcome", json=body) for body in bodies)
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [409] * 4
    assert len(await api.rows("SELECT * FROM case_transitions")) == 2


async def test_somebody_elses_call_takes_no_words(api: Any, answered: str) -> None:
    for what, body in (("outcome", {"outcome": "answered"}), ("draft", {"note": "x"})):
        assert (await api.ask("1001", "PUT", f"/api/calls/{answered}/{what}", json=body)).status_code == 404
        assert (await api.ask("1001", "PUT", f"/api/calls/none/{what}", json=body)).status_code == 404
    assert await api.ask("9001", "PUT", f"/api/calls/{answered}/outcome", json=body | {"outcome": "invalid"})


async def test_a_recording_is_heard_by_who_answered_and_by_supervisors(
    api: Any, answered: str, settings: Settings, event: Make
) -> None:
    path = f"/api/calls/{answered}/recording"
    assert (await api.ask("1002", "GET", path)).status_code == 404
    assert settings.recordings_dir is not None
    (settings.recordings_dir / f"{answered}.wav").write_bytes(b"RIFF sound")
    heard = {who: (await api.ask(who, "GET", path)).status_code for who in ("1001", "1002", "9001")}
    assert heard == {"1001": 403, "1002": 200, "9001": 200}
    assert (await api.ask("1002", "GET", path)).headers["content-type"] == "audio/wav"
    await api.hand_in(event("hall-2.1", 9, "call.answered", agent_id="1001", recording="../../secret"))
    assert (await api.ask("1001", "GET", "/api/calls/hall-2.1/recording")).status_code == 404


async def test_a_browser_phone_gets_the_account_the_renderer_reckons(api: Any) -> None:
    phone = (await api.ask("1001", "GET", "/api/agents/me/phone")).json()
    assert phone["uri"] == "sip:1001w@127.0.0.1"
    assert phone["password"] == seat_password("t" * 20, "1001w")


async def test_the_configuration_is_sent_again_only_when_it_changed(api: Any) -> None:
    first = await api.wire("GET", "/internal/configuration")
    body = first.json()
    assert first.headers["etag"] == f'"{body["version"]}"'
    assert body["agents"][0] == {
        "id": "1001",
        "name": "王丽华",
        "extension": "1001",
        "queues": ["city"],
        "role": "agent",
    }
    same = {"If-None-Match": first.headers["etag"]}
    again = await api.wire("GET", "/internal/configuration", headers=same)
    assert (again.status_code, again.content) == (304, b"")
    async with api.runtime.database.write() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE queues SET ring_seconds = 15")
    changed = await api.wire("GET", "/internal/configuration", headers=same)
    assert changed.json()["queues"][0]["ring_seconds"] == 15


def leave_message(folder: Path, name: str, **changes: Any) -> None:
    message = {
        "call_id": f"hall-{name}",
        "caller": "anonymous",
        "dialled": "12345",
        "number": "13800138000",
        "recording": f"{name}.wav",
        "at": "2026-11-21T00:00:00+00:00",
    }
    (folder / f"{name}.wav").write_bytes(b"RIFF sound")
    (folder / f".{name}").write_text(json.dumps(message | changes))
    (folder / f".{name}").replace(folder / f"{name}.json")


async def test_the_spool_is_imported_once_with_case_and_return_call(
    settings: Settings, database: Any, serve_api: Any, until: Any
) -> None:
    del database
    assert settings.spool_dir is not None
    folder = settings.spool_dir / "messages"
    leave_message(folder, "1.1")
    leave_message(folder, "1.2", number="", caller="05346316000")
    broken = folder / "1.3.json"
    broken.write_text("{")
    async with serve_api(settings) as (api, _):
        await until((folder / "imported" / "1.2.json").is_file)
        assert broken.is_file()
        leave_message(folder, "1.1")  # the same file once more, as after a crash between commit and move
        await until(lambda: not (folder / "1.1.json").exists())
        listed = (await api.ask("9001", "GET", "/api/messages")).json()
        assert [item["callback"] for item in listed["items"]] == ["+865346316000", "+8613800138000"]
        listed = (await api.ask("1001", "GET", "/api/messages")).json()
        assert [item["callback_display"] for item in listed["items"]] == ["053****6000", "138****8000"]
        told = json.dumps(listed)
        assert "8613800138000" not in told, "an agent calls without knowing the number"
        assert "13800138000" not in told
        sound = await api.ask("1001", "GET", listed["items"][0]["recording_url"])
        assert (sound.status_code, sound.content) == (200, b"RIFF sound")
        owed = (await api.ask("9001", "GET", "/api/return-calls")).json()["items"]
        assert sorted(item["caller"] for item in owed) == ["+8613800138000", "+865346316000"]
        calls = await api.rows("SELECT call_id, disposition, source FROM calls ORDER BY call_id")
        assert [tuple(call.values()) for call in calls] == [
            ("hall-1.1", "message", "message"),
            ("hall-1.2", "message", "message"),
        ]
        assert len(await api.rows("SELECT * FROM cases")) == 2


async def test_a_broken_file_is_put_aside_with_its_reason(
    settings: Settings, database: Any, serve_api: Any, until: Any
) -> None:
    del database
    assert settings.spool_dir is not None
    folder = settings.spool_dir / "messages"
    leave_message(folder, "2.1", at="yesterday")
    os.utime(folder / "2.1.json", (0, 0))
    async with serve_api(settings):
        await until((folder / "rejected" / "2.1.json").is_file)
    assert "at is not ISO 8601" in (folder / "rejected" / "2.1.json.reason").read_text()
