"""Everything a comparison of halls needs, brought up once: both sides, the same phones, screens, link and sound."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ops.bench.cel import Records
from ops.bench.link import Link
from ops.bench.native import Native
from ops.bench.phones import Leg, Server, Telephones
from ops.bench.sounder import Sounder
from ops.call.desk import Desk
from ops.call.place import PHONES, TRUNK, place_of
from ops.call.screen import Arrival, Screen
from ops.call.until import until
from ops.instance import Instance

OURS = "12"
"""A number that no line has: it leads by the built-in greeting straight to the city's queue, without a menu."""
_SETTLE = 30.0


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer as the engine told it; `seen_at` holds its arrival at each of the agent's sockets. Epoch seconds."""

    call_id: str
    agent: str
    caller: str
    decided_at: float
    queued_at: float
    seen_at: list[float] = field(default_factory=list)


class Worker(Protocol):
    """Who is told what happens at the telephones of one side."""

    def rang(self, leg: Leg) -> None:
        """An agent's phone rings."""

    def talks(self, leg: Leg) -> None:
        """An agent has picked up."""

    def hung_up(self, leg: Leg) -> None:
        """An agent's phone is on the hook again."""

    def wraps_up(self, agent: str, call_id: str) -> None:
        """An agent of ours has an outcome to choose."""

    def connected(self, leg: Leg) -> None:
        """A citizen is answered by the system."""

    def left(self, leg: Leg) -> None:
        """A citizen is gone."""


class Stage:
    """Agents with their screens on our side and the same phones on both; `chance` is seeded.

    `calls` holds the call id of each caller who was offered: nobody calls twice.
    """

    def __init__(self, instance: Instance, native: Native, agents: Sequence[str], *, seed: int) -> None:
        self.instance = instance
        self.native = native
        self.agents = tuple(agents)
        self.chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.offers: dict[tuple[str, str], Offer] = {}
        self.calls: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self.at_work: dict[Server, Worker] = {}
        self._place = place_of(instance.home)
        self._desk = Desk(self._place.web_url, self._place.passwords)
        self._screens: list[Screen] = []
        self._series = self.chance.randrange(1000, 9999)
        self._callers = 0

    @property
    def desk(self) -> Desk:
        """HTTP as the people of the hall speak it."""
        return self._desk

    @property
    def ours(self) -> Server:
        """Our side's SIP."""
        return self._place.sip_host, self._place.sip_port

    def server(self, side: str) -> Server:
        """SIP of `ours` or of the `other`."""
        return self.ours if side == "ours" else self.native.server

    def records(self, side: str) -> Records:
        """The call event records that a side writes from now on."""
        home = self.instance.folder if side == "ours" else self.native.settings.home
        return Records(home / "asterisk/cel.csv")

    async def open(self, sockets: int) -> None:
        """Register every phone on both sides and open `sockets` screens, at least one for each agent."""
        self.sounder = await Sounder.start((TRUNK, PHONES))
        self.citizens = Telephones(TRUNK, self.sounder.ports[TRUNK])
        self.phones = Telephones(PHONES, self.sounder.ports[PHONES])
        for telephones in (self.citizens, self.phones):
            telephones.open()
        self._route()
        passwords = {agent: self._place.seat_password(agent) for agent in self.agents}
        await self.phones.register(passwords, self.ours)
        await self.phones.register({agent: self.native.passwords[agent] for agent in self.agents}, self.native.server)
        people = [self.agents[place % len(self.agents)] for place in range(max(sockets, len(self.agents)))]
        self._screens = [self._screen(agent) for agent in people]
        await asyncio.gather(*(screen.open(seconds=60) for screen in self._screens))
        self.link = await Link.open(self.instance)

    async def ready(self, agents: Sequence[str] | None = None) -> dict[str, float]:
        """Make agents ready and return when each was asked to be, once the screens have confirmed it."""
        asked: dict[str, float] = {}
        for agent in agents or self.agents:
            asked[agent] = time.time()
            await self.link.command(agent, "ready")
        await self.in_state("ready", agents)
        return asked

    async def sign_out(self) -> None:
        """Let nobody on our side be rung."""
        for agent in self.agents:
            await self.link.command(agent, "sign_out")
        await self.in_state("logged_out")

    async def in_state(self, state: str, agents: Sequence[str] | None = None) -> None:
        """Return once these agents are all in a state; raise `StepMissing` with those who are not."""
        wanted = agents or self.agents
        await until(
            lambda: all(self.states.get(agent) == state for agent in wanted),
            f"{len(wanted)} agents are {state}",
            seconds=_SETTLE,
            where=str(self._place.logs),
        )

    def nobody_busy(self) -> bool:
        """Whether no agent of ours has a call or an outcome in hand."""
        return not any(state in {"offered", "talking", "wrap_up"} for state in self.states.values())

    def caller(self) -> str:
        """Return a mobile number that has not called yet."""
        self._callers += 1
        return f"139{self._series}{self._callers:04}"

    async def close(self) -> None:
        """End what was started here; the two sides stay."""
        for screen in self._screens:
            await screen.close()
        with contextlib.suppress(AttributeError):  # what was not reached when opening failed
            await self.link.close()
            self.citizens.close()
            self.phones.close()
        with contextlib.suppress(AttributeError):
            await self.sounder.stop()
        await self._desk.aclose()

    def _route(self) -> None:
        """Each leg's events go to whoever works with its server, in the order in which they come."""

        def to(leg: Leg, told: Callable[["Worker"], Callable[[Leg], None]]) -> None:
            worker = self.at_work.get(leg.dialog.server)
            if worker is not None:
                told(worker)(leg)

        self.phones.on_ring = lambda leg: to(leg, lambda worker: worker.rang)
        self.phones.on_answer = lambda leg: to(leg, lambda worker: worker.talks)
        self.phones.on_end = lambda leg: to(leg, lambda worker: worker.hung_up)
        self.citizens.on_answer = lambda leg: to(leg, lambda worker: worker.connected)
        self.citizens.on_end = lambda leg: to(leg, lambda worker: worker.left)

    def _screen(self, agent: str) -> Screen:
        screen = Screen(agent, self._desk, self._place.stream_url, where=str(self._place.logs))
        screen.on_arrival(lambda arrival: self._arrived(agent, arrival))
        return screen

    def _arrived(self, agent: str, arrival: Arrival) -> None:
        body = arrival.body
        match arrival.type:
            case "offer":
                self._offered(agent, arrival)
            case "state" | "snapshot":
                told = body if arrival.type == "state" else (body.get("agent") or {})
                before, state = self.states.get(agent), str(told.get("state"))
                self.states[agent] = state
                worker = self.at_work.get(self.ours)
                if worker is not None and state == "wrap_up" and before != state:
                    worker.wraps_up(agent, str(told["call_id"]))

    def _offered(self, agent: str, arrival: Arrival) -> None:
        body = arrival.body
        decided = float(body["decided_at"])
        key = (str(body["call_id"]), str(body["offer_no"]))
        offer = self.offers.get(key)
        if offer is None:
            queued = decided - body["waited_ms"] / 1000
            self.calls[str(body["caller"])] = key[0]
            offer = self.offers[key] = Offer(key[0], agent, str(body["caller"]), decided, queued)
        offer.seen_at.append(arrival.at)
