"""Calls of our own (回访, return calls): the agent's phone first, then the citizen, who is shown our number."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from acd.messages import AgentStateName, CallEventType, Disposition
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import CommandRefusedError, Trigger, next_state
from acd.rules.book import Book
from acd.rules.offers import Offers
from acd.rules.places import seat_leg
from acd.rules.returning import Why
from acd.rules.state import CARRIER, IN_TALK, Agent, Call, Outgoing, Phase
from acd.rules.state import Wish as Wished
from acd.rules.talks import Talks

S = AgentStateName
Result = ev.PlacedResult
TIMER = "out"
KIND = "caller"
"""Of the agent's leg, which is placed first: `leg-caller-<call id>-1`."""

CONTEXT = "outbound"
CITIZEN_SECONDS = 40
"""How long the citizen's phone rings."""


LATE_SECONDS = 5
"""How much later than its time a leg's result may be told; after that the leg counts as failed."""

REASON_SECONDS = 1
"""A failure is told twice, and only one of the two knows why: how long the other is waited for."""

_AREA = r"0(?:10|2[0-9]|[3-9][0-9]{2})"
_DIALLED = re.compile(rf"1[3-9][0-9]{{9}}|{_AREA}[2-8][0-9]{{6,7}}|[2-8][0-9]{{6,7}}", re.ASCII)
_MOBILE = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_ENDINGS = {
    Result.BUSY: Disposition.BUSY,
    Result.NO_ANSWER: Disposition.NO_ANSWER,
    Result.FAILED: Disposition.FAILED,
}
_REASONS = {Result.BUSY: "busy", Result.NO_ANSWER: "no_answer", Result.FAILED: "unreachable"}


class Ending(Enum):
    """What became of a call of ours: a talk, nobody reached, or the citizen was never called."""

    REACHED = auto()
    NOT_REACHED = auto()
    NOT_TRIED = auto()


@dataclass(frozen=True, slots=True)
class Wish:
    """Whom to call for an agent; `caller` is the number as its citizen's calls show it, `dialled` the line shown."""

    caller: str
    number: str
    dialled: str
    queue: str
    case_no: str | None = None
    about_call: str | None = None
    return_call: int | None = None
    returns: str | None = None
    priority: int = 0
    joined_at: dt.datetime | None = None


def diallable(number: str) -> str | None:
    """The digits to dial for a citizen's number; None for what no citizen of ours has.

    Mobile numbers, land lines with and without area code; no service, premium or foreign number: a caller writes any
    number into a call, and we would pay for dialling it.
    """
    text = re.sub(r"^(?:\+|00)86", "", number.strip())
    if text != number.strip() and not _MOBILE.fullmatch(text):
        text = f"0{text}"
    return text if _DIALLED.fullmatch(text) else None


def masked(number: str) -> str:
    """The number as a screen may show it: its beginning and its end."""
    front = 3 if len(number) > 8 else 1  # noqa: PLR2004 - a local number
    return f"{number[:front]}****{number[-4:]}" if len(number) > front + 4 else "****"


def calling_for(leg: str) -> str | None:
    """The call of ours for which this leg is an agent's; None for every other channel."""
    prefix = f"{fx.LEG_PREFIX}{KIND}-"
    return leg.removeprefix(prefix).rpartition("-")[0] or None if leg.startswith(prefix) else None


