"""What is said to a caller is covered by the lease, and what cannot be said ends nothing."""

import pytest

from agi_scripts import commands as agi
from agi_scripts.prompts import Prompter
from agi_scripts.server import AgiFailed
from agi_scripts.speaker import Speaker
from tests.unit.agi_scripts.asterisk_support import channel

MISSING = "200 result=-1 endpos=0"
ALIVE = "200 result=6"


async def test_each_sound_has_its_lease_and_one_that_lasts_is_left() -> None:
    async with channel("200 result=49 endpos=80") as (session, seen):
        speaker = Speaker(session, Prompter(None, ()), texts={}, lease=8)
        assert await speaker.say("hotline/greeting-12345", "12") == "1"
        await speaker.hold(4)
        await speaker.renew()
        await speaker.hold(4)
        await speaker.hold(9)
        assert seen.leases == ["SET AUTOHANGUP 38", "SET AUTOHANGUP 8", "SET AUTOHANGUP 12", "SET AUTOHANGUP 17"]


async def test_after_a_subroutine_the_lease_is_not_known() -> None:
    async with channel() as (session, seen):
        speaker = Speaker(session, Prompter(None, ()), texts={}, lease=8)
        await speaker.hold()
        await agi.gosub(session, "transfer-out", "s", 1, "110", "30")
        await speaker.hold(4)
        assert seen.leases == ["SET AUTOHANGUP 38", "SET AUTOHANGUP 12"]


async def test_a_sound_that_is_nowhere_is_told_or_passed_over() -> None:
    nowhere = (MISSING, ALIVE, MISSING, ALIVE)
    async with channel(*nowhere, *nowhere) as (session, _):
        speaker = Speaker(session, Prompter(None, ()), texts={}, lease=8)
        with pytest.raises(AgiFailed):
            await speaker.say("hotline/nothing")
        assert await speaker.tell("hotline/nothing") is None
