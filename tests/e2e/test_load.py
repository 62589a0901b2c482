"""A thousand calls with hostile numbers and names: each served, none reaches its aim, nothing is left behind."""

import asyncio
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect

from acd.ami import AmiLink
from ops.call.agent import Manner
from ops.call.city import City
from ops.call.scenarios import Citizen
from ops.call.until import StepMissing, until, until_answered
from ops.instance import Instance
from tests.e2e.records import calls_of

AGENTS = [str(1001 + place) for place in range(30)]
QUICK = Manner(answers_after=0.05, talks_for=0.2, outcome="invalid")
CALLS = 1000
WARM_UP = 40
RATE = 8
SPARE_DESCRIPTORS = 10
"""Pools (database, HTTP) grow and shrink by some connections; a leak of one descriptor in a hundred calls shows."""


def texts(mark: Path) -> list[str]:
    """What a SIP carrier may hand over as a number; the mark would appear if a shell had run."""
    shell = f"touch%20{mark}"
    return [
        "",
        "12345",
        "63160000",
        "h",
        "i",
        "t",
        "T",
        "s",
        "%22%27%5C%60",
        f"%24%7BSHELL({shell})%7D",
        f"$({shell})",
        f"%60{shell}%60",
        "%24%5B1+1%5D",
        "12345&PJSIP/1002",
        "12345%2CgU(fallback)",
        "1%0D%0AAction%3A%20Originate%0D%0AChannel%3A%20PJSIP/1002%0D%0A%0D%0A",
        "1%0Aagi_uniqueid%3A%20x",
        "%24%7BHOTLINE_TOKEN%7D",
        "HOTLINE_QUEUE%3Dlinhe",
        "9" * 300,
        "%F0%9F%98%80",
        "%E4%BD%A0%E5%A5%BD",
        "%FF%FE%C0%80",
        "'OR'1'%3D'1",
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "anonymous",
    ]


NAMES = ["", "Zhang San", "${SHELL(id)}", "a, b & c", "张三😀", "n" * 300, '"<b>x</b>"', '"\\"quoted\\""', "Anonymous"]


def hostile_citizens(city: City, count: int, mark: Path) -> list[Citizen]:
    """The same in every run; every second caller has an honest number, so that its record can be told."""
    chance = random.Random(12345)  # noqa: S311 - repeatable, not secret
    numbers = texts(mark)
    return [
        Citizen(
            user=city.number() if place % 2 else chance.choice(numbers[3:]),
            dialled=numbers[place] if place < len(numbers) else chance.choice(numbers),
            display=chance.choice(NAMES),
        )
        for place in range(count)
    ]


async def at_rest(system: Instance) -> dict[str, int]:
    """Descriptors of each process, tasks and calls of ours, channels of Asterisk's."""
    found = {f"{name} descriptors": descriptors(system.pid(name)) for name in ("asterisk", "voice", "web")}
    async with httpx.AsyncClient(trust_env=False) as client:
        found["web tasks"] = (await client.get(f"{system.url}/healthz")).json()["tasks"]
    voice = await voice_health(system)
    return found | {"voice tasks": voice["tasks"], "calls": voice["calls"], "channels": await channels(system)}


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def voice_health(system: Instance) -> dict[str, Any]:
    token = {"Authorization": f"Bearer {system.secret('link_token')}"}
    async with connect(f"ws://127.0.0.1:{system.ports['link']}", additional_headers=token) as socket:
        await socket.send('{"op":"health"}')
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["op"] == "health":
                return frame


async def channels(system: Instance) -> int:
    """How many channels Asterisk has, by its own word."""
    secret = system.secret("ami_actions_secret")
    link = AmiLink(
        host="127.0.0.1", port=system.ports["ami"], username="voice-actions", secret=secret, wanted=frozenset()
    )
    running = asyncio.create_task(link.run())
    try:
        await until(lambda: link.up, "an AMI login", seconds=10)
        return len(await link.action_list("CoreShowChannels"))
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_a_thousand_hostile_calls_are_served_and_nothing_is_left_behind(system: Instance, tmp_path: Path) -> None:
    mark = tmp_path / "a-shell-ran"
    async with City(system) as city:
        await city.seat(AGENTS, QUICK)
        await city.all_ended(await city.dial_all(hostile_citizens(city, WARM_UP, mark), rate=RATE), seconds=120)
        await city.agents_free(seconds=60)
        before = await at_rest(system)
        rings_before = len(city.seen.rings)

        citizens = hostile_citizens(city, CALLS, mark)
        calls = await city.dial_all(citizens, rate=RATE)
        await city.all_ended(calls, seconds=CALLS / RATE + 120)
        refused = [(c.citizen, c.moments.refused) for c in calls if c.moments.refused or not c.moments.connected_at]
        assert not refused, f"not served: {refused[:5]}"
        await city.agents_free(seconds=60)

        rings = city.seen.rings[rings_before:]
        per_call = Counter(ring.call_id for ring in rings if ring.answered_at)
        assert len(per_call) == CALLS
        assert set(per_call.values()) == {1}, "a call was answered twice"
        assert not mark.exists(), "a caller's text reached a shell"
        await records_are_harmless(city, citizens)

        after: dict[str, int] = {}

        async def as_before() -> bool:
            after.update(await at_rest(system))
            spare = {name: SPARE_DESCRIPTORS * name.endswith("descriptors") for name in before}
            return all(after[name] <= before[name] + spare[name] for name in before)

        try:
            await until_answered(as_before, "everything is at rest as before", seconds=60)
        except StepMissing as missing:
            raise AssertionError(f"{missing}: before {before}, after {after}") from missing


async def records_are_harmless(city: City, citizens: list[Citizen]) -> None:
    """Honest callers have their one call and case; hostile text is text in the record and nowhere else."""
    honest = {c.user for c in citizens if c.user.startswith("139")}
    records = await calls_of(city, honest)
    assert Counter(r["caller_raw"] for r in records) == Counter(honest)
    assert all(r["case_no"] and r["disposition"] == "answered" for r in records)
    assert all(len(r["dialled"] or "") <= 300 and (r["dialled"] or "").isprintable() for r in records)
