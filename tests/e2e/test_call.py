"""`make call`: a real call from dialling to the case, told whole, with SIPp's phones and with a browser."""

import json
import subprocess
import sys
from typing import Any

import pytest

from ops.call.city import City
from ops.call.free import free_agents
from ops.errors import OpsError
from ops.instance import Instance
from ops.users import PROJECT

STEPS = ("dialled", "greeted", "key pressed", "queued", "popped", "rang", "answered", "talked", "ended")


def make_call(system: Instance, *options: str) -> tuple[str, dict[str, Any]]:
    """Run the command as make does; return what it printed and its last line."""
    command = [sys.executable, "-m", "ops.call", "--home", str(system.folder), *options]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, json.loads(done.stdout.splitlines()[-1])


def test_one_call_is_answered_by_a_person_with_its_case_on_the_screen(system: Instance) -> None:
    told, last = make_call(system)
    places = [told.index(f" {step} ") for step in (*STEPS, "outcome chosen")]
    assert places == sorted(places)
    assert last["answered"]
    assert last["pop_before_ring"]
    assert last["case_count"] == 1
    assert last["case_no"] in told
    assert last["call_id"]
    assert last["menu_version"] is not None
    assert 0 < last["pop_ms"] < last["ring_ms"]


def test_forty_calls_at_once_with_thirty_agents(system: Instance) -> None:
    _, last = make_call(system, "--calls", "40")
    wanted = {"calls": 40, "answered": 40, "cases": 40, "double_offers": 0, "pop_before_ring": 40}
    assert {name: last[name] for name in wanted} == wanted
    assert set(last["pop_ms"]) == set(last["ring_ms"]) == {"p50", "p95", "p99"}


def test_the_agent_may_be_a_browser(system: Instance) -> None:
    _, last = make_call(system, "--screen")
    assert last["answered"]
    assert last["pop_before_ring"]
    assert last["case_count"] == 1
    names = [picture.name for picture in sorted((system.folder / "pictures").glob("*.png"))]
    assert names == [
        *("01-signing-in.png", "02-ready.png", "03-popped.png", "04-ringing.png", "05-talking.png"),
        *("06-outcome.png", "07-done.png"),
    ]


async def test_agents_at_work_are_left_alone_and_the_others_are_signed_out_again(system: Instance) -> None:
    async with City(system) as city:
        await city.seat(["1001"])
        free = await free_agents(city.desk, 3)
        assert "1001" not in free
        with pytest.raises(OpsError, match="500 agents of the demonstration city must be signed out"):
            await free_agents(city.desk, 500)
    async with City(system) as city:
        assert "1001" in await free_agents(city.desk, 1)
