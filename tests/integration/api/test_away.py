"""The database goes away and comes back: refused quickly, nothing lost, nobody has to restart anything."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import SecretStr

from api.settings import Settings

QUICKLY = 4.0  # three seconds, and one for a busy machine


@pytest.fixture
async def gated(settings: Settings, gate: Any, database: Any, serve_api: Any) -> AsyncIterator[Any]:
    """A whole API whose way to the database is the gate."""
    del database
    async with serve_api(settings.model_copy(update={"database_url": SecretStr(gate.url)})) as (api, _):
        yield api


async def timed(work: Any) -> tuple[int, float]:
    began = time.monotonic()
    answer = await work
    return answer.status_code, time.monotonic() - began


@pytest.mark.parametrize("manner", ["shut", "stuck"])
async def test_a_database_that_is_gone_is_told_quickly_and_forgiven(
    gated: Any, gate: Any, manner: str, until: Any, event: Callable[..., Any]
) -> None:
    await gated.hand_in(event("hall-1.1", 1, "call.started", caller="13800138000"))
    await gated.token("1001")
    if manner == "shut":
        await gate.shut()
    else:
        gate.stick()
    later = event("hall-1.1", 2, "call.offered", agent_id="1001", offer_no=1)
    body = {"events": [later]}
    asked = [gated.wire("POST", "/internal/call-events", json=body), gated.ask("1001", "GET", "/api/calls")]
    asked += [gated.ask("1001", "GET", "/api/cases") for _ in range(30)]
    for status, seconds in await asyncio.gather(*(timed(work) for work in asked)):
        assert status == 503
        assert seconds < QUICKLY
    status, seconds = await timed(gated.http.get("/healthz"))
    assert (status, seconds < QUICKLY) == (200, True)
    await gate.open()

    async def served() -> bool:
        return bool((await gated.ask("1001", "GET", "/api/calls")).status_code == 200)

    await until(served, seconds=15)
    (pop,) = (await gated.hand_in(later))["pops"]
    assert pop["case_no"]
    assert (await gated.http.get("/healthz")).json()["database"] is True


async def test_connections_that_the_server_ended_are_replaced_unnoticed(gated: Any, database: Any) -> None:
    assert (await gated.ask("1001", "GET", "/api/calls")).status_code == 200
    async with database.write() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert (await gated.ask("1001", "GET", "/api/calls")).status_code == 200


async def test_the_process_starts_without_a_database(
    settings: Settings, gate: Any, database: Any, serve_api: Any, until: Any
) -> None:
    del database
    await gate.shut()
    async with serve_api(settings.model_copy(update={"database_url": SecretStr(gate.url)})) as (api, _):
        assert (await api.http.get("/healthz")).json()["database"] is False
        await gate.open()

        async def answers() -> bool:
            return bool((await api.http.get("/healthz")).json()["database"])

        await until(answers)
        assert (await api.ask("1001", "GET", "/api/calls")).status_code == 200
