"""What somebody else has changed since it was read is not written over unseen."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from db.engine import Database
from db.tables import Agent, County, MenuVersion, PauseReason

FIRST, SECOND = "9901", "9902"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that people change: where it is listed, and two ways to send it."""

    listed: str
    key: tuple[str, str]
    path: str
    first: dict[str, Any]
    second: dict[str, Any]
    subject: str


QUEUE: dict[str, Any] = {"name": "市级", "priority": 0, "ring_seconds": 20, "rules": None}
NUMBER: dict[str, Any] = {"line": "便民热线", "menu": "default", "queue": "city"}
THINGS = {
    "queue": Thing(
        "/api/queues",
        ("id", "city"),
        "/api/queues/city",
        QUEUE | {"rules": {"owner_seconds": 15.0, "needs": [{"skill": "dialect", "until": 20}]}},
        QUEUE | {"ring_seconds": 18},
        "queue:city",
    ),
    "routing": Thing(
        "/api/agents",
        ("id", "1001"),
        "/api/agents/1001/routing",
        {"queues": ["city"], "skills": {"dialect": 7}, "handicaps": {"city": 20}},
        {"queues": []},
        "agent:1001",
    ),
    "county": Thing(
        "/api/counties",
        ("id", "linhe"),
        "/api/counties/linhe",
        {"name": "临河县", "trunk_host": "10.8.0.2"},
        {"name": "临河"},
        "county:linhe",
    ),
    "pause": Thing(
        "/api/pause-reasons",
        ("id", "rest"),
        "/api/pause-reasons/rest",
        {"name": "小休", "minutes": 20},
        {"name": "小休", "active": False},
        "pause:rest",
    ),
    "number": Thing(
        "/api/numbers",
        ("number", "12345"),
        "/api/numbers/12345",
        NUMBER | {"priority": 7, "hours": {"mon-fri": ["08:30-12:00"]}},
        NUMBER | {"area": "linhe"},
        "number:12345",
    ),
}


@pytest.fixture
async def city(api: Any, database: Database, password_hash: str) -> Any:
    """Two administrators, a county, a reason for a pause and a menu."""
    people = [{"id": i, "name": i, "extension": i, "role": "administrator"} for i in (FIRST, SECOND)]
    async with database.write() as session:
        await session.execute(insert(Agent), [one | {"password_hash": password_hash} for one in people])
        await session.execute(insert(County), [{"id": "linhe", "name": "临河县"}])
        await session.execute(insert(PauseReason), [{"id": "rest", "name": "小休", "minutes": 30}])
        tree = {"start": "person", "nodes": {"person": {"kind": "queue", "queue": "city"}}}
        await session.execute(insert(MenuVersion), [{"menu": "default", "version": 1, "tree": tree}])
    return api


async def read(api: Any, thing: Thing) -> dict[str, Any]:
    name, value = thing.key
    rows = (await api.ask(FIRST, "GET", thing.listed)).json()
    found: dict[str, Any] = next(row for row in rows if row[name] == value)
    return found


async def put(api: Any, thing: Thing, who: str, wanted: dict[str, Any], revision: str | None) -> httpx.Response:
    headers = {} if revision is None else {"If-Match": f'"{revision}"'}
    answer: httpx.Response = await api.ask(who, "PUT", thing.path, json=wanted | {"why": "调整"}, headers=headers)
    return answer


@pytest.mark.parametrize("thing", THINGS.values(), ids=THINGS)
async def test_of_two_who_have_read_the_same_only_the_first_is_stored_and_the_other_is_told_by_whom(
    city: Any, thing: Thing
) -> None:
    seen = (await read(city, thing))["revision"]
    stored = await put(city, thing, FIRST, thing.first, seen)
    assert stored.status_code == 200, stored.text
    there = await read(city, thing)
    assert stored.json()["revision"] == there["revision"] != seen

    late = await put(city, thing, SECOND, thing.second, seen)
    assert (late.status_code, late.json()["code"], late.json()["by"]) == (412, "changed", FIRST)
    (entry,) = await city.rows("SELECT at, subject FROM audit")
    assert (late.json()["at"], entry["subject"]) == (entry["at"].isoformat(), thing.subject)
    assert await read(city, thing) == there

    again = await put(city, thing, SECOND, thing.second, there["revision"])
    assert again.status_code == 200, again.text
    assert again.json()["revision"] not in {seen, there["revision"]}


@pytest.mark.parametrize("thing", THINGS.values(), ids=THINGS)
async def test_who_names_no_revision_or_any_replaces_what_is_there(city: Any, thing: Thing) -> None:
    assert (await put(city, thing, FIRST, thing.first, None)).status_code == 200
    kept = (await read(city, thing))["revision"]
    assert (await put(city, thing, SECOND, thing.second, "*")).status_code == 200
    assert (await put(city, thing, SECOND, thing.first, None)).json()["revision"] == kept, "as it was, so its revision"
    assert (await put(city, thing, FIRST, thing.first, kept)).status_code == 200, "no change"


async def test_what_was_taken_out_meanwhile_is_not_made_anew_unseen(city: Any) -> None:
    thing = THINGS["pause"]
    seen = (await read(city, thing))["revision"]
    assert (await city.ask(FIRST, "DELETE", f"{thing.path}?why=x")).status_code == 200
    late = await put(city, thing, SECOND, thing.second, seen)
    assert (late.status_code, late.json()["by"]) == (412, FIRST)
    assert await city.rows("SELECT id FROM pause_reasons") == []
