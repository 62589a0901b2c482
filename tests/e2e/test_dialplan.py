"""The dialplan on a real Asterisk, without the voice process: every citizen is served, whatever dies or is dialled."""

import asyncio
import random
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import websockets

from tests.e2e.asterisk_support import (
    LEASE,
    PASSWORD,
    PHONES,
    TRUNK,
    AgiCall,
    EventWatcher,
    LocalAsterisk,
    agi_server,
    running_asterisk,
    until,
)
from tests.e2e.sip_peer import Leg, Peer


@pytest.fixture(scope="module")
def asterisk(request: pytest.FixtureRequest) -> Iterator[LocalAsterisk]:
    failed = request.session.testsfailed
    with running_asterisk() as running:
        yield running
    if request.session.testsfailed == failed:
        shutil.rmtree(running.settings.home)


@pytest.fixture
async def citizen(asterisk: LocalAsterisk) -> AsyncIterator[Peer]:
    peer = await Peer(TRUNK, asterisk.sip).open()
    yield peer
    await peer.close()
    await until(lambda: asterisk.channels() == 0, 10, "the end of all channels")


@pytest.fixture
async def phone(asterisk: LocalAsterisk) -> AsyncIterator[Peer]:
    peer = await Peer(PHONES, asterisk.sip).open()
    await peer.register("1001", PASSWORD)
    yield peer
    await peer.close()


@pytest.fixture
async def member(asterisk: LocalAsterisk, phone: Peer) -> AsyncIterator[Peer]:
    """The phone as a member of the city's native queue, picking up at once."""
    actions = await EventWatcher.open(asterisk.settings, "voice-actions")
    reply = await actions.act(Action="QueueAdd", Queue="city", Interface="PJSIP/1001", MemberName="1001")
    assert reply["Response"] == "Success", reply
    phone.on_invite = phone.answer
    yield phone
    await actions.act(Action="QueueRemove", Queue="city", Interface="PJSIP/1001")
    await actions.close()


async def serve(call: AgiCall) -> None:
    await call.command("ANSWER")
    await call.done()


async def ring_agent(call: AgiCall, dial: str = "PJSIP/1001", seconds: int = 10) -> str:
    await call.command(f"GOSUB enter-line s 1 {call.call_id},city")
    await call.command(f"GOSUB ring-agent s 1 {dial},{seconds}")
    return await call.variable("DIALSTATUS")


async def hang(_call: AgiCall) -> None:
    await asyncio.Event().wait()


def only_leg(peer: Peer) -> Leg:
    (leg,) = peer.legs.values()
    return leg


async def test_a_served_call_ends_without_the_fallback(asterisk: LocalAsterisk, citizen: Peer) -> None:
    async with agi_server(asterisk, serve) as voice:
        leg = citizen.call(b"12345")
        await asyncio.wait_for(leg.ended.wait(), 5)
    (call,) = voice.calls
    assert call.header["agi_dnid"] == "12345"
    assert call.header["agi_context"] == "citizen"
    await until(lambda: "CHAN_END" in asterisk.events_of(call.call_id), what="the call's record")
    assert "USER_DEFINED" not in str(asterisk.events_of(call.call_id))
    assert "FALLBACK" not in asterisk.events_of(call.call_id)


async def test_a_citizen_reaches_an_agent_while_the_voice_process_is_away(
    asterisk: LocalAsterisk, citizen: Peer, member: Peer
) -> None:
    leg = citizen.call(b"12345")
    await until(lambda: member.legs, 10, "the agent's phone rings")
    talk = only_leg(member)
    assert talk.invite is not None
    call_id = talk.invite.first("x-call-id")
    await until(lambda: leg.heard > 4000 and talk.heard > 4000, 10, "sound in both directions")
    member.hang_up(talk)
    await asyncio.wait_for(leg.ended.wait(), 5)
    assert "FALLBACK" in asterisk.events_of(call_id)
    await until(lambda: seconds_recorded(asterisk, call_id) > 0.2, what="the recording")


