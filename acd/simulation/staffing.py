"""The answers an office asks for: what a number of agents means for the callers, and how many agents it takes."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from acd.simulation.arrivals import Caller, repeated, steady
from acd.simulation.erlang import Load, service_level
from acd.simulation.figures import Counts, Figures, figures
from acd.simulation.hall import Check, Hall
from acd.simulation.scenario import LARGEST, Scenario, ScenarioError, overloaded, unserved

BATCHES = 30
FEWEST_BATCHES = 10
BATCH_HANDLINGS = 20
"""How many mean handling times a batch lasts at least: shorter ones would not be independent."""
WARM_UP_SHARE = 0.05
FEWEST_REPETITIONS = 10
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The figures of all calls together and, where there are several, of each queue."""

    agents: int
    figures: Figures
    queues: dict[str, Figures]


class _Book:
    """Counts of samples of equal `length` in seconds, from 0 of the virtual clock on; `work_s` is what each expects."""

    def __init__(self, scenario: Scenario, samples: int, length: float, work_s: float) -> None:
        self.of_queue = {q.id: [Counts() for _ in range(samples)] for q in scenario.queues}
        self.together = [Counts(staffed_s=scenario.agents * length, excess_s=-work_s) for _ in range(samples)]
        self._length, self._target_s = length, scenario.target_s

    def over(self, caller: Caller, moment: float) -> None:
        if caller.at < 0:
            return
        counts = self.of_queue[caller.queue.id][min(int(caller.at / self._length), len(self.together) - 1)]
        wait = moment - caller.at
        counts.excess_s += caller.handle_s
        answered = caller.answered_at is not None
        counts.calls += 1
        counts.waited += caller.waited
        counts.wait_s += wait
        counts.abandoned += not answered
        counts.in_target += answered and wait <= self._target_s

    def busy(self, begin: float, end: float) -> None:
        end = min(end, self._length * len(self.together))
        begin = max(begin, 0.0)
        # Counted up by sample, never by moment: a sample's end, divided by the length, may fall into the sample again.
        for index in range(int(begin / self._length), len(self.together)):
            until = min(end, (index + 1) * self._length)
            if until > begin:
                self.together[index].busy_s += until - begin
                begin = until
            if begin >= end:
                return

    def samples(self) -> tuple[list[Counts], dict[str, list[Counts]]]:
        for of_queue in self.of_queue.values():
            for together, counts in zip(self.together, of_queue, strict=True):
                together.add(counts)
        return self.together, self.of_queue


def simulate(scenario: Scenario, *, seed: int, check: Check | None = None) -> Answer:
    """What the callers of a scenario meet; the same seed gives the same answer. Raises `ScenarioError`."""
    lonely = unserved(scenario)
    if lonely:
        raise ScenarioError(f"no agent serves {', '.join(lonely)}: give each queue that has calls at least one agent")
    together, of_queue = (_repeated if scenario.recorded else _steady)(scenario, seed, check)
    excess = [counts.excess_s for counts in together]
    queues = {queue: figures(samples, excess) for queue, samples in of_queue.items()} if len(of_queue) > 1 else {}
    return Answer(scenario.agents, figures(together, excess), queues)


def _steady(scenario: Scenario, seed: int, check: Check | None) -> tuple[list[Counts], dict[str, list[Counts]]]:
    """One long run, its beginning left out because the hall was empty then."""
    if overloaded(scenario):
        raise ScenarioError(
            f"{scenario.agents} agents have more work than they can do (load {scenario.erlangs:.1f}): where nobody "
            "gives up, the line would grow for ever; give more agents or the callers' --patience"
        )
    seconds = scenario.hours * HOUR
    batches = min(BATCHES, int(seconds / (BATCH_HANDLINGS * scenario.handle_s)))
    if batches < FEWEST_BATCHES:
        least = FEWEST_BATCHES * BATCH_HANDLINGS * scenario.handle_s / HOUR
        raise ScenarioError(f"{scenario.hours:g} hours are too few to tell chance from fact: give {least:.1f} or more")
    book = _Book(scenario, batches, seconds / batches, scenario.erlangs * seconds / batches)
    begin = -max(HOUR, WARM_UP_SHARE * seconds)
    hall = Hall(scenario, seed=str(seed), begin=begin, over=book.over, busy=book.busy, check=check)
    hall.run(steady(scenario, seed=str(seed), begin=begin, end=seconds))
    return book.samples()


