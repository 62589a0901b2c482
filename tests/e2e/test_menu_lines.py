"""Sixty-five merged lines: each number has its own greeting and its own queue, and their sum is the total."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from db.clock import utc_now
from db.tables import AgentQueue, Number, Queue
from ops.call.agent import Manner
from ops.call.citizen import Call
from ops.call.city import City
from ops.instance import Instance
from tests.e2e.menus import Office, office_of, synthetic_voice, write_sound
from tests.e2e.records import SUPERVISOR

pytestmark = pytest.mark.asyncio(loop_scope="module")

MENU = "merged-lines"
TREE = {
    "start": "greeting",
    "nodes": {
        "greeting": {"kind": "greeting", "sounds": ["@line"], "next": "person"},
        "person": {"kind": "queue", "queue": "@line"},
    },
}
LINES = {f"{72001 + place}": f"line-{place:02}" for place in range(65)}
"""Dialled number -> the name of its queue and of its greeting."""
SEATS = [str(1001 + place) for place in range(10)]
AT_ONCE = 8
BESIDE = 3
"""Greetings of other lines with which each call is compared."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(system: Instance) -> AsyncIterator[Office]:
    async with office_of(system) as opened:
        await opened.publish(MENU, TREE)
        await merge(opened)
        yield opened
        await part(opened)


async def merge(office: Office) -> None:
    """Sixty-five rows: a number, a queue that every seat serves, a greeting of a second."""
    greetings = {name: [f"own/{name}-1"] for name in LINES.values()}
    for seed, sound in enumerate(greetings.values()):
        path = office.system.folder / "asterisk" / "sounds" / "zh" / f"{sound[0]}.wav"
        write_sound(path, synthetic_voice(seed, 1.0))
    numbers = [
        {"number": number, "line": f"{name}热线", "menu": MENU, "queue_id": name, "greeting": greetings[name]}
        for number, name in LINES.items()
    ]
    serves = [
        {"agent_id": seat, "queue_id": name, "preference": 10 + place}
        for seat in SEATS
        for place, name in enumerate(LINES.values())
    ]
    async with office.database.write() as session:
        await session.execute(insert(Queue).values([{"id": name, "name": name} for name in LINES.values()]))
        await session.execute(insert(Number).values(numbers))
        await session.execute(insert(AgentQueue).values(serves))
    await office.heard()


async def part(office: Office) -> None:
    """Leave the system as it was."""
    async with office.database.write() as session:
        await session.execute(delete(Number).where(Number.number.in_(LINES)))
        await session.execute(delete(AgentQueue).where(AgentQueue.queue_id.in_(LINES.values())))
        await session.execute(delete(Queue).where(Queue.id.in_(LINES.values())))
    await office.heard()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(office: Office) -> AsyncIterator[City]:
    async with City(office.system) as opened:
        await opened.seat(SEATS, Manner(answers_after=0.05))
        yield opened


async def test_each_number_has_its_own_greeting_and_queue_and_their_sum_is_the_total(
    city: City, office: Office
) -> None:
    since = utc_now()
    door = asyncio.Semaphore(AT_ONCE)

    async def ring(number: str) -> Call:
        async with door:
            call = await city.dial(number)
            await call.talking(seconds=60)
            call.hang_up()
            await call.ended()
            return call

    calls = await asyncio.gather(*(ring(number) for number in LINES))
    names = list(LINES.values())
    for place, call in enumerate(calls):
        body = call.offers[-1].arrival.body
        assert (body["dialled"], body["queue"]) == (call.citizen.dialled, names[place])
        nearby = {city.prompt(f"own/{names[(place + step) % len(names)]}-1") for step in range(BESIDE + 1)}
        assert call.media.heard.recording().told(nearby) == [city.prompt(f"own/{names[place]}-1")]
    for call in calls:
        record = await office.record(call)
        assert (record.dialled, record.queue, record.disposition) == (
            call.citizen.dialled,
            LINES[call.citizen.dialled],
            "answered",
        )
    await city.agents_free(seconds=30)

    figures = await city.desk.ask(SUPERVISOR, "GET", "/api/lines/statistics", since=since.isoformat())
    merged = {line["number"]: line for line in figures["lines"] if line["number"] in LINES}
    assert {number: line["calls"] for number, line in merged.items()} == dict.fromkeys(LINES, 1)
    assert all(line["answered"] == 1 for line in merged.values())
    for name, total in figures["total"].items():
        if isinstance(total, int):
            assert total == sum(line[name] for line in figures["lines"]), name