async def test_a_talk_outlives_the_voice_process_and_is_not_queued_again(
    asterisk: LocalAsterisk, citizen: Peer, member: Peer
) -> None:
    async with agi_server(asterisk, ring_agent) as voice:
        leg = citizen.call(b"12345")
        await until(lambda: leg.answered.is_set() or member.legs, 5, "the agent's phone rings")
        await until(lambda: leg.heard > 1000, 5, "the talk")
        voice.calls[0].die()
        before = leg.heard
        # Longer than the lease: the talk has none.
        await until(lambda: leg.heard > before + (LEASE + 2) * 7000, LEASE + 6, "the talk goes on")
    talk = only_leg(member)
    member.hang_up(talk)
    await asyncio.wait_for(leg.ended.wait(), 5)
    assert len(member.legs) == 1
    call_id = voice.calls[0].call_id
    assert "FALLBACK" not in asterisk.events_of(call_id)
    await until(lambda: seconds_recorded(asterisk, call_id) > LEASE, what="the recording of the whole talk")


async def test_waiting_callers_fall_through_when_the_voice_process_dies(
    asterisk: LocalAsterisk, citizen: Peer, member: Peer
) -> None:
    async with agi_server(asterisk, hang) as voice:
        leg = citizen.call(b"12345")
        await until(lambda: voice.calls, 5, "the session")
        voice.calls[0].die()
        await until(lambda: member.legs, 5, "the agent's phone rings")
    member.hang_up(only_leg(member))
    await asyncio.wait_for(leg.ended.wait(), 5)


async def test_a_hung_voice_process_loses_its_callers_within_the_lease(
    asterisk: LocalAsterisk, citizen: Peer, member: Peer
) -> None:
    loop = asyncio.get_running_loop()
    async with agi_server(asterisk, hang) as voice:
        began = loop.time()
        leg = citizen.call(b"12345")
        await until(lambda: voice.calls, 5, "the session")
        await until(lambda: "FALLBACK" in asterisk.events_of(voice.calls[0].call_id), LEASE + 1, "the fallback")
        assert loop.time() - began >= LEASE * 0.9
        await until(lambda: member.legs, 8, "the agent's phone rings")
    member.hang_up(only_leg(member))
    await asyncio.wait_for(leg.ended.wait(), 5)


async def test_an_unknown_queue_is_the_default_one(asterisk: LocalAsterisk, citizen: Peer, member: Peer) -> None:
    async def choose(call: AgiCall) -> None:
        await call.command('SET VARIABLE HOTLINE_QUEUE "nowhere"')

    async with agi_server(asterisk, choose):
        citizen.call(b"12345")
        await until(lambda: member.legs, 10, "the agent's phone rings")
    member.hang_up(only_leg(member))


async def test_a_county_without_agents_is_helped_by_the_city(
    asterisk: LocalAsterisk, citizen: Peer, member: Peer
) -> None:
    async def choose(call: AgiCall) -> None:
        await call.command("SET VARIABLE HOTLINE_QUEUE linhe")

    async with agi_server(asterisk, choose):
        citizen.call(b"63160000")
        await until(lambda: member.legs, 10, "the city's phone rings")
    member.hang_up(only_leg(member))


async def test_nobody_at_all_leads_to_the_last_resort(asterisk: LocalAsterisk, citizen: Peer) -> None:
    leg = citizen.call(b"12345")
    reached = asterisk.settings.home / "spool/reached"
    await until(reached.is_file, 15, "the last-resort script")
    await until(reached.read_text, 2)
    assert reached.read_text() != "0"
    await asyncio.wait_for(leg.ended.wait(), 10)


async def test_an_agent_who_does_not_answer_leaves_the_caller_with_a_lease(
    asterisk: LocalAsterisk, citizen: Peer, phone: Peer
) -> None:
    seen: list[str] = []

    async def ring(call: AgiCall) -> None:
        seen.append(await ring_agent(call, seconds=1))
        seen.append(await call.variable("TIMEOUT(absolute)"))
        seen.append(await ring_agent(call, "PJSIP/0086139@trunk"))
        seen.append(await ring_agent(call, "Local/s@fallback"))
        await call.done()

    async with agi_server(asterisk, ring):
        leg = citizen.call(b"12345")
        await asyncio.wait_for(leg.ended.wait(), 15)
    assert seen[0] == "NOANSWER"
    assert 0 < float(seen[1]) <= LEASE
    assert seen[2:] == ["CHANUNAVAIL", "INVALIDARGS"]
    assert len(phone.legs) == 1


