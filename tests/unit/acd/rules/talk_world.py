"""A small Asterisk for talks: channels in dials, rooms and sessions, moved by the floor's orders, and what it tells."""

import datetime as dt
from dataclasses import dataclass, field
from random import Random
from typing import Any

from acd.messages import AgentStateName, Configuration
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import CommandRefusedError, TransitionRefusedError
from acd.rules.floor import Floor
from acd.rules.state import Phase

S = AgentStateName
T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
AGENTS = ("1001", "1002", "1003")
IN_CALL = frozenset({S.OFFERED, S.TALKING, S.HOLDING})
QUEUES = ("city", "law")
CONFIGURATION: Configuration = {
    "version": "1",
    "queues": [{"id": queue, "name": queue, "priority": 0, "ring_seconds": 20} for queue in QUEUES],
    "agents": [{"id": a, "name": a, "extension": a, "queues": list(QUEUES), "role": "agent"} for a in AGENTS],
    "numbers": [{"number": "12345", "line": "市民热线", "menu": "", "queue": "city"}],
    "menus": [],
    "targets": ["05341234567"],
    "target_names": {"05341234567": "供热公司"},
}


@dataclass
class Leg:
    """A channel to an agent's phone (`agent`) or to a number; `placed` by an order, else dialled by a session."""

    agent: str | None
    call: str
    placed: bool
    up: bool = False


