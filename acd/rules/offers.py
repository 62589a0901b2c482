"""Bringing a citizen and an agent together, and apart again: waiting, offering, missing, releasing."""

from acd.messages import AgentStateName, CallEventType
from acd.rules import effects as fx
from acd.rules.agents import Trigger
from acd.rules.book import DEFAULT_RING_SECONDS, Book
from acd.rules.state import Agent, Call, Phase

S = AgentStateName


class Offers:
    """Who waits, who is offered whom, and what becomes of an offer."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def wait(self, call: Call) -> None:
        """Let the call wait (again); one without a session is beyond our reach, in the dialplan's fallback."""
        call.agent_id = None
        if not call.session:
            call.phase = Phase.FALLBACK
            return
        call.phase = Phase.WAITING
        self._book.waiting.add(
            call.call_id, queue=call.queue or "", priority=call.priority, entered_at=call.queued_at or self._book.now
        )

    def miss(self, call: Call, reason: str) -> None:
        """The offer is over without an answer: the agent is *missed*, or simply ready when the caller gave up."""
        book = self._book
        agent = book.agents.get(call.agent_id or "")
        book.record(call.call_id, CallEventType.MISSED, agent_id=call.agent_id, offer_no=call.offer_no, reason=reason)
        if agent is None or agent.call_id != call.call_id or agent.state is not S.OFFERED:
            return
        book.tell(agent, "withdrawn", call.call_id, reason=reason)
        withdrawn = reason == "withdrawn"
        book.move(agent, Trigger.WITHDRAWN if withdrawn else Trigger.NOT_ANSWERED, reason=None if withdrawn else reason)
        if withdrawn:
            self.match_agent(agent)

    def leave_agent(self, call: Call) -> None:
        """The call goes elsewhere: whoever had it has it no longer, and it waits nowhere."""
        self._book.waiting.remove(call.call_id)
        if call.phase is Phase.OFFERED:
            self.miss(call, "withdrawn")
        elif call.phase is Phase.TALKING:
            self.release(call, by="system")
        elif call.phase is Phase.RESERVED:
            self.drop_reservation(call)
        call.agent_id = None

    def drop_reservation(self, call: Call) -> None:
        """The citizen is gone: the agent still owes the case an outcome."""
        agent = self._book.agents[call.agent_id or ""]
        self._book.reserved.pop(agent.agent_id, None)
        if agent.state is S.MISSED and agent.call_id == call.call_id:
            self._book.tell(agent, "ended", call.call_id, by=call.ended_by or "caller")
            self._book.move(agent, Trigger.CALL_ENDED, call_id=call.call_id)

    def release(self, call: Call, *, by: str) -> None:
        """The talk is over for the agent: wrap-up, until an outcome is chosen."""
        agent = self._book.agents.get(call.agent_id or "")
        if agent is None or agent.call_id != call.call_id or agent.state is not S.TALKING:
            return
        self._book.tell(agent, "ended", call.call_id, by=by)
        self._book.move(agent, Trigger.CALL_ENDED, call_id=call.call_id)
        if agent.outcome_chosen:
            self.finish(agent)

    def finish(self, agent: Agent) -> None:
        """The outcome is chosen: the wrap-up ends."""
        self._book.move(agent, Trigger.OUTCOME)
        self.match_agent(agent)

    # Matching: the longest-idle agent, the first of the line

    def match_agent(self, agent: Agent) -> None:
        """Ring the agent for the call that comes next, if there is one."""
        book = self._book
        if not book.offering or agent.phone is None:
            return
        reserved = book.reserved.get(agent.agent_id)
        if agent.state is not S.READY and not (reserved and agent.state is S.MISSED):
            return
        call_id = reserved or book.waiting.first(agent.queues)
        if call_id is not None:
            self._ring(book.calls[call_id], agent)

    def match_call(self, call: Call) -> None:
        """Ring the longest-idle agent for the call, if it waits and there is one."""
        book = self._book
        if not book.offering or call.call_id not in book.waiting:
            return
        agent_id = book.idle.first(call.queue or "")
        if agent_id is not None:
            self._ring(call, book.agents[agent_id])

    def match_idle(self) -> None:
        """Ring everybody who is free, as far as there are calls."""
        for agent in sorted(self._book.agents.values(), key=lambda a: (a.since, a.agent_id)):
            self.match_agent(agent)

    def _ring(self, call: Call, agent: Agent) -> None:
        endpoint = agent.phone
        if endpoint is None:  # pragma: no cover - the callers have looked
            return
        book = self._book
        book.waiting.remove(call.call_id)
        book.reserved.pop(agent.agent_id, None)
        call.agent_id = agent.agent_id
        self.offer(call, agent)
        seconds = book.ring_seconds.get(call.queue or "", DEFAULT_RING_SECONDS)
        book.out.append(fx.Ring(call.call_id, call.offer_no, agent.agent_id, endpoint, seconds))

    def offer(self, call: Call, agent: Agent) -> None:
        """The call is the agent's, on the screen first."""
        call.phase = Phase.OFFERED
        self.announce(call, agent)
        self._book.move(agent, Trigger.OFFER, call_id=call.call_id)
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
