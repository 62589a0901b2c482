"""The rota as a supervisor works with it: writing it, and finding the minutes without cover."""

import csv
import io
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from db.engine import Database
from db.tables import Agent, AgentQueue, Holiday, Queue

DAY = {"from": "2026-11-23", "to": "2026-11-24"}
WEEK = {"from": "2026-11-23", "to": "2026-11-30"}
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ROUND_THE_CLOCK = [
    {"day": day, "starts": starts, "ends": ends}
    for day in EVERY_DAY
    for starts, ends in (("00:00", "08:00"), ("08:00", "16:00"), ("16:00", "00:00"))
]


@pytest.fixture
async def city(api: Any, database: Database, password_hash: str) -> Any:
    """Somebody for a county that has its hours beside the city's two."""
    async with database.write() as session:
        await session.execute(
            insert(Queue), [{"id": "linhe", "name": "临河县", "rules": {"hours": {"mon-fri": ["09:00-17:00"]}}}]
        )
        row = {"id": "2001", "name": "彭家乐", "extension": "2001", "role": "agent", "password_hash": password_hash}
        await session.execute(insert(Agent), [row])
        serves = [("1002", "city"), ("2001", "linhe")]
        await session.execute(insert(AgentQueue), [{"agent_id": a, "queue_id": q, "preference": 0} for a, q in serves])
    return api


def shift(starts: str, ends: str, agent: str = "1001", **more: Any) -> dict[str, Any]:
    """In China's time on 23 November, or another day of that month as `24T08:00`."""
    moments = [at if "T" in at else f"23T{at}" for at in (starts, ends)]
    starts, ends = (f"2026-11-{at}:00+08:00" for at in moments)
    return {"agent_id": agent, "starts": starts, "ends": ends, "why": "排班", **more}


async def add(api: Any, *shifts: dict[str, Any]) -> list[int]:
    answers = [await api.ask("9001", "POST", "/api/rota/shifts", json=one) for one in shifts]
    assert [answer.status_code for answer in answers] == [201] * len(shifts), answers[-1].text
    return [answer.json()["id"] for answer in answers]


async def weeks(api: Any, **changes: Any) -> httpx.Response:
    body = {"agents": ["1001", "1002"], "monday": "2026-11-23", "weeks": 1, "turns": ROUND_THE_CLOCK, "why": "排班"}
    answer: httpx.Response = await api.ask("9001", "POST", "/api/rota/weeks", json=body | changes)
    return answer


async def rota(api: Any, who: str = "9001", **params: Any) -> list[dict[str, Any]]:
    answer = await api.ask(who, "GET", "/api/rota", params=WEEK | params)
    assert answer.status_code == 200, answer.text
    shifts: list[dict[str, Any]] = answer.json()["shifts"]
    return shifts


async def gaps(api: Any, **params: Any) -> list[tuple[str, str, str, int]]:
    answer = await api.ask("9001", "GET", "/api/rota/cover", params=DAY | params)
    assert answer.status_code == 200, answer.text
    return [(gap["queue"], gap["starts"][11:16], gap["ends"][11:16], gap["on_duty"]) for gap in answer.json()["gaps"]]


async def audited(api: Any) -> list[tuple[str, str]]:
    rows = await api.rows("SELECT action, by FROM audit ORDER BY id")
    return [(row["action"], row["by"]) for row in rows]