def _repeated(scenario: Scenario, seed: int, check: Check | None) -> tuple[list[Counts], dict[str, list[Counts]]]:
    """The recorded day, as often as fits into the hours: full hours, each time begun with an empty hall."""
    length = recorded_s(scenario)
    means = {q.id: q.handle_s for q in scenario.queues}
    work_s = sum(means[queue] if queue else scenario.handle_s for _, queue in scenario.recorded)
    times = max(FEWEST_REPETITIONS, int(scenario.hours * HOUR / length))
    together: list[Counts] = []
    of_queue: dict[str, list[Counts]] = {q.id: [] for q in scenario.queues}
    for time in range(times):
        book, source = _Book(scenario, 1, length, work_s), f"{seed}.{time}"
        hall = Hall(scenario, seed=source, begin=0.0, over=book.over, busy=book.busy, check=check)
        hall.run(repeated(scenario, seed=source))
        all_calls, each = book.samples()
        together += all_calls
        for queue, counts in each.items():
            of_queue[queue] += counts
    return together, of_queue


def recorded_s(scenario: Scenario) -> float:
    """How long the recorded day lasts, in seconds: up to the end of the hour of its last call."""
    return HOUR * (int(scenario.recorded[-1][0] / HOUR) + 1)


def find(scenario: Scenario, wanted: float, *, seed: int) -> Answer:
    """The answer for the fewest agents with at least `wanted` of the calls in time; each try meets the same callers.

    Raises `ScenarioError` where no number of agents will do.
    """
    if not 0 < wanted < 1:
        raise ScenarioError(f"a share of calls between 0 and 1 can be found, such as 0.95, not {wanted}")
    tried: dict[int, Answer | None] = {}

    def enough(agents: int) -> bool:
        if agents not in tried:
            tried[agents] = _answer(scenario.sized(agents), seed)
        answer = tried[agents]
        return answer is not None and answer.figures.service_level.value >= wanted

    fewest = _fewest(enough, _guess(scenario, wanted))
    answer = tried[fewest]
    if answer is None:  # pragma: no cover - enough() has seen it
        raise ScenarioError("no answer")
    return answer


def _answer(scenario: Scenario, seed: int) -> Answer | None:
    """None for a scenario that cannot be served at all."""
    if unserved(scenario) or (not scenario.recorded and overloaded(scenario)):
        return None
    return simulate(scenario, seed=seed)


def _guess(scenario: Scenario, wanted: float) -> int:
    """What Erlang C says of one pool: a number to begin the search at, no more."""
    rate = len(scenario.recorded) / recorded_s(scenario) if scenario.recorded else scenario.calls_per_hour / HOUR
    load = Load(rate, scenario.handle_s)
    agents = max(1, math.floor(load.erlangs))
    while service_level(load, agents, scenario.target_s) < wanted:
        agents += 1
    return max(1, agents - scenario.agents)


def _fewest(enough: Callable[[int], bool], guess: int) -> int:
    """The smallest number that is enough: strides from the guess that double, then halves of the last stride."""
    low, high = 0, guess
    for stride in _doubling():
        if enough(high):
            break
        low, high = high, high + stride
        if high > LARGEST:
            raise ScenarioError(f"not even {low} agents are enough: other queues or groups need them")
    for stride in _doubling():
        if high - stride <= low or not enough(high - stride):
            low = max(low, high - stride)
            break
        high -= stride
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _doubling() -> Iterator[int]:
    stride = 1
    while True:
        yield stride
        stride *= 2
