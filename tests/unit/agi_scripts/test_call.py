"""A citizen's session against a fake Asterisk: what is said to the channel, and what the engine comes to believe."""

import asyncio
import copy
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from acd.engine import Engine
from acd.rules import events as ev
from acd.rules.state import Phase
from agi_scripts.call import Calls
from agi_scripts.configuration import ConfigurationKeeper
from agi_scripts.directory import Directory
from agi_scripts.prompts import Prompter
from agi_scripts.server import FastAgiServer
from agi_scripts.shared import Shared, Timing
from agi_scripts.waiting import Patience
from ivr.codec import tree_to_dict
from ivr.tree import HangUp, Rating, ToQueue, Tree
from tests.unit.agi_scripts.voice_support import CONFIGURATION, Hands, engine_at

HEADER = (
    "agi_network_script: call\nagi_channel: PJSIP/trunk-00000001\nagi_uniqueid: dz-1.1\n"
    "agi_callerid: 13800138000\nagi_dnid: 12345\n\n"
)


class Asterisk:
    """One channel: answers every command as a living channel would; GOSUB (the dial) waits for the test."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.said: list[str] = []
        self.variables = {"HOTLINE_DIALLED": "12345"}
        self.heard = asyncio.Event()
        self.dialled = asyncio.Event()
        self.dial_result: asyncio.Queue[str] = asyncio.Queue()
        self.long_sounds: set[str] = set()
        self.keys: dict[str, str] = {}
        self.spoken = 80_000
        self.playing = asyncio.Event()
        self.stopped = asyncio.Event()
        self.ended = asyncio.Event()
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        self._writer.write(HEADER.encode())
        while line := (await self._reader.readline()).decode().strip():
            self.said.append(line)
            self.heard.set()
            self._writer.write((await self._reply(line)).encode() + b"\n")
        self.ended.set()

    async def _reply(self, line: str) -> str:
        match line.split():
            case ["GET", "VARIABLE", name]:
                return f"200 result=1 ({self.variables[name]})" if name in self.variables else "200 result=0"
            case ["SET", "VARIABLE", name, value]:
                self.variables[name] = value.strip('"')
            case ["STREAM", "FILE", sound, *_] if sound in self.long_sounds:
                self.playing.set()
                await self.stopped.wait()
                self.playing.clear()
            case ["STREAM", "FILE", sound, *_] if sound in self.keys:
                return f"200 result={ord(self.keys.pop(sound))} endpos=80"
            case ["RECORD", *_] if self.spoken < 0:
                return "200 result=-1 (writefile) endpos=0"
            case ["CHANNEL", "STATUS"]:
                return "200 result=6"
            case ["RECORD", *_]:
                return f"200 result=35 (dtmf) endpos={self.spoken}"
            case ["GOSUB", "enter-line", "s", "1", arguments]:
                self.variables["HOTLINE_QUEUE"] = arguments.strip('"').split(",")[1]
            case ["GOSUB", "ring-agent", *_]:
                self.dialled.set()
                self.variables["DIALSTATUS"] = await self.dial_result.get()
                self.dialled.clear()
        return "200 result=0 endpos=8000"

    def hang_up(self) -> None:
        self._writer.write(b"HANGUP\n")

    async def rung(self) -> str:
        async with asyncio.timeout(5):
            await self.dialled.wait()
        return self.said[-1]

    async def says(self, start: str, *, times: int = 1) -> None:
        """Wait until a command that begins so was said so often."""
        async with asyncio.timeout(5):
            while sum(line.startswith(start) for line in self.said) < times:
                self.heard.clear()
                await self.heard.wait()

    async def over(self) -> None:
        async with asyncio.timeout(5):
            await self.ended.wait()

    def close(self) -> None:
        self._writer.close()
        self.task.cancel()


class House:
    keeper: ConfigurationKeeper

    def __init__(self, engine: Engine, port: int) -> None:
        self.engine = engine
        self.port = port
        self.channels: list[Asterisk] = []
        self.configuration = copy.deepcopy(CONFIGURATION)
        self.owner: str | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The web process, asked about a caller."""
        assert request.url.path == "/internal/callers"
        return httpx.Response(200, json={"known": True, "open_case": True, "owner": self.owner})

    async def cut(self, channel: str) -> None:
        """AMI's ControlPlayback, for the one channel of a test."""
        assert channel == "PJSIP/trunk-00000001"
        self.channels[-1].stopped.set()

    def publish(self) -> None:
        """Have the voice process start with the configuration as it is here."""
        self.engine.journal.keep_fact("configuration", self.configuration)
        self.keeper.start()

    def rate_talks(self) -> None:
        """Have the demonstration menu ask for a score after the talk."""
        nodes = {"q": ToQueue("city"), "r": Rating((), {"1": 3}, "bye"), "bye": HangUp()}
        tree = tree_to_dict(Tree("q", nodes, after_talk="r"))
        self.configuration["menus"] = [{"name": "default", "version": 1, "tree": tree}]
        self.publish()

    async def call(self) -> Asterisk:
        channel = Asterisk(*await asyncio.open_connection("127.0.0.1", self.port))
        self.channels.append(channel)
        return channel

    async def phase(self, wanted: Phase | None) -> None:
        """Wait until the engine has the call in this phase (None: as long as it is not known)."""
        async with asyncio.timeout(5):
            while True:
                call = self.engine.floor.calls.get("dz-1.1")
                if (call.phase if call else None) is wanted:
                    return
                await asyncio.sleep(0)

    async def owned_by(self, agent: str) -> None:
        """Wait until the engine knows whose the caller's open case is."""
        async with asyncio.timeout(5):
            while True:
                if self.engine.floor.calls["dz-1.1"].owner == agent:
                    return
                await asyncio.sleep(0)

    def state(self, agent: str) -> str:
        return self.engine.floor.agents[agent].state.value

    def kinds(self) -> list[str]:
        """What was written down of calls."""
        return [e["type"] for e in self.engine.journal.pending(100) if e["type"].startswith("call.")]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    hands = Hands()
    engine = engine_at(tmp_path, hands)
    site = House(engine, 0)
    client = httpx.AsyncClient(transport=httpx.MockTransport(site.answer), base_url="http://web")
    configuration = ConfigurationKeeper(engine, client, reload=asyncio.Event())
    site.keeper = configuration
    site.publish()
    timing = Timing(lease=1, pop=0.05, unstaffed=0.5, word=0.2, reserved=1.0)
    patience = Patience(first=0.2, every=0.2, offer_after=0.3)
    shared = Shared(
        engine=engine,
        configuration=configuration,
        directory=Directory(client),
        prompter=Prompter(None, ()),
        recordings=tmp_path,
        cut=site.cut,
        timing=timing,
        patience=patience,
    )
    calls = Calls(shared)
    hands.on_ring = calls.ring
    hands.on_talk_over = calls.talk_over
    server = FastAgiServer()
    server.add_route("call", calls.serve)
    await server.start("127.0.0.1", 0)
    site.port = server.port
    yield site
    for channel in site.channels:
        channel.close()
    await server.close()
    await client.aclose()


