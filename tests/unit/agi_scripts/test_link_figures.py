"""Live figures on the link: at once to who connects, then when they change, and never too often."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from acd.rules import events as ev
from acd.rules.figures import Places, count_live, live_to_wire
from agi_scripts import link
from agi_scripts.link import LinkServer
from tests.unit.agi_scripts.voice_support import CONFIGURATION, Hands, engine_at

TOKEN = {"Authorization": "Bearer secret"}


class Hall:
    """An engine behind a link server whose figures can be broken."""

    def __init__(self, folder: Path) -> None:
        self.engine = engine_at(folder, Hands())
        self.broken = False
        self.server = LinkServer(
            self.engine, token="secret", reload=asyncio.Event(), configured=str, requests={}, figures=self.figures
        )

    def figures(self) -> dict[str, Any]:
        if self.broken:
            raise ZeroDivisionError
        floor = self.engine.floor
        places = Places(CONFIGURATION["queues"], CONFIGURATION["numbers"])
        return live_to_wire(count_live(floor.calls.values(), floor.agents.values(), places))


@pytest.fixture
async def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hall]:
    monkeypatch.setattr(link, "FIGURES_SECONDS", 0.02)
    hall = Hall(tmp_path)
    await hall.server.start("127.0.0.1", 0)
    yield hall
    await hall.server.close()


def dial(hall: Hall) -> Any:
    return connect(f"ws://127.0.0.1:{hall.server.port}", additional_headers=TOKEN)


async def next_figures(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["op"] == "figures":
                return frame


async def test_who_connects_is_told_at_once_and_everybody_when_something_has_changed(hall: Hall) -> None:
    async with dial(hall) as socket, dial(hall) as other:
        for one in (socket, other):
            first = await next_figures(one)
            assert (first["offering"], first["scopes"]["total"][""]["waiting"]) == (True, 0)
        hall.engine.submit(ev.CallStarted("c1", "138", "12345", "PJSIP/trunk-1"))
        hall.engine.submit(ev.CallQueued("c1", "city"))
        for one in (socket, other):
            found = await next_figures(one)
            while found["scopes"]["queue"]["city"]["waiting"] == 0:
                found = await next_figures(one)
            assert found["scopes"]["line"]["12345"]["waiting"] == 1
            assert "138" not in json.dumps(found)
        hall.engine.submit(ev.AmiLost())
        assert (await next_figures(socket))["offering"] is False


async def test_nothing_new_is_not_told(hall: Hall) -> None:
    async with dial(hall) as socket:
        await next_figures(socket)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(next_figures(socket), 0.2)


async def test_figures_that_fail_end_nothing(hall: Hall) -> None:
    hall.broken = True
    async with dial(hall) as socket:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(next_figures(socket), 0.1)
        hall.broken = False
        assert (await next_figures(socket))["scopes"]["total"][""]["agents"] == {"logged_out": 2}