@dataclass
class World:
    """What is really so; `place` of each citizen: session, dial, room, held, outside."""

    dice: Random
    floor: Floor = field(default_factory=Floor)
    now: dt.datetime = T0
    place: dict[str, str] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)
    talk_over: dict[str, list[bool]] = field(default_factory=dict)
    rings: dict[str, fx.Ring] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    records: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.tell(ev.Configured(CONFIGURATION))
        self.tell(ev.Snapshot(self.now, {}, dict.fromkeys(AGENTS, "NOT_INUSE")))

    # Telling, and carrying out

    def tell(self, event: ev.Event) -> None:
        effects = self.floor.handle(event, now=self.now)
        for effect in effects:
            self.carry_out(effect)
        self.sane()

    def carry_out(self, effect: fx.Effect) -> None:
        match effect:
            case fx.Ring() if effect.call_id in self.place:
                self.rings[effect.call_id] = effect
            case fx.Move(context, places) if context == "room":
                for channel, place in places:
                    self.move(channel, place)
            case fx.Place(leg):
                agent = effect.shown_to
                self.legs[leg] = Leg(agent, leg.removeprefix("leg-third-").rpartition("-")[0], placed=True)
            case fx.HangUp(channel) if channel in self.legs:
                self.legs[channel].up = False
            case fx.TalkOver(call, again) if call in self.sessions:
                self.talk_over.setdefault(call, []).append(again)
            case fx.Tell(_, body):
                self.told.append(body)
            case fx.Record(call, kind, data):
                self.records.append((call, kind.value, data))

    def move(self, channel: str, place: str) -> None:
        if channel not in self.place:
            return
        self.place[channel] = {"citizen": "room", "held": "held"}.get(place, "session")

    def sane(self) -> None:
        """No agent has two calls, and what is waited for is there."""
        floor = self.floor
        having: dict[str, str] = {}
        for call in floor.calls.values():
            if call.third is not None:
                assert call.phase in {Phase.TALKING, Phase.OUTSIDE}, "who is brought in is in a talk"
            third = call.third.id if call.third is not None and call.third.kind == "agent" else None
            own = call.agent_id if call.phase in {Phase.OFFERED, Phase.TALKING} else None
            for agent in {third, own} - {None}:
                assert agent not in having, f"{agent} has {having.get(agent or '')} and {call.call_id}"
                having[agent or ""] = call.call_id
        for agent_id, agent in floor.agents.items():
            if agent.state in IN_CALL:
                assert having.get(agent_id) == agent.call_id, f"{agent_id} is {agent.state} without the call"
        reserved = {c.agent_id: c.call_id for c in floor.calls.values() if c.phase is Phase.RESERVED}
        assert floor._book.reserved == reserved

    # What happens by itself

    def settle(self) -> None:
        """Legs that were hung up are told, rooms without a party empty themselves, sessions go on."""
        for name, leg in list(self.legs.items()):
            if not leg.up and (not leg.placed or leg.call not in self.floor.calls or not self.wanted(name)):
                self.drop(name)
        for call, place in list(self.place.items()):
            if place in {"room", "held", "dial"} and not self.parties(call):
                self.place[call] = "session"
        for call in list(self.place):
            if self.place.get(call) == "session":
                self.session(call)

    def wanted(self, leg: str) -> bool:
        call = self.floor.calls.get(self.legs[leg].call)
        return call is not None and call.third is not None and call.third.leg == leg

    def parties(self, call: str) -> list[str]:
        return [name for name, leg in self.legs.items() if leg.call == call and leg.up]

    def drop(self, name: str, *, asked: bool = False) -> None:
        """A leg ends; `asked`: its side hung up."""
        leg = self.legs.pop(name)
        if leg.placed:
            if asked:
                self.tell(ev.HangupAsked(name))
            self.tell(ev.PlacedEnded(name, ev.PlacedResult.NO_ANSWER))
        elif leg.agent is not None:
            if asked:
                self.tell(ev.HangupAsked(leg.call, leg.agent))
            self.tell(ev.LegEnded(leg.call, leg.agent))
        self.phones()

    def phones(self) -> None:
        busy = {leg.agent for leg in self.legs.values()} | {ring.agent_id for ring in self.rings.values()}
        for agent in AGENTS:
            self.tell(ev.PhoneChanged(agent, "INUSE" if agent in busy else "NOT_INUSE"))

    def session(self, call_id: str) -> None:
        """The session of a citizen who is back from a talk, or waits."""
        call = self.floor.calls.get(call_id)
        if call is None:
            return
        if call_id not in self.sessions:
            self.sessions.add(call_id)
            self.tell(ev.CallStarted(call_id, "13800138000", "12345", "PJSIP/trunk-1"))
        told = self.talk_over.get(call_id, [])
        if (told and told.pop(0) is False) or call.phase is Phase.AFTER_TALK:
            self.citizen_leaves(call_id)
        elif call.phase is Phase.OUTSIDE and call.target is not None:
            self.outside(call_id)

    def outside(self, call_id: str) -> None:
        result = self.dice.choice(["answered", "busy", "no_answer", "failed"])
        if result == "answered":
            self.tell(ev.LegAnswered(call_id, "carrier"))
        self.tell(ev.OutsideOver(call_id, result))

    # What people do

    def citizen_calls(self) -> None:
        self.count += 1
        call = f"c{self.count}"
        self.place[call] = "session"
        self.sessions.add(call)
        self.tell(ev.CallStarted(call, f"1380000{self.count:04}", "12345", "PJSIP/trunk-1"))
        self.tell(ev.CallQueued(call, "city"))

    def citizen_leaves(self, call: str) -> None:
        self.place.pop(call, None)
        self.rings.pop(call, None)
        self.talk_over.pop(call, None)
        self.tell(ev.HangupAsked(call))
        self.tell(ev.CallEnded(call))
        for name, leg in list(self.legs.items()):
            if leg.call == call and not leg.placed:
                self.legs[name].up = False
        self.settle()

    def session_dies(self, call: str) -> None:
        """The stream of a citizen who talks breaks: whoever comes back needs a new session."""
        if self.place.get(call) in {"dial", "room", "held"} and call in self.sessions:
            self.sessions.discard(call)
            self.talk_over.pop(call, None)
            self.tell(ev.SessionLost(call))

    def answer(self, call: str) -> None:
        """The ringing agent picks up."""
        ring = self.rings.pop(call)
        known = self.floor.calls.get(call)
        if known is None or known.phase is not Phase.OFFERED or known.offer_no != ring.offer_no:
            return
        self.count += 1
        name = f"leg of {ring.agent_id} {self.count}"
        self.legs[name] = Leg(ring.agent_id, call, placed=False, up=True)
        self.place[call] = "dial"
        self.phones()
        self.tell(ev.LegRinging(call, ring.agent_id, leg=name))
        self.tell(ev.LegAnswered(call, ring.agent_id, name))

    def decline(self, call: str) -> None:
        ring = self.rings.pop(call)
        self.tell(ev.OfferFailed(call, ring.offer_no, self.dice.choice(["no_answer", "busy"])))

    def third_answers(self, leg: str) -> None:
        self.legs[leg].up = True
        self.tell(ev.Placed(leg, ev.PlacedResult.ANSWERED))
        self.phones()

    def act(self, agent: str, name: str, to: tuple[str, str] | None = None) -> bool:
        """An act of an agent; False when it is refused."""
        args = {} if to is None else {"to": {"kind": to[0], "id": to[1]}}
        try:
            self.tell(ev.Command(agent, name, args))
        except (CommandRefusedError, TransitionRefusedError):
            return False
        self.settle()
        return True

    def act_outcome(self, agent: str, call: str) -> None:
        self.tell(ev.Command(agent, "outcome", {"call_id": call}))

    def passes(self, seconds: float) -> None:
        end = self.now + dt.timedelta(seconds=seconds)
        while (due := self.floor.next_due) is not None and due <= end:
            self.now = max(due, self.now)
            self.tell(ev.Due())
            self.settle()
        self.now = end
        self.settle()

    def state(self, agent: str) -> str:
        return self.floor.agents[agent].state.value
