"""A citizen is given to somebody else: a queue, an agent for whom the call is kept, a number; and comes back."""

import datetime as dt

from acd.messages import AgentStateName, CallEventType
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import HANDED_OVER
from acd.rules.book import Book
from acd.rules.offers import Offers
from acd.rules.places import AGENT, NUMBER, QUEUE, Rooms, Target
from acd.rules.state import Agent, Call, Phase, Third

S = AgentStateName
KEPT = "kept"
"""The kind of timer that ends the time for which a call is kept for one agent."""

KEPT_TIME = dt.timedelta(seconds=20)
FAILED = "transfer_failed"


class Handing:
    """Transfers; one that fails comes back to the agent who made it, and goes to the front of the queue after that."""

    def __init__(self, book: Book, offers: Offers, rooms: Rooms) -> None:
        self._book = book
        self._offers = offers
        self._rooms = rooms

    def hand_over(self, call: Call, agent: Agent, target: Target) -> None:
        """The agent is done with the citizen, who leaves the talk at once."""
        self._offers.release(call, by="transfer", reason=None if target.kind == NUMBER else HANDED_OVER)
        call.agent_id = call.ended_by = None
        call.note = ""
        self._rooms.leave(call)
        match target.kind:
            case "queue":
                self._to_queue(call, agent, target.id)
            case "agent":
                call.returns_to = agent.agent_id
                self._keep_for(call, target.id)
            case _:
                call.returns_to, call.target, call.phase = agent.agent_id, target.id, Phase.OUTSIDE

    def _to_queue(self, call: Call, agent: Agent, queue: str) -> None:
        """The citizen waits there with the time of coming: first by age."""
        if call.queue != queue:
            call.queue, call.joined_at, call.skill = queue, self._book.now, None
        call.queued_at = call.queued_at or self._book.now
        self._record(call, by=agent.agent_id, kind=QUEUE, target=queue, result="queued")
        queued = {"queue": queue, "priority": call.priority, "skill": call.skill}
        self._book.record(call.call_id, CallEventType.QUEUED, **queued)
        self._offers.wait(call)

    def _record(self, call: Call, *, by: str | None, kind: str, target: str | None, result: str) -> None:
        self._book.record(call.call_id, CallEventType.TRANSFERRED, by=by, kind=kind, target=target, result=result)

    # Kept for one agent

    def _keep_for(self, call: Call, agent_id: str) -> None:
        call.agent_id, call.phase = agent_id, Phase.RESERVED
        self._book.reserve(agent_id, call.call_id)
        self._book.timers.set((KEPT, call.call_id), self._book.now + KEPT_TIME)

    def kept_over(self, call_id: str) -> None:
        """The agent had time to take the citizen."""
        call = self._book.calls.get(call_id)
        if call is None or call.phase is not Phase.RESERVED:
            return
        self._offers.unreserve(call, self._book.agents[call.agent_id or ""])
        self.not_taken(call, "no_answer")
        self._book.keep(call)

    def not_taken(self, call: Call, result: str) -> None:
        """Nobody took an offer: a transfer comes back to who made it, any other call waits at its old place."""
        if call.returns_to is None:
            self._offers.wait(call)
            return
        self._record(call, by=call.returns_to, kind=AGENT, target=call.agent_id, result=_result(result))
        self._come_back(call)

    def _come_back(self, call: Call) -> None:
        book = self._book
        agent = book.agents.get(call.returns_to or "")
        call.returns_to = call.target = None
        call.note = FAILED
        if agent is None or agent.state is S.LOGGED_OUT or agent.agent_id in book.reserved:
            self._offers.wait(call)
        else:
            self._keep_for(call, agent.agent_id)

    def taken(self, call: Call) -> None:
        """An agent talks with the citizen."""
        self._book.timers.set((KEPT, call.call_id), None)
        if call.returns_to is not None:
            self._record(call, by=call.returns_to, kind=AGENT, target=call.agent_id, result="answered")
            call.returns_to = None
        if call.note:
            self._book.tell_talk(call)

    # Outside

    def outside_over(self, event: ev.OutsideOver) -> None:
        """The session has connected the citizen with a number, or could not."""
        call = self._book.calls.get(event.call_id)
        if call is None or call.phase is not Phase.OUTSIDE or call.target is None:
            return
        self._record(call, by=call.returns_to, kind=NUMBER, target=call.target, result=event.result)
        if event.result == ev.PlacedResult.ANSWERED.value:
            self._outside_done(call)
        else:
            self._come_back(call)
        self._book.keep(call)

    def outside_ended(self, call: Call) -> None:
        """The number outside to which an agent left the citizen is gone: the citizen leaves the room by itself."""
        self._outside_done(call)
        self._book.out.append(fx.TalkOver(call.call_id, again=False))

    def _outside_done(self, call: Call) -> None:
        call.phase, call.ended_by = Phase.AFTER_TALK, call.ended_by or "agent"
        call.returns_to = call.target = None
        call.room = False

    def go_on_with(self, call: Call, agent: Agent, third: Third) -> None:
        """The agent has left the citizen with the third party."""
        book = self._book
        call.ended_by, call.held, call.note = None, False, ""
        self._record(call, by=agent.agent_id, kind=third.kind, target=third.id, result="answered")
        if third.kind == AGENT:
            call.agent_id, call.leg, call.third = third.id, third.leg, None
            book.record(call.call_id, CallEventType.ANSWERED, agent_id=third.id, recording=f"{call.call_id}.wav")
            book.tell_talk(call)
        else:
            call.agent_id, call.leg, call.phase, call.outside = None, None, Phase.OUTSIDE, True

    def call_ended(self, call: Call) -> None:
        """The citizen hung up: what became of a transfer that was on its way."""
        if call.phase is Phase.OUTSIDE and call.target is not None:
            result = "answered" if call.outside else "no_answer"
            self._record(call, by=call.returns_to, kind=NUMBER, target=call.target, result=result)


def _result(reason: str) -> str:
    return reason if reason in {"busy", "no_answer"} else "failed"
