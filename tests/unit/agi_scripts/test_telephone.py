"""What Asterisk is asked for when channels are to be moved, rung or ended."""

import asyncio
from typing import Any

import pytest

from acd.ami import AmiError
from acd.rules import effects as fx
from acd.rules import events as ev
from agi_scripts.telephone import Telephone, action_of

PLACE = fx.Place(
    "leg-third-c1-1", "PJSIP/110@carrier", "room", "third", 30, caller_id="12345", variables=(("HOTLINE_ROOM", "c1"),)
)


def test_two_channels_are_moved_by_one_action() -> None:
    assert action_of(fx.Move("room", (("c1", "citizen"), ("c2", "agent")))) == (
        "Redirect",
        {
            "Channel": "c1",
            "Exten": "citizen",
            "Context": "room",
            "Priority": 1,
            "ExtraChannel": "c2",
            "ExtraExten": "agent",
            "ExtraContext": "room",
            "ExtraPriority": 1,
        },
    )


def test_a_leg_is_placed_under_its_own_id() -> None:
    name, fields = action_of(PLACE)
    assert name == "Originate"
    assert fields["ActionID"] == fields["ChannelId"] == "leg-third-c1-1"
    assert (fields["Channel"], fields["Context"], fields["Exten"]) == ("PJSIP/110@carrier", "room", "third")
    assert (fields["Timeout"], fields["CallerID"], fields["Variable"]) == (30_000, "12345", ["HOTLINE_ROOM=c1"])
    assert "OtherChannelId" not in fields


def test_no_end_of_a_local_channel_has_a_name_that_begins_with_the_others() -> None:
    line = fx.Place("leg-caller-c1-1", "Local/110@line-linhe/n", "outbound", "seat", 30)
    _, fields = action_of(line)
    assert fields["ChannelId"] == "leg-caller-c1-1"
    assert fields["OtherChannelId"] == "far-leg-caller-c1-1"


ORDERS = 4


class Actions:
    """Stands for the action login: notes what is asked, refuses what it is told to."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.asked: list[str] = []
        self.all_asked = asyncio.Event()

    async def action(self, name: str, **_: Any) -> None:
        self.asked.append(name)
        if len(self.asked) == ORDERS:
            self.all_asked.set()
        if name in self.refused:
            raise AmiError("no such channel")


@pytest.mark.parametrize("refused", ["Originate", "Redirect"])
async def test_orders_go_out_in_their_order_and_only_a_leg_that_fails_is_told(refused: str) -> None:
    actions, told = Actions(refused), asyncio.Queue[ev.Event]()
    telephone = Telephone(actions, submit=told.put_nowait)  # type: ignore[arg-type] # a fake of the one method used
    for order in (fx.Move("room", (("c1", "held"),)), PLACE, fx.HangUp("c2"), PLACE):
        telephone.take(order)
    running = asyncio.create_task(telephone.run())
    try:
        await asyncio.wait_for(actions.all_asked.wait(), 5)
    finally:
        running.cancel()
    assert actions.asked == ["Redirect", "Originate", "Hangup", "Originate"]
    failed = ev.Placed("leg-third-c1-1", ev.PlacedResult.FAILED)
    assert [told.get_nowait() for _ in range(told.qsize())] == ([failed, failed] if refused == "Originate" else [])
