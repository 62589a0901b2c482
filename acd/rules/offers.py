"""Bringing a citizen and an agent together, and apart again: waiting, offering, missing, releasing."""

import datetime as dt
from collections.abc import Callable

from acd.messages import AgentStateName, CallEventType
from acd.rules import effects as fx
from acd.rules.agents import Trigger
from acd.rules.book import Book
from acd.rules.policy import Demand
from acd.rules.state import IN_TALK, Agent, Call, Phase

S = AgentStateName
OPENING = "opening"
"""The timer of a waiting call for the next opening of a queue."""


class Offers:
    """Who waits, who is offered whom, and what becomes of an offer; `turn` takes a virtual caller's."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.turn: Callable[[str, Agent], None] = lambda _return_id, _agent: None

    def wait(self, call: Call) -> None:
        """Let the call wait (again); one without a session is beyond our reach, in the dialplan's fallback."""
        call.agent_id = None
        if not call.session:
            call.phase = Phase.FALLBACK
            return
        call.phase = Phase.WAITING
        self._book.matcher.wait(self._demand(call), now=self._book.now.timestamp())

    def queue_opens(self, call_id: str) -> None:
        """A queue that was closed while the call waited opens now: it takes the call, too."""
        if call_id in self._book.matcher:
            self.wait(self._book.calls[call_id])

    def _closed(self, call: Call, joined_at: dt.datetime) -> frozenset[str]:
        """The queues that are none for the call: not open since it came. One that closes later serves it to the end."""
        published, now = self._book.published, self._book.now
        closed = published.closed_for(call.queue or "", at=joined_at, until=now) - call.opened
        call.opened |= published.asked_of(call.queue or "") - closed
        opening = published.next_opening(closed, after=now) if closed else None
        self._book.timers.set((OPENING, call.call_id), opening)
        return closed

    def _demand(self, call: Call) -> Demand:
        published, queue = self._book.published, call.queue or ""
        joined_at = call.joined_at or self._book.now
        return Demand(
            call_id=call.call_id,
            queue=queue,
            entered=(call.queued_at or joined_at).timestamp(),
            joined=joined_at.timestamp(),
            priority=call.priority,
            skill=call.skill,
            owner=call.owner,
            county=published.county_of(queue, call.dialled),
            closed=self._closed(call, joined_at),
        )

    def miss(self, call: Call, reason: str) -> None:
        """The offer is over without an answer: the agent is *missed*, or simply ready when the caller gave up."""
        book = self._book
        agent = book.agents.get(call.agent_id or "")
        book.record(call.call_id, CallEventType.MISSED, agent_id=call.agent_id, offer_no=call.offer_no, reason=reason)
        if agent is None or agent.call_id != call.call_id or agent.state is not S.OFFERED:
            return
        book.tell(agent, "withdrawn", call.call_id, reason=reason)
        if reason == "withdrawn" and call.note:  # it had come back: the outcome is still owed
            book.move(agent, Trigger.CALL_ENDED, call_id=call.call_id)
        elif reason == "withdrawn":
            book.move(agent, Trigger.WITHDRAWN)
        else:
            book.move(agent, Trigger.NOT_ANSWERED, reason=reason)

    def leave_agent(self, call: Call) -> None:
        """The call goes elsewhere: whoever had it has it no longer, and it waits nowhere."""
        self._book.matcher.remove(call.call_id)
        if call.phase is Phase.OFFERED:
            self.miss(call, "withdrawn")
        elif call.phase is Phase.TALKING:
            self.release(call, by="system")
        elif call.phase is Phase.RESERVED:
            self.drop_reservation(call)
        self.release_third(call, reason="withdrawn")
        call.agent_id = None

    def release_third(self, call: Call, *, reason: str) -> None:
        """Whoever was brought in leaves the talk, or is not rung any more; an agent owes no outcome for that."""
        third, call.third = call.third, None
        if third is None:
            return
        book = self._book
        book.out.append(fx.HangUp(third.leg))
        agent = book.agents.get(third.id) if third.kind == "agent" else None
        if agent is None or agent.call_id != call.call_id:
            return
        if agent.state in IN_TALK:
            book.tell(agent, "ended", call.call_id, by="agent")
            book.move(agent, Trigger.CALL_ENDED, call_id=call.call_id)
            book.move(agent, Trigger.OUTCOME)
        elif agent.state is S.OFFERED:
            missed = {"agent_id": agent.agent_id, "offer_no": call.offer_no, "reason": reason}
            book.record(call.call_id, CallEventType.MISSED, **missed)
            book.tell(agent, "withdrawn", call.call_id, reason=reason)
            book.move(agent, Trigger.WITHDRAWN if reason == "withdrawn" else Trigger.NOT_ANSWERED)

    def drop_reservation(self, call: Call) -> None:
        """The citizen is gone: the agent still owes the case an outcome."""
        agent = self._book.agents[call.agent_id or ""]
        self.unreserve(call, agent)
        if agent.state is S.MISSED and agent.call_id == call.call_id:
            self._book.tell(agent, "ended", call.call_id, by=call.ended_by or "caller")
            self._book.move(agent, Trigger.CALL_ENDED, call_id=call.call_id)

    def unreserve(self, call: Call, agent: Agent) -> None:
        """The agent's phone is not waited for any more, not by this call."""
        if self._book.reserved.get(agent.agent_id) == call.call_id:
            self._book.unreserve(agent.agent_id)

    def release(self, call: Call, *, by: str, reason: str | None = None) -> None:
        """The talk is over for the agent: wrap-up, until an outcome is chosen."""
        agent = self._book.agents.get(call.agent_id or "")
        if agent is None or agent.call_id != call.call_id or agent.state not in IN_TALK:
            return
        self._book.tell(agent, "ended", call.call_id, by=by)
        limit = self._book.published.queue(call.queue or "").wrap_up_seconds
        until = self._book.now + dt.timedelta(seconds=limit) if limit else None
        self._book.move(agent, Trigger.CALL_ENDED, call_id=call.call_id, reason=reason, until=until)
        if agent.outcome_chosen:
            self._book.move(agent, Trigger.OUTCOME)

    # Matching

    def settle(self) -> None:
        """After every event: ring whoever can be rung, until no free agent is left with a caller for it."""
        book, now = self._book, self._book.now.timestamp()
        if not book.offering:
            book.matcher.rest(now=now)
            return
        for agent_id, call_id in list(book.reserved.items()):
            agent, call = book.agents[agent_id], book.calls[call_id]
            if agent.phone is not None and call.session and self._takes(agent, call):
                self.ring(call, agent)
        for call_id, agent_id in book.matcher.pairs(now=now):
            if call_id in book.returns:
                self.turn(call_id, book.agents[agent_id])
            else:
                self.ring(book.calls[call_id], book.agents[agent_id])

    def _takes(self, agent: Agent, call: Call) -> bool:
        """Whether an agent is rung for a call that is kept: a colleague's when ready, their own also after a miss."""
        if agent.state is S.READY or call.returns_to is not None:
            return agent.state is S.READY
        return agent.state is S.MISSED or (agent.state is S.WRAP_UP and agent.call_id == call.call_id)

    def ring(self, call: Call, agent: Agent) -> None:
        """Offer the call to this agent, whose phone is free, and have that phone rung."""
        endpoint = agent.phone
        if endpoint is None:  # pragma: no cover - the callers have looked
            return
        book = self._book
        book.matcher.remove(call.call_id)
        book.unreserve(agent.agent_id)
        call.agent_id = agent.agent_id
        self.offer(call, agent)
        seconds = book.published.queue(call.queue or "").ring_seconds
        book.out.append(fx.Ring(call.call_id, call.offer_no, agent.agent_id, endpoint, seconds))

    def offer(self, call: Call, agent: Agent) -> None:
        """The call is the agent's, on the screen first."""
        call.phase = Phase.OFFERED
        self.announce(call, agent)
        ring = dt.timedelta(seconds=self._book.published.queue(call.queue or "").ring_seconds)
        trigger = Trigger.RETURNED if agent.state is S.WRAP_UP else Trigger.OFFER
        self._book.move(agent, trigger, call_id=call.call_id, until=self._book.now + ring)
        if call.note:
            self._book.tell_talk(call)
        self._book.keep(call)

    def announce(self, call: Call, agent: Agent) -> None:
        """Number the offer, show it and write it down."""
        book = self._book
        call.offer_no += 1
        call.offered_at = book.now
        agent.outcome_chosen = False
        book.out.append(fx.Tell(agent.agent_id, book.offer_body(call)))
        book.record(
            call.call_id,
            CallEventType.OFFERED,
            agent_id=agent.agent_id,
            offer_no=call.offer_no,
            waited_ms=call.waited_ms(book.now),
        )
