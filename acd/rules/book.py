"""What the rooms of the floor share: the live agents and calls, what is published, and how a change is written down."""

import datetime as dt
from typing import Any

from acd.messages import CallEventType
from acd.rules import effects as fx
from acd.rules.agents import Trigger, next_state
from acd.rules.matching import Matcher
from acd.rules.published import Published
from acd.rules.returning import RecentCallers
from acd.rules.state import BROWSER_SUFFIX, Agent, Call


class Book:
    """One for a floor; `out` gathers the effects of the event in hand, `now` is its moment.

    `reserved` maps an agent whose phone broke to the call of the citizen who waits for that phone.
    """

    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}
        self.calls: dict[str, Call] = {}
        self.matcher = Matcher()
        self.recent = RecentCallers()
        self.offering = False
        self.reserved: dict[str, str] = {}
        self.extensions: dict[str, str] = {}
        self.published = Published()
        self.out: list[fx.Effect] = []
        self.now = dt.datetime.min.replace(tzinfo=dt.UTC)

    def begin(self, now: dt.datetime) -> None:
        """A new event at `now`."""
        self.now, self.out = now, []

    def agent_of(self, endpoint: str) -> Agent | None:
        """The agent whose phone `endpoint` is (`1001` or `1001w`), or None for a citizen's trunk."""
        agent_id = self.extensions.get(endpoint.removesuffix(BROWSER_SUFFIX))
        return None if agent_id is None else self.agents[agent_id]

    def open(self, call_id: str, caller: str, dialled: str, channel: str) -> Call:
        """A call that was not known yet."""
        number = self.published.numbers.get(dialled)
        line = number["line"] if number else ""
        call = Call(call_id, caller, dialled, line, channel, self.now)
        self.calls[call_id] = call
        self.record(call_id, CallEventType.STARTED, caller=caller, dialled=dialled, channel=channel)
        self.keep(call)
        return call

    def note(self, agent: Agent) -> None:
        """What the agent has become counts from now on: to be called whenever state, profile or phones have changed."""
        self.matcher.note(agent.agent_id, agent.profile, since=agent.free_since, on_duty=agent.on_duty)

    def move(self, agent: Agent, trigger: Trigger, *, call_id: str | None = None, reason: str | None = None) -> None:
        """Change an agent's state by the table; raises `TransitionRefusedError` before anything has changed."""
        agent.state = next_state(agent.state, trigger)
        agent.since, agent.call_id, agent.reason = self.now, call_id, reason
        self.note(agent)
        self.tell_state(agent)

    def tell_state(self, agent: Agent) -> None:
        """The agent's state, to the screen and to everybody who watches."""
        state = agent.public()
        self.out += fx.AgentChanged(state), fx.Tell(agent.agent_id, {"type": "state", **state})

    def show(self, agent: Agent) -> None:
        """The agent's state, to everybody who watches."""
        self.out.append(fx.AgentChanged(agent.public()))

    def tell(self, agent: Agent, kind: str, call_id: str, **fields: str) -> None:
        """Something about a call, to the agent's screen."""
        body = {"type": kind, "call_id": call_id, "at": self.now.isoformat(), **fields}
        self.out.append(fx.Tell(agent.agent_id, body))

    def record(self, call_id: str, kind: CallEventType, **data: Any) -> None:
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
            "caller": call.caller,
            "dialled": call.dialled,
            "line": call.line,
            "queue": call.queue or "",
            "queue_name": self.published.queue(call.queue or "").name,
            "menu": call.menu,
            "menu_version": call.menu_version,
            "menu_path": list(call.menu_path),
            "waited_ms": call.waited_ms(offered_at),
            "decided_at": offered_at.timestamp(),
        }
