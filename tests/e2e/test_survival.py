"""No call, case or state is lost, whatever dies: kill -9, a hung process, a stopped database, a restarted Asterisk."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import pytest

from ops.call.agent import Manner
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.until import until, until_answered
from ops.instance import Instance
from tests.e2e.records import SUPERVISOR, calls_of, kept_members, queued, settled, states

HALL = [str(1001 + place) for place in range(20)]
PATIENT = Manner(answers_after=0.2, talks_for=None, outcome=None)
BRISK = Manner(answers_after=0.2, talks_for=1.0, outcome="answered")
LATEST_NOTICE_SECONDS = 2
OUTAGE_SECONDS = 30.0
SILENT_PHONE_SECONDS = 30
"""Longer than the time after which Asterisk takes a silent phone for dead (`phone_rtp_timeout`)."""


def kill_and_restart_later(system: Instance) -> Callable[[], None]:
    system.kill("voice")
    return lambda: system.start("voice")


def stop_and_continue_later(system: Instance) -> Callable[[], None]:
    system.kill("voice", signal.SIGSTOP)
    return lambda: (system.kill("voice", signal.SIGCONT), None)[1]


async def ten_talk_and_ten_wait(city: City) -> tuple[list[Call], list[Call]]:
    await city.seat(HALL[:10], PATIENT)
    talking = await city.dial_many(10)
    await asyncio.gather(*(call.press_when_greeted("0") for call in talking))
    await asyncio.gather(*(call.talking(seconds=30) for call in talking))
    waiting = await city.dial_many(10)
    await asyncio.gather(*(call.press_when_greeted("0") for call in waiting))
    await queued(city, waiting)
    return talking, waiting


@pytest.mark.parametrize("hurt", [kill_and_restart_later, stop_and_continue_later], ids=["kill -9", "SIGSTOP"])
async def test_the_voice_process_is_gone_and_no_citizen_is_dropped(
    system: Instance, hurt: Callable[[Instance], Callable[[], None]]
) -> None:
    async with City(system) as city:
        talking, waiting = await ten_talk_and_ten_wait(city)
        heal = hurt(system)
        try:
            # Longer than the lease: whoever would be cut off by it is cut off by now.
            lease = int(system.env("voice")["HOTLINE_LEASE_SECONDS"])
            await until_all_in_fallback(system, waiting, seconds=lease + LATEST_NOTICE_SECONDS)
            assert not any(call.over for call in talking), "a talking call ended"
            for call in talking:
                call.hang_up()
            await asyncio.gather(*(call.talking(seconds=40) for call in waiting))
            for call in waiting:
                call.hang_up()
            await city.all_ended([*talking, *waiting])
        finally:
            heal()
        records = await settled(city, [*talking, *waiting], answered=20)
        assert all(r["answered_by"] for r in records)
        await wrap_everything_up(city, HALL[:10])


async def until_all_in_fallback(system: Instance, calls: list[Call], *, seconds: float) -> None:
    """Every one of these callers has reached the native queue, as Asterisk's own records show."""
    wanted = {call.citizen.user for call in calls}

    def look() -> bool:
        lines = (system.folder / "asterisk" / "cel.csv").read_text(errors="replace").splitlines()
        return wanted <= {user for line in lines if "FALLBACK" in line for user in wanted if user in line}

    await until(look, "the waiting callers are in the fallback queue", seconds=seconds)


async def wrap_everything_up(city: City, agents: list[str]) -> None:
    """Nobody is stuck: each agent gets out of the wrap-up by choosing outcomes."""
    for agent in agents:
        screen = city.agents[agent].screen
        assert screen is not None
        await screen.in_state("wrap_up", "ready", "missed", seconds=20)
        for arrival in screen.find("offer") + screen.find("snapshot"):
            call_id = arrival.call_id or (arrival.body.get("agent") or {}).get("call_id")
            if screen.state == "wrap_up" and call_id:
                await city.agents[agent].choose_outcome(call_id, "answered")
        await screen.in_state("ready", "missed", seconds=10)


async def twenty_brisk_calls(city: City, hurt: Callable[[], Awaitable[None]]) -> list[Call]:
    """Twenty calls, ten before the blow and ten after it; every one is answered."""
    await city.seat(HALL, BRISK)
    calls = await city.dial_many(10, rate=10)
    await asyncio.gather(*(call.greeted() for call in calls))
    await hurt()
    calls += await city.dial_many(10, rate=10)
    await asyncio.gather(*(call.talking(seconds=60) for call in calls))
    await city.all_ended(calls)
    return calls


