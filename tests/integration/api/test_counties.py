"""Counties: what is stored of them, and that their agents see their own county's cases only."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from db.engine import Database
from db.tables import Agent, County, Number, Queue

Make = Callable[..., dict[str, Any]]
COUNTIES = ("linhe", "pingyuan")
CALLER = "13800138000"
LINHE, PINGYUAN, COLLEAGUE = "2001", "3001", "2002"
SEAT: dict[str, Any] = {"queues": ["linhe"], "county": "linhe", "why": "新增座席"}


@pytest.fixture
async def city(api: Any, database: Database, password_hash: str) -> Any:
    """Two counties with a queue and an agent each, and a number of Pingyuan's that leads to the city's queue."""
    people = [(LINHE, "linhe", "agent"), (COLLEAGUE, "linhe", "agent"), (PINGYUAN, "pingyuan", "agent")]
    people.append(("9901", None, "administrator"))
    rows = [
        {"id": i, "name": i, "extension": i, "role": role, "county": county, "password_hash": password_hash}
        for i, county, role in people
    ]
    async with database.write() as session:
        await session.execute(insert(County), [{"id": county, "name": county} for county in COUNTIES])
        queues = [{"id": county, "name": county, "rules": {"county": county}} for county in COUNTIES]
        await session.execute(insert(Queue), queues)
        await session.execute(insert(Agent), rows)
        number = {"number": "96002", "line": "平原热线", "menu": "default", "queue_id": "city", "area": "pingyuan"}
        await session.execute(insert(Number), [number])
    return api


@pytest.fixture
def call(city: Any, event: Make) -> Callable[..., Any]:
    """Hand in a call that came by `queue` and was answered by `agent`; returns its id."""
    numbers = iter(range(1, 100))

    async def hand_in(queue: str, agent: str, *, dialled: str = "12345", ended: bool = True) -> str:
        n = next(numbers)
        call_id, seq = f"hall-{n}.1", n * 10
        events = [
            event(call_id, seq, "call.started", caller=CALLER, dialled=dialled),
            event(call_id, seq + 1, "call.queued", queue=queue, priority=0, skill=None),
            event(call_id, seq + 2, "call.offered", agent_id=agent, offer_no=1, waited_ms=10),
            event(call_id, seq + 3, "call.answered", agent_id=agent, recording=f"{call_id}.wav"),
        ]
        if ended:
            events.append(event(call_id, seq + 4, "call.ended", disposition="answered", ended_by="agent"))
        await city.hand_in(*events)
        return call_id

    return hand_in


async def finish(api: Any, agent: str, call_id: str) -> None:
    answer = await api.ask(agent, "PUT", f"/api/calls/{call_id}/outcome", json={"outcome": "to_dispatch"})
    assert answer.status_code == 200, answer.text


async def number_of(api: Any, call_id: str) -> str:
    return str((await api.ask("9001", "GET", f"/api/calls/{call_id}")).json()["case_no"])


async def seen(api: Any, agent: str) -> tuple[set[str], set[str]]:
    """The calls that are listed, and the calls whose cases are; lists and single ones agree."""
    calls = {one["call_id"] for one in (await api.ask(agent, "GET", "/api/calls")).json()["items"]}
    page = (await api.ask(agent, "GET", "/api/cases")).json()
    assert page["total"] == len(page["items"])
    return calls, {one["call_id"] for one in page["items"]}


async def statuses(api: Any, agent: str, call_id: str) -> set[int]:
    paths = (f"/api/calls/{call_id}", f"/api/cases/{await number_of(api, call_id)}", f"/api/calls/{call_id}/recording")
    return {(await api.ask(agent, "GET", path)).status_code for path in paths[:2]}


async def test_a_countys_agents_see_its_cases_and_no_others(city: Any, call: Callable[..., Any]) -> None:
    ours, neighbours, citys = (
        await call("linhe", COLLEAGUE),
        await call("pingyuan", PINGYUAN),
        await call("city", "1001"),
    )
    by_number = await call("city", "1001", dialled="96002")
    assert await seen(city, LINHE) == ({ours}, {ours})
    assert await seen(city, PINGYUAN) == ({neighbours, by_number}, {neighbours, by_number})
    assert await seen(city, "1001") == ({citys, by_number}, {citys, by_number})
    assert (await seen(city, "9001"))[0] == {ours, neighbours, citys, by_number}
    assert await statuses(city, LINHE, ours) == {200}
    for other in (neighbours, citys, by_number):
        assert await statuses(city, LINHE, other) == {404}
    recording = await city.ask(LINHE, "GET", f"/api/calls/{neighbours}/recording")
    assert recording.status_code == 404


async def test_a_call_of_others_is_seen_while_it_is_in_hand_and_not_after_its_outcome(
    city: Any, call: Callable[..., Any]
) -> None:
    helped = await call("city", LINHE)
    assert await seen(city, LINHE) == ({helped}, {helped}), "the outcome is still owed"
    assert (await city.ask(LINHE, "GET", "/api/agents/me")).json()["call"]["call_id"] == helped
    await finish(city, LINHE, helped)
    assert await seen(city, LINHE) == (set(), set())
    assert await statuses(city, LINHE, helped) == {404}
    assert await seen(city, COLLEAGUE) == (set(), set())
    going_on = await call("pingyuan", LINHE, ended=False)
    await finish(city, LINHE, going_on)
    assert (await seen(city, LINHE))[0] == {going_on}, "the talk goes on"


async def test_a_countys_agents_hear_what_was_left_for_it_and_the_hall_hears_everything(city: Any, event: Make) -> None:
    for call_id, dialled in (("hall-1.1", "12345"), ("hall-2.1", "96002")):
        await city.hand_in(
            event(call_id, 1, "call.started", caller=CALLER, dialled=dialled),
            event(call_id, 2, "call.message", recording=f"{call_id}.wav", seconds=4.0),
            event(call_id, 3, "call.ended", disposition="hangup_in_menu", ended_by="caller"),
        )

    async def left_for(agent: str) -> dict[str, str]:
        page = (await city.ask(agent, "GET", "/api/messages")).json()
        assert page["total"] == len(page["items"])
        return {one["call_id"]: one["recording_url"] for one in page["items"]}

    everything = await left_for("1001")
    assert set(everything) == {"hall-1.1", "hall-2.1"}
    assert await left_for("9001") == everything
    assert set(await left_for(PINGYUAN)) == {"hall-2.1"}
    assert await left_for(LINHE) == {}
    assert (await city.ask(PINGYUAN, "GET", everything["hall-1.1"])).status_code == 404


async def test_who_did_not_answer_sees_nothing_of_anothers_call(
    city: Any, call: Callable[..., Any], event: Make
) -> None:
    other = await call("city", "1001")
    await city.hand_in(event(other, 900, "call.offered", agent_id=LINHE, offer_no=2, waited_ms=5))
    assert await seen(city, LINHE) == (set(), set())


async def test_a_call_that_waited_elsewhere_before_belongs_to_the_first_county(
    city: Any, call: Callable[..., Any], event: Make
) -> None:
    moved = await call("linhe", COLLEAGUE)
    await city.hand_in(event(moved, 901, "call.queued", queue="pingyuan", priority=0, skill=None))
    (row,) = await city.rows("SELECT county, queue FROM calls")
    assert (row["county"], row["queue"]) == ("linhe", "pingyuan")


async def test_the_pop_tells_a_countys_agent_of_its_own_cases_only(
    city: Any, call: Callable[..., Any], event: Make
) -> None:
    ours, citys = await call("linhe", COLLEAGUE), await call("city", "1001")
    await finish(city, COLLEAGUE, ours)
    await finish(city, "1001", citys)
    told: dict[str, tuple[set[str], set[str]]] = {}
    for n, agent in enumerate((LINHE, PINGYUAN, "1001"), start=50):
        answer = await city.hand_in(
            event(f"hall-{n}.1", n * 10, "call.started", caller=CALLER, dialled="12345"),
            event(f"hall-{n}.1", n * 10 + 1, "call.offered", agent_id=agent, offer_no=1, waited_ms=5),
        )
        (pop,) = answer["pops"]
        told[agent] = ({c["call_id"] for c in pop["earlier_calls"]}, {c["call_id"] for c in pop["open_cases"]})
    assert told[LINHE] == ({ours}, {ours})
    assert told[PINGYUAN] == (set(), set())
    assert {ours, citys} <= told["1001"][0]
    assert {ours, citys} <= told["1001"][1]


async def put(api: Any, county: str, who: str = "9901", **body: Any) -> httpx.Response:
    answer: httpx.Response = await api.ask(who, "PUT", f"/api/counties/{county}", json={"why": "试点", **body})
    return answer


async def test_a_county_is_created_changed_and_listed_with_its_seats(city: Any) -> None:
    trunk = {"name": "夏津县", "trunk_host": "10.1.2.3", "trunk_port": 5062}
    assert (await put(city, "xiajin", **trunk)).json().items() >= {"id": "xiajin", **trunk}.items()
    assert (await put(city, "xiajin", **trunk)).status_code == 200
    listed = {one["id"]: one for one in (await city.ask("9001", "GET", "/api/counties")).json()}
    assert listed["xiajin"] | trunk == listed["xiajin"]
    linhe = listed["linhe"]
    assert (linhe["queues"], linhe["seats"], linhe["line_seats"], linhe["reachable"]) == (["linhe"], 2, 0, None)
    told = await city.rows("SELECT by, action, why FROM audit WHERE subject = 'county:xiajin'")
    assert [(row["by"], row["action"], row["why"]) for row in told] == [("9901", "county.created", "试点")]


@pytest.mark.parametrize(
    ("who", "county", "body", "status"),
    [
        ("9001", "xiajin", {"name": "夏津县"}, 403),
        (LINHE, "xiajin", {"name": "夏津县"}, 403),
        ("9901", "Xia jin", {"name": "夏津县"}, 422),
        ("9901", "xiajin", {"name": "夏津县", "trunk_host": "10.1.2.3;[evil]"}, 422),
        ("9901", "xiajin", {"name": "夏津县", "trunk_port": 70000}, 422),
    ],
)
async def test_a_county_that_cannot_be_is_refused(
    city: Any, who: str, county: str, body: dict[str, Any], status: int
) -> None:
    assert (await put(city, county, who, **body)).status_code == status
    assert (await city.ask(LINHE, "GET", "/api/counties")).status_code == 403


async def seat(api: Any, agent: str, **changes: Any) -> httpx.Response:
    answer: httpx.Response = await api.ask("9001", "PUT", f"/api/agents/{agent}/routing", json=SEAT | changes)
    return answer


async def test_a_seat_becomes_an_ordinary_telephone_and_a_phone_again(city: Any) -> None:
    stored = await seat(city, LINHE, seat="line", phone_number="05345550001")
    assert (stored.json()["seat"], stored.json()["phone_number"]) == ("line", "05345550001")
    published = (await city.wire("GET", "/internal/configuration")).json()["agents"]
    (agent,) = (one for one in published if one["id"] == LINHE)
    assert (agent["seat"], agent["phone_number"], agent["county"]) == ("line", "05345550001", "linhe")
    (listed,) = (await city.ask(LINHE, "GET", "/api/agents")).json()
    assert (listed["seat"], listed["phone_number"]) == ("line", "05345550001")
    again = await seat(city, LINHE)
    assert (again.json()["seat"], again.json()["phone_number"]) == ("phone", None)
    told = await city.rows("SELECT by, action FROM audit ORDER BY id")
    assert [(row["by"], row["action"]) for row in told] == [("9001", "agent.routing")] * 2


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"seat": "line"}, "seat"),
        ({"seat": "line", "phone_number": "110", "county": ""}, "seat"),
        ({"phone_number": "05345550001"}, "phone_number"),
        ({"seat": "line", "phone_number": "05345559999"}, "phone_number"),
        ({"county": "nowhere"}, "county"),
    ],
)
async def test_a_seat_that_cannot_be_rung_is_refused_with_what_to_do(
    city: Any, changes: dict[str, Any], where: str
) -> None:
    assert (await seat(city, COLLEAGUE, seat="line", phone_number="05345559999")).status_code == 200
    refused = await seat(city, LINHE, **changes)
    assert refused.status_code == 422
    assert where in refused.text
    (listed,) = (await city.ask(LINHE, "GET", "/api/agents")).json()
    assert (listed["seat"], listed["phone_number"]) == ("phone", None), "nothing was stored"
