"""Return calls that keep the caller's place 漏接回拨: virtual callers wait among the live ones, by the same rules."""

import datetime as dt
from typing import Any

from acd.messages import CallEventType
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.book import Book
from acd.rules.outbound import Ending, Outbound, Wish, diallable
from acd.rules.policy import Demand
from acd.rules.returning import key_of
from acd.rules.state import Agent, Call, Phase, Virtual

TIMER = "return"
PREFIX = "return-"
"""Begins the id of a virtual caller; the id of the call in which the wish was spoken follows."""


class Returns:
    """Who asked to be called back instead of waiting: their place, attempts, and end.

    A virtual caller is in the matcher while nothing else goes on with that citizen: no live call, no call of ours, no
    pause after an attempt. Who gives up (the city's rules say when) leaves the debt to people: it stands in the tables.
    """

    def __init__(self, book: Book, outbound: Outbound) -> None:
        self._book = book
        self._outbound = outbound
        outbound.settled = self.settled
        outbound.begun = self.begun

    def wanted(self, event: ev.ReturnWanted) -> None:
        """The citizen will be called back, from the moment this call has ended.

        Who has waited keeps the place; who asks in a menu has one from now on, or the older one of an earlier wish.
        """
        book = self._book
        book.record(event.call_id, CallEventType.RETURN_REQUESTED, queue=event.queue)
        call = book.calls.get(event.call_id)
        number = diallable(call.caller) if call is not None else None
        if call is None or number is None or book.published.queue(event.queue).return_calls.attempts == 0:
            return
        found = self._waited(call, number, event) or self._asked(call, number, event)
        if found is None:
            return
        for earlier in self._of(call.caller):
            if earlier.queue == found.queue:
                _take_place(found, earlier)
            self._drop(earlier)
        book.returns[found.return_id] = found
        self._keep(found)

    def _waited(self, call: Call, number: str, event: ev.ReturnWanted) -> Virtual | None:
        """Whoever chooses it instead of waiting on; after a talk the time waited before it is spent."""
        if call.queued_at is None or call.joined_at is None or call.phase is Phase.AFTER_TALK:
            return None
        found = self._new(call, number, event.queue, call.queued_at)
        found.joined, found.priority, found.skill = call.joined_at, call.priority, call.skill
        return found

    def _asked(self, call: Call, number: str, event: ev.ReturnWanted) -> Virtual | None:
        """Whoever presses it in a menu; where all is closed they are called when it opens, None: not within a month."""
        book, queue = self._book, event.queue
        found = self._new(call, number, queue, book.now)
        found.priority = event.priority + book.urgency(call.caller, call.dialled, queue)
        found.skill = event.skill
        if self._is_closed(queue):
            opening = book.published.next_opening(book.published.asked_of(queue), after=book.now)
            if opening is None:
                return None
            found.due = found.joined = opening
            found.until += opening - book.now
        return found

    def _is_closed(self, queue: str) -> bool:
        """Whether neither the queue nor one that helps it is open now."""
        published = self._book.published
        return published.closed_for(queue, at=self._book.now) == published.asked_of(queue)

    def _new(self, call: Call, number: str, queue: str, entered: dt.datetime) -> Virtual:
        seconds = self._book.published.queue(queue).return_calls.seconds
        return Virtual(
            return_id=PREFIX + call.call_id,
            caller=call.caller,
            number=number,
            dialled=call.dialled,
            queue=queue,
            priority=0,
            skill=None,
            owner=call.owner,
            entered=entered,
            joined=entered,
            until=self._book.now + dt.timedelta(seconds=seconds),
            busy_with=call.call_id,
            after_talk=call.answered_at is not None,
        )

    # The citizen's own calls

    def call_started(self, call: Call) -> None:
        """The citizen is on the line: nobody calls meanwhile, and a call of ours that rings already is taken back."""
        for found in self._of(call.caller):
            ours = self._book.calls.get(found.busy_with or "")
            if ours is not None and ours.out is not None:
                if ours.answered_at is not None:
                    continue
                self._outbound.withdraw(ours)
            self._occupy(found, call.call_id)

    def call_queued(self, call: Call) -> None:
        """The live call takes over the place; a place in another queue is given up, for the citizen waits here now."""
        for found in self._of(call.caller):
            if found.busy_with not in {None, call.call_id}:
                continue
            if found.queue == call.queue and call.queued_at is not None and call.joined_at is not None:
                call.queued_at, call.joined_at = min(call.queued_at, found.entered), min(call.joined_at, found.joined)
                call.priority = max(call.priority, found.priority)
            self._drop(found)

    def call_ended(self, call: Call) -> None:
        """Who was not served, or has asked for more after a talk, waits on at the old place."""
        for found in [one for one in self._book.returns.values() if one.busy_with == call.call_id]:
            own = found.return_id == PREFIX + call.call_id
            if call.answered_at is not None and not (own and found.after_talk):
                self._drop(found)
            else:
                self._free(found)

    # Their turn, and what came of it

    def turn(self, return_id: str, agent: Agent) -> None:
        """The agent is offered the virtual caller; one whose time is over makes room for the next."""
        book, found = self._book, self._book.returns[return_id]
        if book.now >= found.until or self._is_closed(found.queue):
            self._drop(found)
            book.note(agent)
            return
        wish = Wish(
            caller=found.caller,
            number=found.number,
            dialled=self._outbound.line_shown(found.dialled, found.queue),
            queue=found.queue,
            about_call=found.return_id.removeprefix(PREFIX),
            returns=return_id,
            priority=found.priority,
            joined_at=found.joined,
        )
        call = self._outbound.begin(agent, wish)
        found.busy_with = call.call_id
        self._keep(found)

    def begun(self, call: Call) -> None:
        """An agent calls by hand: the citizen's virtual caller waits for how that ends."""
        for found in self._of(call.caller):
            if found.busy_with is None:
                self._occupy(found, call.call_id)

    def settled(self, call: Call, ending: Ending) -> None:
        """A call of ours has ended, or has become a talk."""
        for found in [one for one in self._book.returns.values() if one.busy_with == call.call_id]:
            if ending is Ending.REACHED:
                self._drop(found)
            elif ending is Ending.NOT_TRIED:
                self._free(found)
            else:
                self._try_later(found)

    def _try_later(self, found: Virtual) -> None:
        rules = self._book.published.queue(found.queue).return_calls
        found.attempts += 1
        if found.attempts >= rules.attempts:
            self._drop(found)
            return
        found.due = self._book.now + dt.timedelta(seconds=rules.every)
        self._free(found)

    # Places

    def _occupy(self, found: Virtual, call_id: str) -> None:
        found.busy_with = call_id
        self._book.matcher.remove(found.return_id)
        self._keep(found)

    def _free(self, found: Virtual) -> None:
        found.busy_with = None
        self._keep(found)
        self.place(found)

    def place(self, found: Virtual) -> None:
        """Wait among the live callers, or for the next attempt; and in any case not for ever."""
        book, now = self._book, self._book.now
        if now >= found.until:
            self._drop(found)
            return
        again = found.due
        if again is None or now >= again:
            demand = self._demand(found)
            again = book.published.next_opening(demand.closed, after=now)
            if found.busy_with is None:
                book.matcher.wait(demand, now=now.timestamp())
        book.timers.set((TIMER, found.return_id), min(again or found.until, found.until))

    def _demand(self, found: Virtual) -> Demand:
        published = self._book.published
        return Demand(
            call_id=found.return_id,
            queue=found.queue,
            entered=found.entered.timestamp(),
            joined=found.joined.timestamp(),
            priority=found.priority,
            skill=found.skill,
            owner=found.owner,
            county=published.county_of(found.queue, found.dialled),
            closed=published.closed_for(found.queue, at=found.joined, until=self._book.now),
        )

    def due(self, return_id: str) -> None:
        """The pause after an attempt is over, a queue opens, or the time of the virtual caller has come."""
        found = self._book.returns.get(return_id)
        if found is None:
            return
        if found.busy_with is None:
            self.place(found)
        elif self._book.now < found.until:
            self._book.timers.set((TIMER, return_id), found.until)

    def agree(self) -> None:
        """After a snapshot: whose call is gone waits again."""
        for found in list(self._book.returns.values()):
            if found.busy_with is not None and found.busy_with not in self._book.calls:
                self._free(found)

    def restore(self) -> None:
        """With a new configuration: whoever waits has a place by its rules."""
        for found in list(self._book.returns.values()):
            self.place(found)

    # Ends

    def _of(self, caller: str) -> list[Virtual]:
        """An agent's own call has the number as it is dialled, a citizen's as the carrier sends it."""
        key, number = key_of(caller), diallable(caller)
        if not key or not self._book.returns:
            return []
        return [one for one in self._book.returns.values() if key_of(one.caller) == key or one.number == number]

    def _drop(self, found: Virtual) -> None:
        book = self._book
        del book.returns[found.return_id]
        book.matcher.remove(found.return_id)
        book.timers.set((TIMER, found.return_id), None)
        book.out.append(fx.ForgetReturn(found.return_id))

    def _keep(self, found: Virtual) -> None:
        self._book.out.append(fx.KeepReturn(found))


def _take_place(found: Virtual, earlier: Virtual) -> None:
    """Whoever asks twice has asked at the first time."""
    found.entered, found.joined = min(found.entered, earlier.entered), min(found.joined, earlier.joined)
    found.priority = max(found.priority, earlier.priority)


def virtual_from_dict(data: dict[str, Any]) -> Virtual:
    """A virtual caller as it was kept."""
    moments = {"entered", "joined", "until", "due"}
    read: dict[str, Any] = {
        name: dt.datetime.fromisoformat(value) if name in moments and value is not None else value
        for name, value in data.items()
    }
    return Virtual(**read)
