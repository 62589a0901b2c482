from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from db.engine import Database
from db.tables import Agent, County, Queue

RULES: dict[str, Any] = {
    "needs": [{"skill": "dialect", "until": 20.0}],
    "overflow": [{"to": "linhe", "after": 30.0}],
    "county_seconds": 15.0,
}
QUEUE: dict[str, Any] = {"name": "市级", "priority": 5, "ring_seconds": 15, "rules": RULES, "why": "方言"}
ROUTING: dict[str, Any] = {
    "queues": ["linhe", "city"],
    "skills": {"dialect": 7},
    "handicaps": {"city": 20.0},
    "county": "linhe",
    "why": "调岗",
}


@pytest.fixture
async def city(api: Any, database: Database, password_hash: str) -> Any:
    """An administrator and a second queue."""
    person = {"id": "9901", "name": "程立新", "extension": "9901", "role": "administrator"}
    gone = {"id": "1009", "name": "已离岗", "extension": "1009", "role": "agent", "active": False}
    async with database.write() as session:
        await session.execute(insert(Agent), [one | {"password_hash": password_hash} for one in (person,)])
        await session.execute(insert(Agent), [gone | {"password_hash": password_hash}])
        await session.execute(insert(Queue), [{"id": "linhe", "name": "临河县"}])
        await session.execute(insert(County), [{"id": "linhe", "name": "临河县"}])
    return api


async def put_queue(api: Any, queue: str = "city", who: str = "9901", **changes: Any) -> httpx.Response:
    answer: httpx.Response = await api.ask(who, "PUT", f"/api/queues/{queue}", json=QUEUE | changes)
    return answer


async def put_routing(api: Any, agent: str = "1001", who: str = "9001", **changes: Any) -> httpx.Response:
    answer: httpx.Response = await api.ask(who, "PUT", f"/api/agents/{agent}/routing", json=ROUTING | changes)
    return answer


async def configuration(api: Any) -> Any:
    return (await api.wire("GET", "/internal/configuration")).json()


async def test_a_queue_is_changed_told_published_and_set_back(city: Any) -> None:
    before = await configuration(city)
    assert before["queues"][0] == {"id": "city", "name": "市级", "priority": 0, "ring_seconds": 20}
    stored = await put_queue(city)
    assert stored.status_code == 200, stored.text
    plain = {"id": "city", "name": "市级", "priority": 5, "ring_seconds": 15}
    assert stored.json().items() >= (plain | {"rules": RULES, "heard": False}).items()
    listed = (await city.ask("1001", "GET", "/api/queues")).json()
    assert [row["rules"] for row in listed] == [RULES, None]
    changed = await configuration(city)
    assert changed["queues"][0] == plain | RULES
    assert (await put_queue(city)).json()["rules"] == RULES
    assert (await put_queue(city, priority=0, ring_seconds=20, rules=None)).json()["rules"] is None
    assert await configuration(city) == before
    told = await city.rows("SELECT by, action, subject, why, detail FROM audit ORDER BY id")
    assert [(row["by"], row["action"], row["subject"], row["why"]) for row in told] == [
        ("9901", "queue.changed", "queue:city", "方言")
    ] * 2
    assert (told[0]["detail"]["before"]["rules"], told[0]["detail"]["after"]["rules"]) == (None, RULES)


async def test_hours_of_a_queue_are_kept_day_by_day(city: Any) -> None:
    stored = await put_queue(city, rules={"hours": {"mon-tue": ["08:00-12:00"]}})
    assert stored.json()["rules"] == {"hours": {"mon": ["08:00-12:00"], "tue": ["08:00-12:00"]}}


