"""Rules of distribution as people change them in a running system, put back after a test."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from ops.call.city import City
from tests.e2e.records import SUPERVISOR

ADMINISTRATOR = "9901"


async def queue_of(city: City, queue: str) -> dict[str, Any]:
    """A queue as it can be put."""
    found = next(one for one in await city.desk.ask(ADMINISTRATOR, "GET", "/api/queues") if one["id"] == queue)
    return {name: found[name] for name in ("name", "priority", "ring_seconds", "rules")}


async def put_queue(city: City, queue: str, values: dict[str, Any]) -> None:
    told = await city.desk.ask(ADMINISTRATOR, "PUT", f"/api/queues/{queue}", values | {"why": "a test"})
    assert told["heard"]


@asynccontextmanager
async def ruled(city: City, rules: Mapping[str, dict[str, Any]]) -> AsyncIterator[None]:
    """These queues have these rules and no others, until what was before is put back."""
    before = {queue: await queue_of(city, queue) for queue in rules}
    try:
        for queue, wanted in rules.items():
            await put_queue(city, queue, before[queue] | {"rules": wanted})
        yield
    finally:
        for queue, values in before.items():
            await put_queue(city, queue, values)


async def routing_of(city: City, agent: str) -> dict[str, Any]:
    """By what calls find an agent, as it can be put."""
    found = next(one for one in await city.desk.ask(SUPERVISOR, "GET", "/api/agents") if one["id"] == agent)
    return {name: found[name] for name in ("queues", "skills", "handicaps", "county", "seat", "phone_number")}


@asynccontextmanager
async def routed(city: City, agent: str, **changed: Any) -> AsyncIterator[None]:
    """An agent's routing with these changes, until what was before is put back."""
    before = await routing_of(city, agent)
    try:
        await _put_routing(city, agent, before | changed)
        yield
    finally:
        await _put_routing(city, agent, before)


async def _put_routing(city: City, agent: str, routing: dict[str, Any]) -> None:
    told = await city.desk.ask(SUPERVISOR, "PUT", f"/api/agents/{agent}/routing", routing | {"why": "a test"})
    assert told["heard"]
