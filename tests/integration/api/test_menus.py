"""The life of a change: draft, check, a second person, publication, roll-back."""

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from db.clock import utc_now
from db.engine import Database
from db.tables import Agent, Sound

Change = Callable[[dict[str, Any]], None]
MENUS = "/api/menus/default"


def tree(**changes: Any) -> dict[str, Any]:
    """A menu of one level without a mistake."""
    menu = {
        "kind": "menu",
        "sounds": ["hotline/menu-default"],
        "choices": {"0": "person"},
        "on_failure": "person",
        "on_silence": "person",
    }
    nodes = {
        "greeting": {"kind": "announcement", "sounds": ["hotline/greeting-12345"], "next": "menu"},
        "menu": menu,
        "person": {"kind": "queue", "queue": "city"},
    }
    return {"start": "greeting", "nodes": nodes | changes}


@pytest.fixture
async def city(api: Any, database: Database, password_hash: str) -> Any:
    """Two administrators and the sounds that come with the project."""
    people = [("9901", "程立新"), ("9902", "顾婉仪"), ("9903", "林海")]
    rows = [
        {"id": i, "name": n, "extension": i, "role": "administrator", "password_hash": password_hash} for i, n in people
    ]
    async with database.write() as session:
        await session.execute(insert(Agent), rows)
        await session.execute(insert(Sound), [sound("hotline/greeting-12345"), sound("hotline/menu-default")])
    return api


def sound(name: str, **changes: Any) -> dict[str, Any]:
    made = {"source": "built_in", "state": "approved", "seconds": 3.0, "sha256": "0" * 64, "made_at": utc_now()}
    return {"name": name, "text": f"text of {name}", **made, **changes}


async def make(api: Any, data: Any, who: str = "9901", menu: str = "default") -> dict[str, Any]:
    answer = await api.ask(who, "POST", f"/api/menus/{menu}/versions", json={"tree": data, "why": "a shorter menu"})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def step(api: Any, version: int, name: str, who: str, **more: Any) -> httpx.Response:
    path = f"{MENUS}/versions/{version}/{name}"
    answer: httpx.Response = await api.ask(who, "POST", path, json={"why": f"{name} by {who}"}, **more)
    return answer


async def approved(api: Any, data: Any) -> int:
    """A version of 9901 that 9902 has approved."""
    version = (await make(api, data))["version"]
    assert (await step(api, version, "submission", "9901")).status_code == 200
    answer = await step(api, version, "approval", "9902")
    assert answer.status_code == 200, answer.text
    return int(version)


async def publish(api: Any, version: int, at: dt.datetime | None = None, who: str = "9902") -> httpx.Response:
    body = {"version": version, "at": at.isoformat() if at else None, "why": "it is better"}
    answer: httpx.Response = await api.ask(who, "POST", f"{MENUS}/publications", json=body)
    return answer


async def spoken(api: Any) -> list[int]:
    """The versions that the voice process is given, the one in force first."""
    configuration = (await api.wire("GET", "/internal/configuration")).json()
    return [menu["version"] for menu in configuration["menus"]]


