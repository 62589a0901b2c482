import datetime as dt
import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert

from db.engine import Database
from db.tables import Agent

Make = Callable[..., dict[str, Any]]
START = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
DAY = ["ready", "offered", "talking", "holding", "talking", "wrap_up", "paused", "logged_out"]
TOLD = "SELECT state, reason, call_id, since, until FROM agent_states WHERE agent_id = '1001' ORDER BY since, seq"


def changes(event: Make, states: list[str], *, first: int = 1, agent: str = "1001") -> list[dict[str, Any]]:
    """The agent is in each of these states for a minute."""
    return [
        event(
            f"agent-{agent}",
            first + place,
            "agent.state",
            agent_id=agent,
            state=state,
            reason="rest" if state == "paused" else None,
            call="hall-1.1" if state == "talking" else None,
            since=(START + dt.timedelta(minutes=first + place)).isoformat(),
        )
        for place, state in enumerate(states)
    ]


async def test_each_state_lasts_until_the_next_and_the_last_is_still_on(api: Any, event: Make) -> None:
    receipt = await api.hand_in(*changes(event, DAY))
    assert (receipt["accepted"], receipt["pops"]) == (list(range(1, 9)), [])
    rows = await api.rows(TOLD)
    assert [row["state"] for row in rows] == DAY
    assert all(before["until"] == after["since"] for before, after in itertools.pairwise(rows))
    assert rows[-1]["until"] is None
    assert [row["call_id"] for row in rows if row["state"] == "talking"] == ["hall-1.1"] * 2
    assert [row["reason"] for row in rows if row["state"] == "paused"] == ["rest"]
    assert await api.rows("SELECT * FROM calls") == [], "an agent's state is no call"


@pytest.mark.parametrize("seed", range(8))
async def test_any_order_and_any_repetition_give_the_same_rows(api: Any, event: Make, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    events = changes(event, DAY) + changes(event, DAY[:3], agent="1002")
    events += chance.sample(events, 5)
    chance.shuffle(events)
    while events:
        size = chance.randint(1, len(events))
        await api.hand_in(*events[:size])
        events = events[size:]
    rows = await api.rows(TOLD)
    assert [row["state"] for row in rows] == DAY
    assert all(before["until"] == after["since"] for before, after in itertools.pairwise(rows))


async def test_a_new_journal_counts_from_one_again_and_loses_nothing(api: Any, event: Make) -> None:
    await api.hand_in(*changes(event, ["ready", "paused"]))
    later = changes(event, ["ready", "paused"], first=10)
    await api.hand_in(*(change | {"seq": place} for place, change in enumerate(later, start=1)))
    assert [row["state"] for row in await api.rows(TOLD)] == ["ready", "paused"] * 2


async def test_states_and_calls_come_in_one_batch_and_a_bad_state_stops_nobody(api: Any, event: Make) -> None:
    good, bad = changes(event, ["ready", "dancing"])
    call = event("hall-1.1", 3, "call.started", caller="13800138000", dialled="12345")
    receipt = await api.hand_in(good, bad, call)
    assert receipt["accepted"] == [1, 2, 3]
    assert len(await api.rows(TOLD)) == len(await api.rows("SELECT * FROM calls")) == 1
    (rejected,) = await api.rows("SELECT reason FROM rejected_events")
    assert "state is not one of logged_out" in rejected["reason"]


@pytest.fixture
async def city(api: Any, database: Database, password_hash: str) -> Any:
    person = {"id": "9901", "name": "程立新", "extension": "9901", "role": "administrator"}
    async with database.write() as session:
        await session.execute(insert(Agent), [person | {"password_hash": password_hash}])
    return api


async def test_reasons_for_a_pause_are_laid_down_published_and_taken_out(city: Any) -> None:
    for reason, body in {"rest": {"name": "小休", "minutes": 30}, "training": {"name": "培训"}}.items():
        answer = await city.ask("9901", "PUT", f"/api/pause-reasons/{reason}", json={"why": "规定", **body})
        assert (answer.status_code, answer.json()["heard"]) == (200, False)
    published = (await city.wire("GET", "/internal/configuration")).json()["pauses"]
    assert published == [
        {"id": "rest", "name": "小休", "minutes": 30},
        {"id": "training", "name": "培训", "minutes": None},
    ]
    body = {"name": "小休", "minutes": 20, "active": False, "why": "试行结束"}
    assert (await city.ask("9901", "PUT", "/api/pause-reasons/rest", json=body)).status_code == 200
    listed = (await city.ask("1001", "GET", "/api/pause-reasons")).json()
    assert [(row["id"], row["minutes"], row["active"]) for row in listed] == [
        *(("rest", 20, False), ("training", None, True)),
    ]
    published = (await city.wire("GET", "/internal/configuration")).json()["pauses"]
    assert [row["id"] for row in published] == ["training"]
    assert (await city.ask("9901", "DELETE", "/api/pause-reasons/training?why=x")).status_code == 200
    assert (await city.ask("9901", "DELETE", "/api/pause-reasons/training?why=x")).status_code == 404
    told = [(row["action"], row["why"]) for row in await city.rows("SELECT action, why FROM audit ORDER BY id")]
    assert told == [
        *(("pause.created", "规定"), ("pause.created", "规定"), ("pause.changed", "试行结束"), ("pause.removed", "x")),
    ]


@pytest.mark.parametrize(
    ("who", "path", "body", "status"),
    [
        ("1001", "rest", {"name": "小休", "minutes": 30}, 403),
        ("9901", "Rest", {"name": "小休"}, 422),
        ("9901", "rest", {"name": ""}, 422),
        ("9901", "rest", {"name": "小休", "minutes": 0}, 422),
        ("9901", "rest", {"name": "小休", "minutes": 1441}, 422),
        ("9901", "rest", {"name": "小休", "hours": 1}, 422),
        ("9901", "rest", {"name": "小休", "why": ""}, 422),
    ],
)
async def test_what_is_no_reason_is_refused(city: Any, who: str, path: str, body: dict[str, Any], status: int) -> None:
    answer = await city.ask(who, "PUT", f"/api/pause-reasons/{path}", json={"why": "x", **body})
    assert answer.status_code == status
    assert await city.rows("SELECT * FROM pause_reasons") == []
