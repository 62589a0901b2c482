"""The native queues follow the agents, whatever Asterisk says meanwhile."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from acd.ami import AmiRefused, AmiUnavailable
from acd.rules import events as ev
from agi_scripts import safety_net
from agi_scripts.safety_net import SafetyNet, changes, seats_taken, wanted_members
from tests.unit.agi_scripts.voice_support import Hands, engine_at


class Asterisk:
    """Native queues as Asterisk keeps them; refuses or is away as often as it is told."""

    def __init__(self, *failures: Exception) -> None:
        self.members: set[tuple[str, str, str]] = {("city", "9999", "ghost")}
        self.failures = list(failures)
        self.changed = asyncio.Event()

    async def action_list(self, name: str, **_: Any) -> list[dict[str, str]]:
        assert name == "QueueStatus"
        self._fail()
        rows = [{"Event": "QueueMember", "Queue": q, "Location": f"PJSIP/{e}", "Name": n} for q, e, n in self.members]
        return [{"Event": "QueueParams", "Queue": "city"}, *rows]

    async def action(self, name: str, **fields: str) -> dict[str, str]:
        await asyncio.sleep(0)  # others go on meanwhile, as with a real one
        self._fail()
        member = next((m for m in self.members if f"PJSIP/{m[1]}" == fields["Interface"]), None)
        if name == "QueueAdd":
            self.members.add((fields["Queue"], fields["Interface"].removeprefix("PJSIP/"), fields["MemberName"]))
        elif member is not None:
            self.members.remove(member)
        self.changed.set()
        return {}

    def _fail(self) -> None:
        if self.failures:
            self.changed.set()
            raise self.failures.pop(0)

    async def holds(self, condition: Callable[[set[tuple[str, str, str]]], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition(self.members):
                self.changed.clear()
                await self.changed.wait()


async def test_members_come_and_go_with_the_agents(tmp_path: Path) -> None:
    hands = Hands()
    engine = engine_at(tmp_path, hands)
    asterisk = Asterisk()
    net = SafetyNet(engine, asterisk)  # type: ignore[arg-type] # the two methods it uses
    hands.on_agent = lambda _: net.agents_changed()
    net.forget()
    task = asyncio.create_task(net.run())
    engine.submit(ev.Command("1001", "ready"))
    await asterisk.holds(lambda m: m == {("city", "1001", "1001")})
    engine.submit(ev.Command("1002", "ready"))
    engine.submit(ev.Command("1001", "pause"))
    await asterisk.holds(lambda m: m == {("city", "1002", "1002")})
    task.cancel()


async def test_a_lost_link_is_tried_again_and_a_refusal_is_no_trouble(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(safety_net, "RETRY_SECONDS", 0.01)
    engine = engine_at(tmp_path, Hands())
    asterisk = Asterisk(AmiUnavailable("down"), AmiUnavailable("down"))
    net = SafetyNet(engine, asterisk)  # type: ignore[arg-type] # the two methods it uses
    engine.submit(ev.Command("1001", "ready"))
    net.forget()
    task = asyncio.create_task(net.run())
    await asterisk.holds(lambda m: m == {("city", "1001", "1001")})
    asterisk.failures = [AmiRefused("Unable to add interface: Already there")]
    engine.submit(ev.Command("1002", "ready"))
    net.agents_changed()
    await asterisk.holds(lambda _: not asterisk.failures)
    engine.submit(ev.Command("1001", "pause"))
    net.agents_changed()
    await asterisk.holds(lambda m: ("city", "1001", "1001") not in m)
    task.cancel()


def test_who_is_known_to_take_calls(tmp_path: Path) -> None:
    engine = engine_at(tmp_path, Hands())
    agents = list(engine.floor.agents.values())
    assert seats_taken(agents) == frozenset()
    engine.submit(ev.Command("1001", "ready"))
    engine.submit(ev.Command("1002", "ready"))
    engine.submit(ev.PhoneChanged("1002", "UNAVAILABLE"))
    assert wanted_members(seats_taken(agents)) == {("city", "1001", "1001")}
    engine.submit(ev.PhoneChanged("1002w", "NOT_INUSE"))
    assert ("city", "1002w", "1002") in wanted_members(seats_taken(agents))


async def test_who_comes_while_a_hall_is_taken_out_one_by_one_is_in_before_the_others_are_out(tmp_path: Path) -> None:
    hands = Hands()
    engine = engine_at(tmp_path, hands)
    asterisk = Asterisk()
    asterisk.members = {("city", str(phone), "ghost") for phone in range(9000, 9030)}
    net = SafetyNet(engine, asterisk)  # type: ignore[arg-type] # the two methods it uses
    hands.on_agent = lambda _: net.agents_changed()
    net.forget()
    task = asyncio.create_task(net.run())
    await asterisk.holds(lambda m: len(m) < 30)
    engine.submit(ev.Command("1001", "ready"))
    await asterisk.holds(lambda m: ("city", "1001", "1001") in m)
    assert len(asterisk.members) > 20
    await asterisk.holds(lambda m: m == {("city", "1001", "1001")})
    task.cancel()


def test_a_phone_that_is_another_agents_now_leaves_first_and_who_is_gone_leaves_last() -> None:
    before, now, gone = ("city", "1001", "1001"), ("city", "1001", "1002"), ("city", "1000", "1000")
    assert changes({before, gone}, {now}) == [("QueueRemove", before), ("QueueAdd", now), ("QueueRemove", gone)]
    assert changes(set(), {now}) == [("QueueAdd", now)]
    assert changes({now}, {now}) == []
