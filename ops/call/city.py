"""The city under test: its citizens, its agents at phones and screens, and the folder of what they saw."""

import asyncio
import contextlib
import itertools
import secrets
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from ops.call import tones
from ops.call.agent import Agent, Manner, all_free
from ops.call.carrier import COUNTY, Carrier
from ops.call.citizen import Call, Offer, Sightings
from ops.call.desk import Desk, Refused
from ops.call.phones import PhoneCall, Phones
from ops.call.place import PHONES, TRUNK, Place, place_of
from ops.call.ports import allow_many_sockets
from ops.call.rtp import Room
from ops.call.scenarios import Citizen
from ops.call.screen import Arrival, Screen
from ops.call.sip import Exchange, SippFailed
from ops.call.siplog import SipEvent
from ops.call.until import StepMissing, until
from ops.instance import Instance

#: Seconds that leaving may take before it is given up.
_LEAVE = 30.0
#: Seconds that BYE and its answer may take.
_HANG_UP = 3.0
#: Folders of earlier calls that are kept.
_KEPT = 20
_CALLS = "calls"
#: Calls that begin in one second when many are dialled at once.
AT_ONCE = 100
#: No two cities of one process share a citizen's number: who rings twice has a history, and is treated by it.
_SERIES = itertools.count(secrets.randbelow(9000))


