"""Wire 2 and how a change is heard: what voice is given, when its version changes, and that somebody waits for it."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import insert, update

from api.configuration.service import current_configuration, tell_voice
from api.core.problems import ConflictError, VoiceAwayError
from api.settings import Settings
from db.clock import utc_now
from db.engine import Database
from db.tables import Agent, Holiday, Incident, MenuPublication, MenuVersion, Number, Queue, Sound, TransferTarget

NOW = dt.datetime(2026, 11, 21, 4, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
async def city(database: Database) -> Database:
    """Two lines, two versions in force one after the other and one to come, with what they name."""
    greeting = {"kind": "greeting", "sounds": ["@line", "own/a-1"], "next": "b"}
    tree = {"start": "a", "nodes": {"a": greeting, "b": {"kind": "queue", "queue": "@line"}}}
    menu = {"menu": "default", "tree": tree, "state": "approved"}
    line = {"number": "63160000", "line": "临河热线", "menu": "default", "queue_id": "linhe", "area": "linhe"}
    made = {"source": "upload", "state": "approved", "seconds": 1.0, "sha256": "0" * 64, "made_at": NOW}
    publications = [(1, NOW - 2 * HOUR), (2, NOW - HOUR), (3, NOW + HOUR)]
    sounds = {"own/a-1": "甲", "own/linhe-1": "乙", "own/b-1": "丙", "hotline/failure": "丁", "parts/1": "一"}
    async with database.write() as session:
        await session.execute(insert(Queue), [{"id": "linhe", "name": "临河县"}])
        hours = {"mon-fri": ["08:00-18:00"]}
        await session.execute(insert(Number), [line | {"greeting": ["own/linhe-1"], "hours": hours}])
        await session.execute(insert(MenuVersion), [menu | {"version": version} for version, _ in publications])
        await session.execute(
            insert(MenuPublication),
            [{"menu": "default", "version": v, "effective_at": at, "decided_at": NOW} for v, at in publications],
        )
        await session.execute(insert(Sound), [{"name": name, "text": text, **made} for name, text in sounds.items()])
        days = [dt.date(2025, 12, 31), dt.date(2026, 1, 1), dt.date(2027, 1, 1)]
        await session.execute(insert(Holiday), [{"day": day, "kind": "holiday"} for day in days])
        await session.execute(insert(TransferTarget), [{"number": "110", "name": "公安", "kind": "emergency"}])
    return database


async def given(database: Database, now: dt.datetime = NOW) -> Any:
    async with database.read() as session:
        return await current_configuration(session, now=now)


async def switch_on(database: Database, **changes: Any) -> None:
    incident = {"title": "停水", "text": "停水", "sounds": ["own/b-1"], "switched_on_by": "9001"}
    times = {"starts_at": NOW - HOUR, "ends_at": NOW + HOUR}
    async with database.write() as session:
        await session.execute(insert(Incident), [incident | times | changes])


async def test_lines_menus_holidays_texts_and_targets_are_given(city: Database) -> None:
    found = await given(city)
    assert found["numbers"][1] == {
        "number": "63160000",
        "line": "临河热线",
        "menu": "default",
        "queue": "linhe",
        "area": "linhe",
        "greeting": ["own/linhe-1"],
        "hours": {"mon-fri": ["08:00-18:00"]},
    }
    assert (found["numbers"][0]["greeting"], found["numbers"][0]["hours"]) == ([], None)
    assert [(menu["version"], menu["from"]) for menu in found["menus"]] == [
        (2, (NOW - HOUR).isoformat()),
        (3, (NOW + HOUR).isoformat()),
    ]
    assert [day["day"] for day in found["holidays"]] == ["2026-01-01", "2027-01-01"]
    assert found["sounds"] == {"hotline/failure": "丁", "own/a-1": "甲", "own/linhe-1": "乙"}
    assert (found["targets"], found["incidents"]) == (["110"], [])


async def test_incidents_are_given_with_their_lines_while_they_are_on_or_to_come(city: Database) -> None:
    await switch_on(city, areas=["linhe"])
    await switch_on(city, numbers=["12345"], areas=["linhe"], starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    await switch_on(city)
    await switch_on(city, ends_at=NOW)
    await switch_on(city, switched_off_at=NOW - HOUR, switched_off_by="9001")
    found = await given(city)
    assert [one["numbers"] for one in found["incidents"]] == [
        ["63160000"],
        ["12345", "63160000"],
        ["12345", "63160000"],
    ]
    assert found["incidents"][0].items() >= {"sounds": ["own/b-1"], "ends": (NOW + HOUR).isoformat()}.items()
    assert found["sounds"]["own/b-1"] == "丙"
    assert len((await given(city, NOW + HOUR))["incidents"]) == 1


async def test_the_version_changes_when_the_content_does_and_not_with_the_clock(city: Database) -> None:
    first = (await given(city))["version"]
    assert (await given(city, NOW + HOUR - dt.timedelta(seconds=1)))["version"] == first
    after = await given(city, NOW + HOUR)
    assert ([menu["version"] for menu in after["menus"]], after["version"] != first) == ([3], True)
    changes: list[Any] = [
        update(Number).values(greeting=["own/b-1"]),
        update(Sound).where(Sound.name == "hotline/failure").values(text="戊"),
        update(MenuPublication).where(MenuPublication.version == 3).values(cancelled_at=NOW),
        insert(TransferTarget).values(number="119", name="消防", kind="emergency"),
        insert(Holiday).values(day=dt.date(2026, 12, 1), kind="workday"),
    ]
    seen = {first}
    for change in changes:
        async with city.write() as session:
            await session.execute(change)
        seen.add((await given(city))["version"])
        assert (await given(city))["version"] in seen
    assert len(seen) == 1 + len(changes)


class Place:
    """A running API with a voice process beside it that fetches when it is told to."""

    def __init__(self, api: Any, voice: Any, until: Any) -> None:
        self.api = api
        self.voice = voice
        self.until = until

    @contextlib.asynccontextmanager
    async def following(self, *, change: Any = None) -> AsyncIterator[None]:
        """Do as the voice process does; `change` happens just before its first fetch."""

        async def follow() -> None:
            for reloads in range(1, 100):
                await self.until(lambda wanted=reloads: len(self.voice.ops("reload")) >= wanted)
                if change is not None and reloads == 1:
                    await change()
                version = (await self.api.wire("GET", "/internal/configuration")).json()["version"]
                await self.voice.send({"op": "configured", "version": version})

        task = asyncio.create_task(follow())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def tell(self) -> bool:
        return await tell_voice(self.api.runtime.database, self.api.runtime.link)


@pytest.fixture
async def place(settings: Settings, voice: Any, city: Database, serve_api: Any, until: Any) -> AsyncIterator[Place]:
    del city
    async with serve_api(settings.model_copy(update={"link_url": voice.url})) as (api, _):
        await until(lambda: api.runtime.link.up)
        yield Place(api, voice, until)


async def test_a_change_is_heard_once_the_voice_process_routes_by_it(place: Place) -> None:
    link = place.api.runtime.link
    assert link.configured_version is None
    async with place.following():
        assert await place.tell()
        assert link.configured_version == (await place.api.wire("GET", "/internal/configuration")).json()["version"]
    await place.voice.stop()
    await place.until(lambda: link.configured_version is None)
    assert not await place.tell()
    await place.voice.start()
    await place.until(lambda: link.up)
    await place.voice.send({"op": "configured", "version": "of before"})
    await place.until(lambda: link.configured_version == "of before")


async def test_a_change_of_somebody_else_meanwhile_is_heard_with_it(place: Place) -> None:
    async def change() -> None:
        async with place.api.runtime.database.write() as session:
            await session.execute(update(Queue).values(ring_seconds=9))

    async with place.following(change=change):
        assert await place.tell()


async def test_a_voice_process_that_does_not_take_it_costs_two_seconds(place: Place) -> None:
    began = utc_now()
    assert not await place.tell()
    assert dt.timedelta(seconds=1.8) < utc_now() - began < dt.timedelta(seconds=5)
    assert len(place.voice.ops("reload")) > 1


async def test_who_publishes_learns_whether_calls_hear_it(place: Place, city: Database, password_hash: str) -> None:
    person = {"id": "9901", "name": "程立新", "extension": "9901", "role": "administrator"}
    async with city.write() as session:
        await session.execute(insert(Agent), [person | {"password_hash": password_hash}])
        await session.execute(update(MenuPublication).values(effective_at=utc_now() - HOUR))
    path = "/api/menus/default"
    async with place.following():
        published = await place.api.ask("9901", "POST", f"{path}/publications", json={"version": 1, "why": "back"})
        assert (published.status_code, published.json()["heard"]) == (201, True), published.text
        later = {"version": 2, "why": "later", "at": (utc_now() + HOUR).isoformat()}
        scheduled = (await place.api.ask("9901", "POST", f"{path}/publications", json=later)).json()
        assert scheduled["heard"]
        gone = await place.api.ask("9901", "DELETE", f"{path}/publications/{scheduled['id']}")
        assert (gone.json()["standing"], gone.json()["heard"]) == ("cancelled", True)
    await place.voice.stop()
    await place.until(lambda: not place.api.runtime.link.up)
    back = (await place.api.ask("9901", "POST", f"{path}/rollback", json={"why": "x"})).json()
    assert (back["version"], back["heard"]) == (3, False)
    assert "as soon as it is back" in back["note"]


async def test_a_request_brings_the_answer_of_the_voice_process(place: Place) -> None:
    link = place.api.runtime.link

    async def reply(number: int, **answer: Any) -> None:
        await place.until(lambda: len(place.voice.ops("request")) == number)
        frame = place.voice.ops("request")[-1]
        assert (frame["name"], frame["args"]) == ("test_target", {"target": "110"})
        await place.voice.send({"op": "reply", "id": frame["id"], **answer})

    asked = asyncio.create_task(link.request("test_target", {"target": "110"}, 5))
    await reply(1, ok=True, answer={"result": "busy", "ms": 7})
    assert await asked == {"result": "busy", "ms": 7}
    refused = asyncio.create_task(link.request("test_target", {"target": "110"}, 5))
    await reply(2, ok=False, code="busy", detail="another test runs")
    with pytest.raises(ConflictError, match="another test runs"):
        await refused
    with pytest.raises(VoiceAwayError):
        await link.request("test_target", {"target": "110"}, 0.05)
    await place.voice.stop()
    await place.until(lambda: not link.up)
    with pytest.raises(VoiceAwayError):
        await link.request("test_target", {"target": "110"}, 5)


async def test_the_endpoint_gives_all_of_it_with_its_tag(place: Place) -> None:
    answer = await place.api.wire("GET", "/internal/configuration")
    body = answer.json()
    assert answer.headers["etag"] == f'"{body["version"]}"'
    assert {*body} == {
        *("version", "queues", "agents", "numbers", "menus"),
        *("incidents", "holidays", "sounds", "targets", "target_names", "pauses"),
    }
    same = await place.api.wire("GET", "/internal/configuration", headers={"If-None-Match": answer.headers["etag"]})
    assert same.status_code == 304