async def test_a_change_goes_from_the_draft_over_a_second_person_to_the_calls_and_back(city: Any) -> None:
    draft = await make(city, tree())
    assert (draft["version"], draft["state"], draft["revision"], draft["findings"]) == (1, "draft", 1, [])
    assert (await publish(city, 1)).status_code == 409
    assert (await step(city, 1, "approval", "9902")).status_code == 409
    assert (await step(city, 1, "submission", "9901")).json()["state"] == "submitted"
    refused = await step(city, 1, "approval", "9901")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "another administrator" in refused.json()["detail"]
    assert (await step(city, 1, "approval", "9902")).json()["approved_by"] == "9902"
    assert await spoken(city) == []
    published = (await publish(city, 1)).json()
    assert (published["standing"], published["heard"], published["scheduled"]) == ("in_force", False, [])
    second = await approved(city, tree(menu=tree()["nodes"]["menu"] | {"wait_seconds": 5}))
    assert (await publish(city, second)).json()["standing"] == "in_force"
    assert await spoken(city) == [2]
    back = await city.ask("9901", "POST", f"{MENUS}/rollback", json={"why": "callers were lost"})
    assert (back.status_code, back.json()["version"]) == (201, 1)
    assert await spoken(city) == [1]
    told = [entry["action"] for entry in (await city.ask("1001", "GET", f"{MENUS}/history")).json()]
    assert told == [
        "menu.rolled_back",
        *("menu.published", "menu.approved", "menu.submitted", "menu.created"),
        *("menu.published", "menu.approved", "menu.submitted", "menu.created"),
    ]
    newest = (await city.ask("1001", "GET", f"{MENUS}/history")).json()[0]
    assert (newest["by"], newest["why"], newest["subject"]) == ("9901", "callers were lost", "menu:default@1")


async def test_whoever_changed_a_draft_once_may_not_approve_it(city: Any) -> None:
    await make(city, tree())
    for who, revision in (("9902", 1), ("9901", 2)):
        headers = {"Authorization": f"Bearer {await city.token(who)}", "If-Match": f'"{revision}"'}
        body = {"tree": tree(), "why": "words"}
        answer = await city.http.put(f"{MENUS}/versions/1", json=body, headers=headers)
        assert (answer.status_code, answer.headers["etag"]) == (200, f'"{revision + 1}"')
    await step(city, 1, "submission", "9903")
    assert [(await step(city, 1, "approval", who)).status_code for who in ("9901", "9902", "9903")] == [403, 403, 200]


async def test_a_version_is_returned_and_mended(city: Any) -> None:
    await make(city, tree())
    await step(city, 1, "submission", "9901")
    headers = {"Authorization": f"Bearer {await city.token('9901')}", "If-Match": "*"}
    body = {"tree": tree(), "why": "words"}
    assert (await city.http.put(f"{MENUS}/versions/1", json=body, headers=headers)).status_code == 409
    assert (await step(city, 1, "return", "9902")).json()["state"] == "draft"
    assert (await city.http.put(f"{MENUS}/versions/1", json=body, headers=headers)).status_code == 200
    assert (await step(city, 1, "return", "9902")).status_code == 409


async def test_two_who_change_one_draft_do_not_overwrite_each_other(city: Any) -> None:
    await make(city, tree())
    path = f"{MENUS}/versions/1"

    async def put(who: str, **headers: str) -> int:
        signed = {"Authorization": f"Bearer {await city.token(who)}", **headers}
        answer = await city.http.put(path, json={"tree": tree(), "why": who}, headers=signed)
        return int(answer.status_code)

    assert await put("9901") == 428
    both = await asyncio.gather(put("9901", **{"If-Match": '"1"'}), put("9902", **{"If-Match": 'W/"0", "1"'}))
    assert sorted(both) == [200, 412]
    assert (await city.ask("9901", "GET", path)).json()["revision"] == 2


async def test_an_approver_approves_what_was_read(city: Any) -> None:
    await make(city, tree())
    await step(city, 1, "submission", "9901")
    signed = {"Authorization": f"Bearer {await city.token('9902')}"}
    path, why = f"{MENUS}/versions/1/approval", {"why": "read"}
    assert (await city.http.post(path, json=why, headers=signed | {"If-Match": '"7"'})).status_code == 412
    assert (await city.http.post(path, json=why, headers=signed | {"If-Match": '"1"'})).status_code == 200


async def test_two_approvals_at_once_are_one(city: Any) -> None:
    await make(city, tree())
    await step(city, 1, "submission", "9901")
    answers = await asyncio.gather(*(step(city, 1, "approval", who) for who in ("9902", "9903") * 3))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert len(await city.rows("SELECT * FROM audit WHERE action = 'menu.approved'")) == 1


