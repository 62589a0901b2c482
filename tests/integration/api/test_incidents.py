import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, update

from api.settings import Settings
from asterisk_conf import speech
from db.clock import utc_now
from db.engine import Database
from db.tables import Incident, Number, Sound

Make = Callable[..., dict[str, Any]]
VOICE = """
import sys
from asterisk_conf.speech import wav
text = sys.stdin.buffer.read().decode()
sys.exit("no such voice") if "失败" in text else sys.stdout.buffer.write(wav(bytes([0, 32]) * 800 * len(text)))
"""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """A voice of our own that says nothing, as long as its text is."""
    (tmp_path / "zh").mkdir()
    (tmp_path / "voice.py").write_text(VOICE)
    command = ("env", f"PYTHONPATH={Path(speech.__file__).parents[1]}", sys.executable, str(tmp_path / "voice.py"))
    return settings.model_copy(update={"sounds_dir": tmp_path / "zh", "speech_command": command})


@pytest.fixture
async def city(api: Any, database: Database) -> Any:
    """Two lines of a county beside the city's, and two sounds."""
    made = {"text": "停电", "source": "upload", "seconds": 3.0, "sha256": "0" * 64, "made_at": utc_now()}
    async with database.write() as session:
        lines = [{"number": number, "line": number, "menu": "default", "queue_id": "city"} for number in ("771", "772")]
        await session.execute(insert(Number), [line | {"area": "linhe"} for line in lines])
        sounds = [{"name": "own/outage-1", "state": "approved"}, {"name": "own/outage-2", "state": "rejected"}]
        await session.execute(insert(Sound), [made | sound for sound in sounds])
    return api


def soon(**more: float) -> str:
    return (utc_now() + dt.timedelta(**(more or {"hours": 2}))).isoformat()


async def switch_on(api: Any, who: str = "9001", **changes: Any) -> httpx.Response:
    body = {"title": "城东停电", "text": "城东停电，正在抢修。", "sounds": ["own/outage-1"], "ends_at": soon()}
    answer: httpx.Response = await api.ask(who, "POST", "/api/incidents", json=body | changes)
    return answer


async def told(api: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.wire("GET", "/internal/configuration")).json()["incidents"]
    return found


async def test_one_action_switches_an_incident_on_with_its_case(city: Any) -> None:
    answer = await switch_on(city, areas=["linhe"], why="供电公司来电")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["on"], body["heard"], body["affected"], body["switched_on_by"]) == (True, False, 0, "9001")
    (wired,) = await told(city)
    assert (wired["id"], wired["sounds"], wired["numbers"]) == (str(body["id"]), ["own/outage-1"], ["771", "772"])
    case = (await city.ask("9001", "GET", f"/api/cases/{body['case_no']}")).json()
    assert (case["state"], case["incident_id"], case["call_id"]) == ("to_dispatch", body["id"], None)
    assert [(step["from_state"], step["to_state"], step["by"]) for step in case["history"]] == [
        *((None, "draft", "9001"), ("draft", "to_dispatch", "9001")),
    ]
    (entry,) = await city.rows("SELECT action, subject, why FROM audit")
    assert list(entry.values()) == ["incident.switched_on", f"incident:{body['id']}", "供电公司来电"]


@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [
        ({}, ["12345", "771", "772"]),
        ({"numbers": ["12345"]}, ["12345"]),
        ({"numbers": ["12345"], "areas": ["linhe"]}, ["12345", "771", "772"]),
    ],
)
async def test_it_is_told_by_the_lines_that_were_chosen(city: Any, chosen: Any, numbers: list[str]) -> None:
    assert (await switch_on(city, **chosen)).status_code == 201
    assert (await told(city))[0]["numbers"] == numbers


async def test_its_priority_reaches_the_telephone_system_and_the_trail(city: Any) -> None:
    assert (await switch_on(city, priority=30)).json()["priority"] == 30
    assert (await switch_on(city)).json()["priority"] == 0
    assert [one.get("priority") for one in await told(city)] == [30, None]
    assert [row["detail"]["priority"] for row in await city.rows("SELECT detail FROM audit ORDER BY id")] == [30, 0]
    assert (await switch_on(city, priority=1001)).status_code == 422


async def test_without_a_sound_the_text_is_spoken(city: Any, settings: Settings) -> None:
    body = (await switch_on(city, sounds=None)).json()
    assert body["sounds"] == ["own/incident-1"]
    assert settings.sounds_dir is not None
    assert (settings.sounds_dir / "own" / "incident-1.wav").is_file()
    assert (await city.rows("SELECT state, text FROM sounds WHERE name = 'own/incident-1'")) == [
        {"state": "approved", "text": "城东停电，正在抢修。"},
    ]


