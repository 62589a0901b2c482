"""Agreement with Asterisk: after each (re)connect what we believe is made equal to what Asterisk says."""

from acd.messages import AgentStateName
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import Trigger
from acd.rules.book import Book
from acd.rules.offers import Offers
from acd.rules.returning import Why
from acd.rules.state import IN_TALK, Agent, Call, Phase
from acd.rules.talks import Talks

S = AgentStateName


class Agreement:
    """Nothing is offered while AMI is away; a snapshot corrects calls, agents and phones, and offering begins."""

    def __init__(self, book: Book, offers: Offers, talks: Talks) -> None:
        self._book = book
        self._offers = offers
        self._talks = talks

    def lost(self, _: ev.AmiLost) -> None:
        """What we believe may be stale from now on."""
        self._book.offering = False

    def thawed(self, _: ev.Thawed) -> None:
        """AMI stays away: better a stale offer than none."""
        self._offer_again()

    def _offer_again(self) -> None:
        self._book.offering = True
        self._book.matcher.stir()

    def snapshot(self, event: ev.Snapshot) -> None:
        """Make what we believe equal to what Asterisk says, then offer again; the phones are known already."""
        book = self._book
        gone = [c for c in book.calls.values() if c.call_id not in event.channels and c.started_at < event.taken_at]
        for call in gone:
            self._vanish(call)
        for seen in event.channels.values():
            self._confirm(seen)
        for agent in book.agents.values():
            self._unstick(agent)
            book.show(agent)
        self._offer_again()

    def _vanish(self, call: Call) -> None:
        """Its end was not seen, so nothing is claimed about it: Asterisk's own records will tell."""
        del self._book.calls[call.call_id]
        if call.queued_at is not None:
            self._book.recent.remember(call.caller, Why.CUT_OFF, now=self._book.now)
        self._offers.leave_agent(call)
        self._book.out.append(fx.ForgetCall(call.call_id, witnessed=False))

    def _confirm(self, seen: ev.SeenChannel) -> None:
        book = self._book
        call = book.calls.get(seen.call_id)
        if call is None:
            call = book.open(seen.call_id, seen.caller, "", seen.channel)
            call.session = False
        if not call.session and call.phase in {Phase.MENU, Phase.WAITING, Phase.RESERVED}:
            call.phase = Phase.FALLBACK
        if call.room:
            self._talks.confirm(call, seen.legs)
        elif seen.endpoint is not None:
            self._talks.answered(ev.LegAnswered(call.call_id, seen.endpoint, seen.leg))
        elif call.phase is Phase.TALKING:
            agent = book.agents.get(call.agent_id or "")
            if agent is not None:
                self._talks.ended(ev.LegEnded(call.call_id, agent.extension))
        elif call.phase is Phase.OFFERED and not call.session:
            self._offers.miss(call, "withdrawn")
            self._offers.wait(call)

    def _unstick(self, agent: Agent) -> None:
        """An agent whose call is gone is offered nothing and talks to nobody."""
        call = self._book.calls.get(agent.call_id or "")
        third = call.third.id if call is not None and call.third is not None else None
        ours = call is not None and agent.agent_id in {call.agent_id, third}
        talks = call is not None and (call.phase is Phase.TALKING or third == agent.agent_id)
        if agent.state in IN_TALK and not (ours and talks):
            self._book.move(agent, Trigger.CALL_ENDED, call_id=agent.call_id)
        if agent.state is S.OFFERED and not ours:
            self._book.move(agent, Trigger.WITHDRAWN)