async def test_two_versions_at_once_get_two_numbers(city: Any) -> None:
    made = await asyncio.gather(*(make(city, tree(), who) for who in ("9901", "9902") * 3))
    assert sorted(one["version"] for one in made) == [1, 2, 3, 4, 5, 6]


async def test_two_publications_at_once_leave_the_later_one_in_force(city: Any) -> None:
    one, other = await approved(city, tree()), await approved(city, tree())
    answers = await asyncio.gather(*(publish(city, version) for version in (one, other)))
    assert [answer.status_code for answer in answers] == [201, 201]
    last = max((answer.json() for answer in answers), key=lambda body: body["id"])
    assert await spoken(city) == [last["version"]]
    assert (await publish(city, last["version"])).status_code == 409
    same = await asyncio.gather(*(publish(city, one if last["version"] == other else other) for _ in range(4)))
    assert sorted(answer.status_code for answer in same) == [201, 409, 409, 409]


async def test_a_publication_at_a_set_time_waits_and_can_be_cancelled_before(city: Any) -> None:
    await publish(city, await approved(city, tree()))
    second = await approved(city, tree())
    now = utc_now()
    for wrong in (now - dt.timedelta(seconds=1), now + dt.timedelta(days=366)):
        answer = await publish(city, second, wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "refused")
    naive = {"version": second, "at": "2026-11-21T10:00:00", "why": "x"}
    assert (await city.ask("9901", "POST", f"{MENUS}/publications", json=naive)).status_code == 422
    later = (await publish(city, second, now + dt.timedelta(hours=1))).json()
    assert later["standing"] == "scheduled"
    configuration = (await city.wire("GET", "/internal/configuration")).json()
    assert [menu["version"] for menu in configuration["menus"]] == [1, 2]
    assert dt.datetime.fromisoformat(configuration["menus"][1]["from"]) == dt.datetime.fromisoformat(
        later["effective_at"]
    )
    (shown,) = (await city.ask("1001", "GET", "/api/menus")).json()
    assert (shown["in_force"]["version"], shown["scheduled"][0]["id"]) == (1, later["id"])
    path = f"{MENUS}/publications/{later['id']}"
    assert (await city.ask("9902", "DELETE", f"/api/menus/other/publications/{later['id']}")).status_code == 404
    assert (await city.ask("9902", "DELETE", f"{path}?why=not yet")).json()["standing"] == "cancelled"
    assert (await city.ask("9902", "DELETE", path)).status_code == 409
    assert await spoken(city) == [1]
    standings = [one["standing"] for one in (await city.ask("1001", "GET", f"{MENUS}/publications")).json()]
    assert standings == ["cancelled", "in_force"]


