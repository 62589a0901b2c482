"""Supervisors in front of real calls: what each of the three hears, who has the call, and what stands in the trail."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from ops.call import g711, tones
from ops.call.agent import Manner
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.desk import Refused
from ops.call.phones import PhoneCall
from ops.call.rtp import Endpoint, wav_frames
from ops.call.until import until, until_answered
from ops.instance import Instance
from tests.e2e.records import SUPERVISOR, settled, states
from tests.e2e.talking import hears

pytestmark = pytest.mark.asyncio(loop_scope="module")

AGENT, OTHER = "1001", "1002"
VOICE = 1500
"""What the supervisor hums."""

AT_ONCE = 3
"""Seconds that five acts may take; one that waited for the database would take 3 s alone."""

VOICE_IN_MIX = 0.3
"""Its share of what is heard while the citizen hums, too."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(system: Instance) -> AsyncIterator[City]:
    """Two agents and the supervisor at their phones and screens; the agents answer, nobody is ready yet."""
    async with City(system) as opened:
        await opened.seat([AGENT, OTHER, SUPERVISOR], Manner(answers_after=0.1), ready=False)
        yield opened


async def act(city: City, name: str, **more: Any) -> dict[str, Any]:
    body = {"act": name, "why": "质检"} | more
    done: dict[str, Any] = await city.desk.ask(SUPERVISOR, "POST", "/api/hall/acts", body)
    return done


async def hall(city: City) -> dict[str, Any]:
    found: dict[str, Any] = await city.desk.ask(SUPERVISOR, "GET", "/api/hall")
    return found


async def talk(city: City) -> tuple[Call, PhoneCall]:
    """A citizen who talks to the agent."""
    await city.desk.set_state(AGENT, "ready")
    call = await city.dial(keys="0")
    leg = await call.talking(seconds=20)
    assert leg.endpoint == AGENT
    return call, leg


async def ear_of(city: City, since: float) -> Endpoint:
    """The supervisor's phone, picked up."""
    phone = city.agents[SUPERVISOR]

    def picked_up() -> list[PhoneCall]:
        return [one for one in phone.calls if one.rang_at >= since and one.answered_at and not one.over]

    leg = (await until(picked_up, "the supervisor's phone is rung and answers", seconds=10))[0]
    assert leg.media is not None
    return leg.media


def share_of(city: City, call: Call, tone: int) -> float:
    """The largest share that a tone has in 100 ms of the call's recording."""
    frames = wav_frames(city.place.home / "recordings" / f"{call.call_id}.wav")
    windows = (g711.decode(b"".join(frames[start : start + 5])) for start in range(0, len(frames) - 5, 5))
    return max((tones.purity(window, tone) for window in windows), default=0.0)


async def over(city: City, call: Call) -> None:
    """The citizen hangs up and everybody is free and away again."""
    call.hang_up()
    await call.ended()
    await city.agents_free()
    await until(lambda: all(one.over for one in city.agents[SUPERVISOR].calls), "the supervisor hung up", seconds=10)
    for agent in (AGENT, OTHER):
        screen = city.agents[agent].screen
        assert screen is not None
        await screen.in_state("ready", "logged_out", "paused", "missed")
        await screen.set_state("logged_out")


