"""Trying a menu by keys and by phone, how it was used, and what is no menu at all."""

import asyncio
import datetime as dt
from typing import Any

import pytest
from sqlalchemy import insert, update

from api.menus.use import PAGE_CALLS
from db.clock import utc_now
from db.engine import Database
from db.tables import Agent, Call, Holiday, Incident, MenuVisit, Number, Queue, Sound, TransferTarget, TrialCode

MENUS = "/api/menus/default"
NIGHT = "2026-11-21T03:00+08:00"


def tree(**changes: Any) -> dict[str, Any]:
    menu = {
        "kind": "menu",
        "sounds": ["hotline/menu-default"],
        "choices": {"0": "person", "2": "person"},
        "on_failure": "person",
        "on_silence": "person",
    }
    nodes = {
        "greeting": {"kind": "greeting", "sounds": ["@line"], "next": "menu"},
        "menu": menu,
        "person": {"kind": "queue", "queue": "@line"},
    }
    return {"start": "greeting", "nodes": nodes | changes}


@pytest.fixture
async def city(api: Any, database: Database, password_hash: str) -> Any:
    admin = {"id": "9901", "name": "程立新", "extension": "9901", "role": "administrator"}
    made = {"source": "built_in", "state": "approved", "seconds": 3.0, "sha256": "0" * 64, "made_at": utc_now()}
    line = {"number": "63160000", "line": "热线", "menu": "default", "queue_id": "linhe", "area": "linhe"}
    async with database.write() as session:
        await session.execute(insert(Agent), [admin | {"password_hash": password_hash}])
        await session.execute(insert(Queue), [{"id": "linhe", "name": "临河县"}])
        await session.execute(insert(Number), [line | {"greeting": ["own/linhe-1"]}])
        texts = {"hotline/menu-default": "请按零", "own/linhe-1": "临河县热线"}
        await session.execute(insert(Sound), [{"name": name, "text": text, **made} for name, text in texts.items()])
    return api


async def make(api: Any, data: Any) -> int:
    answer = await api.ask("9901", "POST", f"{MENUS}/versions", json={"tree": data, "why": "try"})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["version"])


async def attempt(api: Any, **more: Any) -> Any:
    answer = await api.ask("1001", "POST", "/api/menus/trial", json={"at": NIGHT} | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_keys_tell_what_a_citizen_of_a_line_would_hear(city: Any) -> None:
    trial = await attempt(city, tree=tree(), keys=["timeout"], number="63160000")
    assert [(one["sound"], one["text"]) for one in trial["steps"][0]["heard"]] == [("own/linhe-1", "临河县热线")]
    assert (trial["end"], trial["queue"], trial["failures"]) == ("person", "linhe", [])
    version = await make(city, tree())
    trial = await attempt(city, menu="default", version=version, keys=["!2"], number="12345")
    assert (trial["queue"], trial["path"]) == ("city", ["2"])
    assert trial["lines"][-1] == "Choices: 2"


async def test_a_trial_knows_holidays_and_incidents(city: Any, database: Database) -> None:
    hours = {"kind": "hours", "weekly": {"mon-sun": ["00:00-24:00"]}, "on_open": "menu", "on_closed": "bye"}
    data = tree(hours=hours, bye={"kind": "hang_up", "sounds": []})
    data["start"] = "hours"
    assert (await attempt(city, tree=data))["end"] == "person"
    at = dt.datetime.fromisoformat(NIGHT)
    notice = {
        "title": "停水",
        "text": "停水通知",
        "sounds": ["own/water-1"],
        "areas": ["linhe"],
        "switched_on_by": "9001",
    }
    async with database.write() as session:
        await session.execute(insert(Holiday), [{"day": at.date(), "kind": "holiday"}])
        times = {"starts_at": at - dt.timedelta(hours=1), "ends_at": at + dt.timedelta(hours=1)}
        await session.execute(insert(Incident), [notice | times])
    assert (await attempt(city, tree=data))["end"] == "hang_up"
    told = (await attempt(city, tree=tree(), keys=["1"], number="63160000"))["steps"]
    assert told[0]["heard"][0]["sound"] == "own/water-1"
    assert told[0]["kind"] == "incident"
    assert (await attempt(city, tree=tree(), number="12345"))["steps"][0]["kind"] == "menu"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 422, "either `tree`"),
        ({"tree": {}, "menu": "default"}, 422, "either `tree`"),
        ({"tree": {}}, 422, "no menu tree"),
        ({"menu": "nothing"}, 404, "in force"),
        ({"menu": "default", "version": 9}, 404, "no such version"),
        ({"tree": tree(), "keys": ["x"]}, 422, "is no key"),
        ({"tree": tree(), "keys": ["1" * 100] * 6}, 422, "at most"),
        ({"tree": tree(), "number": "110"}, 404, "no such number"),
        ({"tree": tree(), "at": "9999-12-31T23:59:59Z"}, 422, "years"),
        ({"tree": tree(), "at": "0001-01-01T00:00:00+08:00"}, 422, "years"),
    ],
)
async def test_a_trial_that_cannot_be_says_why(city: Any, body: Any, status: int, words: str) -> None:
    answer = await city.ask("1001", "POST", "/api/menus/trial", json=body)
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text