async def test_a_call_is_greeted_queued_rung_talked_and_ends_with_the_token(house: House) -> None:
    house.engine.submit(ev.Command("1001", "ready"))
    channel = await house.call()
    assert await channel.rung() == 'GOSUB ring-agent s 1 "PJSIP/1001,20,dz-1.1"'
    house.engine.submit(ev.LegAnswered("dz-1.1", "1001"))
    house.engine.submit(ev.HangupAsked("dz-1.1", "1001"))
    house.engine.submit(ev.LegEnded("dz-1.1", "1001"))
    channel.dial_result.put_nowait("ANSWER")
    await channel.over()
    assert channel.variables["HOTLINE_TOKEN"] == "done-dz-1.1"
    assert channel.variables["HOTLINE_QUEUE"] == "city"
    assert house.state("1001") == "wrap_up"
    assert house.kinds() == ["call.started", "call.menu", "call.queued", "call.offered", "call.answered"]
    greeting = channel.said.index('STREAM FILE hotline/greeting-12345 ""')
    assert channel.said[greeting - 1] == "SET AUTOHANGUP 31", "the lease covers the sound"


async def test_a_talk_of_which_ami_says_nothing_ends_in_good_order(house: House) -> None:
    house.engine.submit(ev.Command("1001", "ready"))
    channel = await house.call()
    await channel.rung()
    channel.dial_result.put_nowait("ANSWER")
    await channel.over()
    assert channel.variables["HOTLINE_TOKEN"] == "done-dz-1.1"
    assert house.state("1001") == "wrap_up"
    assert house.kinds()[-2:] == ["call.offered", "call.answered"]


