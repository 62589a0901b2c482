"""Guest sessions over HTTP: opened, published, signed in to, ended, reported; and what guests may not see."""

import datetime as dt
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from acd.rules.guests import GRACE
from db.clock import utc_now
from db.engine import Database
from db.tables import GuestSession

pytestmark = pytest.mark.usefixtures("database")

PATH = "/api/guest-sessions"


def wanted(**changes: Any) -> dict[str, Any]:
    ends = (utc_now() + dt.timedelta(hours=2)).isoformat()
    plain = {"kind": "mayor", "title": "市长接听日", "ends": ends, "numbers": ["63160000"], "overflow_to": "city"}
    people = [{"name": "韩市长", "title": "市长"}, {"name": "秦秘书长"}]
    return {**plain, "guests": people, "why": "每月接听日", **changes}


async def opened(api: Any, **changes: Any) -> dict[str, Any]:
    answer = await api.ask("9001", "POST", PATH, json=wanted(**changes))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sign_in(api: Any, seat: dict[str, Any]) -> httpx.Response:
    body = {"agent_id": seat["id"], "password": seat["password"]}
    answer: httpx.Response = await api.http.post("/api/sessions", json=body)
    return answer


async def as_guest(api: Any, seat: dict[str, Any], method: str, path: str, **more: Any) -> httpx.Response:
    token = (await sign_in(api, seat)).json()["token"]
    answer: httpx.Response = await api.http.request(method, path, headers={"Authorization": f"Bearer {token}"}, **more)
    return answer


async def configuration(api: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await api.wire("GET", "/internal/configuration")).json()
    return found


async def shift(database: Database, session_id: int, **times: dt.datetime) -> None:
    async with database.write() as session:
        await session.execute(update(GuestSession).where(GuestSession.id == session_id).values(times))


async def test_a_session_is_published_with_queue_seats_and_number_while_it_lasts(api: Any, database: Database) -> None:
    before = await configuration(api)
    session = await opened(api)
    queue = session["queue"]
    during = await configuration(api)
    published = next(one for one in during["queues"] if one["id"] == queue)
    assert published == {
        "id": queue,
        "name": "市长接听日",
        "priority": 0,
        "ring_seconds": 20,
        "overflow": [{"to": "city"}],
    }
    guests = [one for one in during["agents"] if one["role"] == "guest"]
    assert [(one["name"], one["extension"], one["queues"]) for one in guests] == [
        ("韩市长", "8001", [queue]),
        ("秦秘书长", "8002", [queue]),
    ]
    assert dt.datetime.fromisoformat(guests[0]["until"]) == dt.datetime.fromisoformat(session["ends"])
    number = next(one for one in during["numbers"] if one["number"] == "63160000")
    assert (number["queue"], number["menu"], number["line"]) == (queue, "", "市长接听日")

    past = utc_now() - dt.timedelta(minutes=1)
    await shift(database, session["id"], starts_at=past - dt.timedelta(hours=1), ends_at=past)
    after = await configuration(api)
    assert after["numbers"] == before["numbers"], "its number leads elsewhere at once"
    assert [one["id"] for one in after["agents"] if one["role"] == "guest"], "its guests may finish"
    await shift(database, session["id"], starts_at=past - GRACE * 3, ends_at=past - GRACE)
    assert await configuration(api) == before


async def test_a_planned_session_is_not_there_before_its_time(api: Any) -> None:
    before = await configuration(api)
    starts = utc_now() + dt.timedelta(hours=1)
    session = await opened(api, starts=starts.isoformat())
    assert session["state"] == "planned"
    assert await configuration(api) == before
    refused = await sign_in(api, session["seats"][0])
    assert refused.status_code == 403
    assert "good from" in refused.json()["detail"]