async def test_a_shift_is_added_changed_and_taken_away_with_who_and_why(city: Any) -> None:
    (one,) = await add(city, shift("08:00", "16:00", note="早班"))
    (there,) = await rota(city)
    assert there == {
        "id": one, "agent_id": "1001", "name": "王丽华", "kind": "duty", "note": "早班",
        "starts": "2026-11-23T00:00:00Z", "ends": "2026-11-23T08:00:00Z",
    }  # fmt: skip
    changed = await city.ask("9001", "PUT", f"/api/rota/shifts/{one}", json=shift("08:00", "12:00", "1002"))
    assert (changed.json()["agent_id"], changed.json()["ends"]) == ("1002", "2026-11-23T04:00:00Z")
    same = await city.ask("9001", "PUT", f"/api/rota/shifts/{one}", json=shift("08:00", "12:00", "1002"))
    assert same.status_code == 200
    assert (await city.ask("9001", "DELETE", f"/api/rota/shifts/{one}")).status_code == 422
    gone = await city.ask("9001", "DELETE", f"/api/rota/shifts/{one}", params={"why": "换班"})
    assert gone.status_code == 204
    assert await rota(city) == []
    assert await audited(city) == [(f"shift.{act}", "9001") for act in ("created", "changed", "removed")]
    for method in ("PUT", "DELETE"):
        more: Any = {"json": shift("08:00", "12:00")} if method == "PUT" else {"params": {"why": "换班"}}
        assert (await city.ask("9001", method, f"/api/rota/shifts/{one}", **more)).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        (shift("15:59", "17:00"), 422),
        (shift("07:00", "08:01"), 422),
        (shift("09:00", "10:00"), 422),
        (shift("00:00", "23:00"), 422),
        (shift("16:00", "17:00"), 201),
        (shift("07:00", "08:00"), 201),
        (shift("09:00", "10:00", "1002"), 201),
        (shift("09:00", "10:00", kind="leave"), 201),
    ],
)
async def test_nobody_has_two_shifts_at_once(city: Any, wanted: dict[str, Any], status: int) -> None:
    await add(city, shift("08:00", "16:00"))
    answer = await city.ask("9001", "POST", "/api/rota/shifts", json=wanted)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert "1001 would have two: 2026-11-23 " in answer.json()["findings"][0]["what"]
    assert len(await rota(city)) == (1 if status == 422 else 2)


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        (shift("08:00", "08:00"), "let it end after it starts"),
        (shift("08:00", "24T08:01"), "a duty within 24 hours"),
        (shift("08:00", "16:00") | {"starts": "2026-11-23T08:00:30+08:00"}, "whole minute"),
        (shift("08:00", "16:00") | {"starts": "2026-11-23T08:00:00"}, "timezone"),
        (shift("08:00", "16:00", "4711"), "nobody works here as 4711"),
        (shift("08:00", "16:00", kind="holiday"), "duty"),
    ],
)
async def test_what_is_no_shift_is_refused_with_what_to_do(city: Any, wanted: dict[str, Any], what: str) -> None:
    answer = await city.ask("9001", "POST", "/api/rota/shifts", json=wanted)
    assert (answer.status_code, what in answer.text) == (422, True), answer.text
    assert await rota(city) == []


async def test_only_supervisors_write_and_agents_see_their_own(city: Any) -> None:
    await add(city, shift("08:00", "16:00"), shift("08:00", "16:00", "1002"))
    assert [one["agent_id"] for one in await rota(city, "1002")] == ["1002"]
    assert [one["agent_id"] for one in await rota(city, agent="1001")] == ["1001"]
    for method, path in [
        ("GET", "/api/rota?agent=1001"),
        ("GET", "/api/rota/cover"),
        ("DELETE", "/api/rota/shifts/1?why=x"),
        ("DELETE", "/api/rota?agent=1001&why=x"),
    ]:
        assert (await city.ask("1002", method, path)).status_code == 403, path
    body = {"minimums": {"city": 2}, "why": "x"}
    assert (await city.ask("1002", "PUT", "/api/rota/minimums", json=body)).status_code == 403
    assert (await city.ask("1002", "POST", "/api/rota/shifts", json=shift("17:00", "18:00"))).status_code == 403