async def test_a_phone_that_vanishes_gives_the_citizen_back(
    asterisk: LocalAsterisk, citizen: Peer, phone: Peer
) -> None:
    status: list[str] = []

    async def ring(call: AgiCall) -> None:
        status.append(await ring_agent(call))
        await call.done()

    phone.on_invite = phone.answer
    async with agi_server(asterisk, ring):
        leg = citizen.call(b"12345")
        await until(lambda: leg.heard > 1000, 5, "the talk")
        only_leg(phone).media = None  # silence: neither sound nor BYE from now on
        await asyncio.wait_for(leg.ended.wait(), asterisk.settings.phone_rtp_timeout + 5)
    assert status == ["ANSWER"]


HOSTILE = [
    b"",
    b"h",
    b"i",
    b"t",
    b"s",
    b"T",
    b"#",
    b"*",
    b"12345",
    b"12345&PJSIP/1002",
    b"1,2,3",
    b"9" * 300,
    b"%22%27%5C%60",
    b"%24%7BSHELL(id)%7D",
    b"%24%5B1+1%5D",
    b"$(reboot)",
    b"%F0%9F%98%80",
    b"%E4%BD%A0%E5%A5%BD",
    b"%FF%FE%C0%80",
    b"a)%3A2%3A3)%7D",
    b"1%0D%0AEvent%3A%20Hangup%0D%0AUniqueid%3A%20x%0D%0A%0D%0A",
    b"1%0Aagi_network%3A%20no",
    b"1%0A1700000000.0,CHAN_END,x,x,,,,,,,,,",
    b"1%00%01%02%7F2",
    b"12345;x=y",
    b"anonymous",
    b"=%25=;--'OR'1'='1",
]