async def test_a_guest_signs_in_for_the_session_and_sees_nothing_but_own_calls(api: Any, event: Any) -> None:
    session = await opened(api)
    seat, other = session["seats"]
    signed = (await sign_in(api, seat)).json()
    assert signed["agent"] == {"id": seat["id"], "name": "韩市长", "role": "guest"}
    latest = dt.datetime.fromisoformat(session["ends"]) + GRACE
    assert abs(dt.datetime.fromisoformat(signed["expires_at"]) - latest) < dt.timedelta(seconds=2)
    await api.hand_in(
        event("c0", 1, "call.started", caller="13800138000"),
        event("c0", 2, "call.answered", agent_id="1001"),
        event("c1", 3, "call.started", caller="13800138000"),
        event("c1", 4, "call.queued", queue=session["queue"]),
    )
    told = await api.hand_in(event("c1", 5, "call.offered", agent_id=seat["id"], offer_no=1))
    (pop,) = told["pops"]
    assert (pop["agent_id"], pop["earlier_calls"], pop["open_cases"]) == (seat["id"], [], [])
    seen = (await as_guest(api, seat, "GET", "/api/calls")).json()
    assert [call["call_id"] for call in seen["items"]] == ["c1"]
    assert (await as_guest(api, other, "GET", "/api/calls")).json()["total"] == 0
    assert (await as_guest(api, seat, "GET", "/api/calls/c0")).status_code == 404
    cases = (await as_guest(api, seat, "GET", "/api/cases")).json()
    assert cases["total"] == 1
    phone = (await as_guest(api, seat, "GET", "/api/agents/me/phone")).json()
    assert phone["username"] == f"{seat['extension']}w"
    assert (await as_guest(api, seat, "GET", "/api/agents/me")).json()["role"] == "guest"


@pytest.mark.parametrize(
    "path",
    ["/api/agents", "/api/queues", "/api/messages", "/api/return-calls", "/api/hall", "/api/numbers", PATH],
)
async def test_everything_else_is_closed_to_guests(api: Any, path: str) -> None:
    session = await opened(api)
    refused = await as_guest(api, session["seats"][0], "GET", path)
    assert refused.status_code == 403, refused.text


async def test_an_ended_session_lets_nobody_in_and_its_tokens_end(api: Any, database: Database) -> None:
    session = await opened(api)
    seat = session["seats"][0]
    token = (await sign_in(api, seat)).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    ended = await api.ask("9001", "POST", f"{PATH}/{session['id']}/end", json={"why": "散会"})
    assert (ended.json()["state"], ended.json()["ended_by"]) == ("over", "9001")
    assert (await sign_in(api, seat)).status_code == 403
    assert (await api.http.get("/api/agents/me", headers=headers)).status_code == 200, "the last call can be finished"
    await shift(database, session["id"], starts_at=utc_now() - GRACE * 3, ends_at=utc_now() - GRACE)
    over = await api.http.get("/api/agents/me", headers=headers)
    assert over.status_code == 401
    assert (await api.ask("9001", "POST", f"{PATH}/{session['id']}/end", json={"why": "x"})).status_code == 409
    assert (await api.ask("9001", "POST", f"{PATH}/999/end", json={"why": "x"})).status_code == 404
    acts = await api.rows("SELECT action, by, why FROM audit ORDER BY id")
    assert [(act["action"], act["by"], act["why"]) for act in acts] == [
        ("guest_session.opened", "9001", "每月接听日"),
        ("guest_session.ended", "9001", "散会"),
    ]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"ends": "2026-01-01T00:00:00+08:00"}, "ends"),
        ({"ends": (utc_now() + dt.timedelta(days=2)).isoformat()}, "ends"),
        ({"overflow_to": "nowhere"}, "overflow_to"),
        ({"numbers": ["12345"]}, "numbers"),
        ({"guests": [{"name": "代表"}] * 29}, "guests"),
    ],
)
async def test_what_cannot_be_opened_is_refused_with_what_to_do(api: Any, changes: dict[str, Any], where: str) -> None:
    await opened(api, numbers=["12345"])
    refused = await api.ask("9001", "POST", PATH, json=wanted(**{"numbers": [], **changes}))
    assert refused.status_code == 422, refused.text
    assert [one["where"] for one in refused.json()["findings"]] == [where]
    assert len((await api.ask("9001", "GET", PATH)).json()) == 1, "nothing is half written"


