import asyncio
from typing import Any

from acd.streams import KEPT_MESSAGES, Streams


def streams() -> Streams:
    return Streams(lambda agent: {"agent": {"agent_id": agent}, "call": None, "case": None}, epoch="e1")


class Screen:
    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    def deliver(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)

    @property
    def seen(self) -> list[tuple[int, str]]:
        return [(f["seq"], f["body"]["type"]) for f in self.frames]


def test_a_screen_that_comes_back_gets_what_it_missed_and_nothing_twice() -> None:
    ours, screen = streams(), Screen()
    ours.subscribe("1001", screen.deliver, epoch=None, after=0)
    ours.tell("1001", {"type": "offer"})
    ours.unsubscribe("1001", screen.deliver)
    ours.tell("1001", {"type": "case"})
    ours.tell("1001", {"type": "state"})
    back = Screen()
    ours.subscribe("1001", back.deliver, epoch="e1", after=1)
    assert screen.seen == [(0, "snapshot"), (1, "offer")]
    assert back.seen == [(2, "case"), (3, "state")]


def test_a_stranger_to_the_epoch_gets_a_snapshot() -> None:
    ours, screen = streams(), Screen()
    ours.tell("1001", {"type": "offer"})
    ours.subscribe("1001", screen.deliver, epoch="before-the-restart", after=1)
    assert screen.seen == [(1, "snapshot")]


def test_a_screen_too_far_behind_gets_a_snapshot() -> None:
    ours, screen = streams(), Screen()
    for _ in range(KEPT_MESSAGES + 5):
        ours.tell("1001", {"type": "state"})
    ours.subscribe("1001", screen.deliver, epoch="e1", after=2)
    assert [kind for _, kind in screen.seen] == ["snapshot"]


def test_agents_do_not_see_each_other() -> None:
    ours, screen = streams(), Screen()
    ours.subscribe("1001", screen.deliver, epoch="e1", after=0)
    ours.tell("1002", {"type": "offer"})
    assert screen.seen == []


async def test_the_wait_ends_with_the_acknowledgement() -> None:
    ours, screen = streams(), Screen()
    ours.subscribe("1001", screen.deliver, epoch="e1", after=0)
    seq = ours.tell("1001", {"type": "offer"})
    waiting = asyncio.create_task(ours.acked("1001", seq, timeout=5))
    await asyncio.sleep(0)
    ours.ack("1001", epoch="another", seq=seq)
    assert not waiting.done()
    ours.ack("1001", epoch="e1", seq=seq)
    assert await waiting
    assert await ours.acked("1001", seq, timeout=5)


async def test_a_screen_that_does_not_answer_or_is_not_there_stops_no_phone() -> None:
    ours, screen = streams(), Screen()
    seq = ours.tell("1001", {"type": "offer"})
    assert not await ours.acked("1001", seq, timeout=5)
    ours.subscribe("1001", screen.deliver, epoch="e1", after=0)
    assert not await ours.acked("1001", seq, timeout=0.01)


def test_the_first_screen_is_told_before_its_snapshot_and_the_last_one_when_it_goes() -> None:
    told: list[tuple[str, bool]] = []

    def on_screens(agent_id: str, *, there: bool) -> None:
        told.append((agent_id, there))
        ours.tell(agent_id, {"type": "state"})

    ours = Streams(lambda _: {}, epoch="e1", on_screens=on_screens)
    one, two = Screen(), Screen()
    ours.subscribe("1001", one.deliver, epoch=None, after=0)
    ours.subscribe("1001", one.deliver, epoch="e1", after=1)
    ours.subscribe("1001", two.deliver, epoch=None, after=0)
    ours.unsubscribe("1001", one.deliver)
    assert told == [("1001", True)]
    ours.unsubscribe("1001", two.deliver)
    ours.unsubscribe("1001", two.deliver)
    assert told == [("1001", True), ("1001", False)]
    assert one.seen == two.seen == [(1, "snapshot")], "what the coming changed stands in the snapshot"