def hostile_texts(number: int) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Triples of dialled text, caller and display name; the same ones in every run."""
    chance = random.Random(12345)  # noqa: S311 - repeatable, not secret
    names = [b"", b"Zhang San", b"${SHELL(id)}", b"a, b & c", "张三😀".encode(), b"n" * 300, b'\\"quoted\\"']
    for n in range(number):
        raw = b"".join(b"%%%02X" % chance.randrange(256) for _ in range(chance.randrange(1, 60)))
        dialled = HOSTILE[n] if n < len(HOSTILE) else chance.choice([*HOSTILE, raw, raw])
        yield dialled, chance.choice([text for text in HOSTILE if text] + [raw]), chance.choice(names)


async def test_hostile_texts_are_served_and_cleaned(asterisk: LocalAsterisk, citizen: Peer) -> None:
    dialled: list[str] = []

    async def note(call: AgiCall) -> None:
        dialled.append(await call.variable("HOTLINE_DIALLED"))
        assert call.header.get("agi_arg_1", "") == dialled[-1]
        await serve(call)

    number = 200
    known = len(asterisk.records())
    async with agi_server(asterisk, note) as voice, AsyncExitStack() as stack:
        watcher = await EventWatcher.open(asterisk.settings)
        stack.push_async_callback(watcher.close)
        for texts in hostile_texts(number):
            leg = citizen.call(*texts)
            await asyncio.wait_for(leg.ended.wait(), 5)
            assert leg.answered.is_set(), (texts, leg.status)
        assert len(voice.calls) == number
        await until(lambda: len(hung_up(watcher)) >= number, what="the last event")
    for call in voice.calls:
        assert all(line.startswith("agi_") for line in call.lines), call.lines
        assert len(call.header) == len(call.lines)
        assert call.header["agi_extension"] == "s"
    assert all(text == "" or (text.isascii() and text.isdigit() and len(text) <= 32) for text in dialled)
    assert dialled[HOSTILE.index(b"12345")] == "12345"
    last = voice.calls[-1].call_id
    await until(lambda: "CHAN_END" in asterisk.events_of(last), what="the last record")
    starts = [row for row in asterisk.records()[known:] if row["eventtype"] == "CHAN_START"]
    assert [row["uniqueid"] for row in starts] == [call.call_id for call in voice.calls]
    assert sorted(hung_up(watcher)) == sorted(call.call_id for call in voice.calls)
    assert not any(block.get("Event") == "DialBegin" for block in watcher.blocks)


async def test_callers_who_hang_up_at_once_leave_nothing(asterisk: LocalAsterisk, citizen: Peer, member: Peer) -> None:
    async with agi_server(asterisk, hang) as voice:
        for text in [b"12345", b"h", b"t", b"i"] * 10:
            leg = citizen.call(text)
            await until(lambda leg=leg: leg.status >= 100, 5, "the first answer")
            citizen.cancel(leg)
            await asyncio.wait_for(leg.ended.wait(), 5)
            assert leg.status == 487
        await until(lambda: asterisk.channels() == 0, what="the end of all channels")
        assert len(voice.calls) <= 40
    assert not member.legs
    assert not any("FALLBACK" in asterisk.events_of(call.call_id) for call in voice.calls)


async def test_a_phone_may_hear_itself_and_dial_nothing_else(asterisk: LocalAsterisk, phone: Peer) -> None:
    for text in (b"12345", b"1002", b"0086139", b"h", b"s", b""):
        leg = phone.call(text, caller=b"1001")
        await asyncio.wait_for(leg.ended.wait(), 5)
        assert leg.status >= 400
    assert asterisk.channels() == 0


async def test_logins_may_do_no_more_than_they_need(asterisk: LocalAsterisk) -> None:
    for user in ("voice-events", "voice-actions"):
        watcher = await EventWatcher.open(asterisk.settings, user)
        for action in (
            {"Action": "Command", "Command": "core show uptime"},
            {"Action": "Originate", "Channel": "Local/s@x"},
        ):
            assert (await watcher.act(**action))["Response"] == "Error"
        await watcher.close()


async def test_a_fastagi_stream_runs_no_program(asterisk: LocalAsterisk, citizen: Peer) -> None:
    answers: list[str] = []

    async def attack(call: AgiCall) -> None:
        await call.command("ANSWER")
        answers.append(await call.command("GET FULL VARIABLE ${SHELL(id)}"))
        answers.append(await call.command("EXEC System id"))
        answers.append(await call.command("EXEC Originate Local/s@fallback,app,Echo"))
        await call.done()

    async with agi_server(asterisk, attack):
        await asyncio.wait_for(citizen.call(b"12345").ended.wait(), 5)
    assert not any("uid" in answer for answer in answers)
    assert [answer.split()[1] for answer in answers] == ["result=1", "result=-2", "result=-2"]


async def test_browsers_reach_the_web_socket_and_nothing_else(asterisk: LocalAsterisk) -> None:
    url = f"ws://{asterisk.settings.http_host}:{asterisk.settings.http_port}"
    async with websockets.connect(f"{url}/ws", subprotocols=[websockets.Subprotocol("sip")]) as socket:
        assert socket.subprotocol == "sip"
    for path in ("httpstatus", "ari/api-docs/resources.json", "rawman"):
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with websockets.connect(f"{url}/{path}"):
                pass
        assert refused.value.response.status_code in {403, 404}


async def test_asterisk_runs_as_a_user_and_says_no_error(asterisk: LocalAsterisk) -> None:
    facts = asterisk.settings.home.parents[0].joinpath(f"/proc/{asterisk.process.pid}/status").read_text()
    uid = next(line.split()[1] for line in facts.splitlines() if line.startswith("Uid:"))
    assert uid != "0"
    log = (asterisk.settings.asterisk / "log/messages.log").read_text("utf-8", "replace")
    assert "Unable to load module" not in log
    assert "Error loading module" not in log


def hung_up(watcher: EventWatcher) -> list[str]:
    return [block["Uniqueid"] for block in watcher.blocks if block.get("Event") == "Hangup"]


def seconds_recorded(asterisk: LocalAsterisk, call_id: str) -> float:
    path = asterisk.settings.recordings / f"{call_id}.wav"
    # Sixteen bits, eight thousand times a second, after a header that is only complete in the end.
    return max(0, path.stat().st_size - 44) / 16000 if path.is_file() else 0.0
