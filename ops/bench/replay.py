"""`replay`: the same recorded arrivals at the same time through ours and through `app_queue` with penalties."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass

from ops.bench.figures import Figure, at_least, at_most, quotient, summary
from ops.bench.hall import Arrival, Hall, Manner, Seen
from ops.bench.native import REPLAY, Members
from ops.bench.plan import Plan
from ops.bench.stage import Stage

TARGET_S = 15.0
MANNER = Manner(pick_up=0.5, talk=(1.0, 1.0), wrap_up=(0.05, 0.05))
_PATIENCE_S = 20.0
_LOAD = 1.75
"""Calls that come, in times of what the agents can take: a rush, so that there is something to distribute."""
_QUEUE = "replay"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one caller: seconds waited, and whether an agent answered."""

    waited: float
    answered: bool


def team(agents: int) -> int:
    """Return how many agents each side has in a replay: up to eight."""
    return min(8, agents // 2)


def members(agents: tuple[str, ...]) -> dict[str, Members]:
    """Return the other side's queue: a quarter of its agents helps only when the others are busy (penalty 1)."""
    mine = agents[team(len(agents)) : 2 * team(len(agents))]
    helpers = max(1, len(mine) // 4)
    return {f"bench-{_QUEUE}": [(agent, int(place >= len(mine) - helpers)) for place, agent in enumerate(mine)]}


def arrivals(seed: int, agents: int, *, seconds: float, talk_s: float) -> list[Arrival]:
    """Return a rush as it was recorded: drawn from a seed, so that everybody gets the same."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    rate = _LOAD * agents / talk_s
    found: list[Arrival] = []
    at = chance.expovariate(rate)
    while at < seconds:
        talk = min(4 * talk_s, chance.expovariate(1 / talk_s))
        found.append(Arrival(at, max(talk_s / 10, talk), chance.expovariate(1 / _PATIENCE_S)))
        at += chance.expovariate(rate)
    return found


class Replay:
    """Collects the fates of callers on both sides over the repeats."""

    def __init__(self, stage: Stage, plan: Plan) -> None:
        self.fates: dict[str, list[Fate]] = {"ours": [], "other": []}
        self._stage = stage
        self._plan = plan

    async def repeat(self, number: int) -> None:
        """One rush, on both sides at once: our agents' phones and the other's are different ones."""
        size = team(len(self._stage.agents))
        rush = arrivals(number + 1, size, seconds=self._plan.replay_seconds, talk_s=self._plan.replay_talk)
        halls = [
            Hall(self._stage, "ours", MANNER),
            Hall(self._stage, "other", MANNER, dialled=f"{REPLAY}{_QUEUE}"),
        ]
        with halls[0], halls[1]:
            await asyncio.gather(*(hall.recorded(rush) for hall in halls))
        for hall in halls:
            self.fates[hall.side] += list(fates(hall.seen))

    def figures(self) -> Iterator[Figure]:
        """Share answered in time, mean wait, share that gave up."""
        ours, other = self.fates["ours"], self.fates["other"]
        quick = [[float(one.answered and one.waited <= TARGET_S) for one in side] for side in (ours, other)]
        yield self._compared("replay_in_15_s", "share", quick, larger_is_better=True)
        yield self._compared("replay_wait", "s", [[one.waited for one in side] for side in (ours, other)])
        yield self._compared(
            "replay_abandoned", "share", [[float(not one.answered) for one in side] for side in (ours, other)]
        )

    def _compared(self, name: str, unit: str, found: list[list[float]], *, larger_is_better: bool = False) -> Figure:
        ours, other = (summary(side, what=name) for side in found)
        limit = (at_least if larger_is_better else at_most)("mean beside app_queue's", ours.mean, other.mean)
        gap = ours.mean - other.mean
        note = f"the same {ours.samples} callers on both sides at once, ours minus app_queue's is {gap:+.4g} {unit}"
        ratio = quotient(ours.mean, other.mean)
        return Figure(name, unit, ours, other, "app_queue penalties", ratio, "ours / other", (limit,), note)


def fates(seen: Seen) -> Iterator[Fate]:
    """Return what became of each caller; a wait lasts from the answer of the system to the ring, or to giving up."""
    rang = {ring.caller: ring.at for ring in reversed(seen.rings)}
    for caller, since in seen.connected.items():
        answered = caller in rang
        yield Fate((rang[caller] if answered else seen.ended[caller]) - since, answered)
