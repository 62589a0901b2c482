from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from api.settings import Settings
from db.clock import utc_now
from db.engine import Database
from db.tables import Agent, MenuPublication, MenuVersion


@pytest.fixture
async def city(api: Any, database: Database, password_hash: str) -> Any:
    person = {"id": "9901", "name": "程立新", "extension": "9901", "role": "administrator"}
    async with database.write() as session:
        await session.execute(insert(Agent), [person | {"password_hash": password_hash}])
    return api


async def put(api: Any, path: str, **body: Any) -> httpx.Response:
    answer: httpx.Response = await api.ask("9901", "PUT", f"/api/{path}", json={"why": "x", **body})
    return answer


async def test_a_day_is_set_changed_and_made_ordinary(city: Any) -> None:
    assert (await put(city, "holidays/2026-10-01", kind="holiday", name="国庆节")).status_code == 200
    assert (await put(city, "holidays/2026-10-01", kind="holiday", name="国庆节")).status_code == 200
    days = [{"day": "2026-10-01", "kind": "workday"}, {"day": "2027-01-01", "kind": "holiday", "name": "元旦"}]
    assert (await put(city, "holidays", days=days)).json() == {"heard": False}
    listed = (await city.ask("1001", "GET", "/api/holidays")).json()
    assert [(row["day"], row["kind"], row["name"]) for row in listed] == [
        *(("2026-10-01", "workday", ""), ("2027-01-01", "holiday", "元旦")),
    ]
    assert len((await city.ask("1001", "GET", "/api/holidays?year=2027")).json()) == 1
    assert (await city.ask("9901", "DELETE", "/api/holidays/2026-10-01?why=x")).status_code == 200
    for method in ("GET", "DELETE"):
        assert (await city.ask("9901", method, "/api/holidays/2026-10-01?why=x")).status_code == 404
    told = [row["action"].split(".")[1] for row in await city.rows("SELECT action FROM audit ORDER BY id")]
    assert told == ["created", "changed", "created", "removed"]
    configuration = (await city.wire("GET", "/internal/configuration")).json()
    assert configuration["holidays"] == [{"day": "2027-01-01", "kind": "holiday"}]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("holidays/2026-02-30", {"kind": "holiday"}),
        ("holidays/1999-01-01", {"kind": "holiday"}),
        ("holidays/2026-10-01", {"kind": "party"}),
        ("holidays/2026-10-01", {"kind": "holiday", "name": "x" * 65}),
        ("holidays/2026-10-01", {"kind": "holiday", "why": ""}),
        ("holidays", {"days": []}),
        ("holidays", {"days": [{"day": "2026-10-01", "kind": "holiday"}] * 2}),
        ("holidays", {"days": [{"day": "2026-10-01", "kind": "holiday"}, {"day": "x", "kind": "holiday"}]}),
        ("transfer-targets/11a", {"name": "公安", "kind": "emergency"}),
        ("transfer-targets/11", {"name": "公安", "kind": "emergency"}),
        ("transfer-targets/110", {"name": "", "kind": "emergency"}),
        ("transfer-targets/110", {"name": "公安", "kind": "police"}),
        ("transfer-targets/110", {"name": "公安", "kind": "emergency", "sip": "sip:x"}),
    ],
)
async def test_what_is_none_is_refused_and_nothing_is_stored(city: Any, path: str, body: dict[str, Any]) -> None:
    answer = await put(city, path, **body)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    for table in ("holidays", "transfer_targets", "audit"):
        assert await city.rows(f"SELECT * FROM {table}") == []  # noqa: S608 - our own names


async def test_a_target_is_created_changed_and_taken_out(city: Any) -> None:
    created = await put(city, "transfer-targets/110", name="公安", kind="emergency")
    assert (created.json()["name"], created.json()["tested_at"], created.json()["heard"]) == ("公安", None, False)
    assert (await put(city, "transfer-targets/110", name="公安报警", kind="emergency")).status_code == 200
    assert [row["name"] for row in (await city.ask("1001", "GET", "/api/transfer-targets")).json()] == ["公安报警"]
    assert (await city.wire("GET", "/internal/configuration")).json()["targets"] == ["110"]
    assert (await city.ask("9901", "DELETE", "/api/transfer-targets/110?why=x")).json() == {"heard": False}
    for method, more in (("GET", ""), ("DELETE", "?why=x"), ("POST", "/test")):
        path = f"/api/transfer-targets/110{more}"
        assert (await city.ask("9901", method, path)).status_code == 404
    told = [row["action"] for row in await city.rows("SELECT action FROM audit ORDER BY id")]
    assert told == ["target.created", "target.changed", "target.removed"]


async def test_a_target_that_callers_are_sent_to_stays(city: Any) -> None:
    await put(city, "transfer-targets/110", name="公安", kind="emergency")
    police = {"kind": "transfer", "sounds": [], "target": "110", "on_failure": "person"}
    tree = {"start": "police", "nodes": {"police": police, "person": {"kind": "queue", "queue": "city"}}}
    now = utc_now()
    async with city.runtime.database.write() as session:
        await session.execute(
            insert(MenuVersion), [{"menu": "default", "version": 1, "tree": tree, "state": "approved"}]
        )
        first = {"menu": "default", "version": 1, "effective_at": now, "decided_at": now}
        await session.execute(insert(MenuPublication), [first])
    answer = await city.ask("9901", "DELETE", "/api/transfer-targets/110?why=x")
    assert answer.status_code == 409
    assert "node police of menu default" in answer.json()["detail"]


async def test_with_the_telephone_system_away_no_target_can_be_tried(city: Any) -> None:
    await put(city, "transfer-targets/110", name="公安", kind="emergency")
    answer = await city.ask("9901", "POST", "/api/transfer-targets/110/test")
    assert (answer.status_code, answer.json()["code"]) == (503, "voice_away")
    assert (await city.rows("SELECT tested_at FROM transfer_targets"))[0]["tested_at"] is None


@pytest.mark.parametrize(
    ("answer", "result", "ms"),
    [
        ({"result": "answered", "ms": 2300}, "answered", 2300),
        ({"result": "no_answer", "ms": 30_000}, "no_answer", 30_000),
        ({"result": "<script>", "ms": "x"}, "failed", None),
    ],
)
async def test_a_target_is_tried_and_what_came_of_it_is_kept(
    *, settings: Settings, city: Any, voice: Any, serve_api: Any, until: Any, answer: Any, result: str, ms: int | None
) -> None:
    await put(city, "transfer-targets/110", name="公安", kind="emergency")
    voice.answers["test_target"] = answer
    async with serve_api(settings.model_copy(update={"link_url": voice.url})) as (api, _):
        await until(lambda: api.runtime.link.up)
        tried = (await api.ask("9901", "POST", "/api/transfer-targets/110/test", json={"why": "例行拨测"})).json()
    assert (tried["test_result"], tried["ms"], tried["tested_by"]) == (result, ms, "9901")
    assert voice.ops("request")[0]["args"] == {"target": "110"}
    (told,) = await city.rows("SELECT why, detail FROM audit WHERE action = 'target.tested'")
    assert (told["why"], told["detail"]["result"]) == ("例行拨测", result)
    await put(city, "transfer-targets/110", name="另名", kind="emergency")
    assert (await city.rows("SELECT test_result FROM transfer_targets"))[0]["test_result"] == result
