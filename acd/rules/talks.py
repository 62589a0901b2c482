"""Talks of more than two places: hold, transfers, a third party; a table says what is possible when.

A talk begins in `Dial`. The first act that needs more moves both channels into a room of Asterisk, where the agent's
leg and a third one keep the citizen; the citizen leaves the room with the last of them, whatever becomes of us.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from typing import Any

from acd.messages import AgentStateName, CallEventType
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import HANDED_OVER, CommandRefusedError, Trigger
from acd.rules.book import Book
from acd.rules.handing import FAILED, KEPT, Handing
from acd.rules.legs import Legs
from acd.rules.offers import Offers
from acd.rules.places import AGENT, PARTY, ROOM, Rooms, Target, Targets, seat_leg
from acd.rules.state import Agent, Call, Phase, Third

S = AgentStateName
KIND = "third"
RING_SECONDS = 30
"""How long a number outside rings; an agent's phone rings as long as the queue says."""


class Stage(StrEnum):
    """Where a talk is."""

    DIRECT = "direct"
    HELD = "held"
    CONSULTING = "consulting"
    CONSULTED = "consulted"
    TOGETHER = "together"


class Act(StrEnum):
    """What an agent asks for."""

    HOLD = "hold"
    RESUME = "resume"
    TRANSFER = "transfer"
    CONSULT = "consult"
    JOIN = "join"
    COMPLETE = "complete"
    DROP = "drop"


TABLE: dict[Stage, frozenset[Act]] = {
    Stage.DIRECT: frozenset({Act.HOLD, Act.TRANSFER, Act.CONSULT}),
    Stage.HELD: frozenset({Act.RESUME, Act.TRANSFER, Act.CONSULT}),
    Stage.CONSULTING: frozenset({Act.DROP}),
    Stage.CONSULTED: frozenset({Act.JOIN, Act.COMPLETE, Act.DROP}),
    Stage.TOGETHER: frozenset({Act.COMPLETE, Act.DROP}),
}

_ADVICE = {
    Stage.DIRECT: "you talk with the citizen alone: hold, transfer or consult",
    Stage.HELD: "the citizen hears music: resume, transfer or consult",
    Stage.CONSULTING: "a third party is being rung: wait for the answer, or drop it",
    Stage.CONSULTED: "you talk with the third party: join, complete or drop",
    Stage.TOGETHER: "three talk together: complete or drop",
}


def stage_of(call: Call) -> Stage:
    """Where the talk of this call is."""
    if call.third is None:
        return Stage.HELD if call.held else Stage.DIRECT
    if not call.third.talking:
        return Stage.CONSULTING
    return Stage.CONSULTED if call.held else Stage.TOGETHER


