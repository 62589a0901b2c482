"""The floor: one owner of every live call and agent; takes an event, decides, returns the effects in order.

Pure: no I/O, no clock, no waiting. What it believes is corrected by Asterisk's word (`LegAnswered`, `CallEnded`,
`Snapshot`) whenever the two differ.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from acd.messages import AgentState, AgentStateName, CallEventType, Configuration, NumberConfiguration
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import COMMANDS, TransitionRefusedError, Trigger, next_state
from acd.rules.idle import IdleAgents
from acd.rules.state import BROWSER_SUFFIX, Agent, Call, Phase
from acd.rules.waiting import WaitingLine

S = AgentStateName
DEFAULT_RING_SECONDS = 20
PHONE_LOST = "phone_lost"


class UnknownAgentError(Exception):
    """No such agent in the published configuration."""


class Floor:
    """Calls, agents and the waiting line."""

    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}
        self.calls: dict[str, Call] = {}
        self.waiting = WaitingLine()
        self.idle = IdleAgents()
        self.offering = False
        self._reserved: dict[str, str] = {}
        self._extensions: dict[str, str] = {}
        self._ring_seconds: dict[str, int] = {}
        self._queue_names: dict[str, str] = {}
        self._numbers: dict[str, NumberConfiguration] = {}
        self._kept: dict[str, AgentState] = {}
        self._devices: dict[str, str] = {}
        self._out: list[fx.Effect] = []
        self._now = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._handlers: dict[type, Callable[[Any], None]] = {
            ev.Configured: self._configured,
            ev.CallStarted: self._call_started,
            ev.MenuPassed: self._menu_passed,
            ev.CallQueued: self._call_queued,
            ev.OfferFailed: self._offer_failed,
            ev.SessionLost: self._session_lost,
            ev.ReservationOver: self._reservation_over,
            ev.LegRinging: self._leg_ringing,
            ev.LegAnswered: self._leg_answered,
            ev.LegEnded: self._leg_ended,
            ev.CallEnded: self._call_ended,
            ev.HangupAsked: self._hangup_asked,
            ev.PhoneChanged: self._phone_changed,
            ev.Command: self._command,
            ev.Snapshot: self._snapshot,
            ev.AmiLost: self._ami_lost,
            ev.Thawed: self._thawed,
        }

    def restore(self, calls: Iterable[Call], agents: Iterable[AgentState]) -> None:
        """What was kept by the process before; confirmed or corrected by the first `Snapshot`."""
        self.calls = {call.call_id: call for call in calls}
        self._kept = {agent["agent_id"]: agent for agent in agents}

    def handle(self, event: ev.Event, *, now: dt.datetime) -> list[fx.Effect]:
        """Take one event; the effects are to be carried out in their order.

        Raises `TransitionRefusedError` or `UnknownAgentError` for a command that cannot be taken; nothing changed then.
        """
        self._now, self._out = now, []
        self._handlers[type(event)](event)
        return self._out

    def number(self, dialled: str) -> NumberConfiguration | None:
        """The published number that was dialled, or None."""
        return self._numbers.get(dialled)

    def agent_of(self, endpoint: str) -> Agent | None:
        """The agent whose phone `endpoint` is (`1001` or `1001w`), or None for a citizen's trunk."""
        agent_id = self._extensions.get(endpoint.removesuffix(BROWSER_SUFFIX))
        return None if agent_id is None else self.agents[agent_id]

    def staffed(self, queue: str) -> bool:
        """Whether anybody is signed in who serves `queue`."""
        return any(queue in a.queues and a.state is not S.LOGGED_OUT for a in self.agents.values())

    # Configuration and phones

    def _configured(self, event: ev.Configured) -> None:
        conf: Configuration = event.configuration
        self._ring_seconds = {q["id"]: q["ring_seconds"] for q in conf["queues"]}
        self._queue_names = {q["id"]: q["name"] for q in conf["queues"]}
        self._numbers = {n["number"]: n for n in conf["numbers"]}
        known = {a["id"]: a for a in conf["agents"]}
        for agent_id in [a for a in self.agents if a not in known and self.agents[a].state is S.LOGGED_OUT]:
            del self.agents[agent_id]
        for agent_id, data in known.items():
            agent = self.agents.get(agent_id) or self._new_agent(agent_id, data["extension"])
            agent.name, agent.queues = data["name"], tuple(data["queues"])
            if agent.extension != data["extension"]:
                agent.extension = data["extension"]
                agent.devices = {}
            agent.devices.update({e: self._devices[e] for e in agent.endpoints if e in self._devices})
            self.idle.note(agent)
            self._show(agent)
        self._extensions = {a.extension: a.agent_id for a in self.agents.values()}
        self._match_idle()

    def _new_agent(self, agent_id: str, extension: str) -> Agent:
        agent = Agent(agent_id=agent_id, extension=extension, since=self._now)
        kept = self._kept.pop(agent_id, None)
        if kept is not None:
            agent.state, agent.since = S(kept["state"]), dt.datetime.fromisoformat(kept["since"])
            agent.call_id, agent.reason = kept["call_id"], kept["reason"]
        self.agents[agent_id] = agent
        return agent

    def _phone_changed(self, event: ev.PhoneChanged) -> None:
        self._devices[event.endpoint] = event.state
        agent = self.agent_of(event.endpoint)
        if agent is None or agent.devices.get(event.endpoint) == event.state:
            return
        before = agent.reachable
        agent.devices[event.endpoint] = event.state
        self.idle.note(agent)
        if agent.reachable != before:
            self._tell_state(agent)
        self._match_agent(agent)

    # A citizen's call

    def _call_started(self, event: ev.CallStarted) -> None:
        known = self.calls.get(event.call_id)
        if known is not None:
            self._leave_agent(known)
            known.session, known.phase = True, Phase.MENU
            return
        self._open(event.call_id, event.caller, event.dialled, event.channel)

    def _open(self, call_id: str, caller: str, dialled: str, channel: str) -> Call:
        number = self.number(dialled)
        line = number["line"] if number else ""
        call = Call(call_id, caller, dialled, line, channel, self._now)
        self.calls[call_id] = call
        self._record(call_id, CallEventType.STARTED, caller=caller, dialled=dialled, channel=channel)
        self._keep(call)
        return call

    def _menu_passed(self, event: ev.MenuPassed) -> None:
        call = self.calls.get(event.call_id)
        if call is None:
            return
        call.menu, call.menu_version, call.menu_path = event.menu, event.version, event.path
        menu = {"menu": event.menu, "version": event.version, "path": list(event.path)}
        self._record(call.call_id, CallEventType.MENU, **menu, **event.journey)

    def _call_queued(self, event: ev.CallQueued) -> None:
        call = self.calls.get(event.call_id)
        if call is None:
            return
        self._leave_agent(call)
        call.session, call.queue, call.priority = True, event.queue, event.priority
        call.queued_at = call.queued_at or self._now
        queued = {"queue": event.queue, "priority": event.priority, "skill": event.skill}
        self._record(call.call_id, CallEventType.QUEUED, **queued)
        self._keep(call)
        self._wait(call)
        self._match_call(call)

    def _wait(self, call: Call) -> None:
        """Let the call wait (again); one without a session is beyond our reach, in the dialplan's fallback."""
        call.agent_id = None
        if not call.session:
            call.phase = Phase.FALLBACK
            return
        call.phase = Phase.WAITING
        self.waiting.add(
            call.call_id, queue=call.queue or "", priority=call.priority, entered_at=call.queued_at or self._now
        )

    def _offer_failed(self, event: ev.OfferFailed) -> None:
        call = self.calls.get(event.call_id)
        if call is None or call.phase is not Phase.OFFERED or call.offer_no != event.offer_no:
            return
        self._miss(call, event.reason)
        self._wait(call)
        self._keep(call)
        self._match_call(call)

    def _miss(self, call: Call, reason: str) -> None:
        """The offer is over without an answer: the agent is *missed*, or simply ready when the caller gave up."""
        agent = self.agents.get(call.agent_id or "")
        self._record(call.call_id, CallEventType.MISSED, agent_id=call.agent_id, offer_no=call.offer_no, reason=reason)
        if agent is None or agent.call_id != call.call_id or agent.state is not S.OFFERED:
            return
        self._tell(agent, "withdrawn", call.call_id, reason=reason)
        withdrawn = reason == "withdrawn"
        self._move(
            agent, Trigger.WITHDRAWN if withdrawn else Trigger.NOT_ANSWERED, reason=None if withdrawn else reason
        )
        if withdrawn:
            self._match_agent(agent)

    def _leave_agent(self, call: Call) -> None:
        """The call goes elsewhere: whoever had it has it no longer, and it waits nowhere."""
        self.waiting.remove(call.call_id)
        if call.phase is Phase.OFFERED:
            self._miss(call, "withdrawn")
        elif call.phase is Phase.TALKING:
            self._release(call, by="system")
        elif call.phase is Phase.RESERVED:
            self._drop_reservation(call)
        call.agent_id = None

    def _session_lost(self, event: ev.SessionLost) -> None:
        call = self.calls.get(event.call_id)
        if call is None:
            return
        call.session = False
        if call.phase in {Phase.MENU, Phase.WAITING, Phase.RESERVED}:
            self._leave_agent(call)
            call.phase = Phase.FALLBACK
            self._keep(call)

    def _hangup_asked(self, event: ev.HangupAsked) -> None:
        call = self.calls.get(event.call_id)
        if call is None or call.phase is Phase.AFTER_TALK:
            return
        if event.endpoint is None:
            call.ended_by = call.ended_by or "caller"
        elif call.phase is Phase.TALKING:  # before that, an agent's hang-up only declines the offer
            call.ended_by = call.ended_by or "agent"

    def _call_ended(self, event: ev.CallEnded) -> None:
        call = self.calls.pop(event.call_id, None)
        if call is None:
            return
        self.waiting.remove(call.call_id)
        if call.phase is Phase.OFFERED:
            self._miss(call, "withdrawn")
        elif call.phase is Phase.RESERVED:
            self._drop_reservation(call)
        ended_by = call.ended_by or "caller"
        self._record(call.call_id, CallEventType.ENDED, disposition=call.disposition().value, ended_by=ended_by)
        self._out.append(fx.ForgetCall(call.call_id))
        self._release(call, by=ended_by)

    # The agent's leg, as Asterisk tells it

    def _leg_ringing(self, event: ev.LegRinging) -> None:
        agent = self.agent_of(event.endpoint)
        if agent is None:
            return
        call = self.calls.get(event.call_id) or self._open(event.call_id, event.caller, "", event.channel)
        if call.agent_id == agent.agent_id and call.phase is not Phase.FALLBACK:
            return
        # The native fallback queue rings somebody: the screen pops for that call as well.
        if call.session or agent.state is not S.READY:
            return
        self._leave_agent(call)
        call.agent_id = agent.agent_id
        self._offer(call, agent)

    def _leg_answered(self, event: ev.LegAnswered) -> None:
        agent, call = self.agent_of(event.endpoint), self.calls.get(event.call_id)
        if agent is None or call is None:
            return
        if call.phase is Phase.AFTER_TALK or (call.phase is Phase.TALKING and call.agent_id == agent.agent_id):
            return
        other = self._leave_other_call(agent, call)
        if call.agent_id != agent.agent_id:
            self._leave_agent(call)
            call.agent_id = agent.agent_id
            self._announce(call, agent)
        call.phase, call.answered_at, call.ended_by = Phase.TALKING, call.answered_at or self._now, None
        self._record(call.call_id, CallEventType.ANSWERED, agent_id=agent.agent_id, recording=f"{call.call_id}.wav")
        self._move(agent, Trigger.SEEN_TALKING, call_id=call.call_id)
        self._tell(agent, "answered", call.call_id)
        self._keep(call)
        if other is not None:
            self._match_call(other)

    def _leave_other_call(self, agent: Agent, answered: Call) -> Call | None:
        """The agent answered `answered` while having another call: that one goes back to the front, or on alone."""
        other = self.calls.get(agent.call_id or "")
        if other is None or other is answered or other.agent_id != agent.agent_id:
            return None
        if other.phase is Phase.OFFERED:
            self._miss(other, "busy")
            self._wait(other)
        elif other.phase is Phase.TALKING:
            other.phase = Phase.AFTER_TALK
        self._keep(other)
        return other

    def _leg_ended(self, event: ev.LegEnded) -> None:
        agent, call = self.agent_of(event.endpoint), self.calls.get(event.call_id)
        if agent is None or call is None or call.agent_id != agent.agent_id:
            return
        if call.phase is Phase.TALKING and call.ended_by is None and call.session and not agent.outcome_chosen:
            self._reserve(call, agent)
        elif call.phase is Phase.TALKING:
            call.phase = Phase.AFTER_TALK
            call.ended_by = call.ended_by or "agent"
            self._release(call, by=call.ended_by)
            self._out.append(fx.TalkOver(call.call_id, again=False))
            self._keep(call)
        elif call.phase is Phase.OFFERED and not call.session:
            self._miss(call, "withdrawn" if call.ended_by == "caller" else "no_answer")
            self._wait(call)
            self._keep(call)

    # The agent's phone broke: nobody hung up, so the citizen is not dropped

    def _reserve(self, call: Call, agent: Agent) -> None:
        """Keep the citizen for the same agent, until the phone is there again or `ReservationOver` comes."""
        call.phase = Phase.RESERVED
        self._reserved[agent.agent_id] = call.call_id
        self._record(
            call.call_id, CallEventType.MISSED, agent_id=agent.agent_id, offer_no=call.offer_no, reason=PHONE_LOST
        )
        self._tell(agent, "withdrawn", call.call_id, reason=PHONE_LOST)
        self._move(agent, Trigger.PHONE_LOST, call_id=call.call_id, reason=PHONE_LOST)
        self._out.append(fx.TalkOver(call.call_id, again=True))
        self._keep(call)
        self._match_agent(agent)

    def _reservation_over(self, event: ev.ReservationOver) -> None:
        call = self.calls.get(event.call_id)
        if call is None or call.phase is not Phase.RESERVED:
            return
        agent = self.agents[call.agent_id or ""]
        del self._reserved[agent.agent_id]
        if agent.call_id == call.call_id and agent.state is S.MISSED:
            agent.call_id = None
            self._tell_state(agent)
        self._wait(call)
        self._keep(call)
        self._match_call(call)

    def _drop_reservation(self, call: Call) -> None:
        """The citizen is gone: the agent still owes the case an outcome."""
        agent = self.agents[call.agent_id or ""]
        self._reserved.pop(agent.agent_id, None)
        if agent.state is S.MISSED and agent.call_id == call.call_id:
            self._tell(agent, "ended", call.call_id, by=call.ended_by or "caller")
            self._move(agent, Trigger.CALL_ENDED, call_id=call.call_id)

    def _release(self, call: Call, *, by: str) -> None:
        """The talk is over for the agent: wrap-up, until an outcome is chosen."""
        agent = self.agents.get(call.agent_id or "")
        if agent is None or agent.call_id != call.call_id or agent.state is not S.TALKING:
            return
        self._tell(agent, "ended", call.call_id, by=by)
        self._move(agent, Trigger.CALL_ENDED, call_id=call.call_id)
        if agent.outcome_chosen:
            self._finish(agent)

    # What agents ask for

    def _command(self, event: ev.Command) -> None:
        agent = self.agents.get(event.agent_id)
        if agent is None:
            raise UnknownAgentError(f"agent {event.agent_id} is not in the published configuration")
        trigger = Trigger(event.name)
        if trigger is Trigger.OUTCOME:
            self._outcome(agent, event.call_id)
            return
        if trigger not in COMMANDS:
            raise TransitionRefusedError(agent.state, trigger)
        if next_state(agent.state, trigger) is agent.state and trigger is not Trigger.PAUSE:
            return
        reason = (event.reason or "signed_in") if trigger in {Trigger.PAUSE, Trigger.SIGN_IN} else None
        self._move(agent, trigger, reason=reason)
        self._match_agent(agent)

    def _outcome(self, agent: Agent, call_id: str | None) -> None:
        if agent.call_id != call_id:
            return
        if agent.state is S.WRAP_UP:
            self._finish(agent)
        elif agent.state is S.TALKING:
            agent.outcome_chosen = True

    def _finish(self, agent: Agent) -> None:
        self._move(agent, Trigger.OUTCOME)
        self._match_agent(agent)

    # Matching: the longest-idle agent, the first of the line

    def _match_agent(self, agent: Agent) -> None:
        if not self.offering or agent.phone is None:
            return
        reserved = self._reserved.get(agent.agent_id)
        if agent.state is not S.READY and not (reserved and agent.state is S.MISSED):
            return
        call_id = reserved or self.waiting.first(agent.queues)
        if call_id is not None:
            self._ring(self.calls[call_id], agent)

    def _match_call(self, call: Call) -> None:
        if not self.offering or call.call_id not in self.waiting:
            return
        agent_id = self.idle.first(call.queue or "")
        if agent_id is not None:
            self._ring(call, self.agents[agent_id])

    def _match_idle(self) -> None:
        for agent in sorted(self.agents.values(), key=lambda a: (a.since, a.agent_id)):
            self._match_agent(agent)

    def _ring(self, call: Call, agent: Agent) -> None:
        endpoint = agent.phone
        if endpoint is None:  # pragma: no cover - the callers have looked
            return
        self.waiting.remove(call.call_id)
        self._reserved.pop(agent.agent_id, None)
        call.agent_id = agent.agent_id
        self._offer(call, agent)
        seconds = self._ring_seconds.get(call.queue or "", DEFAULT_RING_SECONDS)
        self._out.append(fx.Ring(call.call_id, call.offer_no, agent.agent_id, endpoint, seconds))

    def _offer(self, call: Call, agent: Agent) -> None:
        call.phase = Phase.OFFERED
        self._announce(call, agent)
        self._move(agent, Trigger.OFFER, call_id=call.call_id)
        self._keep(call)

    def _announce(self, call: Call, agent: Agent) -> None:
        call.offer_no += 1
        call.offered_at = self._now
        agent.outcome_chosen = False
        self._out.append(fx.Tell(agent.agent_id, self.offer_body(call)))
        self._record(
            call.call_id,
            CallEventType.OFFERED,
            agent_id=agent.agent_id,
            offer_no=call.offer_no,
            waited_ms=call.waited_ms(self._now),
        )

    def offer_body(self, call: Call) -> dict[str, Any]:
        """The first message of the pop: all that is known without a database."""
        offered_at = call.offered_at or self._now
        return {
            "type": "offer",
            "call_id": call.call_id,
            "offer_no": call.offer_no,
            "caller": call.caller,
            "dialled": call.dialled,
            "line": call.line,
            "queue": call.queue or "",
            "queue_name": self._queue_names.get(call.queue or "", ""),
            "menu": call.menu,
            "menu_version": call.menu_version,
            "menu_path": list(call.menu_path),
            "waited_ms": call.waited_ms(offered_at),
            "decided_at": offered_at.timestamp(),
        }

    # Agreement with Asterisk

    def _ami_lost(self, _: ev.AmiLost) -> None:
        self.offering = False

    def _thawed(self, _: ev.Thawed) -> None:
        self.offering = True
        self._match_idle()

    def _snapshot(self, event: ev.Snapshot) -> None:
        """Make what we believe equal to what Asterisk says, then offer again."""
        self._devices.update(event.phones)
        for agent in self.agents.values():
            agent.devices = {e: event.phones.get(e, "UNAVAILABLE") for e in agent.endpoints}
            self.idle.note(agent)
        gone = [c for c in self.calls.values() if c.call_id not in event.channels and c.started_at < event.taken_at]
        for call in gone:
            self._vanish(call)
        for seen in event.channels.values():
            self._confirm(seen)
        for agent in self.agents.values():
            self._unstick(agent)
            self._show(agent)
        self.offering = True
        self._match_idle()

    def _vanish(self, call: Call) -> None:
        """Its end was not seen, so nothing is claimed about it: Asterisk's own records will tell."""
        del self.calls[call.call_id]
        self._leave_agent(call)
        self._out.append(fx.ForgetCall(call.call_id, witnessed=False))

    def _confirm(self, seen: ev.SeenChannel) -> None:
        call = self.calls.get(seen.call_id)
        if call is None:
            call = self._open(seen.call_id, seen.caller, "", seen.channel)
            call.session = False
        if not call.session and call.phase in {Phase.MENU, Phase.WAITING, Phase.RESERVED}:
            call.phase = Phase.FALLBACK
        if seen.endpoint is not None:
            self._leg_answered(ev.LegAnswered(call.call_id, seen.endpoint))
        elif call.phase is Phase.TALKING:
            agent = self.agents.get(call.agent_id or "")
            if agent is not None:
                self._leg_ended(ev.LegEnded(call.call_id, agent.extension))
        elif call.phase is Phase.OFFERED and not call.session:
            self._miss(call, "withdrawn")
            self._wait(call)

    def _unstick(self, agent: Agent) -> None:
        """An agent whose call is gone is offered nothing and talks to nobody."""
        call = self.calls.get(agent.call_id or "")
        ours = call is not None and call.agent_id == agent.agent_id
        if agent.state is S.TALKING and not (ours and call is not None and call.phase is Phase.TALKING):
            self._move(agent, Trigger.CALL_ENDED, call_id=agent.call_id)
        if agent.state is S.OFFERED and not ours:
            self._move(agent, Trigger.WITHDRAWN)

    # Writing down

    def _move(self, agent: Agent, trigger: Trigger, *, call_id: str | None = None, reason: str | None = None) -> None:
        agent.state = next_state(agent.state, trigger)
        agent.since, agent.call_id, agent.reason = self._now, call_id, reason
        self.idle.note(agent)
        self._tell_state(agent)

    def _tell_state(self, agent: Agent) -> None:
        state = agent.public()
        self._out += fx.AgentChanged(state), fx.Tell(agent.agent_id, {"type": "state", **state})

    def _show(self, agent: Agent) -> None:
        self._out.append(fx.AgentChanged(agent.public()))

    def _tell(self, agent: Agent, kind: str, call_id: str, **fields: str) -> None:
        body = {"type": kind, "call_id": call_id, "at": self._now.isoformat(), **fields}
        self._out.append(fx.Tell(agent.agent_id, body))

    def _record(self, call_id: str, kind: CallEventType, **data: Any) -> None:
        self._out.append(fx.Record(call_id, kind, data))

    def _keep(self, call: Call) -> None:
        self._out.append(fx.KeepCall(call.call_id, call.to_dict()))