@pytest.mark.parametrize(
    ("rules", "wheres"),
    [
        ({"overflow": [{"to": "moon"}, {"to": "city"}], "owner_seconds": -1}, ["rules.overflow.0", "rules.overflow.1"]),
        ({"needs": [{"skill": "dialect", "level": 11}]}, ["rules.needs.0"]),
        ({"hours": {"mon": ["18:00-08:00"]}}, ["rules.hours.mon"]),
    ],
)
async def test_rules_that_cannot_be_followed_are_refused_and_nothing_is_stored(
    city: Any, rules: dict[str, Any], wheres: list[str]
) -> None:
    answer = await put_queue(city, rules=rules)
    assert answer.status_code == 422
    found = answer.json()["findings"]
    assert [one["where"] for one in found if one["where"] in wheres] == wheres
    assert all(one["what"] and one["do"] for one in found)
    assert await city.rows("SELECT id FROM queues WHERE rules IS NOT NULL OR priority <> 0") == []
    assert await city.rows("SELECT id FROM audit") == []


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"rules": {"need": []}}, "body.rules.need"),
        ({"rules": {"needs": [{"skill": "方 言"}]}}, "body.rules.needs.0.skill"),
        ({"rules": {"county": "../x"}}, "body.rules.county"),
        ({"ring_seconds": 301}, "body.ring_seconds"),
        ({"priority": 10**30}, "body.priority"),
        ({"name": "\x00"}, "body.name"),
        ({"why": " "}, "body.why"),
    ],
)
async def test_odd_fields_of_a_queue_are_named(city: Any, changes: dict[str, Any], at: str) -> None:
    answer = await put_queue(city, **changes)
    assert (answer.status_code, [error["at"] for error in answer.json()["errors"]]) == (422, [at])


async def test_rules_must_be_sent_because_they_replace_those_of_before(city: Any) -> None:
    body = {name: value for name, value in QUEUE.items() if name != "rules"}
    answer = await city.ask("9901", "PUT", "/api/queues/city", json=body)
    assert [error["at"] for error in answer.json()["errors"]] == ["body.rules"]


async def test_queues_are_for_administrators_and_are_not_made_here(city: Any) -> None:
    assert (await put_queue(city, who="1001")).status_code == 403
    assert (await put_queue(city, who="9001")).status_code == 403
    missing = await put_queue(city, "moon")
    assert missing.status_code == 404
    assert "set up" in missing.json()["detail"]


PHONE = {"seat": "phone", "phone_number": None}


async def test_an_agents_routing_is_changed_told_published_and_set_back(city: Any) -> None:
    before = await configuration(city)
    stored = await put_routing(city)
    assert stored.status_code == 200, stored.text
    wanted = {name: value for name, value in ROUTING.items() if name != "why"}
    assert stored.json().items() >= (wanted | PHONE | {"id": "1001", "heard": False}).items()
    listed = {row["id"]: row for row in (await city.ask("9001", "GET", "/api/agents")).json()}
    assert listed["1001"].items() >= (wanted | PHONE).items()
    assert listed["1002"].items() >= {"queues": [], "skills": {}, "handicaps": {}, "county": ""}.items()
    changed = await configuration(city)
    assert changed["agents"][0].items() >= wanted.items()
    await put_routing(city, who="9901")
    back = await put_routing(city, queues=["city"], skills={}, handicaps={}, county="")
    assert back.status_code == 200
    assert await configuration(city) == before
    told = await city.rows("SELECT by, action, subject, why, detail FROM audit ORDER BY id")
    assert [(row["by"], row["action"], row["subject"], row["why"]) for row in told] == [
        ("9001", "agent.routing", "agent:1001", "调岗")
    ] * 2
    assert told[0]["detail"] == {
        "before": {"queues": ["city"], "skills": {}, "handicaps": {}, "county": ""} | PHONE,
        "after": wanted | PHONE,
    }


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"queues": ["moon"], "handicaps": {}}, "queues.0"),
        ({"skills": {"dialect": 11}}, "skills.dialect"),
        ({"queues": ["linhe"]}, "handicaps.city"),
    ],
)
async def test_routing_that_cannot_be_followed_is_refused(city: Any, changes: dict[str, Any], where: str) -> None:
    answer = await put_routing(city, **changes)
    assert (answer.status_code, [one["where"] for one in answer.json()["findings"]]) == (422, [where])
    served = await city.rows("SELECT queue_id FROM agent_queues WHERE agent_id = '1001'")
    assert [row["queue_id"] for row in served] == ["city"]
    assert await city.rows("SELECT id FROM agents WHERE skills IS NOT NULL") == []


async def test_routing_is_for_supervisors_and_for_agents_who_are_there(city: Any) -> None:
    assert (await put_routing(city, who="1001")).status_code == 403
    assert (await put_routing(city, "8888")).status_code == 404
    assert (await put_routing(city, "1009")).status_code == 404
    assert (await put_routing(city, queues=[], skills={}, handicaps={}, county="")).json()["queues"] == []
