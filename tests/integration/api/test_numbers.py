import asyncio
import datetime as dt
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from api.settings import Settings
from db.clock import utc_now
from db.engine import Database
from db.tables import Agent, MenuPublication, MenuVersion, Sound

Make = Callable[..., dict[str, Any]]
TREE = {"start": "person", "nodes": {"person": {"kind": "queue", "queue": "@line"}}}
LINE = {"line": "水务热线", "menu": "default", "queue": "city", "why": "合并"}


@pytest.fixture
async def city(api: Any, database: Database, password_hash: str) -> Any:
    """An administrator, a menu in force, one that is not, and two sounds."""
    person = {"id": "9901", "name": "程立新", "extension": "9901", "role": "administrator"}
    made = {"text": "您好", "source": "upload", "seconds": 3.0, "sha256": "0" * 64, "made_at": utc_now()}
    sounds = [{"name": "own/water-1", "state": "approved"}, {"name": "own/water-2", "state": "new"}]
    async with database.write() as session:
        await session.execute(insert(Agent), [person | {"password_hash": password_hash}])
        versions = [{"menu": menu, "version": 1, "tree": TREE, "state": "approved"} for menu in ("default", "later")]
        await session.execute(insert(MenuVersion), versions)
        long_ago = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        first = {"menu": "default", "version": 1, "effective_at": long_ago, "decided_at": long_ago}
        await session.execute(insert(MenuPublication), [first])
        await session.execute(insert(Sound), [made | sound for sound in sounds])
    return api


async def put(api: Any, number: str, who: str = "9901", **changes: Any) -> httpx.Response:
    answer: httpx.Response = await api.ask(who, "PUT", f"/api/numbers/{number}", json=LINE | changes)
    return answer


async def test_a_number_is_created_changed_and_every_change_is_told(city: Any) -> None:
    hours = {"mon-fri": ["08:30-12:00", "14:00-18:00"]}
    created = await put(city, "96101", area="linhe", greeting=["own/water-1"], hours=hours)
    assert created.status_code == 200, created.text
    body = created.json()
    assert (body["number"], body["menu_in_force"], body["greeting"], body["heard"]) == (
        *("96101", True, ["own/water-1"], False),
    )
    assert body["hours"]["wed"] == ["08:30-12:00", "14:00-18:00"]
    changed = await put(city, "96101", menu="later")
    assert (changed.json()["menu_in_force"], changed.json()["greeting"], changed.json()["hours"]) == (False, None, None)
    await put(city, "96101", menu="later")
    assert (await city.ask("1001", "GET", "/api/numbers/96101")).json()["menu"] == "later"
    assert [row["number"] for row in (await city.ask("1001", "GET", "/api/numbers")).json()] == ["12345", "96101"]
    told = await city.rows("SELECT by, action, subject, why, detail FROM audit ORDER BY id")
    assert [(row["by"], row["action"], row["subject"], row["why"]) for row in told] == [
        ("9901", "number.created", "number:96101", "合并"),
        ("9901", "number.changed", "number:96101", "合并"),
    ]
    assert (told[1]["detail"]["before"]["menu"], told[1]["detail"]["after"]["menu"]) == ("default", "later")
    configuration = (await city.wire("GET", "/internal/configuration")).json()
    assert configuration["numbers"][1] == {
        "number": "96101",
        "line": "水务热线",
        "menu": "later",
        "queue": "city",
        "area": "",
        "greeting": [],
        "hours": None,
    }


async def test_the_priority_of_a_number_stays_until_another_one_is_given(city: Any) -> None:
    assert (await put(city, "96101")).json()["priority"] == 0
    assert (await put(city, "96101", priority=30)).json()["priority"] == 30
    assert (await put(city, "96101", area="linhe")).json()["priority"] == 30
    published = (await city.wire("GET", "/internal/configuration")).json()["numbers"]
    assert [number.get("priority") for number in published] == [None, 30]
    assert (await put(city, "96101", priority=0)).json()["priority"] == 0
    assert (await put(city, "96101", priority=1001)).status_code == 422


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"queue": "moon"}, "96101.queue"),
        ({"menu": "moon"}, "96101.menu"),
        ({"greeting": ["own/none-1"]}, "96101.greeting"),
        ({"greeting": ["own/water-2"]}, "96101.greeting"),
        ({"hours": {"someday": []}}, "96101.hours"),
        ({"hours": {"mon": ["18:00-08:00"]}}, "96101.hours"),
        ({"hours": {"mon": ["25:00-26:00"]}}, "96101.hours"),
    ],
)
async def test_what_a_number_cannot_name_is_refused_with_what_to_do(
    city: Any, changes: dict[str, Any], where: str
) -> None:
    answer = await put(city, "96101", **changes)
    assert answer.status_code == 422
    (found,) = answer.json()["findings"]
    assert (found["where"], found["severity"]) == (where, "error")
    assert found["what"]
    assert found["do"]
    assert len(await city.rows("SELECT * FROM numbers")) == 1
    assert await city.rows("SELECT * FROM audit") == []