class Outbound:
    """From an agent's wish to a talk like any other, or to the word why there was none.

    `begun` hears of each call, `settled` of its ending, once; `end` takes the end of a citizen's channel after a talk.
    """

    def __init__(self, book: Book, offers: Offers, talks: Talks, *, end: Callable[[ev.CallEnded], None]) -> None:
        self._book = book
        self._offers = offers
        self._talks = talks
        self._end = end
        self.settled: Callable[[Call, Ending], None] = lambda _call, _ending: None
        self.begun: Callable[[Call], None] = lambda _call: None

    # The agent asks for it, or a virtual caller's turn has come

    def call_out(self, agent: Agent, args: Mapping[str, Any]) -> None:
        """The command of that name; raises CommandRefusedError or TransitionRefusedError, and then nothing changed."""
        number = diallable(str(args.get("number") or ""))
        if number is None:
            detail = "this number is not called from here: only numbers of citizens in this country are"
            raise CommandRefusedError("number_refused", detail)
        next_state(agent.state, Trigger.CALL_OUT)
        if not self._book.offering:
            raise CommandRefusedError("telephone_away", "the telephone system is just coming back: try again at once")
        if agent.phone is None or agent.agent_id in self._book.reserved:
            raise CommandRefusedError("no_phone", "your phone is not free: connect it, or end what it is used for")
        queue = str(args.get("queue") or next(iter(agent.queues), ""))
        case_no, about, row = args.get("case_no"), args.get("about_call"), args.get("return_call")
        wish = Wish(
            caller=number,
            number=number,
            dialled=self.line_shown(str(args.get("line") or ""), queue),
            queue=queue,
            case_no=None if case_no is None else str(case_no),
            about_call=None if about is None else str(about),
            return_call=None if row is None else int(row),
        )
        self.begun(self.begin(agent, wish))

    def line_shown(self, line: str, queue: str) -> str:
        """The public number that a citizen is shown: the one called before, else one of the queue, else the first."""
        numbers = self._book.published.numbers
        if line in numbers:
            return line
        own = (number for number, one in numbers.items() if one["queue"] == queue)
        return next(own, next(iter(numbers), ""))

    def begin(self, agent: Agent, wish: Wish) -> Call:
        """Show the agent the call, then ring the agent's phone."""
        book, endpoint = self._book, agent.phone
        next_state(agent.state, Trigger.CALL_OUT)
        if agent.state is S.PAUSED and agent.next is None:
            agent.next = Wished(S.PAUSED, agent.reason)
        call = self._open(agent, wish)
        call.phase, call.agent_id = Phase.OFFERED, agent.agent_id
        call.leg = f"{fx.LEG_PREFIX}{KIND}-{call.call_id}-1"
        self._offers.announce(call, agent)
        book.move(agent, Trigger.CALL_OUT, call_id=call.call_id)
        place = self._to_seat(call, endpoint or "", agent)
        self._wait_for_word(call, place.seconds + LATE_SECONDS)
        book.out.append(place)
        book.keep(call)
        return call

    def _to_seat(self, call: Call, endpoint: str, agent: Agent) -> fx.Place:
        """The order to ring the agent's phone; what a line seat's Local channel is told stands in the dialplan."""
        seconds = self._book.published.queue(call.queue or "").ring_seconds
        dial, seconds, told = seat_leg(endpoint, call, seconds)
        longest = str(CITIZEN_SECONDS + 2 * LATE_SECONDS)
        own = (("HOTLINE_SECONDS", longest), ("HOTLINE_CITIZEN", call.call_id), *told)
        leg = call.leg or ""
        return fx.Place(leg, dial, CONTEXT, "seat", seconds, call.dialled, own, shown_to=agent.agent_id)

    def _open(self, agent: Agent, wish: Wish) -> Call:
        book = self._book
        number = book.published.numbers.get(wish.dialled)
        call_id = f"{fx.OUT_PREFIX}{round(book.now.timestamp() * 1000)}-{agent.agent_id}"
        call = Call(call_id, wish.caller, wish.dialled, number["line"] if number else "", "", book.now)
        call.queue, call.priority, call.session = wish.queue, wish.priority, True
        call.joined_at = wish.joined_at or book.now
        shown = masked(wish.number)
        call.out = Outgoing(wish.number, shown, wish.case_no, wish.return_call, wish.returns)
        book.calls[call_id] = call
        book.record(
            call_id,
            CallEventType.STARTED,
            direction="outbound",
            caller=wish.caller,
            dialled=wish.dialled,
            queue=wish.queue,
            case_no=wish.case_no,
            about_call=wish.about_call,
            return_call=wish.return_call,
            automatic=wish.returns is not None,
        )
        return call

    # What Asterisk tells of the two legs

    def placed(self, event: ev.Placed | ev.PlacedEnded) -> None:
        """Of the agent's leg or the citizen's; a leg that nobody waits for any more is hung up."""
        call = self._book.calls.get(calling_for(event.leg) or event.leg)
        if call is None or call.out is None:
            if isinstance(event, ev.Placed) and event.result is Result.ANSWERED:
                self._book.out.append(fx.HangUp(event.leg))
        elif event.leg == call.call_id:
            self._citizen(call, call.out, event)
        elif event.leg == call.leg:
            self._seat(call, call.out, event)

    def _seat(self, call: Call, out: Outgoing, event: ev.Placed | ev.PlacedEnded) -> None:
        answered = isinstance(event, ev.Placed) and event.result is Result.ANSWERED
        if call.phase is Phase.OFFERED and answered:
            self._dial(call, out)
        elif call.phase is Phase.OFFERED:
            if self._is_told(call, out, event.result):
                self._not_tried(call, _REASONS.get(event.result, "unreachable"))
        elif isinstance(event, ev.PlacedEnded):
            self._seat_ended(call)

    def _seat_ended(self, call: Call) -> None:
        if call.phase is Phase.DIALLING:
            self._book.out.append(fx.HangUp(call.call_id))
            self._close(call, Disposition.CANCELLED, by="agent")
            self.settled(call, Ending.NOT_REACHED)
        elif (agent := self._agent(call)) is not None:
            self._talks.ended(ev.LegEnded(call.call_id, agent.extension))

    def _dial(self, call: Call, out: Outgoing) -> None:
        """The agent has picked up: call the citizen."""
        book, agent = self._book, self._agent(call)
        if agent is None or agent.call_id != call.call_id or agent.state is not S.OFFERED:
            self._close(call, Disposition.CANCELLED, by="system")
            self.settled(call, Ending.NOT_TRIED)
            return
        call.phase, out.failed = Phase.DIALLING, False
        book.move(agent, Trigger.ANSWER, call_id=call.call_id)
        book.tell(agent, "dialling", call.call_id)
        self._wait_for_word(call, CITIZEN_SECONDS + LATE_SECONDS)
        partner = (("HOTLINE_PARTNER", call.leg or ""),)
        dial = f"PJSIP/{out.number}@{CARRIER}"
        book.out.append(fx.Place(call.call_id, dial, CONTEXT, "citizen", CITIZEN_SECONDS, call.dialled, partner))
        book.keep(call)

    def _citizen(self, call: Call, out: Outgoing, event: ev.Placed | ev.PlacedEnded) -> None:
        if call.phase is not Phase.DIALLING:
            if isinstance(event, ev.PlacedEnded):
                self._end(ev.CallEnded(call.call_id))
        elif isinstance(event, ev.Placed) and event.result is Result.ANSWERED:
            self.reached(call)
        elif self._is_told(call, out, event.result):
            self._not_reached(call, event.result)

    def reached(self, call: Call) -> None:
        """The citizen has answered: the talk begins."""
        agent = self._agent(call)
        if call.phase is not Phase.DIALLING or agent is None:
            return
        self._book.timers.set((TIMER, call.call_id), None)
        self._talks.answered(ev.LegAnswered(call.call_id, agent.extension, call.leg or ""))
        self.settled(call, Ending.REACHED)

    # Time

    def _wait_for_word(self, call: Call, seconds: float) -> None:
        self._book.timers.set((TIMER, call.call_id), self._book.now + dt.timedelta(seconds=seconds))

    def _is_told(self, call: Call, out: Outgoing, result: Result) -> bool:
        """Whether this is the last word on a leg that was not answered."""
        if result is not Result.FAILED or out.failed:
            return True
        out.failed = True
        self._wait_for_word(call, REASON_SECONDS)
        return False

    def due(self, call_id: str) -> None:
        """A result that is missing for too long is a failure."""
        call = self._book.calls.get(call_id)
        if call is None or call.out is None:
            return
        if call.phase is Phase.DIALLING:
            self._book.out.append(fx.HangUp(call_id))
            self._not_reached(call, Result.FAILED)
        elif call.phase is Phase.OFFERED and call.answered_at is None:
            self._not_tried(call, "unreachable")

    # Endings without a talk

    def _not_tried(self, call: Call, reason: str) -> None:
        """The agent's own phone was not answered."""
        self._offers.miss(call, reason)
        self._close(call, Disposition.CANCELLED, by="system")
        self.settled(call, Ending.NOT_TRIED)

    def _not_reached(self, call: Call, result: Result) -> None:
        ending = _ENDINGS.get(result, Disposition.FAILED)
        self._book.recent.remember(call.caller, Why.CALLED_BACK, now=self._book.now)
        self._close(call, ending, by="system")
        self.settled(call, Ending.NOT_REACHED)

    def withdraw(self, call: Call) -> None:
        """The citizen is on the line by a call of their own: this one is not wanted any more."""
        if call.phase is Phase.OFFERED:
            self._offers.miss(call, "withdrawn")
        self._book.out.append(fx.HangUp(call.call_id))
        self._close(call, Disposition.CANCELLED, by="caller")

    def agree(self, snapshot: ev.Snapshot) -> None:
        """With a snapshot: whom the dialplan has joined meanwhile talk; all other calls begin anew or not at all."""
        unreached = [c for c in self._book.calls.values() if c.out is not None and c.answered_at is None]
        for call in unreached:
            seen = snapshot.channels.get(call.call_id)
            if seen is not None and call.leg is not None and seen.leg == call.leg:
                self._joined(call)
                continue
            if call.phase is Phase.OFFERED:
                self._offers.miss(call, "withdrawn")
            self._book.out.append(fx.HangUp(call.call_id))
            self._close(call, Disposition.FAILED, by="system")
            self.settled(call, Ending.NOT_TRIED)

    def _joined(self, call: Call) -> None:
        """The dialplan has done what the first session does."""
        if call.out is not None:
            call.out.sessions = 1
        self.reached(call)

    def _close(self, call: Call, ending: Disposition, *, by: str) -> None:
        book, agent = self._book, self._agent(call)
        book.timers.set((TIMER, call.call_id), None)
        del book.calls[call.call_id]
        if call.leg is not None:
            book.out.append(fx.HangUp(call.leg))
        book.record(call.call_id, CallEventType.ENDED, disposition=ending.value, ended_by=by)
        book.out.append(fx.ForgetCall(call.call_id))
        if agent is not None:
            self._leave(call, agent, ending, by)

    def _leave(self, call: Call, agent: Agent, ending: Disposition, by: str) -> None:
        """The agent writes down how it was, but where the hotline itself has called: that will be tried again."""
        book, out = self._book, call.out
        if agent.call_id == call.call_id and agent.state in IN_TALK:
            book.tell(agent, "ended", call.call_id, by=by, result=ending.value)
            book.move(agent, Trigger.CALL_ENDED, call_id=call.call_id)
            if agent.outcome_chosen or (out is not None and out.returns is not None):
                book.move(agent, Trigger.OUTCOME)

    def _agent(self, call: Call) -> Agent | None:
        return self._book.agents.get(call.agent_id or "")