async def trail(city: City, complete: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """The acts in the audit trail, newest first, once they are complete."""
    found: list[dict[str, Any]] = []

    async def look() -> bool:
        found[:] = (await city.desk.ask(SUPERVISOR, "GET", "/api/hall/acts"))["entries"]
        return complete(found)

    await until_answered(look, "the acts stand in the audit trail", seconds=20)
    return found


async def test_listening_hears_both_whispering_only_the_agent_and_joining_everybody(city: City) -> None:
    call, leg = await talk(city)
    assert leg.media is not None
    agent, citizen = leg.media, call.media
    since = time.time()
    await act(city, "listen", agent_id=AGENT)
    ear = await ear_of(city, since)
    agent.say(())
    await hears(ear, tones.CITIZEN_TONE)
    citizen.say(())
    agent.hum(tones.AGENT_TONE)
    await hears(ear, tones.AGENT_TONE)
    (listening,) = (await hall(city))["listening"]
    assert (listening["supervisor_id"], listening["act"], listening["agent_id"]) == (SUPERVISOR, "listen", AGENT)

    agent.say(())
    ear.hum(VOICE)
    silent = time.time()
    await act(city, "whisper", call_id=call.call_id)
    await hears(agent, VOICE)
    assert citizen.heard.tone_at(VOICE, since=silent) is None, "the citizen heard the whisper"

    await act(city, "join", call_id=call.call_id)
    await hears(citizen, VOICE)
    await hears(agent, VOICE)
    citizen.hum(tones.CITIZEN_TONE)
    await hears(ear, tones.CITIZEN_TONE)
    since = time.time()
    await until(lambda: time.time() - since > 1, "a second of both has gone by", seconds=5)
    screen = city.agents[AGENT].screen
    assert screen is not None
    told = [one.body["act"] for one in screen.find("supervised")]
    assert told == ["join"], "an agent is told of what is done openly and of nothing else"

    await act(city, "stop")
    await until(lambda: all(one.over for one in city.agents[SUPERVISOR].calls), "the supervisor hung up", seconds=10)
    citizen.hum(tones.CITIZEN_TONE)
    await hears(agent, tones.CITIZEN_TONE)
    await over(city, call)
    assert share_of(city, call, VOICE) > VOICE_IN_MIX, "who joins is in the recording"

    acts = await trail(city, lambda found: any(row["result"] == "ended" for row in found))
    mine = [row for row in reversed(acts) if row["subject"] == f"call:{call.call_id}"]
    assert [(row["act"], row["result"]) for row in mine] == [
        ("listen", "taken"),
        ("listen", "connected"),
        ("whisper", "taken"),
        ("join", "taken"),
        ("stop", "taken"),
        ("join", "ended"),
    ]
    assert {(row["by"], row["why"]) for row in mine} == {(SUPERVISOR, "质检")}


async def test_a_supervisor_who_hangs_up_disturbs_nobody(city: City) -> None:
    call, leg = await talk(city)
    assert leg.media is not None
    since = time.time()
    await act(city, "join", agent_id=AGENT)
    await ear_of(city, since)
    city.agents[SUPERVISOR].hang_up()
    await until(lambda: all(one.over for one in city.agents[SUPERVISOR].calls), "the supervisor hung up", seconds=10)
    await hears(leg.media, tones.CITIZEN_TONE)
    await hears(call.media, tones.AGENT_TONE)
    assert not leg.over
    assert not call.over
    await over(city, call)


async def test_a_call_is_taken_over_with_its_pop_and_the_agent_wraps_up(city: City) -> None:
    call, leg = await talk(city)
    since = time.time()
    await act(city, "listen", agent_id=AGENT)
    await ear_of(city, since)
    assert call.call_id is not None
    await act(city, "take_over", call_id=call.call_id)
    mine, theirs = city.agents[SUPERVISOR].screen, city.agents[AGENT].screen
    assert mine is not None
    assert theirs is not None
    ended = await theirs.next("ended", call.call_id)
    assert ended.body["by"] == "supervisor"
    await until(lambda: leg.over, "the agent hung up", seconds=10)
    offer = await mine.next("offer", call.call_id)
    case = await mine.next("case", call.call_id)
    await mine.next("answered", call.call_id)
    assert offer.body["caller"] == call.citizen.user
    assert case.body["case_no"] == (await theirs.next("case", call.call_id)).body["case_no"]
    await hears(call.media, tones.AGENT_TONE)
    assert (await states(city, [SUPERVISOR]))[SUPERVISOR] == "talking"
    await over(city, call)
    record = await city.desk.call(SUPERVISOR, call.call_id)
    assert record["answered_by"] == SUPERVISOR


async def test_those_who_wait_are_put_first_and_into_another_queue(city: City) -> None:
    first = await city.dial(keys="0")
    second = await city.dial(keys="0")

    async def both() -> bool:
        return (await hall(city))["waiting_count"] == 2

    await until_answered(both, "both calls wait", seconds=20)
    waiting = (await hall(city))["waiting"]
    assert [row["position"] for row in waiting] == [1, 2]
    assert {row["queue"] for row in waiting} == {"city"}
    assert all("****" in row["caller"] for row in waiting)
    await act(city, "front", call_id=waiting[1]["call_id"])
    assert [row["call_id"] for row in (await hall(city))["waiting"]] == [waiting[1]["call_id"], waiting[0]["call_id"]]
    await act(city, "move", call_id=waiting[0]["call_id"], to="linhe")
    moved = next(row for row in (await hall(city))["waiting"] if row["call_id"] == waiting[0]["call_id"])
    assert (moved["queue"], moved["position"]) == ("linhe", 1)
    with pytest.raises(Refused, match="no queue") as refused:
        await act(city, "move", call_id=waiting[0]["call_id"], to="nowhere")
    assert refused.value.status == 409
    for call in (first, second):
        call.hang_up()
        await call.ended()
    target = f"call:{waiting[0]['call_id']}"
    acts = await trail(city, lambda found: ("move", "refused") in results_of(found, target))
    refusal = next(row for row in acts if (row["subject"], row["result"]) == (target, "refused"))
    assert (refusal["act"], refusal["by"], refusal["why"], refusal["detail"]["to"]) == (
        "move",
        SUPERVISOR,
        "质检",
        "nowhere",
    )


async def test_states_are_forced_and_a_wrap_up_is_finished(city: City) -> None:
    await city.desk.set_state(AGENT, "ready")
    screen = city.agents[AGENT].screen
    assert screen is not None
    await act(city, "force", agent_id=AGENT, state="paused", reason="meeting")
    await screen.in_state("paused")
    await act(city, "force", agent_id=AGENT, state="ready")
    await screen.in_state("ready")
    city.agents[AGENT].manner = Manner(answers_after=0.1, outcome=None)
    call = await city.dial(keys="0")
    await call.talking(seconds=20)
    call.hang_up()
    await screen.in_state("wrap_up")
    await act(city, "finish", agent_id=AGENT)
    await screen.in_state("ready")
    with pytest.raises(Refused, match="not in wrap-up"):
        await act(city, "finish", agent_id=AGENT)
    await act(city, "force", agent_id=AGENT, state="logged_out")
    await screen.in_state("logged_out")
    city.agents[AGENT].manner = Manner(answers_after=0.1)
    with pytest.raises(Refused, match="403"):
        await city.desk.ask(AGENT, "POST", "/api/hall/acts", {"act": "stop", "why": "x"})


def results_of(acts: list[dict[str, Any]], subject: str) -> list[tuple[str, str]]:
    """What stands in the trail about a call or an agent, in its order."""
    return [(row["act"], row["result"]) for row in reversed(acts) if row["subject"] == subject]


async def test_with_the_database_away_every_act_works_at_once_and_the_trail_has_it_once_afterwards(
    city: City, system: Instance
) -> None:
    call, leg = await talk(city)
    waiting = [await city.dial(keys="0") for _ in range(2)]

    async def both() -> bool:
        return (await hall(city))["waiting_count"] == 2

    await until_answered(both, "both calls wait", seconds=20)
    rows = (await hall(city))["waiting"]
    first, second = (row["call_id"] for row in rows)
    why = f"数据库停机 {second}"
    since = time.time()
    await asyncio.to_thread(system.stop, "postgres")
    try:
        asked = time.monotonic()
        await act(city, "front", call_id=second, why=why)
        await act(city, "move", call_id=first, to="linhe", why=why)
        await act(city, "force", agent_id=OTHER, state="paused", reason="meeting", why=why)
        with pytest.raises(Refused, match="no queue"):
            await act(city, "move", call_id=second, to="nowhere", why=why)
        await act(city, "listen", agent_id=AGENT, why=why)
        assert time.monotonic() - asked < AT_ONCE, "an act waited for the database"
        now = {row["call_id"]: (row["queue"], row["position"]) for row in (await hall(city))["waiting"]}
        assert now == {first: ("linhe", 1), second: ("city", 1)}
        assert (await states_in_hall(city))[OTHER] == "paused"
        ear = await ear_of(city, since)
        await hears(ear, tones.CITIZEN_TONE)
        assert not leg.over
        call.hang_up()
        await until(lambda: all(one.over for one in city.agents[SUPERVISOR].calls), "the ear ends", seconds=10)
    finally:
        await asyncio.to_thread(system.start, "postgres")
    served = next(one for one in waiting if one.citizen.user.endswith(rows[1]["caller"][-4:]))
    assert (await served.talking(seconds=20)).endpoint == AGENT, "who was put first is first"
    (other,) = (one for one in waiting if one is not served)
    other.hang_up()
    await other.ended()
    await over(city, served)
    await settled(city, [call, *waiting], answered=2)

    acts = await trail(city, lambda found: ("listen", "ended") in results_of(found, f"call:{call.call_id}"))
    mine = [row for row in acts if row["why"] == why]
    assert {row["by"] for row in mine} == {SUPERVISOR}
    assert results_of(mine, f"call:{call.call_id}") == [
        ("listen", "taken"),
        ("listen", "connected"),
        ("listen", "ended"),
    ]
    assert results_of(mine, f"call:{first}") == [("move", "taken")]
    assert results_of(mine, f"call:{second}") == [("front", "taken"), ("move", "refused")]
    assert results_of(mine, f"agent:{OTHER}") == [("force", "taken")]


async def states_in_hall(city: City) -> dict[str, str]:
    return {one["agent_id"]: one["state"] for one in (await hall(city))["agents"]}


async def listening_in(city: City) -> list[tuple[str, str, str]]:
    found = (await hall(city))["listening"]
    return [(one["supervisor_id"], one["act"], one["call_id"]) for one in found]


async def test_the_voice_process_dies_while_somebody_listens_and_the_hall_still_shows_the_ear(
    city: City, system: Instance
) -> None:
    call, leg = await talk(city)
    assert leg.media is not None
    since = time.time()
    await act(city, "listen", agent_id=AGENT)
    ear = await ear_of(city, since)
    await hears(ear, tones.CITIZEN_TONE)
    system.kill("voice")
    system.start("voice")
    await hears(leg.media, tones.CITIZEN_TONE)
    await hears(call.media, tones.AGENT_TONE)
    await hears(ear, tones.CITIZEN_TONE)

    async def shown() -> bool:
        try:
            return await listening_in(city) == [(SUPERVISOR, "listen", str(call.call_id))]
        except Refused:
            return False

    await until_answered(shown, "the hall shows who listens", seconds=20)
    # What was begun before goes on being in the supervisor's hand.
    ear.hum(VOICE)
    await act(city, "whisper", call_id=call.call_id)
    await hears(leg.media, VOICE)
    await over(city, call)
    acts = await trail(city, lambda found: ("whisper", "ended") in results_of(found, f"call:{call.call_id}"))
    assert results_of(acts, f"call:{call.call_id}") == [
        ("listen", "taken"),
        ("listen", "connected"),
        ("whisper", "taken"),
        ("whisper", "ended"),
    ]
    assert await listening_in(city) == []


async def test_an_ear_ends_with_the_talk_while_voice_is_dead_and_the_trail_tells_it_afterwards(
    city: City, system: Instance
) -> None:
    call, leg = await talk(city)
    assert leg.media is not None
    since = time.time()
    await act(city, "join", agent_id=AGENT)
    ear = await ear_of(city, since)
    ear.hum(VOICE)
    await hears(call.media, VOICE)
    system.kill("voice")
    try:
        await hears(leg.media, tones.CITIZEN_TONE)
        await hears(call.media, tones.AGENT_TONE)
        call.hang_up()
        await call.ended()
        await until(lambda: leg.over, "the agent is free", seconds=10)
        await until(lambda: all(one.over for one in city.agents[SUPERVISOR].calls), "the ear ends", seconds=10)
    finally:
        system.start("voice")
    acts = await trail(city, lambda found: ("join", "ended") in results_of(found, f"call:{call.call_id}"))
    assert results_of(acts, f"call:{call.call_id}") == [("join", "taken"), ("join", "connected"), ("join", "ended")]
    (record,) = await settled(city, [call], answered=1)
    assert record["answered_by"] == AGENT
    await city.agents_free()