@pytest.mark.parametrize(
    ("number", "changes", "at"),
    [
        ("12", {}, "path.number"),
        ("1" * 13, {}, "path.number"),
        ("12a45", {}, "path.number"),
        ("96101", {"line": ""}, "body.line"),
        ("96101", {"line": " \u202e\x00 "}, "body.line"),
        ("96101", {"line": "x" * 65}, "body.line"),
        ("96101", {"why": "\n"}, "body.why"),
        ("96101", {"why": None}, "body.why"),
        ("96101", {"area": "../x"}, "body.area"),
        ("96101", {"greeting": ["x"] * 6}, "body.greeting"),
        ("96101", {"hours": {"mon": ["08:00-09:00"] * 11}}, "body.hours.mon"),
        ("96101", {"greetings": []}, "body.greetings"),
    ],
)
async def test_odd_input_is_refused_and_named(city: Any, number: str, changes: dict[str, Any], at: str) -> None:
    answer = await put(city, number, **changes)
    assert answer.status_code == 422
    assert at in [error["at"] for error in answer.json()["errors"]]


async def test_sixty_five_lines_are_sixty_five_rows_all_or_nothing(city: Any) -> None:
    rows = [{"number": f"96{n:03}", "line": f"热线 {n}", "menu": "default", "queue": "city"} for n in range(65)]
    answer = await city.ask("9901", "PUT", "/api/numbers", json={"numbers": rows, "why": "合并"})
    assert answer.json() == {"created": 65, "changed": 0, "unchanged": 0, "heard": False}
    rows[7]["line"] = "新名"
    answer = await city.ask("9901", "PUT", "/api/numbers", json={"numbers": rows, "why": "合并"})
    assert answer.json() == {"created": 0, "changed": 1, "unchanged": 64, "heard": False}
    rows[8]["line"], rows[9]["queue"], rows[10]["menu"] = "新名", "moon", "moon"
    answer = await city.ask("9901", "PUT", "/api/numbers", json={"numbers": [*rows, rows[0]], "why": "合并"})
    assert answer.status_code == 422
    assert [found["where"] for found in answer.json()["findings"]] == ["96000", "96009.queue", "96010.menu"]
    assert len(await city.rows("SELECT * FROM numbers WHERE line = '新名'")) == 1
    assert len((await city.ask("1001", "GET", "/api/numbers")).json()) == 66


async def test_the_last_number_stays(city: Any) -> None:
    assert (await put(city, "96101")).status_code == 200
    assert (await city.ask("9901", "DELETE", "/api/numbers/12345")).status_code == 422
    answers = await asyncio.gather(
        *(city.ask("9901", "DELETE", f"/api/numbers/{number}?why=alt") for number in ("12345", "96101"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await city.ask("9901", "DELETE", "/api/numbers/777?why=alt")).status_code == 404
    assert len(await city.rows("SELECT * FROM numbers")) == 1
    assert [row["action"] for row in await city.rows("SELECT action FROM audit ORDER BY id")] == [
        *("number.created", "number.removed"),
    ]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/api/numbers/96101", LINE),
        ("PUT", "/api/numbers", {"numbers": [{"number": "96101", **LINE}], "why": "x"}),
        ("DELETE", "/api/numbers/12345?why=x", None),
        ("PUT", "/api/holidays/2026-10-01", {"kind": "holiday", "why": "x"}),
        ("PUT", "/api/holidays", {"days": [{"day": "2026-10-01", "kind": "holiday"}], "why": "x"}),
        ("DELETE", "/api/holidays/2026-10-01?why=x", None),
        ("PUT", "/api/transfer-targets/110", {"name": "公安", "kind": "emergency", "why": "x"}),
        ("DELETE", "/api/transfer-targets/110?why=x", None),
        ("POST", "/api/transfer-targets/110/test", None),
    ],
)
async def test_only_administrators_change_what_calls_are_routed_by(
    city: Any, method: str, path: str, body: dict[str, Any] | None
) -> None:
    for who in ("1001", "9001"):
        assert (await city.ask(who, method, path, json=body)).status_code == 403
    assert (await city.http.request(method, path, json=body)).status_code == 401
    assert await city.rows("SELECT * FROM audit") == []


@pytest.mark.parametrize("path", ["numbers", "holidays", "transfer-targets", "lines/statistics"])
async def test_everybody_signed_in_may_read(city: Any, path: str) -> None:
    assert (await city.ask("1001", "GET", f"/api/{path}")).status_code == 200
    assert (await city.http.get(f"/api/{path}")).status_code == 401


async def test_a_change_is_heard_when_the_telephone_system_has_taken_it(
    settings: Settings, city: Any, voice: Any, serve_api: Any, until: Any
) -> None:
    del city

    async def fetch() -> None:
        found = (await api.wire("GET", "/internal/configuration")).json()
        await voice.send({"op": "configured", "version": found["version"]})

    async with serve_api(settings.model_copy(update={"link_url": voice.url})) as (api, _):
        await until(lambda: api.runtime.link.up)
        voice.on_reload = fetch
        assert (await put(api, "96101")).json()["heard"] is True
        deleted = await api.ask("9901", "DELETE", "/api/numbers/96101?why=alt")
        assert deleted.json() == {"heard": True}
        day = await api.ask("9901", "PUT", "/api/holidays/2027-10-01", json={"kind": "holiday", "why": "国庆"})
        assert day.json()["heard"] is True


