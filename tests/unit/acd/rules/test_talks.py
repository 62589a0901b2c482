"""What the floor orders of Asterisk for talks that it has not begun itself, or whose session is gone."""

import datetime as dt
from random import Random

from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.state import Call, Phase, call_from_dict
from tests.unit.acd.rules.talk_world import AGENTS, World

SEEN = ev.SeenChannel("c1", "13800138000", "PJSIP/trunk-1", "1001", "l1", frozenset({"c1", "l1"}))


def after_restart(seen: ev.SeenChannel = SEEN) -> World:
    """A process that begins while somebody talks."""
    world = World(Random(1))  # noqa: S311 - dice, not secrets
    world.now += dt.timedelta(seconds=1)
    world.tell(ev.Snapshot(world.now, {"c1": seen}, dict.fromkeys(AGENTS, "INUSE")))
    return world


def orders(world: World, event: ev.Event) -> list[fx.Effect]:
    effects = world.floor.handle(event, now=world.now)
    return [effect for effect in effects if isinstance(effect, fx.Move | fx.HangUp | fx.Place)]


def test_a_talk_that_a_snapshot_tells_of_can_be_held() -> None:
    world = after_restart()
    assert orders(world, ev.Command("1001", "hold")) == [fx.Move("room", (("c1", "held"), ("l1", "party")))]
    assert orders(world, ev.Command("1001", "resume")) == [fx.Move("room", (("c1", "citizen"),))]


def test_a_citizen_without_a_session_waits_for_the_next_one_after_a_transfer() -> None:
    world = after_restart()
    moved = orders(world, ev.Command("1001", "transfer", {"to": {"kind": "queue", "id": "law"}}))
    assert moved == [fx.Move("room", (("c1", "again"),)), fx.HangUp("l1")]
    assert world.floor.calls["c1"].phase is Phase.FALLBACK
    world.tell(ev.CallStarted("c1", "13800138000", "12345", "PJSIP/trunk-1"))
    assert (world.floor.calls["c1"].phase, world.floor.calls["c1"].queue) == (Phase.WAITING, "law")


def test_a_colleague_who_is_kept_for_a_transfer_is_offered_nobody_else_until_its_session_is_there() -> None:
    world = after_restart()
    world.tell(ev.PhoneChanged("1002", "NOT_INUSE"))
    world.tell(ev.Command("1002", "ready"))
    world.tell(ev.Command("1001", "transfer", {"to": {"kind": "agent", "id": "1002"}}))
    world.count = 1
    world.citizen_calls()
    assert (world.state("1002"), world.floor.calls["c2"].phase) == ("ready", Phase.WAITING)
    world.tell(ev.CallStarted("c1", "13800138000", "12345", "PJSIP/trunk-1"))
    assert (world.state("1002"), world.floor.agents["1002"].call_id) == ("offered", "c1")


def test_a_snapshot_agrees_with_a_room_whose_agent_or_third_party_is_gone() -> None:
    world = after_restart()
    world.tell(ev.Command("1001", "consult", {"to": {"kind": "number", "id": "110"}}))
    world.tell(ev.Placed("leg-third-c1-1", ev.PlacedResult.ANSWERED))
    alone = ev.SeenChannel("c1", "13800138000", "PJSIP/trunk-1", legs=frozenset({"c1", "l1"}))
    world.tell(ev.Snapshot(world.now, {"c1": alone}, {}))
    call = world.floor.calls["c1"]
    assert (call.third, call.held, world.state("1001")) == (None, False, "talking")
    nobody = ev.SeenChannel("c1", "13800138000", "PJSIP/trunk-1", legs=frozenset({"c1"}))
    world.tell(ev.Snapshot(world.now, {"c1": nobody}, {}))
    assert (call.phase, world.state("1001")) == (Phase.AFTER_TALK, "wrap_up")


def test_what_a_talk_has_become_survives_a_restart() -> None:
    world = after_restart()
    world.tell(ev.Command("1001", "consult", {"to": {"kind": "number", "id": "110"}}))
    call = world.floor.calls["c1"]
    again = call_from_dict(call.to_dict())
    assert (again.room, again.held, again.third, again.placed) == (True, True, call.third, 1)
    old = {name: value for name, value in call.to_dict().items() if name not in call.moved}
    fresh: Call = call_from_dict(old)
    assert (fresh.room, fresh.held, fresh.third) == (False, False, None)