async def test_what_took_effect_cannot_be_cancelled(city: Any, until: Any) -> None:
    first, second = await approved(city, tree()), await approved(city, tree())
    in_force = (await publish(city, first)).json()
    answer = await city.ask("9901", "DELETE", f"{MENUS}/publications/{in_force['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    soon = (await publish(city, second, utc_now() + dt.timedelta(milliseconds=400))).json()
    assert soon["standing"] == "scheduled"

    async def changed_over() -> bool:
        return await spoken(city) == [second]

    await until(changed_over)
    assert (await city.ask("9901", "DELETE", f"{MENUS}/publications/{soon['id']}")).status_code == 409


async def test_a_roll_back_needs_a_version_before_and_leaves_what_is_set_for_later(city: Any) -> None:
    first = await approved(city, tree())
    path, why = f"{MENUS}/rollback", {"why": "it was worse"}
    assert (await city.ask("9901", "POST", path, json=why)).status_code == 409
    await publish(city, first)
    assert (await city.ask("9901", "POST", path, json=why)).status_code == 409
    second, third = await approved(city, tree()), await approved(city, tree())
    await publish(city, second)
    later = (await publish(city, third, utc_now() + dt.timedelta(days=1))).json()
    back = (await city.ask("9901", "POST", path, json=why)).json()
    assert (back["version"], [one["id"] for one in back["scheduled"]]) == (first, [later["id"]])
    assert f"publication {later['id']}" in back["note"]
    again = (await city.ask("9901", "POST", path, json=why)).json()
    assert again["version"] == second


async def test_a_publication_is_checked_again_with_the_sounds_of_today(city: Any) -> None:
    version = await approved(city, tree())
    async with city.runtime.database.write() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE sounds SET state = 'rejected' WHERE name LIKE '%menu%'")
    answer = await publish(city, version)
    assert answer.status_code == 422
    (finding,) = answer.json()["findings"]
    assert (finding["severity"], finding["where"]) == ("error", "menu")
    assert "not approved" in finding["what"]
    assert finding["do"]
    assert await spoken(city) == []


@pytest.mark.parametrize("who", ["1001", "9001"])
async def test_only_administrators_change_and_everybody_reads(city: Any, who: str) -> None:
    await make(city, tree())
    for method, path in (
        ("POST", "/versions"),
        ("PUT", "/versions/1"),
        *(("POST", f"/versions/1/{name}") for name in ("submission", "approval", "return", "trial-code")),
        ("POST", "/publications"),
        ("DELETE", "/publications/1"),
        ("POST", "/rollback"),
    ):
        body = {"tree": tree(), "why": "x", "version": 1}
        assert (await city.ask(who, method, MENUS + path, json=body if method != "DELETE" else None)).status_code == 403
    for path in ("", "/versions", "/versions/1", "/versions/1/findings", "/versions/1/difference", "/history"):
        assert (await city.ask(who, "GET", (MENUS if path else "/api/menus") + path)).status_code == 200


async def test_what_is_exported_is_imported_as_it_was(city: Any) -> None:
    await make(city, tree())
    signed = {"Authorization": f"Bearer {await city.token('9902')}"}
    exported = await city.http.get(f"{MENUS}/versions/1", headers=signed | {"Accept": "application/yaml"})
    assert exported.headers["content-type"].startswith("application/yaml")
    assert 'filename="default-1.yaml"' in exported.headers["content-disposition"]
    headers = signed | {"Content-Type": "application/yaml"}
    imported = await city.http.post("/api/menus/copy/versions?why=from home", content=exported.text, headers=headers)
    assert imported.status_code == 201, imported.text
    assert imported.headers["location"] == "/api/menus/copy/versions/1"
    first = (await city.ask("9902", "GET", f"{MENUS}/versions/1")).json()
    assert imported.json()["tree"] == first["tree"]


async def test_a_difference_reads_like_a_sentence(city: Any) -> None:
    await publish(city, await approved(city, tree()))
    menu = tree()["nodes"]["menu"] | {"choices": {"0": "person", "1": "bye"}, "wait_seconds": 5}
    await make(city, tree(menu=menu, bye={"kind": "hang_up", "sounds": ["hotline/goodbye"]}))
    told = (await city.ask("1001", "GET", f"{MENUS}/versions/2/difference")).json()
    assert (told["from_version"], told["to_version"]) == (1, 2)
    assert "menu: key 1 added, leads to bye" in told["lines"]
    assert "menu: wait_seconds 3 -> 5" in told["lines"]
    assert len(told["lines"]) == 3
    back = (await city.ask("1001", "GET", f"{MENUS}/versions/1/difference?from=2")).json()
    assert "menu: key 1 taken out (was bye)" in back["lines"]
    whole = (await city.ask("1001", "GET", f"{MENUS}/versions/1/difference?from=0")).json()
    assert whole["lines"][0] == "calls begin at greeting (was no node)"
    assert (await city.ask("1001", "GET", f"{MENUS}/versions/1/difference?from=9")).status_code == 404
