"""Rules of distribution in front of real callers: a skill comes before the longest idle, for some time."""

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ops.call.agent import Manner
from ops.call.city import City
from ops.instance import Instance
from tests.e2e.distribution import routed, ruled
from tests.e2e.menus import Line, Office, office_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER, SPEAKER = "1001", "1002"
NUMBER, QUEUE = "71900", "pingyuan"
RELAXED = 4.0
"""Seconds of waiting after which anybody will do."""
LINE = Line(NUMBER, {"start": {"kind": "queue", "queue": QUEUE}})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(system: Instance) -> AsyncIterator[Office]:
    async with office_of(system) as opened:
        await opened.open([LINE])
        yield opened


async def test_who_has_the_skill_is_first_and_anybody_after_some_waiting(office: Office) -> None:
    rules = {"needs": [{"skill": "dialect", "until": RELAXED}]}
    async with City(office.system) as city:
        await city.seat([OTHER, SPEAKER], Manner(answers_after=0.1), ready=False)
        for agent in (OTHER, SPEAKER):  # the speaker last: the other one is idle longer
            await city.desk.set_state(agent, "ready")
        async with routed(city, SPEAKER, skills={"dialect": 5}), ruled(city, {QUEUE: rules}):
            first = await city.dial(NUMBER)
            await first.talking(seconds=20)
            assert [offer.agent for offer in first.offers] == [SPEAKER]

            second = await city.dial(NUMBER)
            began = time.time()
            await second.talking(seconds=20)
            assert [offer.agent for offer in second.offers] == [OTHER]
            waited = second.offers[0].decided_at - began
            assert waited > RELAXED, f"offered after {waited:.1f} s, while the speaker was still waited for"
            assert waited < RELAXED + 4, f"offered after {waited:.1f} s"
            first.hang_up()
            second.hang_up()
            await city.agents_free()

        await city.desk.set_state(SPEAKER, "paused", "meal")
        await city.desk.set_state(SPEAKER, "ready")
        third = await city.dial(NUMBER)
        await third.talking(seconds=20)
        assert [offer.agent for offer in third.offers] == [OTHER], "without the rule the longest idle is first again"
        third.hang_up()
        await city.agents_free()
