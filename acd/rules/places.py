"""Where a talk's channels are put, and whom a talk can be given to or shared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acd.messages import AgentStateName
from acd.rules import effects as fx
from acd.rules.agents import CommandRefusedError
from acd.rules.book import Book
from acd.rules.state import CARRIER, Agent, Call
from acd.rules.telephones import interface_of, is_line

S = AgentStateName
QUEUE, AGENT, NUMBER = "queue", "agent", "number"
EMERGENCY = {"110": "公安报警", "119": "消防救援", "120": "医疗急救", "122": "交通事故"}
"""Anybody may be connected with these, published or not."""

ACCEPT_SECONDS = 20
"""So much longer a line seat may take to press 1."""

ROOM = "room"
CITIZEN, PARTY, HELD, BACK, AGAIN = "citizen", "party", "held", "back", "again"
"""The extensions of that context of the dialplan."""


class Rooms:
    """The citizen's channel is named by the call, the agent's by its leg."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def hold(self, call: Call) -> None:
        """Music for the citizen; the agent stays in the room."""
        self._put(call, HELD)
        call.held = True

    def gather(self, call: Call) -> None:
        """The citizen comes (back) into the room."""
        self._put(call, CITIZEN)
        call.held = False

    def _put(self, call: Call, place: str) -> None:
        agents = () if call.room or call.leg is None else ((call.leg, PARTY),)
        call.room = True
        self._book.out.append(fx.Move(ROOM, ((call.call_id, place), *agents)))

    def back(self, call: Call, *, again: bool) -> None:
        """The citizen goes back to the session that rang, or to a new one; `again`: not served yet, whatever dies."""
        self._book.out.append(fx.Move(ROOM, ((call.call_id, AGAIN if again else BACK),)))

    def leave(self, call: Call) -> None:
        """The citizen leaves the talk, wherever it is, and waits for somebody else; the agent's leg is hung up."""
        leg, call.leg = call.leg, None
        call.room = call.held = False
        self.back(call, again=True)
        self._book.out += fx.HangUp(leg or ""), fx.TalkOver(call.call_id, again=True, quiet=True)


Leg = tuple[str, int, tuple[tuple[str, str], ...]]
"""What is dialled, for how many seconds, and the variables that its channel is told."""


def leg_to(endpoint: str, call: Call, seconds: int) -> Leg:
    """What rings the phone at an endpoint about a call.

    A line seat needs time to accept; what its Local channel is told stands in the dialplan.
    """
    told: tuple[tuple[str, str], ...] = (("HOTLINE_CALL", call.call_id),)
    if is_line(endpoint):
        told += (("HOTLINE_RING", str(seconds)), ("HOTLINE_SHOWN", call.dialled))
        seconds += ACCEPT_SECONDS
    return interface_of(endpoint), seconds, told


def seat_leg(endpoint: str, call: Call, seconds: int) -> Leg:
    """What rings an agent's phone for a call that becomes theirs: the phone itself is told which call it is."""
    dial, seconds, told = leg_to(endpoint, call, seconds)
    if not is_line(endpoint):
        told += (("PJSIP_HEADER(add,X-Call-Id)", call.call_id),)
    return dial, seconds, told


@dataclass(frozen=True, slots=True)
class Target:
    """A queue, an agent or a number outside; `dial` is the number's interface, or the agent's endpoint."""

    kind: str
    id: str
    name: str
    dial: str = ""
    agent: Agent | None = None


class Targets:
    """Reads what an agent names; what cannot be reached is refused with what to do instead."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def of(self, args: Mapping[str, Any], by: Agent) -> Target:
        """The target of a transfer."""
        to = args.get("to")
        kind, name = (to.get("kind"), to.get("id")) if isinstance(to, Mapping) else (None, None)
        if not isinstance(name, str):
            raise CommandRefusedError("unknown_target", "say whom: `to` needs `kind` (queue, agent, number) and `id`")
        match kind:
            case "queue":
                return self._queue(name)
            case "agent":
                return self._agent(name, by)
            case "number":
                return self._number(name)
            case _:
                raise CommandRefusedError("unknown_target", "`to` needs a `kind`: queue, agent or number")

    def consulted(self, args: Mapping[str, Any], by: Agent) -> Target:
        """Whom to ring as a third party: of a queue the one who has been ready longest."""
        target = self.of(args, by)
        if target.kind != QUEUE:
            if target.agent is not None and not _rings(target.agent):
                raise CommandRefusedError("target_busy", f"{target.name} cannot take a call now: choose somebody else")
            return target
        serving = [a for a in self._book.agents.values() if a is not by and target.id in a.queues and _rings(a)]
        if not serving:
            raise CommandRefusedError("target_busy", f"nobody of {target.name} is free now: transfer to the queue")
        return _agents(min(serving, key=lambda agent: agent.since))

    def require_free_place(self, agent: Agent) -> None:
        """One call at a time is kept for an agent."""
        if agent.agent_id in self._book.reserved:
            raise CommandRefusedError("target_busy", f"somebody waits for {agent.name} already: choose another")

    def _queue(self, name: str) -> Target:
        queue = self._book.published.queues.get(name)
        if queue is None:
            raise CommandRefusedError("unknown_target", "there is no such queue: GET /api/agents/me/talk/targets")
        return Target(QUEUE, queue.id, queue.name or queue.id)

    def _agent(self, name: str, by: Agent) -> Target:
        agent = self._book.agents.get(name)
        if agent is None or agent is by:
            raise CommandRefusedError("unknown_target", "there is no such colleague: GET /api/agents/me/talk/targets")
        if agent.state is S.LOGGED_OUT or agent.reachable is None:
            raise CommandRefusedError("target_away", f"{agent.name} is not here: choose somebody else, or the queue")
        return _agents(agent)

    def _number(self, name: str) -> Target:
        known = {**EMERGENCY, **self._book.published.targets}
        if name not in known:
            raise CommandRefusedError("unknown_target", "only published numbers and 110, 119, 120, 122 can be reached")
        return Target(NUMBER, name, known[name], f"PJSIP/{name}@{CARRIER}")


def _rings(agent: Agent) -> bool:
    return agent.state is S.READY and agent.phone is not None


def _agents(agent: Agent) -> Target:
    return Target(AGENT, agent.agent_id, agent.name, agent.phone or "", agent)
