"""The journal reaches the web process whatever that process does."""

import asyncio
import datetime as dt
from pathlib import Path

import httpx
import orjson

from acd.engine import Engine
from agi_scripts import delivery
from agi_scripts.delivery import Delivery
from tests.unit.agi_scripts.voice_support import Hands, engine_at

NOW = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)


class Web:
    """A web process that fails as often as it is told."""

    def __init__(self, *failures: object, expects: int) -> None:
        self.failures = list(failures)
        self.seen: list[int] = []
        self.expects = expects
        self.has_all = asyncio.Event()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, httpx.Response):
                return failure
            raise httpx.ConnectError("nobody listens")
        seqs = [e["seq"] for e in orjson.loads(request.content)["events"]]
        self.seen += seqs
        if len(self.seen) >= self.expects:
            self.has_all.set()
        return httpx.Response(200, json={"accepted": seqs, "pops": []})


async def delivered(engine: Engine, web: Web) -> None:
    client = httpx.AsyncClient(transport=httpx.MockTransport(web), base_url="http://web")
    task = asyncio.create_task(Delivery(engine, client).run())
    async with asyncio.timeout(5):
        await web.has_all.wait()
    task.cancel()
    await client.aclose()


async def test_everything_arrives_in_order_after_every_kind_of_failure(tmp_path: Path) -> None:
    engine = engine_at(tmp_path, Hands())
    count = delivery.BATCH + 7
    for number in range(count):
        engine.journal.append(f"c{number}", "call.started", {}, now=NOW)
    web = Web(
        httpx.ConnectError,
        httpx.Response(503),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json={"accepted": [], "pops": []}),
        expects=count,
    )
    await delivered(engine, web)
    assert web.seen == list(range(1, count + 1))