async def test_the_agents_phone_breaks_and_the_citizen_waits_for_the_same_agent_again(house: House) -> None:
    house.engine.submit(ev.Command("1001", "ready"))
    channel = await house.call()
    await channel.rung()
    house.engine.submit(ev.LegAnswered("dz-1.1", "1001"))
    house.engine.submit(ev.PhoneChanged("1001", "UNAVAILABLE"))
    house.engine.submit(ev.LegEnded("dz-1.1", "1001"))
    channel.dial_result.put_nowait("ANSWER")
    await channel.says("STREAM FILE hotline/talk-broken")
    await channel.says("SET MUSIC ON")
    assert channel.variables["DIALSTATUS"] == ""
    assert "HOTLINE_TOKEN" not in channel.variables
    house.engine.submit(ev.PhoneChanged("1001", "NOT_INUSE"))
    await channel.says('GOSUB ring-agent s 1 "PJSIP/1001', times=2)


async def test_a_phone_breaks_twice_and_after_the_reserved_time_anybody_may_help(house: House) -> None:
    house.engine.submit(ev.Command("1001", "ready"))
    channel = await house.call()
    for times in (1, 2):
        await channel.says('GOSUB ring-agent s 1 "PJSIP/1001', times=times)
        house.engine.submit(ev.LegAnswered("dz-1.1", "1001"))
        house.engine.submit(ev.PhoneChanged("1001", "UNAVAILABLE"))
        house.engine.submit(ev.LegEnded("dz-1.1", "1001"))
        channel.dial_result.put_nowait("ANSWER")
        await channel.says("STREAM FILE hotline/talk-broken", times=times)
        await house.phase(Phase.RESERVED)
        if times == 1:
            house.engine.submit(ev.PhoneChanged("1001", "NOT_INUSE"))
    house.engine.submit(ev.Command("1002", "ready"))
    await channel.says('GOSUB ring-agent s 1 "PJSIP/1002')


async def test_not_answered_goes_to_the_next_agent(house: House) -> None:
    house.engine.submit(ev.Command("1001", "ready"))
    house.engine.submit(ev.Command("1002", "ready"))
    channel = await house.call()
    await channel.rung()
    channel.dial_result.put_nowait("NOANSWER")
    await channel.says('GOSUB ring-agent s 1 "PJSIP/1002')
    assert house.state("1001") == "missed"


async def test_music_and_a_renewed_lease_while_nobody_is_free(house: House) -> None:
    house.engine.submit(ev.Command("1001", "pause"))
    channel = await house.call()
    await channel.says("SET AUTOHANGUP 1", times=3)
    assert "SET MUSIC ON default" in channel.said
    house.engine.submit(ev.Command("1001", "ready"))
    assert (await channel.rung()).startswith("GOSUB ring-agent")


async def test_where_nobody_is_signed_in_the_caller_goes_on_to_the_fallback(house: House) -> None:
    channel = await house.call()
    await channel.over()
    assert "HOTLINE_TOKEN" not in channel.variables
    await house.phase(Phase.FALLBACK)


async def test_a_hangup_while_waiting_is_noticed_at_once_and_only_ami_ends_the_call(house: House) -> None:
    house.engine.submit(ev.Command("1001", "pause"))
    channel = await house.call()
    await house.phase(Phase.WAITING)
    channel.hang_up()
    await channel.over()
    await house.phase(Phase.FALLBACK)
    house.engine.submit(ev.CallEnded("dz-1.1"))
    await house.phase(None)
    assert house.kinds()[-1] == "call.ended"


async def test_a_caller_who_leaves_while_the_screen_is_shown_the_offer_rings_no_phone(house: House) -> None:
    house.engine.streams.subscribe("1001", lambda _: None, epoch=None, after=0)
    house.engine.submit(ev.Command("1001", "ready"))
    channel = await house.call()
    await house.phase(Phase.OFFERED)
    house.engine.submit(ev.CallEnded("dz-1.1"))
    channel.hang_up()
    await channel.over()
    assert not any(line.startswith("GOSUB ring-agent") for line in channel.said)
    assert house.state("1001") == "ready"


