from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert

from db.clock import utc_now
from db.tables import Case, Incident

Make = Callable[..., dict[str, Any]]


@pytest.fixture
async def rated(api: Any, event: Make) -> str:
    """A call that 1002 answered and the citizen rated."""
    call_id = "hall-1.1"
    await api.hand_in(
        event(call_id, 1, "call.started", caller="13800138000", dialled="12345"),
        event(call_id, 2, "call.answered", agent_id="1002", recording=f"{call_id}.wav"),
        event(call_id, 3, "call.ended", disposition="answered", ended_by="agent"),
        event(call_id, 4, "call.rated", score=1, reason="pressed"),
    )
    return call_id


async def case_of(api: Any, who: str, call_id: str) -> dict[str, Any]:
    call = (await api.ask(who, "GET", f"/api/calls/{call_id}")).json()
    found: dict[str, Any] = (await api.ask(who, "GET", f"/api/cases/{call['case_no']}")).json()
    return found


async def events_of(api: Any, who: str, call_id: str) -> set[str]:
    call = (await api.ask(who, "GET", f"/api/calls/{call_id}")).json()
    return {one["type"] for one in call["events"]}


@pytest.mark.parametrize(
    ("outcome", "closed"), [("answered", True), ("rejected", True), ("invalid", True), ("to_dispatch", False)]
)
async def test_agents_see_the_rating_once_the_case_is_closed(api: Any, rated: str, outcome: str, closed: bool) -> None:
    rating = {"score": 1, "reason": "pressed", "at": "2026-11-21T00:00:04Z"}
    assert (await case_of(api, "1002", rated))["rating"] is None
    assert "call.rated" not in await events_of(api, "1002", rated)
    assert (await case_of(api, "9001", rated))["rating"] == rating
    assert "call.rated" in await events_of(api, "9001", rated)
    answer = await api.ask("1002", "PUT", f"/api/calls/{rated}/outcome", json={"outcome": outcome})
    assert answer.status_code == 200
    assert (await case_of(api, "1002", rated))["rating"] == (rating if closed else None)
    assert ("call.rated" in await events_of(api, "1002", rated)) is closed


async def test_a_case_nobody_rated_has_no_rating(api: Any, event: Make) -> None:
    await api.hand_in(event("hall-1.1", 1, "call.answered", agent_id="1002"))
    assert (await case_of(api, "9001", "hall-1.1"))["rating"] is None


async def test_the_agent_can_tell_the_query_code(api: Any, rated: str) -> None:
    (stored,) = await api.rows("SELECT query_code FROM cases")
    assert stored["query_code"].isdigit()
    assert len(stored["query_code"]) == 6
    assert (await case_of(api, "1002", rated))["query_code"] == stored["query_code"]
    call = (await api.ask("1002", "GET", f"/api/calls/{rated}")).json()
    assert call["query_code"] == stored["query_code"]
    for path in ("/api/cases", "/api/calls"):
        (item,) = (await api.ask("1002", "GET", path)).json()["items"]
        assert "query_code" not in item


async def test_an_incidents_case_has_no_call_and_is_told_all_the_same(api: Any, rated: str) -> None:
    number = "3714-261121-00002-6"
    now = utc_now()
    async with api.runtime.database.write() as session:
        case = {"number": number, "state": "to_dispatch", "opened_at": now, "outcome_by": "9001"}
        case_id = await session.scalar(insert(Case).values(case).returning(Case.id))
        incident = {"title": "停电", "text": "停电", "sounds": [], "starts_at": now, "ends_at": now.replace(year=2099)}
        await session.execute(insert(Incident).values(incident | {"switched_on_by": "9001", "case_id": case_id}))
    listed = (await api.ask("9001", "GET", "/api/cases")).json()
    assert listed["total"] == 2
    assert [item["call_id"] for item in listed["items"]] == [None, rated]
    found = (await api.ask("9001", "GET", f"/api/cases/{listed['items'][0]['case_no']}")).json()
    assert (found["incident_title"], found["caller"], found["caller_display"]) == ("停电", None, "")
    assert (await api.ask("1002", "GET", "/api/cases")).json()["total"] == 1
    assert (await api.ask("1001", "GET", "/api/agents/me")).status_code == 200
