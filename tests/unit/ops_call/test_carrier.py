from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from ops.call.carrier import BUSY, CALLED_TONE, SILENT, Carrier, Line
from ops.call.rtp import Room
from ops.call.siplog import SipEvent
from ops.call.until import StepMissing, until


@dataclass
class Sipp:
    """A process that does what it is told and writes it into its log at once."""

    listener: Callable[[SipEvent], None]
    running: bool = True
    where: str = "the log"
    pid: int = 1
    told: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, method: str, call_id: str, headers: dict[str, str] | None = None) -> None:
        del headers
        self.told.append((method, call_id))
        done = {"ANSWER": "answered", "REFUSE": "refused", "HANGUP": "ended"}[method]
        self.listener(SipEvent("phone", 2.0, call_id, done, "self"))

    async def stop(self) -> None:
        self.running = False

    def call(self, sip_id: str, number: str, caller: str) -> None:
        more = f"{number} 127.0.0.1 30000  <sip:{caller}@127.0.0.1>;tag=x"
        self.listener(SipEvent("phone", 1.0, sip_id, "rang", more))


class Exchange:
    async def farm(self, listener: Callable[[SipEvent], None], **where: Any) -> Sipp:
        self.where = where
        self.sipp = Sipp(listener)
        return self.sipp


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    opened = Room()
    yield opened
    await opened.aclose()


async def open_carrier(room: Room, lines: dict[str, Line]) -> tuple[Carrier, Sipp]:
    exchange = Exchange()
    carrier = Carrier(exchange, room, 5070, host="127.0.0.1")  # type: ignore[arg-type]
    await carrier.open(lines)
    assert exchange.where == {"name": "carrier", "host": "127.0.0.1", "port": 5070}
    return carrier, exchange.sipp


async def test_each_number_answers_in_its_own_way(room: Room) -> None:
    carrier, sipp = await open_carrier(room, {"110": Line(answers_after=0), "119": BUSY, "120": SILENT})
    for place, number in enumerate(("110", "119", "120", "999")):
        sipp.call(f"s{place}", number, "13912340001")
    answered = await carrier.called("110")
    await until(lambda: len(sipp.told) == 3, "three of them were served", seconds=5)
    assert answered.media is not None
    assert answered.media._said
    assert answered.caller_number == "13912340001"
    assert set(sipp.told) == {("REFUSE", "s1"), ("ANSWER", "s0"), ("REFUSE", "s3")}
    assert [call.end for number in ("119", "120", "999") for call in carrier.of(number)] == ["refused", None, "refused"]
    carrier.hang_up("110")
    assert answered.over
    await carrier.aclose()
    assert not sipp.running


async def test_somebody_hangs_up_after_a_while(room: Room) -> None:
    carrier, sipp = await open_carrier(room, {"110": Line(answers_after=0, talks_for=0)})
    sipp.call("s0", "110", "139")
    await until(lambda: sipp.told == [("ANSWER", "s0"), ("HANGUP", "s0")], "answered and ended", seconds=5)
    await carrier.aclose()


async def test_a_number_that_nobody_calls_is_waited_for_in_vain(room: Room) -> None:
    carrier, _ = await open_carrier(room, {})
    with pytest.raises(StepMissing, match="110 is called"):
        await carrier.called("110", seconds=0.05)
    await carrier.aclose()


def test_the_called_hum_another_tone_than_agents_and_citizens() -> None:
    assert CALLED_TONE not in {700, 1100}