async def test_what_cannot_be_spoken_is_told_and_nothing_is_on(city: Any) -> None:
    answer = await switch_on(city, sounds=None, text="失败")
    assert answer.status_code == 503
    for table in ("incidents", "cases", "audit"):
        assert await city.rows(f"SELECT * FROM {table}") == []  # noqa: S608 - our own names


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"numbers": ["999"]}, "numbers"),
        ({"areas": ["moon"]}, "areas"),
        ({"sounds": ["own/none-1"]}, "sounds"),
        ({"sounds": ["own/outage-2"]}, "sounds"),
        ({"ends_at": "2026-01-01T00:00:00Z"}, "ends_at"),
        ({"ends_at": soon(days=7, hours=6)}, "ends_at"),
    ],
)
async def test_what_an_incident_cannot_be_is_refused(city: Any, changes: dict[str, Any], where: str) -> None:
    answer = await switch_on(city, **changes)
    assert answer.status_code == 422
    assert [found["where"] for found in answer.json()["findings"]] == [where]
    for table in ("incidents", "cases", "audit"):
        assert await city.rows(f"SELECT * FROM {table}") == []  # noqa: S608 - our own names


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"title": "\u202e"}, "body.title"),
        ({"title": "x" * 65}, "body.title"),
        ({"text": ""}, "body.text"),
        ({"text": "x" * 301}, "body.text"),
        ({"numbers": []}, "body.numbers"),
        ({"numbers": ["../1"]}, "body.numbers.0"),
        ({"areas": []}, "body.areas"),
        ({"sounds": []}, "body.sounds"),
        ({"ends_at": "2026-11-21T08:00:00"}, "body.ends_at"),
        ({"ends_at": "9999-12-31T23:59:59-14:00"}, "body.ends_at"),
        ({"ends": 1}, "body.ends"),
    ],
)
async def test_odd_input_is_named(city: Any, changes: dict[str, Any], at: str) -> None:
    answer = await switch_on(city, **changes)
    assert answer.status_code == 422
    assert at in [error["at"] for error in answer.json()["errors"]]


async def test_agents_read_and_supervisors_act(city: Any) -> None:
    assert (await switch_on(city, who="1001")).status_code == 403
    number = (await switch_on(city)).json()["id"]
    assert (await city.ask("1001", "POST", f"/api/incidents/{number}/end", json={"why": "x"})).status_code == 403
    assert (await city.ask("1001", "GET", "/api/incidents?on=true")).json()["total"] == 1
    assert (await city.ask("1001", "GET", f"/api/incidents/{number}")).status_code == 200
    assert (await city.http.get("/api/incidents")).status_code == 401


async def test_it_is_ended_early_once(city: Any) -> None:
    number = (await switch_on(city)).json()["id"]
    path = f"/api/incidents/{number}/end"
    assert (await city.ask("9001", "POST", path, json={"why": " "})).status_code == 422
    ended = (await city.ask("9001", "POST", path, json={"why": "已恢复供电"})).json()
    assert (ended["on"], ended["switched_off_by"], ended["heard"]) == (False, "9001", False)
    again = await city.ask("9001", "POST", path, json={"why": "已恢复供电"})
    assert (again.status_code, "is over since" in again.json()["detail"]) == (409, True)
    assert await told(city) == []
    assert (await city.rows("SELECT why FROM audit WHERE action = 'incident.ended'")) == [{"why": "已恢复供电"}]
    assert (await city.ask("9001", "POST", "/api/incidents/4711/end", json={"why": "x"})).status_code == 404
    assert (await city.ask("9001", "GET", "/api/incidents/4711")).status_code == 404


async def test_it_ends_by_itself(city: Any) -> None:
    number = (await switch_on(city)).json()["id"]
    past = {"starts_at": utc_now() - dt.timedelta(hours=2), "ends_at": utc_now() - dt.timedelta(seconds=1)}
    async with city.runtime.database.write() as session:
        await session.execute(update(Incident).values(past))
    assert await told(city) == []
    assert (await city.ask("9001", "GET", f"/api/incidents/{number}")).json()["on"] is False
    listed = [(await city.ask("9001", "GET", f"/api/incidents?on={on}")).json()["total"] for on in ("true", "false")]
    assert listed == [0, 1]
    assert (await city.ask("9001", "POST", f"/api/incidents/{number}/end", json={"why": "x"})).status_code == 409


async def test_its_callers_are_listed_with_what_they_are_owed(city: Any, event: Make) -> None:
    number = (await switch_on(city)).json()["id"]
    now = utc_now()
    for n, caller in enumerate(["13800138000", "13900139000", "anonymous"]):
        call = [
            event(f"hall-{n}", 10 * n + 1, "call.started", caller=caller, dialled="12345"),
            event(f"hall-{n}", 10 * n + 2, "call.affected", incident=str(number)),
            event(f"hall-{n}", 10 * n + 3, "call.ended", disposition="hangup_in_menu"),
        ]
        await city.hand_in(*(one | {"at": (now + dt.timedelta(seconds=n + 1)).isoformat()} for one in call))
    answered = event("hall-9", 99, "call.answered", agent_id="1001")
    later = (now + dt.timedelta(seconds=60)).isoformat()
    await city.hand_in(
        event("hall-9", 98, "call.started", caller="13900139000") | {"at": later}, answered | {"at": later}
    )
    found = (await city.ask("1001", "GET", f"/api/incidents/{number}")).json()
    assert found["affected"] == 3
    assert [(one["call_id"], one["caller"], one["return_call_owed"]) for one in found["callers"]] == [
        *(("hall-0", "+8613800138000", True), ("hall-1", "+8613900139000", False), ("hall-2", None, False)),
    ]
    page = (await city.ask("1001", "GET", f"/api/incidents/{number}?limit=1&offset=1")).json()
    assert [one["call_id"] for one in page["callers"]] == ["hall-1"]
    (owed,) = (await city.ask("9001", "GET", "/api/return-calls")).json()["items"]
    assert (owed["caller"], owed["incident_id"]) == ("+8613800138000", number)
