"""Calls that the hotline makes, in the tables and over HTTP: whom agents may call, and what their screens are told."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from api.settings import Settings

Make = Callable[..., dict[str, Any]]
CALLER = "13800138000"
CANONICAL = "+8613800138000"


def came_in(
    event: Make, call_id: str, first: int, *, agent: str = "1001", caller: str = CALLER
) -> list[dict[str, Any]]:
    steps: list[tuple[str, dict[str, Any]]] = [
        ("call.started", {"caller": caller, "dialled": "12345"}),
        ("call.queued", {"queue": "city", "priority": 0}),
        ("call.offered", {"agent_id": agent, "offer_no": 1, "waited_ms": 0}),
        ("call.answered", {"agent_id": agent, "recording": f"{call_id}.wav"}),
        ("call.ended", {"disposition": "answered", "ended_by": "caller"}),
    ]
    return [event(call_id, first + place, kind, **data) for place, (kind, data) in enumerate(steps)]


def lost(event: Make, call_id: str, first: int, *, caller: str = CALLER) -> list[dict[str, Any]]:
    return [
        event(call_id, first, "call.started", caller=caller, dialled="12345"),
        event(call_id, first + 1, "call.queued", queue="city", priority=0),
        event(call_id, first + 2, "call.ended", disposition="abandoned", ended_by="caller"),
    ]


def made(event: Make, call_id: str, first: int, *, reached: bool, **about: Any) -> list[dict[str, Any]]:
    """The events of a call of ours."""
    started = {"direction": "outbound", "caller": CALLER, "dialled": "12345", "queue": "city", **about}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("call.started", started),
        ("call.offered", {"agent_id": "1001", "offer_no": 1, "waited_ms": 0}),
    ]
    if reached:
        steps.append(("call.answered", {"agent_id": "1001", "recording": f"{call_id}.wav"}))
    ending = {"disposition": "answered" if reached else "busy", "ended_by": "caller" if reached else "system"}
    steps.append(("call.ended", ending))
    return [event(call_id, first + place, kind, **data) for place, (kind, data) in enumerate(steps)]


async def case_of(api: Any) -> str:
    (row,) = await api.rows("SELECT number FROM cases WHERE call_id = 'hall-1.1'")
    return str(row["number"])


async def test_a_call_about_a_case_opens_none_and_pops_that_case_without_the_number(api: Any, event: Make) -> None:
    await api.hand_in(*came_in(event, "hall-1.1", 1))
    case_no = await case_of(api)
    receipt = await api.hand_in(*made(event, "out-1-1001", 11, reached=True, case_no=case_no))
    assert [(pop["case_no"], pop["agent_id"]) for pop in receipt["pops"]] == [(case_no, "1001")] * 2
    assert "8000" in receipt["pops"][0]["caller_display"]
    assert "38001380" not in json.dumps(receipt["pops"])
    assert len(await api.rows("SELECT 1 FROM cases")) == 1
    answer = await api.ask("1001", "GET", "/api/calls/out-1-1001")
    assert (answer.json()["direction"], answer.json()["case_no"]) == ("outbound", case_no)
    assert "38001380" not in answer.text
    listed = await api.ask("1001", "GET", "/api/calls?limit=1")
    assert "38001380" not in listed.text
    assert CANONICAL in (await api.ask("9001", "GET", "/api/calls/out-1-1001")).text, "supervisors see everything"


async def test_what_was_reached_is_stored_beside_the_case(api: Any, event: Make) -> None:
    await api.hand_in(*came_in(event, "hall-1.1", 1))
    case_no = await case_of(api)
    await api.ask("1001", "PUT", "/api/calls/hall-1.1/outcome", json={"outcome": "to_dispatch"})
    await api.hand_in(*made(event, "out-1-1001", 11, reached=True, case_no=case_no))
    body = {"outcome": "reached", "note": "满意"}
    for _ in range(2):
        answer = await api.ask("1001", "PUT", "/api/calls/out-1-1001/outcome", json=body)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["case_no"], answer.json()["case_state"]) == (case_no, "to_dispatch")
    other = await api.ask("1001", "PUT", "/api/calls/out-1-1001/outcome", json={"outcome": "not_reached"})
    assert other.status_code == 409
    (row,) = await api.rows("SELECT case_no, agent_id, result, note FROM callback_results")
    assert tuple(row.values()) == (case_no, "1001", "reached", "满意")
    inbound = await api.ask("1001", "PUT", "/api/calls/hall-1.1/outcome", json=body)
    assert inbound.status_code == 409


async def test_neither_figures_nor_statistics_count_calls_of_ours(api: Any, event: Make) -> None:
    await api.hand_in(*made(event, "out-1-1001", 1, reached=True), *made(event, "out-2-1001", 11, reached=False))
    (row,) = await api.rows("SELECT count(*) AS n FROM calls WHERE direction = 'outbound'")
    assert row["n"] == 2
    lines = await api.ask("9001", "GET", "/api/lines/statistics?since=2026-11-20T00:00:00Z&until=2026-11-23T00:00:00Z")
    assert lines.status_code == 200, lines.text
    assert lines.json()["total"]["calls"] == 0


async def test_a_return_call_that_reaches_somebody_pays_the_debt_and_opens_the_case(api: Any, event: Make) -> None:
    await api.hand_in(*lost(event, "hall-1.1", 1))
    (owed,) = (await api.ask("1001", "GET", "/api/return-calls")).json()["items"]
    assert (owed["queue"], owed["attempts"], owed["caller_display"]) == ("city", 0, "138****8000")
    assert owed["caller"] is None
    about = {"about_call": "hall-1.1", "return_call": owed["id"]}
    await api.hand_in(*made(event, "out-1-1001", 11, reached=False, **about))
    (owed,) = (await api.ask("1001", "GET", "/api/return-calls")).json()["items"]
    assert owed["attempts"] == 1, "still owed"
    receipt = await api.hand_in(*made(event, "out-2-1001", 21, reached=True, **about))
    assert len({pop["case_no"] for pop in receipt["pops"]}) == 1, "what was said opens a case"
    answer = await api.ask("1001", "GET", "/api/return-calls")
    assert (answer.json()["total"], "38001380" in answer.text) == (0, False)
    (row,) = await api.rows("SELECT state, settled_by_call FROM return_calls")
    assert tuple(row.values()) == ("done", "out-2-1001")
    (case,) = await api.rows("SELECT call_id FROM cases")
    assert case["call_id"] == "out-2-1001"
    cases = await api.ask("1001", "GET", "/api/cases")
    assert (cases.json()["total"], "38001380" in cases.text) == (1, False)


async def test_a_record_alone_tells_how_a_call_of_ours_ended(api: Any, event: Make) -> None:
    start = made(event, "out-1-1001", 1, reached=True)[:2]
    record = event(
        "out-1-1001", 9, "call.record", direction="outbound", disposition="failed", ended_at="2026-11-21T00:01:00Z"
    )
    await api.hand_in(*start, record)
    (call,) = await api.rows("SELECT direction, caller, disposition, ended_at FROM calls")
    assert tuple(call.values())[:3] == ("outbound", CANONICAL, "failed")
    assert call["ended_at"] is not None
    assert await api.rows("SELECT 1 FROM return_calls") == []


@pytest.mark.usefixtures("database")
async def test_agents_call_whom_they_may_know_of_and_the_number_goes_to_the_telephone_alone(
    settings: Settings, voice: Any, serve_api: Any, event: Make, until: Any
) -> None:
    async with serve_api(settings.model_copy(update={"link_url": voice.url})) as (api, _):
        await until(lambda: api.runtime.link.up)
        await api.hand_in(*came_in(event, "hall-1.1", 1), *lost(event, "hall-2.1", 11, caller="13700137000"))
        await api.hand_in(*lost(event, "hall-3.1", 21, caller="anonymous"))
        case_no = await case_of(api)

        async def ask(agent: str, **whom: Any) -> Any:
            return await api.ask(agent, "POST", "/api/outbound/calls", json=whom)

        answer = await ask("1001", case_no=case_no)
        assert answer.status_code == 201, answer.text
        assert (answer.json()["case_no"], answer.json()["caller_display"]) == (case_no, "138****8000")
        assert "38001380" not in answer.text
        (frame,) = voice.ops("command")
        assert frame["name"] == "call_out"
        assert frame["args"] == {
            "number": CALLER,
            "line": "12345",
            "queue": "city",
            "case_no": case_no,
            "about_call": "hall-1.1",
            "return_call": None,
        }
        assert (await ask("1002", case_no=case_no)).status_code == 404, "none of theirs"
        assert (await ask("1002", call_id="hall-1.1")).status_code == 404
        assert (await ask("1001", call_id="hall-1.1")).status_code == 201
        (debt,) = (await api.ask("1001", "GET", "/api/return-calls")).json()["items"]
        assert (await ask("1002", return_call_id=debt["id"])).status_code == 404, "a queue that 1002 does not serve"
        assert (await ask("1001", return_call_id=debt["id"])).status_code == 201
        assert voice.ops("command")[-1]["args"]["return_call"] == debt["id"]
        withheld = await ask("9001", call_id="hall-3.1")
        assert (withheld.status_code, "withheld" in withheld.text) == (409, True)
        assert (await ask("1001")).status_code == 422
        assert (await ask("1001", case_no=case_no, call_id="hall-1.1")).status_code == 422
        assert (await ask("1001", number="13800138000")).status_code == 422
        assert (await ask("1001", case_no="3714-261121-00001-0")).status_code == 404
        voice.refusal = {"ok": False, "code": "no_phone", "detail": "your phone is not free"}
        refused = await ask("1001", case_no=case_no)
        assert (refused.status_code, "not free" in refused.text) == (409, True)
        (row,) = await api.rows("SELECT count(*) AS n FROM calls WHERE direction = 'outbound'")
        assert row["n"] == 0


@pytest.mark.parametrize("state", ["owed", "done", "cancelled"])
async def test_the_list_of_return_calls_is_found_by_state(api: Any, event: Make, state: str) -> None:
    await api.hand_in(*lost(event, "hall-1.1", 1))
    answer = await api.ask("9001", "GET", f"/api/return-calls?state={state}")
    assert answer.json()["total"] == (1 if state == "owed" else 0)
    assert (await api.ask("1002", "GET", "/api/return-calls")).json()["total"] == 0, "city is none of 1002's queues"
