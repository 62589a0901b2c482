"""What the rooms of the floor share: the live agents and calls, what is published, and how a change is written down."""

import datetime as dt
from typing import Any

from acd.messages import AgentStateName, CallEventType
from acd.rules import effects as fx
from acd.rules.agents import Trigger
from acd.rules.matching import Matcher
from acd.rules.published import Published
from acd.rules.returning import RecentCallers
from acd.rules.state import Agent, Call, Outgoing, Virtual
from acd.rules.steps import LOST, keeps_wish, landing
from acd.rules.telephones import BROWSER_SUFFIX, device_of, is_trunk
from acd.rules.timers import Timers

S = AgentStateName
AGENT_EVENTS = "agent-"
"""Begins the call id of events that are about an agent."""


class Book:
    """One for a floor; `out` gathers the effects of the event in hand, `later` those that no citizen waits for.

    `now` is the event's moment.

    `extensions` maps extensions and the endpoints of line seats to agents, `lines` a county's trunk to its line seats.
    `reserved` maps an agent to the call of the citizen who is kept for that agent: the phone broke, or the call was
    given to the agent alone.
    """

    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}
        self.calls: dict[str, Call] = {}
        self.returns: dict[str, Virtual] = {}
        self.matcher = Matcher()
        self.recent = RecentCallers()
        self.offering = False
        self.reserved: dict[str, str] = {}
        self.extensions: dict[str, str] = {}
        self.lines: dict[str, list[str]] = {}
        self.published = Published()
        self.timers = Timers()
        self.out: list[fx.Effect] = []
        self.later: list[fx.Effect] = []
        self.now = dt.datetime.min.replace(tzinfo=dt.UTC)

    def begin(self, now: dt.datetime) -> None:
        """A new event at `now`."""
        self.now, self.out, self.later = now, [], []

    def agent_of(self, endpoint: str) -> Agent | None:
        """The agent whose phone `endpoint` is (`1001`, `1001w`, a line seat's), or None for a citizen's trunk."""
        agent_id = self.extensions.get(endpoint.removesuffix(BROWSER_SUFFIX))
        return None if agent_id is None else self.agents[agent_id]

    def list_phones(self) -> None:
        """Note whose phones there are, after a new configuration."""
        self.extensions = {a.extension: a.agent_id for a in self.agents.values()}
        self.lines = {}
        for agent in self.agents.values():
            if agent.line is not None:
                self.extensions[agent.line] = agent.agent_id
                self.lines.setdefault(device_of(agent.line), []).append(agent.agent_id)

    def agents_at(self, device: str) -> list[Agent]:
        """Those whose phone a device is: one agent, or the line seats behind a county's trunk."""
        if is_trunk(device):
            return [self.agents[agent_id] for agent_id in self.lines.get(device, ())]
        agent = self.agent_of(device)
        return [] if agent is None else [agent]

    def open(self, call_id: str, caller: str, dialled: str, channel: str) -> Call:
        """A call that was not known yet."""
        number = self.published.numbers.get(dialled)
        line = number["line"] if number else ""
        call = Call(call_id, caller, dialled, line, channel, self.now)
        self.calls[call_id] = call
        self.record(call_id, CallEventType.STARTED, caller=caller, dialled=dialled, channel=channel)
        self.keep(call)
        return call

    def urgency(self, caller: str, dialled: str, queue: str) -> int:
        """What line, queue, incident and recent bad luck add to the priority that the menu gave."""
        rules = self.published.queue(queue)
        recent = self.recent.priority(caller, rules.returning, now=self.now)
        return rules.priority + self.published.line_priority(dialled, now=self.now) + recent

    def note(self, agent: Agent) -> None:
        """What the agent has become counts from now on: to be called whenever state, profile or phones have changed."""
        since = None if agent.agent_id in self.reserved else agent.free_since
        self.matcher.note(agent.agent_id, agent.profile, since=since, on_duty=agent.on_duty)

    def reserve(self, agent_id: str, call_id: str) -> None:
        """Keep the agent for this call: nothing else is offered meanwhile."""
        self.reserved[agent_id] = call_id
        self.note(self.agents[agent_id])

    def unreserve(self, agent_id: str) -> None:
        """The agent is kept for no call any more."""
        if self.reserved.pop(agent_id, None) is not None:
            self.note(self.agents[agent_id])

    def move(
        self,
        agent: Agent,
        trigger: Trigger,
        *,
        call_id: str | None = None,
        reason: str | None = None,
        until: dt.datetime | None = None,
    ) -> None:
        """Change an agent's state by the table, and on to where the agent asked to go (`steps.landing`).

        `until` is when a timer of ours ends the new state. Raises `TransitionRefusedError` before anything has changed.
        """
        state, reason = landing(agent, trigger, call_id=call_id, reason=reason)
        before, since = (agent.state, agent.reason, agent.call_id), self._since(agent, trigger, state)
        if agent.state is S.PAUSED:
            agent.pauses.spend(agent.reason or "", since=agent.since, until=self.now)
        agent.state, agent.since, agent.call_id, agent.reason = state, since, call_id, reason
        agent.next, agent.overrun = agent.next if keeps_wish(state, call_id) else None, False
        if state is S.LOGGED_OUT:  # the next sign-in begins anew
            agent.page.forget_absent()
            agent.microphone = True
        self.set_end(agent, self.pause_end(agent) if state is S.PAUSED else until)
        if (state, reason, call_id) != before:
            self._attend(agent)
        self.note(agent)
        self.tell_state(agent)

    def _since(self, agent: Agent, trigger: Trigger, state: AgentStateName) -> dt.datetime:
        """Whoever is back after a loss is ready since before it, and keeps the place among the longest idle."""
        if state in LOST and agent.state not in LOST:
            agent.ready_since = agent.since if agent.state is S.READY else self.now
        if state is S.READY and agent.state in LOST and trigger is not Trigger.READY:
            return agent.ready_since or self.now
        return self.now

    def let_go(self, agent: Agent) -> None:
        """An agent who has missed an offer waits for no call any more, and goes where they asked to go."""
        agent.call_id = None
        if agent.next is None:
            self.tell_state(agent)
        else:
            self.move(agent, Trigger.MISSED)

    def set_end(self, agent: Agent, until: dt.datetime | None) -> None:
        """A pause and a wrap-up are looked at when their time is over; the end of an offer is the session's work."""
        agent.until = until
        timed = agent.state in {S.PAUSED, S.WRAP_UP} and not agent.overrun
        self.timers.set(("state", agent.agent_id), until if timed else None)

    def pause_end(self, agent: Agent) -> dt.datetime | None:
        """When the agent's pause has used the day's quota of its reason."""
        reason = self.published.pauses.get(agent.reason or "")
        return None if reason is None else agent.pauses.end(reason, since=agent.since)

    def _attend(self, agent: Agent) -> None:
        """A change of state is a fact for attendance; it is written down when all orders are given."""
        data = {"agent_id": agent.agent_id, "state": agent.state.value, "reason": agent.reason, "call": agent.call_id}
        facts = {**data, "since": self.now.isoformat()}
        self.later.append(fx.Record(AGENT_EVENTS + agent.agent_id, CallEventType.AGENT_STATE, facts))

    def tell_state(self, agent: Agent) -> None:
        """The agent's state, to the screen and to everybody who watches."""
        self.show(agent)
        self.out.append(fx.Tell(agent.agent_id, {"type": "state", **agent.public()}))

    def show(self, agent: Agent) -> None:
        """The agent's state, to everybody who watches."""
        self.out.append(fx.AgentChanged(agent.public(), agent.kept()))

    def keep_agent(self, agent: Agent) -> None:
        """What nobody sees of the agent survives a restart, too."""
        self.out.append(fx.KeepAgent(agent.kept()))

    def tell(self, agent: Agent, kind: str, call_id: str, **fields: str) -> None:
        """Something about a call, to the agent's screen."""
        body = {"type": kind, "call_id": call_id, "at": self.now.isoformat(), **fields}
        self.out.append(fx.Tell(agent.agent_id, body))

    def talk_body(self, call: Call, agent_id: str) -> dict[str, Any]:
        """Who is in the talk besides agent and citizen; whoever was brought in is told who did it."""
        third = call.third
        other = None if third is None else (third.kind, third.id, third.name, third.talking)
        if third is not None and third.id == agent_id and call.agent_id is not None:
            other = "agent", call.agent_id, self.agents[call.agent_id].name, True
        return {
            "type": "talk",
            "call_id": call.call_id,
            "held": call.held,
            "third": other and dict(zip(("kind", "id", "name", "state"), (*other[:3], _state(other[3])), strict=True)),
            "note": call.note,
        }

    def tell_talk(self, call: Call) -> None:
        """The same, to the screens of the agents who are in the talk."""
        brought = call.third.id if call.third is not None and call.third.kind == "agent" else None
        for agent_id in (call.agent_id, brought):
            if agent_id is not None:
                self.out.append(fx.Tell(agent_id, self.talk_body(call, agent_id)))

    def record(self, call_id: str, kind: CallEventType, /, **data: Any) -> None:
        """An event of Wire 1."""
        self.out.append(fx.Record(call_id, kind, data))

    def keep(self, call: Call) -> None:
        """What is known of the call survives a restart."""
        self.out.append(fx.KeepCall(call))

    def offer_body(self, call: Call) -> dict[str, Any]:
        """The first message of the pop: all that is known without a database."""
        offered_at = call.offered_at or self.now
        return {
            "type": "offer",
            "call_id": call.call_id,
            "offer_no": call.offer_no,
            "caller": call.caller if call.out is None else call.out.shown,
            "dialled": call.dialled,
            "line": call.line,
            "queue": call.queue or "",
            "queue_name": self.published.queue(call.queue or "").name,
            "menu": call.menu,
            "menu_version": call.menu_version,
            "menu_path": list(call.menu_path),
            "waited_ms": call.waited_ms(offered_at),
            "decided_at": offered_at.timestamp(),
            **({} if call.out is None else _outgoing(call.out)),
        }


def _outgoing(out: Outgoing) -> dict[str, Any]:
    """What a screen is told besides of a call of ours; the citizen's number is not among it."""
    return {"direction": "outbound", "case_no": out.case_no, "return_call": out.returns is not None}


def _state(talking: bool) -> str:
    return "talking" if talking else "ringing"