async def test_a_code_lets_a_phone_hear_a_draft_once(city: Any) -> None:
    version = await make(city, tree())
    made = await city.ask("9901", "POST", f"{MENUS}/versions/{version}/trial-code")
    assert made.status_code == 201
    code = made.json()["code"]
    assert made.json()["dial"] == f"88{code}"
    left = dt.datetime.fromisoformat(made.json()["expires_at"]) - utc_now()
    assert dt.timedelta(minutes=14) < left <= dt.timedelta(minutes=15)
    answers = await asyncio.gather(*(city.wire("POST", "/internal/trials", json={"code": code}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]
    told = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (told["menu"], told["version"], told["by"]) == ("default", version, "9901")
    assert told["tree"]["nodes"]["person"] == {"kind": "queue", "queue": "@line", "priority": 0}
    assert told["sounds"] == {"hotline/menu-default": "请按零"}
    (kept,) = await city.rows("SELECT code_hash FROM trial_codes")
    assert code not in kept["code_hash"]
    for wrong in ("12", "abcdef", "1234567"):
        assert (await city.wire("POST", "/internal/trials", json={"code": wrong})).status_code == 422
    assert (await city.ask("9901", "POST", "/internal/trials", json={"code": code})).status_code == 401


async def test_a_code_is_good_for_fifteen_minutes_and_for_the_tree_of_its_time(city: Any, database: Database) -> None:
    version = await make(city, tree())
    path = f"{MENUS}/versions/{version}"
    first, second = [(await city.ask("9901", "POST", f"{path}/trial-code")).json()["code"] for _ in range(2)]
    headers = {"Authorization": f"Bearer {await city.token('9901')}", "If-Match": "*"}
    other = tree(person={"kind": "queue", "queue": "city"})
    assert (await city.http.put(path, json={"tree": other, "why": "x"}, headers=headers)).status_code == 200
    told = (await city.wire("POST", "/internal/trials", json={"code": first})).json()
    assert told["tree"]["nodes"]["person"]["queue"] == "@line"
    async with database.write() as session:
        await session.execute(update(TrialCode).values(expires_at=utc_now()))
    assert (await city.wire("POST", "/internal/trials", json={"code": second})).status_code == 404


async def test_a_check_knows_queues_sounds_tests_and_other_numbers(city: Any, database: Database) -> None:
    old, fresh = utc_now() - dt.timedelta(days=91), utc_now() - dt.timedelta(days=89)
    tested = {"kind": "unit", "name": "单位", "test_result": "answered"}
    async with database.write() as session:
        await session.execute(
            insert(TransferTarget),
            [
                {**tested, "number": "63160001", "tested_at": old},
                {**tested, "number": "63160002", "tested_at": fresh},
                {**tested, "number": "63160003", "tested_at": fresh, "test_result": "busy"},
            ],
        )
        lost = {"number": "63160009", "line": "旧热线", "menu": "nothing", "queue_id": "city"}
        await session.execute(insert(Number), [lost])
        await session.execute(update(Sound).where(Sound.name == "own/linhe-1").values(state="new"))

    def transfer(target: str) -> dict[str, Any]:
        return {"kind": "transfer", "sounds": ["hotline/nothing"], "target": target, "on_failure": "person"}

    data = tree(far={"kind": "queue", "queue": "nowhere"}, **{f"to-{n}": transfer(f"6316000{n}") for n in (1, 2, 3, 4)})
    data["nodes"]["menu"]["choices"] |= {"1": "to-1", "3": "to-3", "4": "to-4", "5": "to-2", "6": "far"}
    version = await make(city, data)
    found = (await city.ask("1001", "GET", f"{MENUS}/versions/{version}/findings")).json()
    errors = {(one["where"], one["what"]) for one in found if one["severity"] == "error"}
    assert {("greeting", "the sound 'own/linhe-1' is not approved"), ("far", "there is no queue 'nowhere'")} <= errors
    untested = {where for where, what in errors if "has not answered a test" in what}
    assert untested == {"to-1", "to-3", "to-4"}
    assert {where for where, what in errors if "there is no sound 'hotline/nothing'" in what} == {
        f"to-{n}" for n in (1, 2, 3, 4)
    }
    assert ("63160009", "warning") in {(one["where"], one["severity"]) for one in found}
    refused = await city.ask("9901", "POST", f"{MENUS}/versions/{version}/submission", json={"why": "x"})
    assert (refused.status_code, refused.json()["code"], len(refused.json()["findings"])) == (
        422,
        "refused",
        len(found),
    )
    assert all(one["do"] for one in found)


MENU = tree()["nodes"]["menu"]
BYE = {"kind": "hang_up"}
PLAIN = {"kind": "greeting", "sounds": [], "next": "first"}
WEEK = {"kind": "hours", "weekly": {"mon-fri": ["08:00-18:00"]}, "on_open": "menu", "on_closed": "bye"}
UNTESTED = {"kind": "transfer", "sounds": [], "target": "999", "on_failure": "person"}
BREAKS: list[tuple[dict[str, Any], str]] = [
    ({"person": {"kind": "announcement", "sounds": [], "next": "menu"}}, "again and again"),
    ({"menu": MENU | {"choices": {"2": "person"}}}, "0 does not lead to a person"),
    ({"menu": MENU | {"on_failure": "bye"}, "bye": BYE}, "does not end with a person"),
    ({"menu": MENU | {"sounds": ["own/none"]}}, "there is no sound"),
    ({"greeting": PLAIN, "first": MENU | {"choices": {"0": "person", "1": "menu"}}}, "a second menu follows"),
    ({"menu": MENU | {"sounds": ["hotline/menu-default"] * 6}}, "before a person can be reached"),
    ({"person": UNTESTED}, "has not answered a test"),
    ({"greeting": WEEK, "bye": BYE}, "the hours leave a gap"),
    ({"menu": MENU | {"choices": {"0": "nobody"}}}, "does not exist"),
    ({"person": {"kind": "queue", "queue": "nowhere"}}, "there is no queue"),
]
WARNINGS: list[tuple[dict[str, Any], str]] = [
    ({"lonely": {"kind": "queue", "queue": "city"}}, "no way leads here"),
    ({"menu": MENU | {"choices": dict.fromkeys("0123456", "person")}}, "7 choices"),
]


async def test_every_way_to_break_a_menu_is_refused_and_what_is_doubtful_is_told(city: Any) -> None:
    for status, cases in ((422, BREAKS), (200, WARNINGS)):
        for changes, words in cases:
            version = await make(city, tree(**changes))
            answer = await city.ask("9901", "POST", f"{MENUS}/versions/{version}/submission", json={"why": "x"})
            assert answer.status_code == status, answer.text
            assert any(words in one["what"] for one in answer.json()["findings"]), answer.text


async def test_the_largest_tree_is_checked_in_seconds(city: Any) -> None:
    chain = {f"n{n}": {"kind": "announcement", "sounds": [], "next": f"n{n + 1}"} for n in range(499)}
    data = {"start": "n0", "nodes": chain | {"n499": {"kind": "queue", "queue": "city"}}}
    async with asyncio.timeout(10):
        version = await make(city, data)
        assert (await city.ask("1001", "GET", f"{MENUS}/versions/{version}/findings")).status_code == 200


async def test_the_use_of_a_version_is_counted(city: Any, database: Database) -> None:
    version = await make(city, tree())
    began = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    calls, visits = [], []
    for n in range(PAGE_CALLS + 5):
        at = began + dt.timedelta(seconds=n // 3)
        person = n % 4 != 0
        call = {"call_id": f"hall-{n}", "menu": "default", "menu_version": version, "started_at": at, "menu_ms": 5000}
        end = {"menu_end": "queue" if person else "gave_up", "menu_node": "person" if person else "menu"}
        answered = at + dt.timedelta(seconds=20) if person else None
        calls.append(call | end | {"answered_at": answered})
        told = [("incident", None)] if n == 0 else []
        steps = [*told, ("greeting", None), ("menu", "2" if person else None), *([("person", None)] if person else [])]
        visits += [
            {
                "call_id": f"hall-{n}",
                "visit_no": no,
                "menu": "default",
                "version": version,
                "node": node,
                "choice": choice,
                "entered_ms": 1000 * no,
                "spent_ms": 1000,
                "last": no == len(steps),
            }
            for no, (node, choice) in enumerate(steps, start=1)
        ]
    async with database.write() as session:
        await session.execute(insert(Call), calls)
        await session.execute(insert(MenuVisit), visits)
    path = f"{MENUS}/versions/{version}/figures"
    wanted = "since=2026-11-21T00:00:00Z&until=2026-11-22T00:00:00Z"
    found = (await city.ask("1001", "GET", f"{path}?{wanted}")).json()
    gone = len(range(0, PAGE_CALLS + 5, 4))
    assert (found["calls"], found["ends"]) == (PAGE_CALLS + 5, {"gave_up": gone, "queue": PAGE_CALLS + 5 - gone})
    menu = next(node for node in found["nodes"] if node["node"] == "menu")
    assert (menu["gave_up"], menu["choices"][0]["visits"]) == (gone, PAGE_CALLS + 5 - gone)
    assert found["answered"] == {
        "calls": PAGE_CALLS + 5 - gone,
        "share": pytest.approx(1 - gone / (PAGE_CALLS + 5)),
        "spent": {"mean": 20000, "p50": 20000, "p90": 20000},
    }
    edge = next(one for one in found["drawing"]["edges"] if one["target"] == "person")
    assert edge["passes"] == PAGE_CALLS + 5 - gone
    assert edge["ways"] == ["key 0", "key 2", "on_silence", "on_wrong_key", "on_failure"]
    assert [one["layer"] for one in found["drawing"]["nodes"]] == [0, 1, 2]
    assert next(node["calls"] for node in found["nodes"] if node["node"] == "incident") == 1
    empty = (await city.ask("1001", "GET", f"{path}?since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z")).json()
    assert (empty["calls"], empty["spent"], empty["answered"]["spent"]) == (0, None, None)
    for wrong in (
        "since=2026-11-22T00:00:00Z&until=2026-11-21T00:00:00Z",
        "since=2020-01-01T00:00:00Z&until=2026-11-21T00:00:00Z",
        "until=9999-12-31T23:59:59-05:00",
    ):
        assert (await city.ask("1001", "GET", f"{path}?{wrong}")).status_code == 422