async def generate(api: Any, event: Make, *, calls: int) -> Counter[str]:
    """Calls of every kind to known and unknown numbers; returns how many there are by number."""
    chance = random.Random(7)  # noqa: S311 - a test's dice
    dialled: Counter[str] = Counter()
    seq, batch = 0, []
    for n in range(calls):
        number = chance.choice(["12345", "96000", "96001", "96002", "999", ""])
        dialled[number] += 1
        kinds: list[tuple[str, dict[str, Any]]] = [("call.started", {"caller": f"1380{n:07}", "dialled": number})]
        if chance.random() < 0.7:
            kinds.append(("call.queued", {"queue": "city", "priority": 0}))
        how = chance.choice(["answered", "abandoned", "message", "registered", "transferred", "menu", "failed", "none"])
        kinds += {
            "answered": [("call.answered", {"agent_id": "1001"}), ("call.ended", {"disposition": "answered"})],
            "abandoned": [("call.ended", {"disposition": "abandoned"})],
            "message": [("call.message", {"recording": f"m{n}.wav"}), ("call.ended", {"disposition": "abandoned"})],
            "registered": [("call.return_requested", {"queue": "city"})],
            "transferred": [("call.transferred", {"target": "110", "result": "answered"})],
            "menu": [("call.ended", {"disposition": "hangup_in_menu"})],
            "failed": [("call.ended", {"disposition": "failed"})],
            "none": [],
        }[how]
        for kind, data in kinds:
            seq += 1
            batch.append(event(f"hall-{n}", seq, kind, **data))
    for start in range(0, len(batch), 200):
        await api.hand_in(*batch[start : start + 200])
    return dialled


COUNTS = ("answered", "abandoned", "registered", "messages", "transferred", "hung_up_in_menu", "other")


async def test_the_sum_of_the_lines_is_the_total(city: Any, event: Make) -> None:
    rows = [{"number": f"96{n:03}", "line": f"热线 {n}", "menu": "default", "queue": "city"} for n in range(65)]
    await city.ask("9901", "PUT", "/api/numbers", json={"numbers": rows, "why": "合并"})
    dialled = await generate(city, event, calls=150)
    window = {"since": "2026-11-21T00:00:00Z", "until": "2026-11-22T00:00:00Z"}
    found = (await city.ask("1001", "GET", "/api/lines/statistics", params=window)).json()
    total, lines = found["total"], found["lines"]
    assert total["calls"] == 150
    assert len(lines) == 67
    by_number = {line["number"]: line for line in lines}
    assert by_number["12345"]["calls"] == dialled["12345"]
    assert by_number[None]["calls"] == dialled["999"] + dialled[""]
    assert by_number["96064"] == {
        **dict.fromkeys((*COUNTS, "calls", "waited", "answered_within_15_s"), 0),
        "number": "96064",
        "line": "热线 64",
        "area": "",
        "mean_wait_ms": None,
    }
    for name in ("calls", *COUNTS, "waited", "answered_within_15_s"):
        assert sum(line[name] for line in lines) == total[name], name
        assert total[name] > 0, name
    for line in (*lines, total):
        assert sum(line[name] for name in COUNTS) == line["calls"]
    waits = sum(line["waited"] * (line["mean_wait_ms"] or 0) for line in lines)
    assert waits == pytest.approx(total["waited"] * total["mean_wait_ms"])
    nothing = {"since": "2025-11-21T00:00:00+08:00", "until": "2025-11-22T00:00:00+08:00"}
    assert (await city.ask("1001", "GET", "/api/lines/statistics", params=nothing)).json()["total"]["calls"] == 0


async def test_a_call_whose_beginning_was_lost_still_counts(city: Any, event: Make) -> None:
    await city.hand_in(event("hall-1.1", 1, "call.queued", queue="city", priority=0))
    window = {"since": "2026-11-21T00:00:00Z", "until": "2026-11-22T00:00:00Z"}
    found = (await city.ask("1001", "GET", "/api/lines/statistics", params=window)).json()
    assert (found["total"]["calls"], found["lines"][-1]["number"]) == (1, None)


@pytest.mark.parametrize(
    "window",
    [
        {"since": "2026-11-22T00:00:00Z", "until": "2026-11-21T00:00:00Z"},
        {"since": "2020-11-22T00:00:00Z", "until": "2026-11-21T00:00:00Z"},
        {"since": "2026-11-22T00:00:00"},
        {"since": "yesterday"},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"since": "2300-01-01T00:00:00Z"},
    ],
)
async def test_a_period_that_is_none_is_refused(city: Any, window: dict[str, str]) -> None:
    answer = await city.ask("1001", "GET", "/api/lines/statistics", params=window)
    assert answer.status_code == 422
    assert answer.json()["detail"]
