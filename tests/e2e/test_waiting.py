"""The line as a citizen hears it: the place, what to do instead of waiting, and the agent who is free all at once."""

import pytest

from ops.call.agent import Manner
from ops.call.carrier import BUSY
from ops.call.city import City
from ops.call.until import until, until_answered
from ops.instance import Instance
from tests.e2e.conftest import Maker
from tests.e2e.records import calls_of, queued

PATIENT = Manner(answers_after=0.2, talks_for=None, outcome="answered")
SPOKEN_BYTES = 2 * 8000 * 2
"""Two seconds."""

SOON = {
    "HOTLINE_ANNOUNCE_FIRST_SECONDS": "2",
    "HOTLINE_ANNOUNCE_EVERY_SECONDS": "4",
    "HOTLINE_OFFER_AFTER_SECONDS": "5",
}


@pytest.fixture(scope="module")
def eager(make_system: Maker) -> Instance:
    """A system that does not let citizens wait long for a word."""
    return make_system(extra=SOON)


async def test_the_place_in_the_line_and_a_return_call_or_a_message_instead(eager: Instance) -> None:
    async with City(eager) as city:
        (agent,) = await city.seat(["1001"], PATIENT)
        talking = await city.dial("12345", keys="0")
        await talking.talking(seconds=30)
        first, second = [await city.dial("12345", keys="0") for _ in range(2)]
        await queued(city, [first, second])
        await first.hears(city.prompt("hotline/you-are-next"))
        await second.hears(city.prompt("hotline/you-are-number"))
        await second.hears(city.prompt("hotline/in-queue"))
        await first.press_after(city.prompt("hotline/press-for-return-call"), "1")
        await second.press_after(city.prompt("hotline/press-for-message"), "2")
        await first.hears(city.prompt("hotline/return-call-noted"))
        await second.hears(city.prompt("hotline/leave-message"))
        recordings = eager.folder / "recordings"

        def spoken() -> bool:
            return any(path.stat().st_size > SPOKEN_BYTES for path in recordings.glob("*-message-1.wav"))

        await until(spoken, "a message is spoken", seconds=20)
        await city.carrier.open({first.citizen.user: BUSY})
        second.press("#")
        await second.hears(city.prompt("hotline/message-saved"))
        await city.all_ended([first, second], seconds=30)
        talking.hang_up()
        await city.agents_free()
        # The agent who is free now calls the first back, who cannot be reached; the second rings nowhere.
        await city.carrier.called(first.citizen.user)
        await city.agents_free()
        assert len(agent.calls) == 2, "one citizen's talk, one return call"

        callers = {first.citizen.user: "registered", second.citizen.user: "message"}

        async def recorded() -> bool:
            rows = [row for row in await calls_of(city, set(callers)) if row["direction"] == "inbound"]
            return {row["caller_raw"]: row["disposition"] for row in rows if row["ended_at"]} == callers

        await until_answered(recorded, "both calls are recorded", seconds=20)


async def test_a_word_is_cut_short_when_an_agent_is_free(eager: Instance) -> None:
    async with City(eager) as city:
        await city.seat(["1001"], PATIENT, ready=False)
        await city.desk.set_state("1001", "paused", "meal")
        call = await city.dial("12345", keys="0")
        await queued(city, [call])
        place = await call.hears(city.prompt("hotline/you-are-next"))
        # The second time the offer follows, some five seconds long.
        await call.hears(city.prompt("hotline/you-are-next"), since=place.at + place.length)
        await city.desk.set_state("1001", "ready")
        await call.talking(seconds=10)
        assert not call.heard(city.prompt("hotline/press-for-return-call")), "it was said to its end"
        assert not call.heard(city.prompt("hotline/press-for-message")), "more was said after the agent was free"
        call.hang_up()
        await city.agents_free()