async def test_a_weeks_pattern_is_repeated_all_or_nothing(city: Any) -> None:
    answer = await weeks(city, weeks=3)
    assert (answer.status_code, answer.json()) == (201, {"shifts": 2 * 21 * 3})
    assert len(await rota(city)) == 2 * 21
    again = await weeks(city, monday="2026-12-07", weeks=2, agents=["1001", "2001"])
    assert again.status_code == 422
    assert {finding["what"][:4] for finding in again.json()["findings"]} == {"1001"}
    assert await rota(city, agent="2001", **{"from": "2026-12-07", "to": "2026-12-21"}) == []
    assert await audited(city) == [("rota.weeks", "9001")]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"monday": "2026-11-24"}, "give a Monday, such as 2026-11-23"),
        ({"weeks": 54}, "53"),
        ({"turns": []}, "at least 1"),
        ({"agents": [str(n) for n in range(1000, 1400)], "weeks": 53}, "more than 20000 shifts"),
        ({"turns": [{"day": "mon", "starts": "08:00", "ends": "08:00"}] * 2}, "1001 would have two"),
        ({"turns": [{"day": "mon", "starts": "8:00", "ends": "9:00"}]}, "pattern"),
        ({"agents": ["4711"]}, "nobody works here as 4711"),
    ],
)
async def test_a_pattern_that_cannot_be_is_refused(city: Any, changes: dict[str, Any], what: str) -> None:
    answer = await weeks(city, **changes)
    assert (answer.status_code, what in answer.text) == (422, True), answer.text
    assert await rota(city) == []


async def test_a_night_at_the_end_of_the_week_meets_the_next_weeks_monday(city: Any) -> None:
    night = [{"day": "sun", "starts": "22:00", "ends": "06:00"}, {"day": "mon", "starts": "05:00", "ends": "10:00"}]
    assert (await weeks(city, turns=night)).status_code == 201
    answer = await weeks(city, turns=night, monday="2026-11-30")
    assert answer.status_code == 422
    assert "2026-11-29 22:00 to 2026-11-30 06:00" in answer.text


async def test_a_week_is_copied_without_its_leaves(city: Any) -> None:
    await add(city, shift("08:00", "16:00", note="早班"), shift("22:00", "24T06:00", "1002"))
    await add(city, shift("09:00", "10:00", kind="leave"))
    body = {"monday": "2026-11-23", "to": "2026-11-30", "weeks": 2, "why": "下周照旧"}
    answer = await city.ask("9001", "POST", "/api/rota/copies", json=body)
    assert (answer.status_code, answer.json()) == (201, {"shifts": 4})
    later = await rota(city, **{"from": "2026-12-07", "to": "2026-12-14"})
    assert [(one["agent_id"], one["starts"], one["ends"], one["note"]) for one in later] == [
        ("1001", "2026-12-07T00:00:00Z", "2026-12-07T08:00:00Z", "早班"),
        ("1002", "2026-12-07T14:00:00Z", "2026-12-07T22:00:00Z", ""),
    ]
    assert (await city.ask("9001", "POST", "/api/rota/copies", json=body)).status_code == 422
    for change, what in [
        ({"to": "2026-11-16", "weeks": 2}, "other weeks"),
        ({"monday": "2027-11-29", "to": "2026-11-16", "weeks": 1}, "No duty starts"),
    ]:
        refused = await city.ask("9001", "POST", "/api/rota/copies", json=body | change)
        assert (refused.status_code, what in refused.text) == (422, True), refused.text
    one = body | {"monday": "2026-11-23", "to": "2027-01-04", "weeks": 1, "agents": ["1002"]}
    assert (await city.ask("9001", "POST", "/api/rota/copies", json=one)).json() == {"shifts": 1}


async def test_many_shifts_are_taken_away_by_agent_and_period(city: Any) -> None:
    await weeks(city, weeks=2)
    params = {**WEEK, "agent": "1001", "why": "写错了"}
    answer = await city.ask("9001", "DELETE", "/api/rota", params=params)
    assert answer.json() == {"shifts": 21}
    assert {one["agent_id"] for one in await rota(city)} == {"1002"}
    assert len(await rota(city, **{"from": "2026-11-30", "to": "2026-12-07"})) == 42
    assert (await audited(city))[-1] == ("rota.cleared", "9001")


