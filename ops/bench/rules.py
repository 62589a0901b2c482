"""Comparisons without a telephone: the matcher's speed, idleness under a virtual clock, Erlang's formulas."""

import gc
import math
import time
from collections.abc import Callable, Iterator
from statistics import fmean

from acd.simulation.decisions import run
from acd.simulation.erlang import Load, erlang_a, erlang_c, service_level
from acd.simulation.figures import Estimate
from acd.simulation.hall import Hall, IdleAgentError, work_conserving
from acd.simulation.scenario import Group, Queue, Ringing, Scenario
from acd.simulation.staffing import Answer, simulate
from ops.bench.figures import MS, Figure, Limit, at_least, at_most, quotient, summary
from ops.bench.plan import Plan

_NS = 1e-9
HALLS = (("decide_hall", 70, 12, 500, 100_000), ("decide_province", 3000, 50, 2000, 20_000))
"""Figure, agents, skills, callers waiting, decisions a second that are asked for."""
GROWTH = (10, 10_000)
_HANDLE_S, _PATIENCE_S, _TARGET_S, _AGENTS, _CALLS_PER_HOUR = 180.0, 300.0, 20.0, 14, 200.0


def decide(plan: Plan) -> Iterator[Figure]:
    """Decisions a second of the pure matcher with every rule on, and how its cost grows with the callers waiting."""
    for name, agents, skills, waiting, least in HALLS:
        yield from _speed(name, plan, agents=agents, skills=skills, waiting=waiting, least=least)
    yield _growth(plan)


def _speed(name: str, plan: Plan, *, agents: int, skills: int, waiting: int, least: int) -> Iterator[Figure]:
    seeds = range(1, plan.repeats + 1)
    own = [_timed(agents, skills, waiting, plan.decisions, seed, timer=time.thread_time_ns) for seed in seeds]
    rates = summary([1 / fmean(one) for one in own])
    wall = [_timed(agents, skills, waiting, plan.decisions, seed, timer=time.perf_counter_ns) for seed in seeds]
    each = summary([value for one in wall for value in one], scale=MS)
    hall = f"{agents} agents, {skills} skills, {waiting} waiting"
    limits = (at_least("decisions a second", rates.mean, least),)
    note = f"decisions a second of processor time, {hall}; a sample is a repeat"
    yield Figure(name, "1/s", rates, None, "", None, "", limits, note)
    limits = (at_most("p99", each.p99, 1.0),)
    yield Figure(
        f"{name}_each", "ms", each, None, "", None, "", limits, f"one decision by the clock on the wall, {hall}"
    )


def _timed(
    agents: int, skills: int, waiting: int, decisions: int, seed: int, *, timer: Callable[[], int]
) -> list[float]:
    """Seconds of each decision; the collector of what the trial itself leaves behind waits until afterwards."""
    gc.collect()
    gc.disable()
    try:
        return [value * _NS for value in run(agents, skills, waiting, decisions, seed, timer=timer)]
    finally:
        gc.enable()


def _growth(plan: Plan) -> Figure:
    few, many = GROWTH
    counts = [
        [
            fmean(_timed(70, 12, waiting, plan.decisions // 4, seed, timer=time.thread_time_ns))
            for seed in range(1, plan.repeats + 1)
        ]
        for waiting in GROWTH
    ]
    small, large = summary(counts[0], scale=MS), summary(counts[1], scale=MS)
    ratio = quotient(large.p50, small.p50)
    logarithmic = math.log(many) / math.log(few)
    limits = (at_most(f"cost with {many} waiting / cost with {few}", ratio or math.inf, logarithmic),)
    note = f"mean processor time of a decision; log {many} / log {few} is {logarithmic:g}"
    return Figure("decide_growth", "ms", large, small, f"{few} waiting", ratio, f"{many} / {few} waiting", limits, note)


_MIXED_PER_HOUR, _LEAST_HOURS = 260.0, 9.0


def conserving(plan: Plan) -> list[Figure]:
    """How often a free agent and a caller whom that agent serves waited for each other, in simulated calls."""
    looks = _Looks()
    calls = 0
    seed = 0
    while calls < plan.simulated_calls:
        seed += 1
        hours = max(_LEAST_HOURS, (plan.simulated_calls - calls) / _MIXED_PER_HOUR * 1.02)
        calls += simulate(_mixed(hours), seed=seed, check=looks).figures.calls
    found = summary([float(looks.idle)])
    limits = (at_most("times", looks.idle, 0),)
    note = f"{calls} simulated calls in three queues, some missed or given up; looked at after {looks.events} events"
    return [Figure("work_conserving_simulated", "times", found, None, "", None, "", limits, note)]


class _Looks:
    """`work_conserving`, counted."""

    def __init__(self) -> None:
        self.events = 0
        self.idle = 0

    def __call__(self, hall: Hall) -> None:
        self.events += 1
        try:
            work_conserving(hall)
        except IdleAgentError:
            self.idle += 1


def _mixed(hours: float) -> Scenario:
    return Scenario(
        queues=(
            Queue("city", 0.7, 150, 60),
            Queue("linhe", 0.2, 200, 90, priority=1),
            Queue("emergency", 0.1, 60, 40, priority=9),
        ),
        groups=(
            Group(("city", "emergency"), 6),
            Group(("linhe", "emergency"), 2),
            Group(("emergency", "linhe", "city"), 2),
        ),
        calls_per_hour=_MIXED_PER_HOUR,
        hours=hours,
        ringing=Ringing(pickup_s=4, missed=0.08, away_s=45),
    )


def erlang(plan: Plan) -> list[Figure]:
    """The simulator that drives the real rules against Erlang C and Erlang A."""
    load = Load(_CALLS_PER_HOUR / 3600, _HANDLE_S)
    patient = _simulated(math.inf, plan.erlang_hours).figures
    level = service_level(load, _AGENTS, _TARGET_S)
    near = Limit("within 0.5 points", patient.service_level.value, abs(patient.service_level.value - level) <= 0.005)  # noqa: PLR2004 - as the text says
    hurried, truth = _simulated(_PATIENCE_S, plan.erlang_hours / 5).figures, erlang_a(load, _AGENTS, _PATIENCE_S)
    return [
        _beside("erlang_c_service_level", patient.service_level, level, near),
        _beside("erlang_c_waiting", patient.waited, erlang_c(load.erlangs, _AGENTS)),
        _beside("erlang_a_waiting", hurried.waited, truth.waiting),
        _beside("erlang_a_abandoned", hurried.abandoned, truth.abandoned),
    ]


def _simulated(patience_s: float, hours: float) -> Answer:
    queue = Queue("city", 1.0, _HANDLE_S, patience_s)
    scenario = Scenario(
        (queue,), (Group(("city",), _AGENTS),), calls_per_hour=_CALLS_PER_HOUR, target_s=_TARGET_S, hours=hours
    )
    return simulate(scenario, seed=1)


def _beside(name: str, found: Estimate, truth: float, *more: Limit) -> Figure:
    inside = Limit("formula inside the 99 % interval", found.value, found.low <= truth <= found.high)
    note = f"simulated with the real rules, 99 % interval {found.low:.5f} to {found.high:.5f}; the other is the formula"
    ours = summary([found.value])
    other = summary([truth])
    return Figure(
        name, "share", ours, other, "formula", quotient(found.value, truth), "ours / formula", (inside, *more), note
    )
