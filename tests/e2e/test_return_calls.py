"""Whoever asked to be called back, while waiting or in a menu, keeps a place among the live callers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ops.call.carrier import BUSY, CITIZEN
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.until import until, until_answered
from ops.instance import Instance
from tests.e2e.calling import BY_HAND, HOTLINE, Office
from tests.e2e.conftest import Maker
from tests.e2e.menus import Line, office_of
from tests.e2e.records import SUPERVISOR, queued

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADMINISTRATOR = "9901"
SOON = {
    "HOTLINE_ANNOUNCE_FIRST_SECONDS": "2",
    "HOTLINE_ANNOUNCE_EVERY_SECONDS": "4",
    "HOTLINE_OFFER_AFTER_SECONDS": "3",
}


PRESS = "hotline/press-for-return-call"
NOTED = "hotline/return-call-noted"
WISH = Line(
    "70071",
    {
        "start": {
            "kind": "return_call",
            "sounds": [PRESS],
            "queue": "city",
            "next": "noted",
            "on_declined": "person",
            "on_failure": "person",
            "wait_seconds": 5,
        },
        "noted": {"kind": "hang_up", "sounds": [NOTED]},
        "person": {"kind": "queue", "queue": "city"},
    },
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(make_system: Maker) -> Instance:
    """With a number whose menu asks at once whether the citizen wants to be called back."""
    system: Instance = await asyncio.to_thread(make_system, extra=SOON)
    async with office_of(system) as tables:
        await tables.open([WISH])
    return system


@pytest_asyncio.fixture(loop_scope="module")
async def office(running: Instance) -> AsyncIterator[Office]:
    async with City(running) as city:
        (agent,) = await city.seat(["1001"], BY_HAND)
        yield Office(city, agent)


async def put_rules(city: City, rules: dict[str, Any] | None) -> None:
    queue = next(one for one in await city.desk.ask(ADMINISTRATOR, "GET", "/api/queues") if one["id"] == "city")
    body = {name: queue[name] for name in ("name", "priority", "ring_seconds")} | {"rules": rules, "why": "a test"}
    assert (await city.desk.ask(ADMINISTRATOR, "PUT", "/api/queues/city", body))["heard"]


@contextlib.asynccontextmanager
async def quick_return_calls(city: City) -> AsyncIterator[None]:
    """The second attempt comes soon, and there is no third."""
    await put_rules(city, {"return_calls": {"attempts": 2, "every": 3}})
    try:
        yield
    finally:
        await put_rules(city, None)


async def asked_for_a_return_call(office: Office) -> tuple[Call, Call]:
    """Somebody talks with the agent; whoever came next has asked to be called back and hung up."""
    city = office.city
    talking = await city.dial(HOTLINE, keys="0")
    await talking.talking(seconds=30)
    asking = await city.dial(HOTLINE, keys="0")
    await asking.press_after(city.prompt("hotline/press-for-return-call"), "1")
    await asking.hears(city.prompt("hotline/return-call-noted"))
    await asking.ended(seconds=20)
    return talking, asking


async def test_a_return_call_keeps_the_place_among_live_callers(office: Office) -> None:
    city, agent = office.city, office.agent
    talking, asking = await asked_for_a_return_call(office)
    number = asking.citizen.user
    await city.carrier.open({number: CITIZEN})
    younger = await city.dial(HOTLINE, keys="0")
    await queued(city, [younger])
    await until_answered(lambda: waits(city, 1, virtual=1), "one waits, one keeps a place", seconds=20)
    assert not city.carrier.calls, "nobody is free for it"
    await office.end_talk(talking)
    leg = await city.carrier.talking(number)
    assert leg.caller_number == HOTLINE
    offer = city.seen.offers[-1]
    assert (offer.arrival.body["direction"], offer.arrival.body["return_call"]) == ("outbound", True)
    assert not younger.rings, "who came later is not asked first"
    await office.state("talking")
    case = await office.come("case", offer.call_id)
    assert case["case_no"], "what is said now has a case"
    city.carrier.hang_up(number)
    await office.state("wrap_up")
    await office.finish(offer.call_id, "answered")
    await younger.talking(seconds=20)
    await office.end_talk(younger)
    assert not office.shows(number)
    assert (await office.record(offer.call_id))["answered_by"] == agent.number
    await until_answered(lambda: is_paid(city, offer.call_id), "the debt is paid", seconds=20)


async def test_who_rings_again_meanwhile_is_served_once(office: Office) -> None:
    city = office.city
    talking, asking = await asked_for_a_return_call(office)
    await city.carrier.open({asking.citizen.user: CITIZEN})
    younger = await city.dial(HOTLINE, keys="0")
    await queued(city, [younger])
    again = await city.dial(HOTLINE, keys="0", caller=asking.citizen.user)
    await until_answered(lambda: waits(city, 2), "the live call has taken the place", seconds=20)
    await office.end_talk(talking)
    await again.talking(seconds=20)
    assert not younger.rings, "the place was taken over"
    again.hang_up()
    await office.state("wrap_up")
    await office.city.desk.choose_outcome(office.agent.number, city.seen.offers[-1].call_id, "answered")
    await younger.talking(seconds=20)
    await office.end_talk(younger)
    await office.state("ready")
    assert city.carrier.calls == [], "nobody is called who was served"


async def waits(city: City, wanted: int, *, virtual: int = 0) -> bool:
    live = (await city.desk.ask(SUPERVISOR, "GET", "/api/figures"))["total"]["live"]
    return bool(live["waiting"] == wanted and live["virtual"] == virtual)


async def presses_in_the_menu(office: Office) -> Call:
    """Somebody chooses it at the menu's first question, without having waited, and hears that it is noted."""
    asking = await office.city.dial(WISH.number)
    await asking.press_during(office.city.prompt(PRESS), "1")
    await asking.hears(office.city.prompt(NOTED))
    await asking.ended(seconds=20)
    assert not asking.rings
    return asking


