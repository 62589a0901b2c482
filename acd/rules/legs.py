"""The agent's leg of a call, as Asterisk tells it: ringing, answered, ended, and broken without a hang-up."""

from acd.messages import AgentStateName, CallEventType
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import Trigger
from acd.rules.book import Book
from acd.rules.offers import Offers
from acd.rules.state import CARRIER, Agent, Call, Phase

S = AgentStateName
PHONE_LOST = "phone_lost"


class Legs:
    """What AMI says of agents' channels counts more than what we believe."""

    def __init__(self, book: Book, offers: Offers) -> None:
        self._book = book
        self._offers = offers

    def ringing(self, event: ev.LegRinging) -> None:
        """AMI DialBegin."""
        book = self._book
        agent = book.agent_of(event.endpoint)
        if agent is None:
            return
        call = book.calls.get(event.call_id) or book.open(event.call_id, event.caller, "", event.channel)
        if call.agent_id == agent.agent_id and call.phase is not Phase.FALLBACK:
            call.leg = event.leg or None
            return
        # The native fallback queue rings somebody: the screen pops for that call as well.
        if call.session or agent.state is not S.READY:
            return
        self._offers.leave_agent(call)
        call.agent_id, call.leg = agent.agent_id, event.leg or None
        self._offers.offer(call, agent)

    def answered(self, event: ev.LegAnswered) -> None:
        """AMI DialEnd with ANSWER, or a bridge seen in a snapshot."""
        book = self._book
        agent, call = book.agent_of(event.endpoint), book.calls.get(event.call_id)
        if call is not None and event.endpoint == CARRIER:
            call.outside = True
        if agent is None or call is None:
            return
        if call.agent_id == agent.agent_id:
            call.leg = event.leg or call.leg
        if call.phase is Phase.AFTER_TALK or (call.phase is Phase.TALKING and call.agent_id == agent.agent_id):
            return
        self._leave_other_call(agent, call)
        if call.agent_id != agent.agent_id:
            self._offers.leave_agent(call)
            call.agent_id, call.leg = agent.agent_id, event.leg or None
            self._offers.announce(call, agent)
        self._offers.unreserve(call, agent)
        call.phase, call.answered_at, call.ended_by = Phase.TALKING, call.answered_at or book.now, None
        book.record(call.call_id, CallEventType.ANSWERED, agent_id=agent.agent_id, recording=f"{call.call_id}.wav")
        book.move(agent, Trigger.SEEN_TALKING, call_id=call.call_id)
        book.tell(agent, "answered", call.call_id)
        book.recent.served(call.caller)
        book.keep(call)

    def _leave_other_call(self, agent: Agent, answered: Call) -> None:
        """The agent answered `answered` while having another call: that one goes back to the front, or on alone."""
        other = self._book.calls.get(agent.call_id or "")
        if other is None or other is answered or other.agent_id != agent.agent_id:
            return
        if other.phase is Phase.OFFERED:
            self._offers.miss(other, "busy")
            self._offers.wait(other)
        elif other.phase is Phase.TALKING:
            other.phase = Phase.AFTER_TALK
        self._book.keep(other)

    def ended(self, event: ev.LegEnded) -> None:
        """AMI Hangup of the agent's leg, or DialEnd without an answer."""
        book = self._book
        agent, call = book.agent_of(event.endpoint), book.calls.get(event.call_id)
        if agent is None or call is None or call.agent_id != agent.agent_id:
            return
        if call.phase is Phase.TALKING and call.ended_by is None and call.session and not agent.outcome_chosen:
            self._reserve(call, agent)
        elif call.phase is Phase.TALKING:
            call.phase = Phase.AFTER_TALK
            call.ended_by = call.ended_by or "agent"
            self._offers.release(call, by=call.ended_by)
            book.out.append(fx.TalkOver(call.call_id, again=False))
            book.keep(call)
        elif call.phase is Phase.OFFERED and not call.session:
            self._offers.miss(call, "withdrawn" if call.ended_by == "caller" else "no_answer")
            self._offers.wait(call)
            book.keep(call)

    # The agent's phone broke: nobody hung up, so the citizen is not dropped

    def _reserve(self, call: Call, agent: Agent) -> None:
        """Keep the citizen for the same agent, until the phone is there again or `ReservationOver` comes."""
        book = self._book
        other = book.calls.get(book.reserved.get(agent.agent_id, ""))
        if other is not None:
            self._offers.wait(other)
        call.phase = Phase.RESERVED
        book.reserve(agent.agent_id, call.call_id)
        book.record(
            call.call_id, CallEventType.MISSED, agent_id=agent.agent_id, offer_no=call.offer_no, reason=PHONE_LOST
        )
        book.tell(agent, "withdrawn", call.call_id, reason=PHONE_LOST)
        book.move(agent, Trigger.PHONE_LOST, call_id=call.call_id, reason=PHONE_LOST)
        book.out.append(fx.TalkOver(call.call_id, again=True))
        book.keep(call)

    def reservation_over(self, event: ev.ReservationOver) -> None:
        """The phone did not come back in time: the citizen waits for anybody."""
        book = self._book
        call = book.calls.get(event.call_id)
        if call is None or call.phase is not Phase.RESERVED:
            return
        agent = book.agents[call.agent_id or ""]
        self._offers.unreserve(call, agent)
        if agent.call_id == call.call_id and agent.state is S.MISSED:
            book.let_go(agent)
        self._offers.wait(call)
        book.keep(call)
