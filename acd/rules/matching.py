"""The matcher: which caller a free agent takes, and which agent a caller gets, by the rules of `acd.rules.policy`.

No call and no agent is looked at but the heads of their groups: calls that ask for the same stand in one line, agents
who can do the same form one group. What changes with time is due at a moment; `pairs` takes `now`.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from acd.rules.asking import Asked, Asking, Plan, Queue
from acd.rules.lines import Line, Place
from acd.rules.policy import Demand, Profile, QueueRules
from acd.rules.seats import Seat, Seats, Traits

Pair = tuple[str, str]
"""Call id and agent id."""


class _Standing:
    """One waiting call: in its line, kept for its owner, or about to be placed (neither)."""

    __slots__ = ("county", "demand", "due", "keeper", "line", "place", "placed", "plan", "step")

    def __init__(self, demand: Demand, plan: Plan, county: int) -> None:
        self.demand = demand
        self.place: Place = (-demand.priority, demand.entered, demand.call_id)
        self.county = county
        self.plan = plan
        self.step = 0
        self.line = plan[0][1]
        self.due: float | None = None
        self.placed = False
        self.keeper: str | None = None


class Matcher:
    """Takes calls and agents as they come and go; `pairs` tells who is to be offered whom."""

    def __init__(self, rules: Iterable[QueueRules] = ()) -> None:
        self._traits = Traits()
        self._seats = Seats(self._traits)
        self._asking = Asking(self._traits, self._seats)
        self._standing: dict[str, _Standing] = {}
        self._heads: list[tuple[int, float, str, Asked]] = []
        self._kept: dict[str, Line] = {}
        self._owned: dict[str, dict[str, _Standing]] = {}
        self._pending: list[tuple[Place, int, _Standing]] = []
        self._widened: set[Asked] = set()
        self._dues: list[tuple[float, int, _Standing]] = []
        self._count = 0
        self._now = 0.0
        for one in rules:
            self._asking.add(one)

    def __contains__(self, call_id: str) -> bool:
        return call_id in self._standing

    def __len__(self) -> int:
        return len(self._standing)

    def free(self, agent_id: str) -> bool:
        """Whether this agent is free for a call."""
        seat = self._seats.get(agent_id)
        return seat is not None and seat.since is not None

    def demands(self) -> list[Demand]:
        """What the waiting ask for, in no order."""
        return [standing.demand for standing in self._standing.values()]

    def position(self, call_id: str) -> int:
        """1 for the first in its queue; raises KeyError for a call that does not wait."""
        standing = self._standing[call_id]
        queue, place = standing.line.queue, standing.place
        kept = (s for s in self._standing.values() if s.keeper is not None) if self._kept else ()
        return (
            1
            + sum(line.before(place) for line in queue.busy)
            + sum(s.line.queue is queue and s.place < place for s in kept)
        )

    @property
    def next_due(self) -> float | None:
        """The moment from which on a waiting call asks for less; None when no call will."""
        dues = self._dues
        while dues and not self._is_due(*dues[0]):
            heappop(dues)
        return dues[0][0] if dues else None

    def _is_due(self, moment: float, _: int, standing: _Standing) -> bool:
        return standing.due == moment and self._standing.get(standing.demand.call_id) is standing

    # What comes and goes

    def note(self, agent_id: str, profile: Profile, *, since: float | None, on_duty: bool) -> None:
        """Take in what an agent has become; `since` when free for a call, None while not."""
        seat = self._seats.get(agent_id)
        before = (seat.on_duty, seat.group) if seat is not None else None
        if self._seats.note(agent_id, profile, since=since, on_duty=on_duty):
            for queue in self._asking.queues.values():
                self._asking.reopen(queue)
                self._reshape(queue)
        if agent_id in self._owned and before != (on_duty, self._seats.group(agent_id)):
            self._place_anew(self._owned[agent_id].values())

    def wait(self, demand: Demand, *, now: float) -> None:
        """A call waits from now on; in one queue only, and as often as it likes."""
        self.remove(demand.call_id)
        county = self._traits.bit("county", demand.county) if demand.county else 0
        standing = self._standing[demand.call_id] = _Standing(demand, self._asking.plan(demand), county)
        if demand.owner is not None:
            self._owned.setdefault(demand.owner, {})[demand.call_id] = standing
        self._advance_step(standing, now)
        self._put_off(standing)
        self._recount(standing.line.queue, 1)

    def remove(self, call_id: str) -> None:
        """The call waits no longer; nothing happens if it did not."""
        standing = self._standing.pop(call_id, None)
        if standing is None:
            return
        if standing.demand.owner is not None:
            self._disown(standing.demand.owner, call_id)
        if standing.placed:
            self._displace(standing)
        self._recount(standing.line.queue, -1)

    def _disown(self, owner: str, call_id: str) -> None:
        del self._owned[owner][call_id]
        if not self._owned[owner]:
            del self._owned[owner]

    # Bringing together

    def pairs(self, *, now: float) -> Iterator[Pair]:
        """Who is to be offered whom, until no free agent is left with a call that it may take.

        Whoever is named waits no longer and is free no longer; `note` and `remove` may be called between two pairs.
        """
        self._take_dues(now)
        while (pair := self._next()) is not None:
            call, seat = pair
            self.remove(call.demand.call_id)
            self._seats.leave(seat)
            yield call.demand.call_id, seat.agent_id

    def rest(self, *, now: float) -> None:
        """Nobody is offered anybody: calls take their places and agents stay idle."""
        self._take_dues(now)
        self._place_pending()
        self._pending.clear()
        self._widened.clear()
        while (seat := self._seats.fresh()) is not None:
            self._seats.rest(seat)

    def stir(self) -> None:
        """Everybody who is free looks for a call once more: after a `rest`."""
        self._seats.stir()

    def _next(self) -> tuple[_Standing, Seat] | None:
        while (seat := self._seats.fresh()) is not None:
            self._place_pending()
            call = self._call_for(seat)
            if call is not None:
                return call, seat
            self._seats.rest(seat)
        while self._pending and not self._widened:
            _, _, call = heappop(self._pending)
            if self._standing.get(call.demand.call_id) is not call:
                continue
            seat = self._seat_for(call)
            if seat is not None:
                return call, seat
            self._put(call)
        return self._first_of_widened() if self._widened else None

    def _first_of_widened(self) -> tuple[_Standing, Seat] | None:
        """Lines that ask for something else than before, or just entered: the first whom an idle agent serves."""
        self._place_pending()
        while self._pending:
            _, _, call = heappop(self._pending)
            if self._standing.get(call.demand.call_id) is call:
                self._widened.add(call.line)
                seat = self._seats.get(call.keeper or "")
                if seat is not None and seat.idle:
                    return call, seat
        for line in sorted((line for line in self._widened if len(line)), key=lambda line: line.head):
            call = self._standing[line.head[2]]
            seat = self._seat_for(call)
            if seat is not None:
                return call, seat
            self._widened.discard(line)
        self._widened.clear()
        return None

    def _call_for(self, seat: Seat) -> _Standing | None:
        """The call that this agent takes: by priority, then what is kept for it, then by age with its handicap."""
        mask, handicaps, chosen = seat.group.mask, seat.group.handicaps, None
        urgency, age = 0, 0.0
        for priority, entered, call_id, line in self._heads:
            if chosen is not None and (priority > urgency or entered >= age):
                break
            required = line.required
            if required and mask & required != required:
                continue
            try:
                handicap = handicaps[line.ways]
            except KeyError:
                seat.group.learn(line.ways)
                handicap = handicaps[line.ways]
            if handicap is not None and (chosen is None or entered + handicap < age):
                chosen, urgency, age = call_id, priority, entered + handicap
        kept = self._kept.get(seat.agent_id)
        if kept is not None and (chosen is None or kept.head[0] <= urgency):
            chosen = kept.head[2]
        return None if chosen is None else self._standing[chosen]

    def _seat_for(self, call: _Standing) -> Seat | None:
        """The agent who gets this call: the owner of the caller's case, or who serves it best and is longest idle."""
        line, owner = self._asking.refreshed(call.line), call.demand.owner
        if owner is not None:
            seat = self._seats.get(owner)
            if seat is not None and seat.idle and seat.group.serves(line.required, line.ways):
                return seat
            if self._is_kept(call):
                return None
        return self._seats.first(line.required, line.ways, call.county)

    def _is_kept(self, call: _Standing) -> bool:
        """Whether the call is to wait for its owner: on duty, able, and not for too long."""
        seat = self._seats.get(call.demand.owner or "")
        if seat is None or not seat.on_duty:
            return False
        line = self._asking.refreshed(call.line)
        return self._now < call.demand.joined + line.queue.rules.owner_seconds and seat.group.serves(
            line.required, line.ways
        )

    # Places of calls

    def _put_off(self, call: _Standing) -> None:
        self._count += 1
        heappush(self._pending, (call.place, self._count, call))

    def _place_pending(self) -> None:
        for _, _, call in list(self._pending):
            if not call.placed and self._standing.get(call.demand.call_id) is call:
                self._put(call)

    def _put(self, call: _Standing) -> None:
        """Give a waiting call its place, among the kept of its owner or in its line."""
        if call.placed:
            return
        call.placed = True
        if call.demand.owner is not None and self._is_kept(call):
            call.keeper = call.demand.owner
            self._kept.setdefault(call.keeper, Line()).add(call.place)
        else:
            self._enter(call.line, call.place)

    def _displace(self, call: _Standing) -> None:
        call.placed = False
        if call.keeper is None:
            self._leave(call.line, call.place)
            return
        kept = self._kept[call.keeper]
        kept.remove(call.place)
        if not len(kept):
            del self._kept[call.keeper]
        call.keeper = None

    def _enter(self, line: Asked, place: Place) -> None:
        before = line.head if len(line) else None
        self._asking.refreshed(line)
        if not line.add(place):
            return
        if before is None:
            line.queue.busy.add(line)
        else:
            del self._heads[bisect_left(self._heads, before)]
        insort(self._heads, (*place, line))

    def _leave(self, line: Asked, place: Place) -> None:
        if not line.remove(place):
            return
        del self._heads[bisect_left(self._heads, place)]
        if len(line):
            insort(self._heads, (*line.head, line))
        else:
            line.queue.busy.discard(line)

    # Time

    def _take_dues(self, now: float) -> None:
        self._now = now
        while self._dues and self._dues[0][0] <= now:
            due = heappop(self._dues)
            if not self._is_due(*due):
                continue
            call = due[2]
            if call.placed:
                self._displace(call)
            self._advance_step(call, now)
            self._put_off(call)

    def _advance_step(self, call: _Standing, now: float) -> None:
        """The line that a call belongs to now, and when that changes."""
        joined, plan, step, due = call.demand.joined, call.plan, call.step, None
        while step + 1 < len(plan):
            due = joined + plan[step + 1][0]
            if due > now:
                break
            step, due = step + 1, None
        call.step, call.line = step, plan[step][1]
        if call.demand.owner is not None:
            kept_until = joined + call.line.queue.rules.owner_seconds
            if kept_until > now:
                due = kept_until if due is None else min(due, kept_until)
        call.due = due
        if due is not None:
            self._count += 1
            heappush(self._dues, (due, self._count, call))

    def _place_anew(self, calls: Iterable[_Standing]) -> None:
        """Whether they are kept for their owner has to be decided again."""
        for call in calls:
            if call.placed:
                self._displace(call)
                self._put_off(call)

    # What changes with load and duty

    def _recount(self, queue: Queue, change: int) -> None:
        queue.count += change
        if queue.count in queue.marks or queue.count + 1 in queue.marks:
            before = queue.opened
            self._asking.reopen(queue)
            if queue.opened != before:
                self._reshape(queue)

    def _reshape(self, queue: Queue) -> None:
        """What the queue's calls ask for may have changed; empty lines find out when somebody stands in them."""
        queue.version += 1
        for line in list(queue.busy):
            before = line.required, line.ways
            self._asking.refreshed(line)
            if before != (line.required, line.ways):
                self._widened.add(line)
        for owned in self._owned.values():
            self._place_anew(call for call in owned.values() if call.line.queue is queue)