def make_folder(folder: Path) -> None:
    """Make the folder for what SIPp sees, and remove the oldest of those beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    earlier = sorted((path for path in folder.parent.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    if folder.parent.name == _CALLS:
        for path in earlier[:-_KEPT]:
            shutil.rmtree(path, ignore_errors=True)


class City:
    """Async context manager: everything it started is ended on leaving, its agents signed out, phones unregistered.

    `folder` keeps what SIPp saw (scenarios, messages, logs); a new one below `<home>/log` unless given.
    """

    def __init__(self, where: Place | Instance, *, folder: Path | None = None) -> None:
        self.place = place = where if isinstance(where, Place) else place_of(where.home)
        self.folder = folder or place.logs / _CALLS / secrets.token_hex(4)
        self.seen = Sightings()
        self.agents: dict[str, Agent] = {}
        self.calls: dict[str, Call] = {}
        self.desk = Desk(place.web_url, place.passwords)
        self.room = Room()
        self._keys = itertools.count(1)
        self._series = next(_SERIES) % 9000 + 1000

    async def __aenter__(self) -> Self:
        """Make the folder and the parts; nobody calls or is signed in yet."""
        make_folder(self.folder)
        allow_many_sockets()
        target = f"{self.place.sip_host}:{self.place.sip_port}"
        self.exchange = Exchange(self.place.sipp, self.folder, target)
        self.phones = Phones(self.place, self.exchange, self.room)
        self.carrier = Carrier(self.exchange, self.room, self.place.carrier_port)
        self.county = Carrier(self.exchange, self.room, self.place.county_port, host=COUNTY, name="county")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the system as it was, as far as it still answers."""
        try:
            await asyncio.wait_for(self._leave(), _LEAVE)
        finally:
            await self.exchange.aclose()
            await self.room.aclose()
            await self.desk.aclose()

    async def seat(
        self, numbers: Sequence[str], manner: Manner | None = None, *, screens: bool = True, ready: bool = True
    ) -> list[Agent]:
        """Seat these agents (once, all at a time): register their phones, open their screens, make them ready."""
        agents = [self._agent(number, manner or Manner(), screens) for number in numbers]
        await self.phones.connect({agent.number: partial(self._rang, agent) for agent in agents})
        await asyncio.gather(*(self._open(agent, ready) for agent in agents))
        return agents

    async def dial(
        self, dialled: str = "12345", *, keys: str = "", caller: str | None = None, display: str = ""
    ) -> Call:
        """Place one call and return it as soon as it is dialled; `keys` are pressed when the greeting is heard."""
        citizen = Citizen(user=caller if caller is not None else self.number(), dialled=dialled, display=display)
        call = (await self.dial_all([citizen]))[0]
        if keys:
            await call.press_when_greeted(keys)
        return call

    async def dial_many(self, count: int, dialled: str = "12345", *, rate: int = AT_ONCE) -> list[Call]:
        """Place `count` calls from new caller numbers, `rate` a second."""
        return await self.dial_all([Citizen(user=self.number(), dialled=dialled) for _ in range(count)], rate=rate)

    async def dial_all(self, citizens: Sequence[Citizen], *, rate: int = AT_ONCE) -> list[Call]:
        """Place a call for each citizen and return the calls as soon as SIPp is under way."""
        calls = [self._new_call(citizen) for citizen in citizens]
        people = [(call.key, call.citizen, call.media.port) for call in calls]
        for process, keys in await self.exchange.citizens(people, self._heard_of, host=TRUNK, rate=rate):
            for key in keys:
                self.calls[key].process = process
        return calls

    async def dial_from_seat(self, endpoint: str, dialled: str) -> Call:
        """Let an agent's phone dial, with the seat's password; it need not be registered."""
        call = self._new_call(Citizen(user=endpoint, dialled=dialled), host=PHONES)
        call.process = await self.exchange.seat(
            (call.key, call.citizen, call.media.port), self.place.seat_password(endpoint), self._heard_of, host=PHONES
        )
        return call

    def prompt(self, sound: str) -> Path:
        """Return the WAV file of a sound, to compare it with what was heard."""
        return self.place.prompt(sound)

    def number(self) -> str:
        """Return a mobile number that has not called in this city yet."""
        return f"139{self._series}{next(self._keys):04}"

    async def all_ended(self, calls: Sequence[Call], *, seconds: float = 60) -> None:
        """Return once every citizen's phone is on the hook."""
        await asyncio.gather(*(call.ended(seconds=seconds) for call in calls))

    async def agents_free(self, *, seconds: float = 30) -> None:
        """Return once no agent has a call or an outcome in hand; raise the first problem one of them met."""
        await all_free(list(self.agents.values()), seconds=seconds)

    def _agent(self, number: str, manner: Manner, with_screen: bool) -> Agent:
        screen = None
        if with_screen:
            screen = Screen(number, self.desk, self.place.stream_url, where=str(self.place.logs))
            screen.on_arrival(lambda arrival: self._arrived(number, arrival))
        agent = self.agents[number] = Agent(number, self.phones, screen, manner)
        return agent

    async def _open(self, agent: Agent, ready: bool) -> None:
        if agent.screen is not None:
            await agent.screen.open()
            await agent.screen.phone_known()
            if ready:
                await agent.screen.set_state("ready")

    def _new_call(self, citizen: Citizen, *, host: str = TRUNK) -> Call:
        media = self.room.open(host)
        media.hum(tones.CITIZEN_TONE)
        media.heard.expect(tones.AGENT_TONE)
        call = Call(f"c{next(self._keys)}", citizen, media, self.seen)
        call.on_end(self.room.close)
        self.calls[call.key] = call
        return call

    def _heard_of(self, event: SipEvent) -> None:
        call = self.calls.get(event.key)
        if call is not None:
            call.take(event)

    def _arrived(self, number: str, arrival: Arrival) -> None:
        if arrival.type == "offer":
            self.seen.note_offer(Offer(number, arrival))

    def _rang(self, agent: Agent, call: PhoneCall) -> None:
        agent.ring(call)
        self.seen.note_ring(call)

    async def _leave(self) -> None:
        for call in self.calls.values():
            call.hang_up()
        for agent in self.agents.values():
            agent.hang_up()
        # SIPp must live until its BYE is answered; where nobody answers any more, nobody waits for the BYE either.
        with contextlib.suppress(StepMissing):
            await until(lambda: all(call.settled for call in self.calls.values()), "all calls end", seconds=_HANG_UP)
        await asyncio.gather(*(self._send_home(agent) for agent in self.agents.values()))
        await self.carrier.aclose()
        await self.county.aclose()
        # A system that a test has stopped cannot take a registration back; it forgets it by itself.
        with contextlib.suppress(SippFailed, StepMissing):
            await self.phones.disconnect()

    async def _send_home(self, agent: Agent) -> None:
        await agent.leave()
        if agent.screen is None:
            return
        # A web process that a test has stopped cannot sign anybody out.
        with contextlib.suppress(httpx.HTTPError, Refused, StepMissing):
            await self._finish(agent, agent.screen)
        await agent.screen.close()

    async def _finish(self, agent: Agent, screen: Screen) -> None:
        if screen.state in {"offered", "talking", "holding"}:
            await screen.in_state("ready", "wrap_up", "missed", "paused", "logged_out", seconds=5)
        if screen.state == "wrap_up" and screen.busy_with is not None:  # the fallback's calls were never offered here
            await agent.choose_outcome(screen.busy_with, "invalid", seconds=2)
            await screen.in_state("ready", seconds=3)
        await screen.set_state("logged_out", seconds=3)
