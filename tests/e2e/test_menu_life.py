"""The life of a menu in front of real callers: written, refused, mended, approved, published, rolled back, survived."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from copy import deepcopy
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from db.clock import utc_now
from db.tables import Call as CallRow
from db.tables import IncidentCaller
from ops.call.agent import Manner
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.until import until
from ops.instance import Instance
from tests.e2e.menu_desk import AUTHOR, SECOND, Desk, hears_only, saying
from tests.e2e.menu_trees import ASK, BYE, CLOSED, CONNECTING, HELLO, PERSON, THANKS, ask, say
from tests.e2e.menus import Line, Office, office_of
from tests.e2e.records import SUPERVISOR

pytestmark = pytest.mark.asyncio(loop_scope="module")

INSIDE = 20
LATER = 5
"""Seconds from a publication for later until it is in force."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(system: Instance) -> AsyncIterator[Office]:
    async with office_of(system) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(system: Instance) -> AsyncIterator[City]:
    async with City(system) as opened:
        await opened.seat([str(1001 + place) for place in range(6)], Manner(answers_after=0.1))
        yield opened


GOOD = {
    "start": "start",
    "nodes": {
        "start": say(CONNECTING, "menu"),
        "menu": ask(HELLO, {"0": "person", "1": "leave"}),
        "leave": {"kind": "message", "sounds": ["hotline/leave-message"], "next": "bye", "on_failure": "person"},
        "bye": {"kind": "hang_up", "sounds": [BYE]},
        "person": PERSON,
    },
}
BREAKS: dict[str, tuple[dict[str, Any], str]] = {
    "a way that leads nowhere": ({"start": say(CONNECTING, "nowhere")}, "does not exist"),
    "a queue that does not exist": ({"person": {"kind": "queue", "queue": "nobody"}}, "there is no queue 'nobody'"),
    "no person by 0": ({"menu": ask(HELLO, {"1": "leave"})}, "0 does not lead to a person"),
    "0 leads to a machine": ({"menu": ask(HELLO, {"0": "leave", "1": "leave"})}, "straight to a person"),
    "a second level": (
        {"menu": ask(HELLO, {"0": "person", "1": "deeper"}), "deeper": ask(ASK, {"0": "person", "1": "leave"})},
        "a second menu follows: deeper",
    ),
    "a circle": ({"start": say(CONNECTING, "more"), "more": say(HELLO, "start")}, "again and again"),
    "an end before any service": (
        {"menu": ask(HELLO, {"0": "person", "1": "bye"})},
        "before the citizen has reached anybody",
    ),
    "a failure that is nobody's": (
        {"menu": ask(HELLO, {"0": "person", "1": "leave"}, on_failure="bye")},
        "on_failure does not end with a person",
    ),
    "a sound that nobody has recorded": ({"start": say("own/nobody-1", "menu")}, "own/nobody-1"),
    "hours that leave a gap": (
        {
            "start": {"kind": "hours", "weekly": {"mon-fri": ["09:00-17:00"]}, "on_open": "menu", "on_closed": "shut"},
            "shut": {"kind": "hang_up", "sounds": [CLOSED]},
        },
        "the hours leave a gap",
    ),
    "a target that was never tried": (
        {
            "menu": ask(HELLO, {"0": "person", "1": "leave", "2": "police"}),
            "police": {"kind": "transfer", "sounds": [CONNECTING], "target": "110", "on_failure": "person"},
        },
        "has not answered a test",
    ),
    "a rating before the talk": (
        {"start": {"kind": "rating", "sounds": [HELLO], "scores": {"1": 3}, "next": "bye"}},
        "before the talk",
    ),
}


async def test_an_administrators_way_by_api_alone(city: City) -> None:
    desk, number = Desk(city, "life"), "71001"
    first = await desk.approved(saying(THANKS))
    assert (await desk.publish(first))["heard"]
    await desk.serve(number)
    await hears_only(city, number, THANKS, CONNECTING)

    version = await desk.draft(GOOD)
    revision = 1
    for name, (nodes, reason) in BREAKS.items():
        broken = deepcopy(GOOD) | {"nodes": GOOD["nodes"] | nodes}
        stored = await desk.send(
            AUTHOR,
            "PUT",
            f"/versions/{version}",
            json={"tree": broken, "why": name},
            headers={"If-Match": f'"{revision}"'},
        )
        assert stored.is_success, f"{name}: {stored.text}"
        revision = stored.json()["revision"]
        refused = await desk.send(AUTHOR, "POST", f"/versions/{version}/submission", json={"why": "please"})
        told = json.dumps(refused.json()["findings"], ensure_ascii=False)
        assert (refused.status_code, reason in told) == (422, True), f"{name}: {told}"
        assert all(finding["where"] and finding["do"] for finding in refused.json()["findings"])

    unreadable = await desk.send(
        AUTHOR, "POST", "/versions", json={"tree": {"start": "x", "nodes": {"x": {"kind": "poem"}}}, "why": "?"}
    )
    assert unreadable.status_code == 422
    late = {"tree": GOOD, "why": "too late"}
    assert (
        await desk.send(AUTHOR, "PUT", f"/versions/{version}", json=late, headers={"If-Match": '"1"'})
    ).status_code == 412

    await desk.done(
        AUTHOR, "PUT", f"/versions/{version}", json=late | {"why": "mended"}, headers={"If-Match": f'"{revision}"'}
    )
    early = await desk.send(AUTHOR, "POST", "/publications", json={"version": version, "at": None, "why": "now"})
    assert early.status_code == 409
    await desk.done(AUTHOR, "POST", f"/versions/{version}/submission", json={"why": "mended"})
    own = await desk.send(AUTHOR, "POST", f"/versions/{version}/approval", json={"why": "it is mine"})
    assert own.status_code == 403
    await desk.done(SECOND, "POST", f"/versions/{version}/approval", json={"why": "well read"})

    at = utc_now() + dt.timedelta(seconds=LATER)
    published = await desk.publish(version, at)
    assert published["heard"]
    await hears_only(city, number, THANKS, CONNECTING)
    await until(lambda: utc_now() > at, "the moment has come", seconds=LATER + 5)
    await hears_only(city, number, CONNECTING, THANKS)

    assert (await desk.done(SECOND, "POST", "/rollback", json={"why": "not liked"}))["heard"]
    await hears_only(city, number, THANKS, CONNECTING)
    history = (await desk.send(AUTHOR, "GET", "/history")).json()
    assert {
        "menu.created",
        "menu.changed",
        "menu.submitted",
        "menu.approved",
        "menu.published",
        "menu.rolled_back",
    } <= {entry["action"] for entry in history}
    assert all(entry["by"] in {AUTHOR, SECOND} and entry["why"] for entry in history)