async def test_who_waits_hears_the_place_and_what_to_do_instead(house: House) -> None:
    house.engine.submit(ev.Command("1001", "pause"))
    channel = await house.call()
    await channel.says("STREAM FILE hotline/you-are-next")
    await channel.says("STREAM FILE hotline/press-for-return-call 12")
    await channel.says("WAIT FOR DIGIT 4000")
    await channel.says("SET MUSIC ON", times=2)
    channel.hang_up()
    await channel.over()


async def test_what_is_said_is_cut_short_when_an_agent_is_free(house: House) -> None:
    house.engine.submit(ev.Command("1001", "pause"))
    channel = await house.call()
    channel.long_sounds.add("hotline/you-are-next")
    async with asyncio.timeout(5):
        await channel.playing.wait()
    house.engine.submit(ev.Command("1001", "ready"))
    assert await channel.rung() == 'GOSUB ring-agent s 1 "PJSIP/1001,20,dz-1.1"'
    sounds = [line for line in channel.said if line.startswith("STREAM FILE hotline/")]
    assert sounds[-1].startswith("STREAM FILE hotline/you-are-next"), "nothing is begun after the order"
    channel.dial_result.put_nowait("NOANSWER")


async def test_a_citizen_who_wants_to_be_called_back_leaves_the_line(house: House) -> None:
    house.engine.submit(ev.Command("1001", "pause"))
    channel = await house.call()
    channel.keys["hotline/press-for-return-call"] = "1"
    await channel.over()
    assert any(line.startswith("STREAM FILE hotline/return-call-noted") for line in channel.said)
    assert channel.variables["HOTLINE_TOKEN"] == "done-dz-1.1"
    assert house.kinds()[-1] == "call.return_requested"
    assert "dz-1.1" not in house.engine.floor.waiting
    assert house.state("1001") == "paused"


async def test_a_message_instead_and_one_that_is_too_short_waits_on(house: House) -> None:
    house.engine.submit(ev.Command("1001", "pause"))
    channel = await house.call()
    channel.spoken = 80
    channel.keys["hotline/press-for-message"] = "2"
    await channel.says("RECORD FILE")
    await house.phase(Phase.WAITING)
    channel.spoken = 80_000
    channel.keys["hotline/press-for-message"] = "2"
    await channel.over()
    assert house.kinds()[-1] == "call.message"
    assert channel.variables["HOTLINE_TOKEN"] == "done-dz-1.1"


async def test_a_message_that_cannot_be_recorded_waits_on(house: House) -> None:
    house.engine.submit(ev.Command("1001", "pause"))
    channel = await house.call()
    channel.spoken = -1
    channel.keys["hotline/press-for-message"] = "2"
    await channel.says("RECORD FILE")
    await house.phase(Phase.WAITING)
    await channel.says("SET MUSIC ON", times=2)


async def test_a_served_call_stays_served_until_the_token_is_set(house: House) -> None:
    house.rate_talks()
    house.engine.submit(ev.Command("1001", "ready"))
    channel = await house.call()
    await channel.rung()
    house.engine.submit(ev.LegAnswered("dz-1.1", "1001"))
    house.engine.submit(ev.HangupAsked("dz-1.1", "1001"))
    house.engine.submit(ev.LegEnded("dz-1.1", "1001"))
    channel.dial_result.put_nowait("ANSWER")
    await channel.over()
    assert "call.rated" in house.kinds()
    assert channel.variables["DIALSTATUS"] == "ANSWER", "until the token, a dead process leaves a served call"


async def test_the_agent_who_took_the_open_case_is_found_while_the_menu_speaks(house: House) -> None:
    house.configuration["queues"][0]["owner_seconds"] = 20
    house.publish()
    house.owner = "1002"
    house.engine.submit(ev.Command("1001", "ready"))
    house.engine.submit(ev.Command("1002", "ready"))
    channel = await house.call()
    channel.long_sounds.add("hotline/greeting-12345")
    async with asyncio.timeout(5):
        await channel.playing.wait()
    await house.owned_by("1002")
    channel.stopped.set()
    assert await channel.rung() == 'GOSUB ring-agent s 1 "PJSIP/1002,20,dz-1.1"'
    channel.dial_result.put_nowait("NOANSWER")