async def test_who_asks_in_a_menu_is_called_in_turn_and_before_who_came_later(office: Office) -> None:
    city = office.city
    talking = await city.dial(HOTLINE, keys="0")
    await talking.talking(seconds=30)
    asking = await presses_in_the_menu(office)
    number = asking.citizen.user
    await city.carrier.open({number: CITIZEN})
    younger = await city.dial(HOTLINE, keys="0")
    await until_answered(lambda: waits(city, 1, virtual=1), "one waits, one keeps a place", seconds=20)
    await office.end_talk(talking)
    leg = await city.carrier.talking(number)
    assert leg.caller_number == WISH.number
    assert not younger.rings, "who came later is not asked first"
    call_id = city.seen.offers[-1].call_id
    await office.state("talking")
    city.carrier.hang_up(number)
    await office.state("wrap_up")
    await office.finish(call_id, "answered")
    await younger.talking(seconds=20)
    await office.end_talk(younger)
    assert not office.shows(number)
    await until_answered(lambda: is_paid(city, call_id), "the debt is paid", seconds=20)


async def test_who_asked_in_a_menu_and_rings_again_is_served_once(office: Office) -> None:
    city = office.city
    talking = await city.dial(HOTLINE, keys="0")
    await talking.talking(seconds=30)
    asking = await presses_in_the_menu(office)
    await city.carrier.open({asking.citizen.user: CITIZEN})
    younger = await city.dial(HOTLINE, keys="0")
    await queued(city, [younger])
    again = await city.dial(HOTLINE, keys="0", caller=asking.citizen.user)
    await until_answered(lambda: waits(city, 2), "the live call has taken the place", seconds=20)
    await office.end_talk(talking)
    await again.talking(seconds=20)
    assert not younger.rings, "the place was taken over"
    again.hang_up()
    await office.state("wrap_up")
    await city.desk.choose_outcome(office.agent.number, city.seen.offers[-1].call_id, "answered")
    await younger.talking(seconds=20)
    await office.end_talk(younger)
    await office.state("ready")
    assert city.carrier.calls == [], "nobody is called who was served"


async def test_a_wish_from_a_menu_survives_the_voice_process(office: Office, running: Instance) -> None:
    city = office.city
    await city.desk.set_state(office.agent.number, "paused", "meal")
    asking = await presses_in_the_menu(office)
    number = asking.citizen.user
    await city.carrier.open({number: CITIZEN})
    running.kill("voice")
    running.start("voice")
    await until_answered(lambda: waits(city, 0, virtual=1), "the place is still kept", seconds=20)
    await city.desk.set_state(office.agent.number, "ready")
    await city.carrier.talking(number)
    call_id = office.agent.calls[-1].call_id
    assert call_id is not None
    city.carrier.hang_up(number)
    await office.state("wrap_up")
    await office.finish(call_id, "answered")


async def test_a_wish_from_a_menu_is_given_up_after_its_time_and_owed(office: Office) -> None:
    city = office.city
    await put_rules(city, {"return_calls": {"minutes": 0.1}})
    try:
        await city.desk.set_state(office.agent.number, "paused", "meal")
        asking = await presses_in_the_menu(office)
        await until_answered(lambda: waits(city, 0), "the place is given up", seconds=20)
        await city.desk.set_state(office.agent.number, "ready")
        owed = (await office.ask("GET", "/api/return-calls"))["items"]
        assert any(row["caller_display"].endswith(asking.citizen.user[-4:]) for row in owed)
        assert city.carrier.calls == []
    finally:
        await put_rules(city, None)


async def is_paid(city: City, call_id: str) -> bool:
    done = await city.desk.ask(SUPERVISOR, "GET", "/api/return-calls", state="done")
    return call_id in {row["settled_by_call"] for row in done["items"]}


async def test_who_is_not_reached_is_called_again_and_then_owed(office: Office) -> None:
    city = office.city
    async with quick_return_calls(city):
        talking, asking = await asked_for_a_return_call(office)
        number = asking.citizen.user
        await city.carrier.open({number: BUSY})
        await office.end_talk(talking)
        await until(lambda: len(city.carrier.of(number)) == 2, "there is a second attempt", seconds=20)
        first, second = city.carrier.of(number)
        assert second.rang_at - first.rang_at > 3
        await office.state("ready")
        await until_answered(lambda: waits(city, 0), "there will be no third", seconds=10)
        owed = (await office.ask("GET", "/api/return-calls"))["items"]
        debt = next(row for row in owed if row["caller_display"].endswith(number[-4:]))

        async def tried_twice() -> bool:
            rows = (await office.ask("GET", "/api/return-calls"))["items"]
            return any(row["id"] == debt["id"] and row["attempts"] == 2 for row in rows)

        await until_answered(tried_twice, "both attempts are recorded", seconds=20)
        city.carrier.lines[number] = CITIZEN
        call_id = await office.call_out(return_call_id=debt["id"])
        await office.come("answered", call_id)
        city.carrier.hang_up(number)
        await office.state("wrap_up")
        await office.finish(call_id, "reached")
        assert not office.shows(number)
