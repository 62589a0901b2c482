"""The floor: one owner of every live call and agent; takes an event, decides, returns the effects in order.

Pure: no I/O, no clock, no waiting. What it believes is corrected by Asterisk's word (`LegAnswered`, `CallEnded`,
`Snapshot`) whenever the two differ.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from acd.messages import AgentStateName, CallEventType, Configuration, Disposition, KeptAgent, NumberConfiguration
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules import guests, listening, outbound, returns
from acd.rules.agents import COMMANDS, HANDED_OVER, CommandRefusedError, Trigger
from acd.rules.agreement import Agreement
from acd.rules.book import Book
from acd.rules.guests import Guests
from acd.rules.hall import present
from acd.rules.handing import KEPT
from acd.rules.legs import Legs
from acd.rules.matching import Matcher
from acd.rules.offers import OPENING, Offers
from acd.rules.outbound import Outbound
from acd.rules.presence import Presence
from acd.rules.returning import Recent, Why
from acd.rules.returns import Returns
from acd.rules.state import IN_TALK, Agent, Call, Phase, Virtual
from acd.rules.supervision import SUPERVISE, Supervision
from acd.rules.talks import KIND as THIRD
from acd.rules.talks import Talks

S = AgentStateName


class UnknownAgentError(Exception):
    """No such agent in the published configuration."""


class Floor:
    """Takes each event to the room that decides it; keeps the doors: configuration, sessions, phones, commands."""

    def __init__(self) -> None:
        self._book = Book()
        self._offers = Offers(self._book)
        self._legs = Legs(self._book, self._offers)
        self._talks = Talks(self._book, self._offers, self._legs)
        self._agreement = Agreement(self._book, self._offers, self._talks)
        self._outbound = Outbound(self._book, self._offers, self._talks, end=self._call_ended)
        self._returns = Returns(self._book, self._outbound)
        self._offers.turn = self._returns.turn
        self.agents, self.calls, self.returns = self._book.agents, self._book.calls, self._book.returns
        self._presence = Presence(self._book)
        self._kept: dict[str, KeptAgent] = {}
        self._devices: dict[str, str] = {}
        self._handlers: dict[type, Callable[[Any], None]] = {
            ev.Configured: self._configured,
            ev.CallStarted: self._call_started,
            ev.MenuPassed: self._menu_passed,
            ev.CallQueued: self._call_queued,
            ev.OwnerKnown: self._owner_known,
            ev.CalledBack: self._called_back,
            ev.Due: self._due,
            ev.CallLeft: self._call_left,
            ev.ReturnWanted: self._returns.wanted,
            ev.OfferFailed: self._offer_failed,
            ev.SessionLost: self._session_lost,
            ev.ReservationOver: self._talks.reservation_over,
            ev.OutsideOver: self._talks.handing.outside_over,
            ev.LegRinging: self._legs.ringing,
            ev.LegAnswered: self._talks.answered,
            ev.LegEnded: self._talks.ended,
            ev.Placed: self._placed,
            ev.PlacedEnded: self._placed,
            ev.CallEnded: self._call_ended,
            ev.HangupAsked: self._hangup_asked,
            ev.PhoneChanged: self._phone_changed,
            ev.Command: self._command,
            ev.ScreenBack: self._presence.screen_back,
            ev.ScreenGone: self._presence.screen_gone,
            ev.WebCame: self._presence.web_came,
            ev.WebWent: self._presence.web_went,
            ev.Snapshot: self._snapshot,
            ev.AmiLost: self._agreement.lost,
            ev.Thawed: self._agreement.thawed,
        }

        self._placing: dict[str, Callable[[ev.Placed | ev.PlacedEnded], None]] = {
            THIRD: self._talks.heard,
            outbound.KIND: self._outbound.placed,
            fx.OUT_PREFIX.rstrip("-"): self._outbound.placed,
        }
        self._commands: dict[str, Callable[[Agent, Mapping[str, Any]], None]] = {
            **{trigger.value: partial(self._presence.ask, trigger) for trigger in COMMANDS},
            Trigger.OUTCOME.value: self._outcome,
            Trigger.CALL_OUT.value: self._outbound.call_out,
            "microphone": self._presence.microphone,
            **self._talks.commands,
        }
        self._timed: dict[str, Callable[[str], None]] = {
            "link": self._presence.link_due,
            "state": self._presence.state_due,
            OPENING: self._offers.queue_opens,
            outbound.TIMER: self._outbound.due,
            KEPT: self._talks.handing.kept_over,
            returns.TIMER: self._returns.due,
        }
        self._guests = Guests(self._book, self._presence)
        self._timed[guests.TIMER] = self._guests.due
        for trigger in guests.WHILE_IT_LASTS:
            self._commands[trigger] = self._guests.while_it_lasts(self._commands[trigger])
        self._supervision = Supervision(self._book, self._offers, self._presence)
        self._commands[SUPERVISE] = self._supervision.act
        self._placing[listening.KIND] = self._supervision.listening.heard

    @property
    def waiting(self) -> Matcher:
        """Who waits: `call_id in waiting`, `len`, `position(call_id)`; and `free(agent_id)` who can be rung."""
        return self._book.matcher

    @property
    def next_due(self) -> dt.datetime | None:
        """The moment at which a `Due` is wanted, for a timer or because a waiting call asks for less; None: never."""
        due, timer = self._book.matcher.next_due, self._book.timers.next_due
        if due is None:
            return timer
        moment = dt.datetime.fromtimestamp(due, dt.UTC)
        moment = moment if moment.timestamp() >= due else moment + dt.timedelta(microseconds=1)
        return moment if timer is None else min(moment, timer)

    @property
    def offering(self) -> bool:
        """Whether calls are offered at all: not before the first snapshot, nor while AMI is away."""
        return self._book.offering

    def restore(
        self,
        calls: Iterable[Call],
        agents: Iterable[KeptAgent],
        recent: Iterable[Recent] = (),
        returns: Iterable[Virtual] = (),
        ears: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """What was kept by the process before; confirmed or corrected by the first `Snapshot`."""
        self.calls.clear()
        self.calls.update({call.call_id: call for call in calls})
        self.returns.clear()
        self.returns.update({virtual.return_id: virtual for virtual in returns})
        self._kept = {agent["agent_id"]: agent for agent in agents}
        self._book.recent.restore(recent)
        self._supervision.listening.restore(ears)

    def handle(self, event: ev.Event, *, now: dt.datetime) -> list[fx.Effect]:
        """Take one event; the effects are to be carried out in their order.

        A command that cannot be taken raises `UnknownAgentError`, `CommandRefusedError` or `TransitionRefusedError`;
        nothing has changed then.
        """
        self._book.begin(now)
        self._handlers[type(event)](event)
        self._offers.settle()
        kept = [fx.KeepCaller(caller, recent) for caller, recent in self._book.recent.take_changes()]
        return self._book.out + self._book.later + kept

    def number(self, dialled: str) -> NumberConfiguration | None:
        """The published number that was dialled, or None."""
        return self._book.published.numbers.get(dialled)

    def agent_of(self, endpoint: str) -> Agent | None:
        """The agent whose phone `endpoint` is (`1001` or `1001w`), or None for a citizen's trunk."""
        return self._book.agent_of(endpoint)

    def offer_body(self, call: Call) -> dict[str, Any]:
        """The first message of the pop: all that is known without a database."""
        return self._book.offer_body(call)

    def talk_body(self, agent: Agent) -> dict[str, Any] | None:
        """What a screen is told of the present talk; None without one."""
        call = self.calls.get(agent.call_id or "")
        third = call.third.id if call is not None and call.third is not None else None
        mine = call is not None and agent.agent_id in {call.agent_id, third}
        return self._book.talk_body(call, agent.agent_id) if call is not None and mine else None

    def staffed(self, queue: str) -> bool:
        """Whether anybody is signed in who serves `queue` or one that helps it."""
        serving = {queue, *(overflow.to for overflow in self._book.published.queue(queue).overflow)}
        signed_in = (a for a in self.agents.values() if a.state is not S.LOGGED_OUT)
        return any(not serving.isdisjoint(a.queues) for a in signed_in)

    def hall(self) -> dict[str, Any]:
        """Everything that supervisors see live; equal as long as nothing has changed."""
        ears = self._supervision.listening.present()
        return present(self.agents.values(), self.calls.values(), self._book.matcher, self._book.published, ears)

    # Configuration and phones

    def _configured(self, event: ev.Configured) -> None:
        conf: Configuration = event.configuration
        book = self._book
        refused = book.published.take(conf)
        book.out += [fx.RulesRefused(reason) for reason in refused]
        known = {a["id"]: a for a in conf["agents"]}
        gone = [a for a in self.agents.values() if a.agent_id not in known and a.state is S.LOGGED_OUT]
        for agent in gone:
            if agent.agent_id not in book.reserved:
                del self.agents[agent.agent_id]
        for agent_id, data in known.items():
            agent = self.agents.get(agent_id) or self._new_agent(agent_id, data["extension"])
            agent.name, agent.queues = data["name"], tuple(data["queues"])
            agent.profile, agent.role = book.published.profile(data), data["role"]
            line = book.published.line(data)
            if (agent.extension, agent.line) != (data["extension"], line):
                agent.extension, agent.line = data["extension"], line
                agent.devices = {}
            agent.learn(self._devices)
            self._presence.published(agent)
            self._guests.published(agent, data.get("until"))
            book.show(agent)
        book.list_phones()
        self._match_anew()

    def _match_anew(self) -> None:
        """New rules: whoever waits and whoever is free is looked at by them."""
        before, book = self._book.matcher, self._book
        book.matcher = Matcher(book.published.queues.values())
        for agent in self.agents.values():
            book.note(agent)
        for demand in before.demands():
            if (call := book.calls.get(demand.call_id)) is not None:  # new hours may have opened a queue for it
                self._offers.wait(call)
            else:
                book.matcher.wait(demand, now=book.now.timestamp())
        self._returns.restore()

    def _new_agent(self, agent_id: str, extension: str) -> Agent:
        agent = Agent(agent_id=agent_id, extension=extension, since=self._book.now)
        kept = self._kept.pop(agent_id, None)
        if kept is not None:
            agent.take_up(kept)
        self.agents[agent_id] = agent
        return agent

    def _phone_changed(self, event: ev.PhoneChanged) -> None:
        self._devices[event.endpoint] = event.state
        for agent in self._book.agents_at(event.endpoint):
            before = agent.reachable
            if agent.learn({event.endpoint: event.state}):
                self._book.note(agent)
            if agent.reachable != before:
                self._book.tell_state(agent)

    def _snapshot(self, event: ev.Snapshot) -> None:
        self._devices.update(event.phones)
        for agent in self.agents.values():
            agent.devices = {}
            agent.learn(event.phones)
            self._book.note(agent)
        self._outbound.agree(event)
        self._agreement.snapshot(event)
        self._supervision.listening.agree(event.placed)
        self._returns.agree()

    # A citizen's call

    def _call_started(self, event: ev.CallStarted) -> None:
        known = self.calls.get(event.call_id)
        if known is not None and known.out is not None:
            known.channel = event.channel
            known.out.sessions += 1
            self._outbound.reached(known)
            self._taken_up(known)
            return
        if known is not None:
            self._taken_up(known)
            return
        self._returns.call_started(self._book.open(event.call_id, event.caller, event.dialled, event.channel))

    def _taken_up(self, call: Call) -> None:
        """A new session has the call: one that an agent had goes on where it is, any other begins anew."""
        call.session = True
        if call.answered_at is None:
            self._offers.leave_agent(call)
            call.phase = Phase.MENU
        elif call.phase is Phase.FALLBACK:
            self._offers.wait(call)
        self._book.keep(call)

    def _menu_passed(self, event: ev.MenuPassed) -> None:
        menu = {"menu": event.menu, "version": event.version, "path": list(event.path)}
        # A citizen may hang up in the very moment in which the menu ends: the way through it is kept all the same.
        self._book.record(event.call_id, CallEventType.MENU, **menu, **event.journey)
        call = self.calls.get(event.call_id)
        if call is not None:
            call.menu, call.menu_version, call.menu_path = event.menu, event.version, event.path

    def _call_queued(self, event: ev.CallQueued) -> None:
        call = self.calls.get(event.call_id)
        if call is None:
            return
        self._offers.leave_agent(call)
        now = self._book.now
        if call.queue != event.queue:
            call.joined_at, call.opened = None, frozenset()
        call.session, call.queue, call.skill = True, event.queue, event.skill
        call.queued_at, call.joined_at = call.queued_at or now, call.joined_at or now
        call.priority = event.priority + self._book.urgency(call.caller, call.dialled, event.queue)
        self._returns.call_queued(call)
        queued = {"queue": event.queue, "priority": call.priority, "skill": event.skill}
        self._book.record(call.call_id, CallEventType.QUEUED, **queued)
        self._book.keep(call)
        self._offers.wait(call)

    def _call_left(self, event: ev.CallLeft) -> None:
        call = self.calls.get(event.call_id)
        if call is not None and call.phase in {Phase.WAITING, Phase.OFFERED}:
            self._offers.leave_agent(call)
            call.phase = Phase.MENU
            self._book.keep(call)

    def _owner_known(self, event: ev.OwnerKnown) -> None:
        call = self.calls.get(event.call_id)
        if call is None or call.owner == event.agent_id:
            return
        call.owner = event.agent_id
        if call.phase is Phase.WAITING:
            self._offers.wait(call)

    def _called_back(self, event: ev.CalledBack) -> None:
        self._book.recent.remember(event.caller, Why.CALLED_BACK, now=self._book.now)

    def _due(self, _: ev.Due) -> None:
        """What is due of waiting calls shows when the floor settles, as after every event."""
        for kind, whose in self._book.timers.take(self._book.now):
            self._timed[kind](whose)

    def _offer_failed(self, event: ev.OfferFailed) -> None:
        call = self.calls.get(event.call_id)
        if call is None or call.phase is not Phase.OFFERED or call.offer_no != event.offer_no:
            return
        self._offers.miss(call, event.reason)
        self._talks.handing.not_taken(call, event.reason)
        self._book.keep(call)

    def _session_lost(self, event: ev.SessionLost) -> None:
        call = self.calls.get(event.call_id)
        if call is None:
            return
        call.session = False
        if call.phase in {Phase.MENU, Phase.WAITING, Phase.RESERVED}:
            call.lost_at = self._book.now
            self._offers.leave_agent(call)
            call.phase = Phase.FALLBACK
            self._book.keep(call)

    def _placed(self, event: ev.Placed | ev.PlacedEnded) -> None:
        """Whoever placed legs of this kind (`leg-<kind>-...`, or a citizen's `out-...`) hears of them."""
        hears = self._placing.get(event.leg.removeprefix(fx.LEG_PREFIX).partition("-")[0])
        if hears is not None:
            hears(event)

    def _hangup_asked(self, event: ev.HangupAsked) -> None:
        if event.call_id.startswith(fx.LEG_PREFIX):
            self._talks.hangup_asked(event.call_id)
            return
        call = self.calls.get(event.call_id)
        if call is None or call.phase is Phase.AFTER_TALK:
            return
        if event.endpoint is None:
            call.ended_by = call.ended_by or "caller"
            return
        agent = self.agent_of(event.endpoint)
        # Before the talk an agent's hang-up only declines the offer, and after a transfer the call is somebody else's.
        if call.phase is Phase.TALKING and agent is not None and agent.agent_id == call.agent_id:
            call.ended_by = call.ended_by or "agent"

    def _call_ended(self, event: ev.CallEnded) -> None:
        call = self.calls.pop(event.call_id, None)
        if call is None:
            return
        self._book.matcher.remove(call.call_id)
        self._remember(call)
        self._talks.call_ended(call)
        if call.phase is Phase.OFFERED:
            self._offers.miss(call, "withdrawn")
        elif call.phase is Phase.RESERVED:
            self._offers.drop_reservation(call)
        ended_by = call.ended_by or "caller"
        ended = {"disposition": call.disposition(now=self._book.now).value, "ended_by": ended_by}
        self._book.record(call.call_id, CallEventType.ENDED, **ended)
        self._book.out.append(fx.ForgetCall(call.call_id))
        self._offers.release(call, by=ended_by)
        self._returns.call_ended(call)

    def _remember(self, call: Call) -> None:
        """Who leaves without having been served, or in the middle of a talk, may ring again."""
        if call.phase is Phase.RESERVED or (call.phase is Phase.TALKING and call.ended_by is None):
            self._book.recent.remember(call.caller, Why.CUT_OFF, now=self._book.now)
        elif call.disposition(now=self._book.now) is Disposition.ABANDONED:
            self._book.recent.remember(call.caller, Why.ABANDONED, now=self._book.now)

    # What agents ask for

    def _command(self, event: ev.Command) -> None:
        agent = self.agents.get(event.agent_id)
        if agent is None:
            raise UnknownAgentError(f"agent {event.agent_id} is not in the published configuration")
        command = self._commands.get(event.name)
        if command is None:
            raise CommandRefusedError("unknown_command", f"{event.name!r} is nothing that can be asked for")
        if agent.state is S.WRAP_UP and agent.reason == HANDED_OVER and event.name in COMMANDS:
            self._book.move(agent, Trigger.FINISH)
        command(agent, event.args)

    def _outcome(self, agent: Agent, args: Mapping[str, Any]) -> None:
        if agent.call_id != args.get("call_id"):
            return
        if agent.state is S.WRAP_UP:
            self._book.move(agent, Trigger.OUTCOME)
        elif agent.state in IN_TALK:
            agent.outcome_chosen = True
