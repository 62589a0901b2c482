"""The engine's shell: takes events one by one, lets the floor decide, shows, writes down, then acts.

The only owner of live state in the voice process. Everything runs on one event loop, so `submit` is the inbox: it
never awaits, and an event raised while another is being carried out waits its turn.
"""

import asyncio
import datetime as dt
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from acd.clock import utc_now
from acd.journal import Journal
from acd.messages import AgentState, AgentStateName, CallEventType, Pop
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.floor import Floor
from acd.rules.returns import virtual_from_dict
from acd.rules.state import IN_TALK, Agent, Call, call_from_dict
from acd.streams import Streams

log = structlog.get_logger(__name__)

ENDED_REMEMBERED = 2000
EARS = "ears"
"""The fact that holds who listens where."""
SHORTEST_ALARM = 0.001
"""Seconds: a timer that runs a little ahead of the clock is set once more, not in a circle."""


class Hands(Protocol):
    """What acts for the engine outside of it."""

    def ring(self, order: fx.Ring, *, offer_seq: int) -> None:
        """Have the call's session ring the agent; `offer_seq` is the number of the offer in the agent's stream."""

    def talk_over(self, order: fx.TalkOver) -> None:
        """Have the call's session go on after the agent's leg has ended."""

    def telephone(self, order: fx.Telephone) -> None:
        """Have Asterisk move, ring or end channels, in the order of the calls of this method."""

    def journal_grew(self) -> None:
        """There are events for the web process."""

    def agent_changed(self, state: AgentState) -> None:
        """Show an agent's new state to whoever watches; keep the fallback queue in step."""


class Alarm(Protocol):
    """A timer that has been set."""

    def cancel(self) -> None:
        """It does not go off any more."""


def alarm_in(seconds: float, action: Callable[[], None]) -> Alarm:
    """Have the running loop do something later."""
    return asyncio.get_running_loop().call_later(seconds, action)


