"""What the waiting ask for at present: lines of calls that ask for the same, by queue, load and who is on duty."""

from acd.rules.lines import Line
from acd.rules.policy import Demand, Need, QueueRules, Schedule, Step, opened_by, schedule_of, ways_of
from acd.rules.seats import Seats, Traits, Ways

NOWHERE = Ways(())


class Queue:
    """One queue's waiting: their number, the overflows open by load, and the lines in which somebody stands."""

    __slots__ = ("bit", "busy", "count", "lines", "marks", "opened", "plans", "rules", "version")

    def __init__(self, rules: QueueRules, bit: int) -> None:
        self.rules = rules
        self.bit = bit
        self.count = 0
        self.opened = 0
        self.version = 0
        self.marks = frozenset(o.waiting for o in rules.overflow if o.waiting is not None)
        self.busy: set[Asked] = set()
        self.lines: dict[tuple[object, ...], Asked] = {}
        self.plans: dict[tuple[str | None, str, frozenset[str]], Plan] = {}


class Asked(Line):
    """The calls of one queue that ask for the same at present: agents with the bits `required`, reached by `ways`."""

    __slots__ = ("county", "needs", "opened", "queue", "required", "schedule", "version", "ways")

    def __init__(self, queue: Queue, schedule: Schedule, needs: tuple[Need, ...], opened: int, county: str) -> None:
        super().__init__()
        self.queue = queue
        self.schedule = schedule
        self.needs = needs
        self.opened = opened
        self.county = county
        self.version = -1
        self.required = 0
        self.ways = NOWHERE


Plan = tuple[tuple[float, Asked], ...]
"""The line of a call from so many seconds of waiting on."""


class Asking:
    """All queues with their lines; works out once what calls of a kind ask for, and again when load or duty change."""

    def __init__(self, traits: Traits, seats: Seats) -> None:
        self.traits = traits
        self.seats = seats
        self.queues: dict[str, Queue] = {}
        self._ways: dict[tuple[tuple[str, float], ...], Ways] = {}

    def queue(self, queue_id: str) -> Queue:
        """The queue; one that nobody has published gets the plainest rules."""
        return self.queues.get(queue_id) or self.add(QueueRules(queue_id))

    def add(self, rules: QueueRules) -> Queue:
        """A queue with its rules, with nobody in it."""
        queue = self.queues[rules.id] = Queue(rules, self.traits.bit("queue", rules.id))
        self.reopen(queue)
        return queue

    def plan(self, demand: Demand) -> Plan:
        """The lines in which such a call stands as time goes by, the first from its beginning."""
        queue = self.queue(demand.queue)
        key = (demand.skill, demand.county, demand.closed)
        plan = queue.plans.get(key)
        if plan is None:
            schedule = schedule_of(queue.rules, skill=demand.skill, county=demand.county, closed=demand.closed)
            plan = queue.plans[key] = tuple((one.after, self._line(queue, schedule, one)) for one in schedule.steps)
        return plan

    def _line(self, queue: Queue, schedule: Schedule, step: Step) -> Asked:
        county = schedule.county if step.held else ""
        key = (step.needs, step.opened, county, schedule.allowed, schedule.closed)
        line = queue.lines.get(key)
        if line is None:
            line = queue.lines[key] = Asked(queue, schedule, step.needs, step.opened, county)
        return line

    def reopen(self, queue: Queue) -> None:
        """Find out which overflows are open by load; its lines learn of it when the queue has a new version."""
        queue.opened = opened_by(queue.rules, waiting=queue.count, staffed=self.seats.has(queue.bit))

    def refreshed(self, line: Asked) -> Asked:
        """The line, knowing what it asks for at present."""
        if line.version != line.queue.version:
            line.version = line.queue.version
            ways = ways_of(line.schedule, line.opened | line.queue.opened)
            line.ways = self._ways.get(ways) or self._ways.setdefault(ways, Ways(ways))
            line.required = self._required(line)
        return line

    def _required(self, line: Asked) -> int:
        """The bits that agents must have; what nobody on duty has is not asked for where it would end by itself."""
        has, required = self.seats.has, 0
        for need in line.needs:
            bit = self.traits.skill(need.skill, need.level)
            if need.until is None or has(bit):
                required |= bit
        if line.county and has(self.traits.bit("seats", line.county, line.queue.rules.id)):
            required |= self.traits.bit("county", line.county)
        return required
