"""The menu that is measured, and the stand-in for the web process that publishes it."""

import datetime as dt
import socket
import wave
from pathlib import Path

import httpx

from ivr.codec import tree_from_dict
from ivr.interpreter import advance, begin
from ivr.protocol import HangUp, Key, Play, Played
from ops.bench.native import STEPS
from ops.bench.sounds import silence
from ops.bench.voice import StandIn, five_steps, with_five_steps

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def test_five_keys_lead_to_the_end() -> None:
    tree = tree_from_dict(five_steps())
    step = begin(tree, queues=frozenset({"city"}), default_queue="city", now=NOW)
    for key in range(1, STEPS + 1):
        assert isinstance(step.effects[0], Play)
        step = advance(tree, step.state, Played(), now=NOW)
        step = advance(tree, step.state, Key(str(key)), now=NOW + dt.timedelta(seconds=key / 10))
    assert step.effects == (HangUp(),)


def test_only_the_trees_are_replaced() -> None:
    published = {"version": "x", "menus": [{"name": "default", "version": 3, "tree": {}, "from": "now"}], "more": 1}
    found = with_five_steps(published)
    assert found["menus"] == [{"name": "default", "version": 3, "tree": five_steps(), "from": "now"}]
    assert (found["version"], found["more"]) == ("bench", 1)


async def test_the_stand_in_publishes_and_takes_events() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stand_in = StandIn({"version": "bench"})
    await stand_in.open(port)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        assert (await client.get("/internal/configuration")).json() == {"version": "bench"}
        answer = await client.post("/internal/call-events", json={"events": [{"seq": 4}, {"seq": 5}]})
        assert answer.json() == {"accepted": [4, 5], "pops": []}
        assert (await client.post("/internal/callers", json={})).status_code == 404
    await stand_in.close()
    assert stand_in.events == 2


def test_a_silent_sound(tmp_path: Path) -> None:
    silence(tmp_path / "x.wav", 0.1)
    with wave.open(str(tmp_path / "x.wav")) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, 800)
    assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]
