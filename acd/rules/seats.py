"""Who is on duty and who is free: agents grouped by what they can do, so that a choice looks at a few heads only."""

from bisect import bisect_left, insort
from heapq import heappop, heappush

from acd.rules.policy import Profile

FURTHER = 1e6
"""What each queue further away counts more than any handicap, and a seat outside the county more than any queue."""
ELSEWHERE = 1e9


class Traits:
    """Numbers whatever agents may have: a queue, a skill at a level, a county; several of them are bits of one int."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, ...], int] = {}

    def bit(self, *trait: str) -> int:
        """The bit of a trait such as `("queue", "city")`."""
        return 1 << self._numbers.setdefault(trait, len(self._numbers))

    def skill(self, name: str, level: int) -> int:
        """The bit of a skill at this level or above."""
        return self.bit("skill", name, str(level))

    def of(self, profile: Profile) -> tuple[int, ...]:
        """The bits of all that an agent has; a county counts once more for each queue in which it has seats."""
        return (
            *(self.bit("queue", queue) for queue, _ in profile.queues),
            *(self.bit("seats", profile.county, queue) for queue, _ in profile.queues),
            *(self.skill(skill, level) for skill, most in profile.skills for level in range(1, most + 1)),
            self.bit("county", profile.county),
        )


class Ways:
    """The queues through which agents are reached, the nearest first, each with its handicap; one object for equals."""

    __slots__ = ("queues",)

    def __init__(self, queues: tuple[tuple[str, float], ...]) -> None:
        self.queues = queues


class Group:
    """The agents of one profile. `handicaps` and `costs` hold how each `Ways` reaches them; None where it does not."""

    __slots__ = ("bits", "costs", "handicaps", "idle", "mask", "queues")

    def __init__(self, profile: Profile, bits: tuple[int, ...]) -> None:
        self.queues = dict(profile.queues)
        self.bits = bits
        self.mask = sum(set(bits))
        self.idle: list[tuple[float, str]] = []
        self.handicaps: dict[Ways, float | None] = {}
        self.costs: dict[Ways, float | None] = {}

    def learn(self, ways: Ways) -> None:
        """Find out how a call with these ways reaches the group: the least handicap, and the nearest queue."""
        own = self.queues
        found = [(place, own[queue] + more) for place, (queue, more) in enumerate(ways.queues) if queue in own]
        handicap = self.handicaps[ways] = min((seconds for _, seconds in found), default=None)
        self.costs[ways] = None if handicap is None else found[0][0] * FURTHER + handicap

    def serves(self, required: int, ways: Ways) -> bool:
        """Whether an agent of the group may take a call that asks for these bits by these ways."""
        if ways not in self.handicaps:
            self.learn(ways)
        return self.mask & required == required and self.handicaps[ways] is not None


class Seat:
    """One agent: `since` when free (None: not free), and whether waiting among the idle of its group."""

    __slots__ = ("agent_id", "group", "idle", "on_duty", "profile", "since")

    def __init__(self, agent_id: str, profile: Profile, group: Group) -> None:
        self.agent_id = agent_id
        self.profile = profile
        self.group = group
        self.since: float | None = None
        self.idle = False
        self.on_duty = False


class Seats:
    """All agents. One who has become free is fresh until it has got a call or was put among the idle."""

    def __init__(self, traits: Traits) -> None:
        self._traits = traits
        self._seats: dict[str, Seat] = {}
        self._groups: dict[Profile, Group] = {}
        self._heads: list[tuple[float, str, Group]] = []
        self._fresh: list[tuple[float, str]] = []
        self._duty: dict[int, int] = {}

    def get(self, agent_id: str) -> Seat | None:
        """The agent's seat, when it is known."""
        return self._seats.get(agent_id)

    def group(self, agent_id: str) -> Group | None:
        """The group that the agent belongs to, when it is known."""
        seat = self._seats.get(agent_id)
        return None if seat is None else seat.group

    def has(self, bit: int) -> bool:
        """Whether somebody on duty has this trait."""
        return bit in self._duty

    def note(self, agent_id: str, profile: Profile, *, since: float | None, on_duty: bool) -> bool:
        """Take in what an agent has become; True when a trait is there now that nobody on duty had, or the reverse."""
        seat = self._seats.get(agent_id)
        if seat is None:
            seat = self._seats[agent_id] = Seat(agent_id, profile, self._group(profile))
        crossed = False
        if seat.profile is not profile and seat.profile != profile:
            crossed = self._regroup(seat, profile)
        if seat.on_duty is not on_duty:
            crossed = self._count(seat.group, come=on_duty) or crossed
            seat.on_duty = on_duty
        if seat.since != since:
            self.leave(seat)
            if since is not None:
                seat.since = since
                heappush(self._fresh, (since, agent_id))
        return crossed

    def _group(self, profile: Profile) -> Group:
        group = self._groups.get(profile)
        if group is None:
            group = self._groups[profile] = Group(profile, self._traits.of(profile))
        return group

    def _regroup(self, seat: Seat, profile: Profile) -> bool:
        self.leave(seat)
        crossed = seat.on_duty and self._count(seat.group, come=False)
        seat.on_duty = False
        seat.profile, seat.group = profile, self._group(profile)
        return crossed

    def _count(self, group: Group, *, come: bool) -> bool:
        crossed = False
        for bit in group.bits:
            count = self._duty.get(bit, 0) + (1 if come else -1)
            if count:
                self._duty[bit] = count
            else:
                del self._duty[bit]
            crossed = crossed or count == (1 if come else 0)
        return crossed

    def leave(self, seat: Seat) -> None:
        """The agent is not free any more."""
        if seat.idle and seat.since is not None:
            idle, key = seat.group.idle, (seat.since, seat.agent_id)
            before = idle[0]
            del idle[bisect_left(idle, key)]
            if before == key:
                del self._heads[bisect_left(self._heads, key)]
                if idle:
                    insort(self._heads, (*idle[0], seat.group))
        seat.since, seat.idle = None, False

    def rest(self, seat: Seat) -> None:
        """The free agent found nothing to do."""
        if seat.idle or seat.since is None:
            return
        seat.idle = True
        idle, key = seat.group.idle, (seat.since, seat.agent_id)
        insort(idle, key)
        if idle[0] is key:
            if len(idle) > 1:
                del self._heads[bisect_left(self._heads, idle[1])]
            insort(self._heads, (*key, seat.group))

    def stir(self) -> None:
        """Everybody who is free looks for a call once more."""
        for seat in self._seats.values():
            if seat.idle and seat.since is not None:
                since = seat.since
                self.leave(seat)
                seat.since = since
                heappush(self._fresh, (since, seat.agent_id))

    def fresh(self) -> Seat | None:
        """The longest free of those who have not looked for a call yet; each is named once."""
        while self._fresh:
            since, agent_id = heappop(self._fresh)
            seat = self._seats[agent_id]
            if seat.since == since and not seat.idle:
                return seat
        return None

    def first(self, required: int, ways: Ways, county: int) -> Seat | None:
        """Of the idle agents who may take the call the best, among equals the longest idle.

        The best sits in the county (a bit, or 0), then is reached by the nearest queue, then has the least handicap.
        """
        best, chosen = 0.0, None
        for _, agent_id, group in self._heads:
            mask = group.mask
            if mask & required != required:
                continue
            try:
                cost = group.costs[ways]
            except KeyError:
                group.learn(ways)
                cost = group.costs[ways]
            if cost is None:
                continue
            if county and not mask & county:
                cost += ELSEWHERE
            if chosen is None or cost < best:
                best, chosen = cost, agent_id
                if not cost:
                    break
        return None if chosen is None else self._seats[chosen]