class Engine:
    """Single owner of the floor, its journal and the agents' streams."""

    def __init__(
        self,
        journal: Journal,
        *,
        clock: Callable[[], dt.datetime] = utc_now,
        alarm: Callable[[float, Callable[[], None]], Alarm] = alarm_in,
    ) -> None:
        self.floor = Floor()
        self.journal = journal
        self.streams = Streams(self.snapshot_of, on_screens=self._screens)
        self._clock = clock
        self._set_alarm = alarm
        self._alarm: Alarm | None = None
        self._alarm_at: dt.datetime | None = None
        self._inbox: deque[ev.Event] = deque()
        self._busy = False
        self._hands: Hands | None = None
        self._offer_seq: dict[str, int] = {}
        self._ended: deque[str] = deque(maxlen=ENDED_REMEMBERED)

    def start(self, hands: Hands) -> None:
        """Take up what the process before has kept; nothing is offered before the first snapshot."""
        self._hands = hands
        calls = [call_from_dict(kept) for kept in self.journal.calls()]
        returns = [virtual_from_dict(kept) for kept in self.journal.returns()]
        ears = self.journal.fact(EARS) or ()
        self.floor.restore(calls, self.journal.agents(), self.journal.callers(), returns, ears)

    def submit(self, event: ev.Event) -> None:
        """Take an event. A refused command raises; every other event is always taken."""
        if self._busy:
            self._inbox.append(event)
            return
        self._busy = True
        try:
            self._take(event)
            while self._inbox:
                self._take(self._inbox.popleft())
        finally:
            self._busy = False
            self._plan()

    def _plan(self) -> None:
        """A waiting call asks for less from some moment on: the floor is told then."""
        due = self.floor.next_due
        if due == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._alarm_at = None, due
        if due is not None:
            seconds = max(SHORTEST_ALARM, (due - self._clock()).total_seconds())
            self._alarm = self._set_alarm(seconds, self._wake)

    def _wake(self) -> None:
        self._alarm, self._alarm_at = None, None
        self.submit(ev.Due())

    def _screens(self, agent_id: str, *, there: bool) -> None:
        """The first screen of an agent has come, or the last one has gone."""
        self.submit(ev.ScreenBack(agent_id) if there else ev.ScreenGone(agent_id))

    def note(self, call_id: str, kind: CallEventType, data: dict[str, Any]) -> None:
        """Write down what no decision depends on, also of a call that has just ended: a message, a rating."""
        self.journal.append(call_id, kind.value, data, now=self._clock())
        if self._hands is not None:
            self._hands.journal_grew()

    async def shown(self, agent_id: str, *, timeout: float) -> bool:  # noqa: ASYNC109 - bounded on purpose
        """Wait until the agent's screen shows the present offer, at most `timeout` seconds."""
        return await self.streams.acked(agent_id, self._offer_seq.get(agent_id, 0), timeout=timeout)

    def saw_end(self, call_id: str) -> bool:
        """Whether this process has journaled the call's end itself, or still follows it."""
        return call_id in self.floor.calls or call_id in self._ended

    def show_pop(self, pop: Pop) -> None:
        """The second message of a pop, when the agent still has that call."""
        agent = self.floor.agents.get(pop["agent_id"])
        if agent is None or agent.call_id != pop["call_id"]:
            return
        body = {"type": "case", **pop}
        if self.journal.fact(f"case:{agent.agent_id}") != body:
            self.journal.keep_fact(f"case:{agent.agent_id}", body)
            self.streams.tell(agent.agent_id, body)

    def snapshot_of(self, agent_id: str) -> dict[str, Any]:
        """Everything a screen needs that knows nothing: the agent, the present call, its case."""
        agent = self.floor.agents.get(agent_id)
        call = self.floor.calls.get(agent.call_id or "") if agent else None
        case = self.journal.fact(f"case:{agent_id}")
        same = agent is not None and case is not None and case["call_id"] == agent.call_id
        return {
            "agent": agent.public() if agent else None,
            "call": self._call_on_screen(call, agent) if agent and call else self._wrapped_call(agent_id),
            "case": case if same else None,
            "talk": self.floor.talk_body(agent) if agent else None,
        }

    def _call_on_screen(self, call: Call, agent: Agent) -> dict[str, Any]:
        phase = AgentStateName.TALKING if agent.state in IN_TALK else agent.state
        return {**self.floor.offer_body(call), "phase": phase.value}

    def _wrapped_call(self, agent_id: str) -> dict[str, Any] | None:
        """The call is over, the wrap-up is not: its offer is kept beside the agent's state."""
        agent = self.floor.agents.get(agent_id)
        kept = self.journal.fact(f"offer:{agent_id}")
        if agent is None or kept is None or kept["call_id"] != agent.call_id:
            return None
        return {**kept, "phase": agent.state.value}

    def _take(self, event: ev.Event) -> None:
        """Decide, show, write down, act.

        A screen is told before the journal has it, since what it shows can be taken back: a process that dies between
        the two rings nobody, and the next one's snapshot corrects the screen. A phone rings only afterwards.
        """
        now, hands = self._clock(), self._hands
        if hands is None:
            raise RuntimeError("the engine was given an event before start()")
        effects = self.floor.handle(event, now=now)
        for effect in effects:
            if isinstance(effect, fx.Tell):
                self._tell(effect)
        with self.journal.together():
            for effect in effects:
                self._write_down(effect, now)
        for effect in effects:
            self._act(effect, hands)

    def _tell(self, effect: fx.Tell) -> None:
        seq = self.streams.tell(effect.agent_id, effect.body)
        if effect.body["type"] == "offer":
            self._offer_seq[effect.agent_id] = seq

    def _write_down(self, effect: fx.Effect, now: dt.datetime) -> None:
        match effect:
            case fx.Tell(agent_id, body):
                if body["type"] == "offer":
                    self.journal.keep_fact(f"offer:{agent_id}", body)
            case fx.Record(call_id, kind, data):
                self.journal.append(call_id, kind.value, data, now=now)
            case fx.AgentChanged(_, kept) | fx.KeepAgent(kept):
                self.journal.keep_agent(kept)
            case fx.KeepCall(call):
                self.journal.keep_call(call.call_id, call.to_dict())
            case fx.ForgetCall(call_id):
                self.journal.forget_call(call_id)
            case _:
                self._keep_besides(effect)

    def _keep_besides(self, effect: fx.Effect) -> None:
        """What survives a restart beside calls and agents."""
        match effect:
            case fx.KeepCaller(caller, recent):
                self.journal.keep_caller(caller, recent)
            case fx.KeepReturn(virtual):
                self.journal.keep_return(virtual.return_id, virtual.to_dict())
            case fx.ForgetReturn(return_id):
                self.journal.forget_return(return_id)
            case fx.KeepEars(ears):
                self.journal.keep_fact(EARS, ears)

    def _act(self, effect: fx.Effect, hands: Hands) -> None:
        match effect:
            case fx.Ring():
                hands.ring(effect, offer_seq=self._offer_seq[effect.agent_id])
            case fx.TalkOver():
                hands.talk_over(effect)
            case fx.Move() | fx.Place() | fx.HangUp():
                hands.telephone(effect)
            case fx.Record():
                hands.journal_grew()
            case fx.AgentChanged(state):
                hands.agent_changed(state)
            case fx.RulesRefused(reason):
                log.error("rules_refused", reason=reason)
            case fx.ForgetCall(call_id, witnessed) if witnessed:
                self._ended.append(call_id)