async def test_every_minute_without_cover_is_found(city: Any) -> None:
    """On a Monday in China, told in UTC: the day is 16:00 to 16:00."""
    ids = await add(city, shift("00:00", "08:00"), shift("08:00", "16:30"), shift("17:00", "24T00:00", "1002"))
    await add(city, shift("09:00", "17:00", "2001"))
    assert await gaps(city) == [("city", "08:30", "09:00", 0)]
    await add(city, shift("10:00", "10:01", kind="leave"), shift("16:59", "17:00", "2001", kind="leave"))
    assert await gaps(city) == [
        ("city", "02:00", "02:01", 0),
        ("city", "08:30", "09:00", 0),
        ("linhe", "08:59", "09:00", 0),
    ]
    assert await gaps(city, queue="linhe") == [("linhe", "08:59", "09:00", 0)]
    await city.ask("9001", "DELETE", f"/api/rota/shifts/{ids[0]}", params={"why": "病假"})
    assert (await gaps(city))[0] == ("city", "16:00", "00:00", 0)
    assert (await city.ask("9001", "GET", "/api/rota/cover", params={"queue": "moon"})).status_code == 404


async def test_a_queue_needs_as_many_as_its_minimum_says(city: Any) -> None:
    await weeks(city)
    assert await gaps(city, queue="city") == []
    body = {"minimums": {"city": 3, "linhe": 0}, "why": "节日"}
    answer = await city.ask("9001", "PUT", "/api/rota/minimums", json=body)
    assert answer.json() == {"city": 3, "linhe": 0}
    assert await gaps(city) == [("city", "16:00", "16:00", 2)]
    cover = (await city.ask("9001", "GET", "/api/rota/cover", params=DAY)).json()
    assert cover["queues"][0] == {"queue": "city", "name": "市级", "minimum": 3, "uncovered_minutes": 1440.0}
    assert (cover["covered"], cover["left_off"]) == (False, 0)
    assert (await audited(city))[-1] == ("rota.minimums", "9001")
    unknown = await city.ask("9001", "PUT", "/api/rota/minimums", json={"minimums": {"moon": 1}, "why": "x"})
    assert (unknown.status_code, "there is no queue moon" in unknown.text) == (422, True)


async def test_a_holiday_is_covered_round_the_clock_too_and_closed_hours_need_nobody(
    city: Any, database: Database
) -> None:
    async with database.write() as session:
        await session.execute(
            insert(Holiday), [{"day": __import__("datetime").date(2026, 11, 23), "kind": "holiday", "name": "节"}]
        )
    await weeks(city, agents=["1001"])
    assert await gaps(city) == []
    await city.ask("9001", "DELETE", "/api/rota", params={**WEEK, "agent": "1001", "why": "x"})
    assert await gaps(city) == [("city", "16:00", "16:00", 0)]


async def test_a_whole_year_has_no_uncovered_minute(city: Any) -> None:
    assert (await weeks(city, weeks=53, agents=["1001"])).json() == {"shifts": 21 * 53}
    year = {"from": "2026-11-23", "to": "2027-11-23"}
    cover = await city.ask("9001", "GET", "/api/rota/cover", params=year | {"queue": "city"})
    assert (cover.json()["covered"], cover.json()["gaps"]) == (True, [])
    for params in ({"from": "2026-11-23", "to": "2028-01-01"}, {"from": "2026-11-24", "to": "2026-11-24"}):
        assert (await city.ask("9001", "GET", "/api/rota/cover", params=params)).status_code == 422
    exact = {"from": "2026-11-23T08:00:00+08:00", "to": "2026-11-23T00:01:00Z"}
    assert (await city.ask("9001", "GET", "/api/rota/cover", params=exact)).json()["until"] == "2026-11-23T00:01:00Z"


async def test_the_table_is_a_download_in_which_nothing_is_a_formula(city: Any) -> None:
    await add(
        city, shift("08:00", "16:00", note='=HYPERLINK("http://x","y")'), shift("20:00", "21:00", note=" @SUM(1)")
    )
    answer = await city.ask("9001", "GET", "/api/rota/table.csv", params=DAY)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="rota.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert head[:2] == ["工号", "姓名"]
    assert rows[0] == [
        "1001",
        "王丽华",
        "2026-11-23 08:00:00",
        "2026-11-23 16:00:00",
        "8.0",
        "值班",
        '\'=HYPERLINK("http://x","y")',
    ]
    assert rows[1][-1] == "'@SUM(1)"
    own = await city.ask("1002", "GET", "/api/rota/table.csv", params=DAY)
    assert len(own.text.splitlines()) == 1