async def test_only_supervisors_open_sessions(api: Any) -> None:
    assert (await api.ask("1001", "POST", PATH, json=wanted())).status_code == 403


async def test_two_sessions_sit_at_different_phones(api: Any) -> None:
    await opened(api)
    second = await opened(api, numbers=[])
    assert [seat["extension"] for seat in second["seats"]] == ["8003", "8004"]


async def test_the_report_counts_calls_waits_guests_and_cases(api: Any, event: Any) -> None:
    session = await opened(api)
    first, second = session["seats"]
    queue = session["queue"]
    await shift(api.runtime.database, session["id"], starts_at=dt.datetime(2026, 11, 21, tzinfo=dt.UTC))
    await api.hand_in(
        *(event(call, 10, "call.started", caller=f"1380013800{call[1]}") for call in ("c1", "c2", "c3", "c4")),
        *(event(call, 20, "call.queued", queue=queue) for call in ("c1", "c2", "c3")),
        event("c4", 20, "call.queued", queue="city"),
        event("c1", 21, "call.offered", agent_id=first["id"], offer_no=1),
        event("c1", 25, "call.answered", agent_id=first["id"]),
        event("c1", 85, "call.ended", disposition="answered", ended_by="caller"),
        event("c2", 22, "call.offered", agent_id=second["id"], offer_no=1),
        event("c2", 42, "call.missed", agent_id=second["id"], offer_no=1, reason="no_answer"),
        event("c2", 43, "call.offered", agent_id="1001", offer_no=2),
        event("c2", 45, "call.answered", agent_id="1001"),
        event("c2", 60, "call.ended", disposition="answered", ended_by="agent"),
        event("c3", 50, "call.ended", disposition="abandoned", ended_by="caller"),
    )
    told = await as_guest(api, first, "PUT", "/api/calls/c1/outcome", json={"outcome": "answered", "note": "已答复"})
    assert told.status_code == 200, told.text
    report = (await api.ask("9001", "GET", f"{PATH}/{session['id']}/report")).json()
    counted = ("calls", "answered", "by_guests", "by_others", "abandoned", "within_20_s", "longest_wait_ms")
    assert {name: report[name] for name in counted} == {
        "calls": 3,
        "answered": 2,
        "by_guests": 1,
        "by_others": 1,
        "abandoned": 1,
        "within_20_s": 1,
        "longest_wait_ms": 25_000,
    }
    figures = ("name", "offered", "answered", "missed", "talk_seconds")
    assert [tuple(guest[name] for name in figures) for guest in report["guests"]] == [
        ("韩市长", 1, 1, 0, 60),
        ("秦秘书长", 1, 0, 1, 0),
    ]
    assert [(case["call_id"], case["state"], case["outcome"], case["answered_by"]) for case in report["cases"]] == [
        ("c1", "answered", "answered", first["id"]),
        ("c2", "draft", None, "1001"),
    ]
    assert report["outcomes"] == {"answered": 1, "draft": 1}
    assert "password" not in str(report)
    table = await api.ask("9001", "GET", f"{PATH}/{session['id']}/report/table.csv")
    head, *lines = table.text.removeprefix("\ufeff").splitlines()
    assert head == "工单,登记时间,状态,接听,姓名,职务,记录"
    assert [line.split(",")[2:] for line in lines] == [
        ["直接答复", first["id"], "韩市长", "市长", "已答复"],
        ["登记", "1001", "", "", ""],
    ]
    for missing in ("report", "report/table.csv"):
        assert (await api.ask("9001", "GET", f"{PATH}/999/{missing}")).status_code == 404
    assert (await api.ask("1001", "GET", f"{PATH}/{session['id']}/report/table.csv")).status_code == 403
