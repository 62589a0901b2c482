"""`work_conserving`, live: whether a free agent and a caller waited for each other, by the records and the phones."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ops.bench.figures import Figure, TooFew, at_most, summary
from ops.bench.hall import Hall, Seen
from ops.bench.plan import Plan
from ops.bench.stage import Stage
from ops.call.clock import epoch
from ops.call.until import until_answered

SLACK = 0.05
SUPERVISOR = "9001"
_PAGE = 200
_DELIVERY_SECONDS = 60

Interval = tuple[float, float]


async def live(stage: Stage, halls: Sequence[Hall], ready_at: Mapping[str, float], plan: Plan) -> Figure:
    """Look at every call of these halls (our side; every agent serves every caller)."""
    seen = [hall.seen for hall in halls]
    callers = {caller for one in seen for caller in one.dialled}
    if len(callers) < plan.live_calls:
        raise TooFew(f"work_conserving has {len(callers)} live calls, {plan.live_calls} are needed")
    entered = await _queued(stage, callers)
    times = both_waited(free_agents(seen, ready_at), waiting_callers(seen, entered))
    note = (
        f"{len(entered)} of {len(callers)} live calls reached the queue; a caller waits from `queued_at` of its record "
        "to the INVITE at an agent's phone or its end, an agent from the outcome command to the INVITE; counted when "
        "both do for more than 50 ms"
    )
    limits = (at_most("times", times, 0),)
    return Figure("work_conserving_live", "times", summary([float(times)]), None, "", None, "", limits, note)


def free_agents(seen: Iterable[Seen], ready_at: Mapping[str, float]) -> list[Interval]:
    """Return from when to when each agent was free."""
    frees: dict[str, list[float]] = defaultdict(list)
    rings: dict[str, list[float]] = defaultdict(list)
    for agent, at in ready_at.items():
        frees[agent].append(at)
    for one in seen:
        for agent, at in one.frees:
            frees[agent].append(at)
        for ring in one.rings:
            rings[ring.agent].append(ring.at)
    found: list[Interval] = []
    for agent, moments in frees.items():
        ends = sorted(rings[agent])
        for at in moments:
            place = bisect_left(ends, at)
            if place < len(ends):
                found.append((at, ends[place]))
    return found


def waiting_callers(seen: Iterable[Seen], entered: Mapping[str, float]) -> list[Interval]:
    """Return from when to when each caller who reached the queue waited in it."""
    found: list[Interval] = []
    for one in seen:
        ends = dict(one.ended)
        for ring in reversed(one.rings):
            ends[ring.caller] = ring.at
        found += [(entered[caller], end) for caller, end in ends.items() if caller in entered]
    return found


def both_waited(agents: Sequence[Interval], callers: Sequence[Interval], *, slack: float = SLACK) -> int:
    """Count the callers beside whom some agent was free for more than `slack` seconds."""
    return sum(any(min(end, until) - max(begin, since) > slack for since, until in agents) for begin, end in callers)


async def _queued(stage: Stage, callers: set[str]) -> dict[str, float]:
    """When each of these callers entered the queue, by the records, once they are all written."""
    rows: dict[str, dict[str, Any]] = {}

    async def all_written() -> bool:
        rows.update(await _records(stage, callers))
        return len(rows) == len(callers) and all(row["ended_at"] for row in rows.values())

    await until_answered(all_written, f"the records of {len(callers)} calls", seconds=_DELIVERY_SECONDS)
    return {caller: epoch(row["queued_at"]) for caller, row in rows.items() if row["queued_at"]}


async def _records(stage: Stage, callers: set[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    offset = 0
    while True:
        page = await stage.desk.ask(SUPERVISOR, "GET", "/api/calls", limit=_PAGE, offset=offset)
        found |= {row["caller_raw"]: row for row in page["items"] if row["caller_raw"] in callers}
        offset += _PAGE
        if len(page["items"]) < _PAGE:
            return found