async def test_calls_finish_on_the_version_they_began_with(city: City, office: Office) -> None:
    def version(greeting: str, told: str) -> Line:
        menu = ask(greeting, {"0": "person", "1": "one"}, wait_seconds=20)
        return Line("71002", {"start": menu, "one": say(told), "person": PERSON})

    old, new = version(ASK, THANKS), version(CLOSED, BYE)
    await office.open([old])
    calls = await city.dial_many(INSIDE, "71002", rate=10)
    await asyncio.gather(*(call.hears_begin(city.prompt(ASK), seconds=30) for call in calls))
    await office.publish("menu-71002", new.tree)
    await office.heard()
    for call in calls:
        call.press("1")

    async def leave(call: Call) -> None:
        await call.hears(city.prompt(THANKS), seconds=30)
        call.hang_up()
        await call.ended()

    await asyncio.gather(*(leave(call) for call in calls))
    assert not [call.key for call in calls if call.heard(city.prompt(BYE)) or call.heard(city.prompt(CLOSED))]
    following = await city.dial("71002")
    await following.press_during(city.prompt(CLOSED), "1")
    await following.hears(city.prompt(BYE))
    following.hang_up()
    await following.ended()
    assert not following.heard(city.prompt(ASK))
    assert {(await office.record(call)).menu_version for call in calls} == {1}
    assert (await office.record(following)).menu_version == 2


async def test_an_incident_is_told_by_the_next_call_of_its_lines(city: City, office: Office) -> None:
    await office.open([Line("71003", saying(THANKS)["nodes"]), Line("71004", saying(HELLO)["nodes"])])
    body = {
        "title": "城东停电",
        "text": "城东片区正在停电，预计两小时后恢复。",
        "numbers": ["71003"],
        "ends_at": (utc_now() + dt.timedelta(hours=2)).isoformat(),
        "why": "a test",
    }
    incident = await city.desk.ask(SUPERVISOR, "POST", "/api/incidents", body)
    assert incident["heard"]
    affected, stays, elsewhere = [await city.dial(number) for number in ("71003", "71003", "71004")]
    notice = city.prompt(str(incident["sounds"][0]))
    await asyncio.gather(
        affected.press_during(notice, "1"),
        stays.hears(city.prompt(THANKS), seconds=60),
        elsewhere.hears(city.prompt(HELLO)),
    )
    assert stays.heard(notice)
    assert not elsewhere.heard(notice)
    await affected.ended()
    assert affected.heard(city.prompt("hotline/affected-registered"))
    for call in (stays, elsewhere):
        call.hang_up()
    await office.row(
        select(IncidentCaller).where(IncidentCaller.incident_id == incident["id"]), "the caller is registered"
    )
    ended = await city.desk.ask(SUPERVISOR, "POST", f"/api/incidents/{incident['id']}/end", {"why": "light again"})
    assert ended["heard"]
    after = await city.dial("71003")
    await after.hears(city.prompt(THANKS))
    after.hang_up()
    assert not after.heard(notice).begun


async def test_a_draft_is_heard_once_from_a_seats_phone(city: City) -> None:
    desk = Desk(city, "trial")
    version = await desk.draft(saying(CLOSED))
    code = await desk.done(AUTHOR, "POST", f"/versions/{version}/trial-code")
    assert code["dial"] == f"88{code['code']}"
    trial = await city.dial_from_seat("1009", code["dial"])
    await trial.ended(seconds=30)
    heard = [city.prompt(sound) for sound in (CLOSED, "hotline/trial-person", "hotline/trial-code-wrong")]
    assert trial.media.heard.recording().told(heard) == heard[:2]
    again = await city.dial_from_seat("1009", code["dial"])
    await again.ended(seconds=30)
    assert again.media.heard.recording().told(heard) == heard[2:]


async def test_a_restart_without_the_database_speaks_the_published_menu(
    city: City, office: Office, system: Instance
) -> None:
    await office.open([Line("71005", saying(CLOSED)["nodes"])])
    await asyncio.to_thread(system.stop, "postgres")
    try:
        await asyncio.to_thread(system.kill, "voice")
        await asyncio.to_thread(system.start, "voice")
        call = await city.dial("71005")
        await call.hears(city.prompt(CLOSED))
        call.hang_up()
        await call.ended()
    finally:
        await asyncio.to_thread(system.start, "postgres")
    record = await office.row(
        select(CallRow).where(CallRow.caller_raw == call.citizen.user, CallRow.menu_end.is_not(None)),
        "the call reaches the records when the database is back",
        seconds=60,
    )
    assert (record.menu, record.menu_version) == ("menu-71005", 1)