async def test_who_gives_up_while_nobody_watches_is_owed_a_return_call(system: Instance) -> None:
    async with City(system) as city:
        await city.seat(HALL[:1], Manner(answers_after=None))
        await until(lambda: HALL[0] in kept_members(system.folder), "the native queue has the agent", seconds=10)
        system.kill("voice")
        try:
            call = await city.dial("12345")
            await call.ringing(seconds=30)
            call.hang_up()
            await call.ended()
        finally:
            system.start("voice")
        (record,) = await settled(city, [call], answered=0)
        assert (record["disposition"], record["source"]) == ("abandoned", "record")

        async def owed() -> bool:
            page = await city.desk.ask(SUPERVISOR, "GET", "/api/return-calls")
            return any(item["call_id"] == record["call_id"] for item in page["items"])

        await until_answered(owed, "a return call is owed", seconds=10)


async def test_the_web_process_is_killed_and_no_call_notices(system: Instance) -> None:
    async with City(system) as city:

        async def hurt() -> None:
            system.kill("web")

        calls = await twenty_brisk_calls(city, hurt)
        system.start("web")
        await settled(city, calls, answered=20)
        await city.agents_free(seconds=60)


async def test_postgresql_is_away_for_half_a_minute_and_no_call_notices(system: Instance) -> None:
    async with City(system) as city:
        stopped_at = 0.0
        loop = asyncio.get_running_loop()

        async def hurt() -> None:
            nonlocal stopped_at
            await asyncio.to_thread(system.stop, "postgres")
            stopped_at = loop.time()

        calls = await twenty_brisk_calls(city, hurt)
        # The blow itself lasts this long; nothing is awaited by it.
        await asyncio.sleep(max(0.0, OUTAGE_SECONDS - (loop.time() - stopped_at)))
        await asyncio.to_thread(system.start, "postgres")
        await settled(city, calls, answered=20)
        await city.agents_free(seconds=60)


async def test_asterisk_is_restarted_and_the_state_is_right_within_five_seconds(system: Instance) -> None:
    async with City(system) as city:
        await city.seat(HALL[:3], PATIENT)
        talking = await city.dial_many(3)
        await asyncio.gather(*(call.press_when_greeted("0") for call in talking))
        await asyncio.gather(*(call.talking(seconds=30) for call in talking))
        waiting = await city.dial_many(2)
        await asyncio.gather(*(call.press_when_greeted("0") for call in waiting))
        await queued(city, waiting)

        await asyncio.to_thread(system.kill, "asterisk")
        await asyncio.to_thread(system.start, "asterisk")

        async def right() -> bool:
            return set((await states(city, HALL[:3])).values()) == {"wrap_up"}

        await until_answered(right, "the agents are in wrap-up", seconds=5)
        for call in [*talking, *waiting]:
            call.hang_up()

        async def recorded() -> bool:
            callers = {call.citizen.user for call in [*talking, *waiting]}
            return sum(bool(r["ended_at"]) for r in await calls_of(city, callers)) == 5

        await until_answered(recorded, "no ghost call is left in the records", seconds=20)
        for number in HALL[:3]:
            (ring,) = city.agents[number].calls
            assert ring.call_id
            await city.agents[number].choose_outcome(ring.call_id, "answered")
        again = await city.dial("12345", keys="0")
        await again.talking(seconds=30)
        again.hang_up()
        await settled(city, [again], answered=1)


async def test_an_agents_phone_breaks_and_the_citizen_is_back_with_the_same_agent(system: Instance) -> None:
    async with City(system) as city:
        await city.seat(HALL[:2], PATIENT)
        call = await city.dial("12345", keys="0")
        leg = await call.talking(seconds=30)
        assert leg.media is not None
        # A crashed phone: no BYE, only silence, until Asterisk takes the leg for dead.
        city.room.close(leg.media)
        await until(lambda: len(call.rings) == 2, "the phone rings again", seconds=SILENT_PHONE_SECONDS)
        again = call.rings[1]
        assert again.endpoint == leg.endpoint
        await until(lambda: again.media and again.media.heard.tone_heard_at, "they talk again", seconds=20)
        assert not call.over
        call.hang_up()
        (record,) = await settled(city, [call], answered=1)
        assert record["answered_by"] == leg.endpoint
        await wrap_everything_up(city, [leg.endpoint])