class Talks:
    """What agents do with their talks, and what becomes of a talk when one of its legs goes."""

    def __init__(self, book: Book, offers: Offers, legs: Legs) -> None:
        self._book = book
        self._offers = offers
        self._legs = legs
        self._rooms = Rooms(book)
        self._targets = Targets(book)
        self.handing = Handing(book, offers, self._rooms)
        self._acts: dict[Act, Callable[[Call, Agent, Mapping[str, Any]], None]] = {
            Act.HOLD: self._hold,
            Act.RESUME: self._resume,
            Act.TRANSFER: self._transfer,
            Act.CONSULT: self._consult,
            Act.JOIN: self._join,
            Act.COMPLETE: self._complete,
            Act.DROP: self._drop,
        }

    @property
    def commands(self) -> dict[str, Callable[[Agent, Mapping[str, Any]], None]]:
        """What the floor lets agents ask for here."""
        return {act.value: partial(self._take, act) for act in Act}

    def _take(self, act: Act, agent: Agent, args: Mapping[str, Any]) -> None:
        call = self._book.calls.get(agent.call_id or "")
        if call is None or call.agent_id != agent.agent_id or call.phase is not Phase.TALKING:
            raise CommandRefusedError("no_talk", f"{act} needs a citizen on the line who is yours; you have none now")
        stage = stage_of(call)
        if act not in TABLE[stage]:
            raise CommandRefusedError("not_now", f"{act} is not possible now: {_ADVICE[stage]}")
        if call.leg is None:
            raise CommandRefusedError("leg_unknown", "your phone's line is not known yet: try again in a second")
        self._acts[act](call, agent, args)
        self._book.keep(call)

    # Hold

    def _hold(self, call: Call, agent: Agent, _: Mapping[str, Any]) -> None:
        self._set_aside(call, agent)
        self._book.record(call.call_id, CallEventType.HELD, agent_id=agent.agent_id)
        self._book.tell_talk(call)

    def _resume(self, call: Call, agent: Agent, _: Mapping[str, Any]) -> None:
        self._take_back(call, agent)
        self._book.record(call.call_id, CallEventType.RESUMED, agent_id=agent.agent_id)
        self._book.tell_talk(call)

    def _set_aside(self, call: Call, agent: Agent) -> None:
        """The citizen hears music."""
        call.note = ""
        if not call.held:
            self._rooms.hold(call)
            self._book.move(agent, Trigger.HOLD, call_id=call.call_id)

    def _take_back(self, call: Call, agent: Agent) -> None:
        """The citizen and all who are in the room hear each other."""
        call.note = ""
        if call.held:
            self._rooms.gather(call)
            if agent.state is S.HOLDING:
                self._book.move(agent, Trigger.RESUME, call_id=call.call_id)

    # Transfers without a word before

    def _transfer(self, call: Call, agent: Agent, args: Mapping[str, Any]) -> None:
        target = self._targets.of(args, agent)
        if target.agent is not None:
            self._targets.require_free_place(target.agent)
        self.handing.hand_over(call, agent, target)

    # A third party

    def _consult(self, call: Call, agent: Agent, args: Mapping[str, Any]) -> None:
        target = self._targets.consulted(args, agent)
        call.placed += 1
        leg = f"{fx.LEG_PREFIX}{KIND}-{call.call_id}-{call.placed}"
        self._set_aside(call, agent)
        call.third = Third(target.kind, target.id, target.name, leg)
        if target.agent is not None:
            self._offers.announce(call, target.agent)
            self._book.move(target.agent, Trigger.OFFER, call_id=call.call_id)
        self._place(call, agent, target, leg)
        self._book.tell_talk(call)

    def _place(self, call: Call, agent: Agent, target: Target, leg: str) -> None:
        book = self._book
        if target.agent is None:
            shown, told = call.dialled if call.dialled in book.published.numbers else "", ("HOTLINE_CALL", call.call_id)
            book.out.append(fx.Place(leg, target.dial, ROOM, PARTY, RING_SECONDS, shown, (told,)))
            return
        dial, seconds, own = seat_leg(target.dial, call, book.published.queue(call.queue or "").ring_seconds)
        called = target.agent.agent_id
        book.out.append(fx.Place(leg, dial, ROOM, PARTY, seconds, agent.extension, own, shown_to=called))

    def _join(self, call: Call, agent: Agent, _: Mapping[str, Any]) -> None:
        self._take_back(call, agent)
        self._book.record(call.call_id, CallEventType.JOINED, by=agent.agent_id, **_named(call))
        self._book.tell_talk(call)

    def _complete(self, call: Call, agent: Agent, _: Mapping[str, Any]) -> None:
        leg = call.leg
        if call.held:
            self._rooms.gather(call)
        self._agent_leaves(call, agent)
        self._book.out.append(fx.HangUp(leg or ""))

    def _drop(self, call: Call, agent: Agent, _: Mapping[str, Any]) -> None:
        self._record_left(call)
        self._offers.release_third(call, reason="withdrawn")
        self._take_back(call, agent)
        self._book.tell_talk(call)

    def _record_left(self, call: Call) -> None:
        if call.third is not None and call.third.talking:
            self._book.record(call.call_id, CallEventType.LEFT, who="third", **_named(call))

    # What Asterisk tells of legs

    def heard(self, event: ev.Placed | ev.PlacedEnded) -> None:
        """A leg that was placed for a talk was answered, was not, or is gone."""
        call = self._call_of(event.leg)
        answered = isinstance(event, ev.Placed) and event.result is ev.PlacedResult.ANSWERED
        if call is None:
            if answered:  # dropped before Asterisk had begun to ring
                self._book.out.append(fx.HangUp(event.leg))
            return
        if call.third is not None and call.third.leg == event.leg:
            if answered:
                self._third_answers(call, call.third)
            else:
                self._third_gone(call, event.result)
        elif isinstance(event, ev.PlacedEnded):
            self.ended(ev.LegEnded(call.call_id, self._book.agents[call.agent_id or ""].extension))
        self._book.keep(call)

    def _call_of(self, leg: str) -> Call | None:
        """The call in which a placed leg has a place now."""
        call = self._book.calls.get(fx.call_of(leg) or "")
        if call is None:
            return None
        third = call.third.leg if call.third is not None else None
        own = call.leg if call.phase is Phase.TALKING else None
        return call if leg in {third, own} else None

    def hangup_asked(self, leg: str) -> None:
        """Who was brought in hung up: that counts where the call has become theirs."""
        call = self._call_of(leg)
        if call is not None and call.leg == leg:
            call.ended_by = call.ended_by or "agent"

    def _third_answers(self, call: Call, third: Third) -> None:
        book = self._book
        if third.talking:
            return
        call.third = Third(third.kind, third.id, third.name, third.leg, talking=True)
        asked = {"by": call.agent_id, "result": ev.PlacedResult.ANSWERED.value, **_named(call)}
        if third.kind == AGENT:
            agent = book.agents[third.id]
            asked["offer_no"] = call.offer_no
            book.move(agent, Trigger.SEEN_TALKING, call_id=call.call_id)
            book.tell(agent, "answered", call.call_id)
        book.record(call.call_id, CallEventType.CONSULTED, **asked)
        book.tell_talk(call)

    def _third_gone(self, call: Call, result: ev.PlacedResult) -> None:
        """The third party did not answer, or has left; whoever is still there goes on."""
        talked = call.third is not None and call.third.talking
        if talked:
            self._record_left(call)
        else:
            asked = {"by": call.agent_id, "result": result.value, **_named(call)}
            self._book.record(call.call_id, CallEventType.CONSULTED, **asked)
        self._offers.release_third(call, reason=result.value)
        agent = self._book.agents.get(call.agent_id or "")
        if call.phase is Phase.OUTSIDE:
            self.handing.outside_ended(call)
        elif agent is not None:
            self._take_back(call, agent)
            call.note = "" if talked else "consult_failed"
            self._book.tell_talk(call)

    def answered(self, event: ev.LegAnswered) -> None:
        """An agent's phone answered: whatever the call was kept for is done."""
        self._legs.answered(event)
        call = self._book.calls.get(event.call_id)
        if call is not None and call.phase is Phase.TALKING:
            self.handing.taken(call)

    def reservation_over(self, event: ev.ReservationOver) -> None:
        """The session has waited long enough for a broken phone; a transfer has its own time."""
        call = self._book.calls.get(event.call_id)
        if call is not None and call.returns_to is None and call.note != FAILED:
            self._legs.reservation_over(event)

    def ended(self, event: ev.LegEnded) -> None:
        """An agent's leg is gone; in a room others may go on without it."""
        book = self._book
        agent, call = book.agent_of(event.endpoint), book.calls.get(event.call_id)
        if agent is None or call is None or not self._in_room(call, agent):
            self._legs.ended(event)
            return
        stage, hung_up = stage_of(call), call.ended_by is not None
        if stage is Stage.TOGETHER or (stage is Stage.CONSULTED and hung_up):
            if call.held:
                self._rooms.gather(call)
            self._agent_leaves(call, agent)
        else:
            self._room_ends(call, event)
        book.keep(call)

    def _in_room(self, call: Call, agent: Agent) -> bool:
        return call.room and call.phase is Phase.TALKING and call.agent_id == agent.agent_id

    def _room_ends(self, call: Call, event: ev.LegEnded) -> None:
        """Nobody is left with the citizen, who goes back to the session: to wait again, or to say good-bye."""
        held, again = call.held, call.ended_by is None and not call.session
        self._offers.release_third(call, reason="withdrawn")
        call.room = call.held = False
        if held and again:
            self._offers.leave_agent(call)
            self._offers.wait(call)
        else:
            self._legs.ended(event)
        if held:
            self._rooms.back(call, again=call.phase is not Phase.AFTER_TALK)

    def _agent_leaves(self, call: Call, agent: Agent) -> None:
        """The citizen goes on with the third party: an agent has the call now, a number outside has the citizen."""
        third = call.third
        if third is None:
            raise ValueError(f"call {call.call_id} has no third party to go on with")
        self._offers.release(call, by="agent", reason=HANDED_OVER if third.kind == AGENT else None)
        self._book.record(call.call_id, CallEventType.LEFT, who="agent", kind=AGENT, target=agent.agent_id)
        self.handing.go_on_with(call, agent, third)

    def call_ended(self, call: Call) -> None:
        """The citizen is gone: nobody stays in the room."""
        self._book.timers.set((KEPT, call.call_id), None)
        self._offers.release_third(call, reason="withdrawn")
        if call.room and call.leg is not None:
            self._book.out.append(fx.HangUp(call.leg))
        self.handing.call_ended(call)

    def confirm(self, call: Call, legs: frozenset[str]) -> None:
        """Make a talk in a room equal to what Asterisk says: `legs` are the channels that belong to the call."""
        third = call.third
        if third is not None and third.leg not in legs:
            self._third_gone(call, ev.PlacedResult.FAILED)
        agent = self._book.agents.get(call.agent_id or "")
        if agent is not None and call.phase is Phase.TALKING and call.leg not in legs:
            self.ended(ev.LegEnded(call.call_id, agent.extension))


def _named(call: Call) -> dict[str, Any]:
    third = call.third
    return {} if third is None else {"kind": third.kind, "target": third.id}
