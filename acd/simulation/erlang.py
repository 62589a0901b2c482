"""Closed formulas for one pool of agents, against which the simulator is checked; nothing else uses them.

Calls arrive as a Poisson stream of rate L, talks are exponential with mean H, `a = L * H` is the offered load in
erlang and c the number of agents.

Erlang C (A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic
telephone exchanges", 1917; nobody gives up)::

    B(0) = 1,  B(n) = a B(n-1) / (n + a B(n-1))              (loss, by recursion)
    P(wait) = c B(c) / (c - a (1 - B(c)))
    P(answered within t) = 1 - P(wait) exp(-(c - a) t / H)
    E(wait) = P(wait) H / (c - a)

Erlang A (C. Palm, 1946; O. Garnett, A. Mandelbaum, M. Reiman, "Designing a call center with impatient customers",
Manufacturing & Service Operations Management 4 (2002) 208-227; patience exponential with mean 1/theta) is the
birth-death process whose state n, the calls talking and waiting, is left downwards with rate::

    min(n, c) / H + max(n - c, 0) theta

    P(wait) = sum of p(n) for n >= c,   P(abandon) = theta E(waiting) / L
"""

import math
from dataclasses import dataclass

NEGLIGIBLE = 1e-16


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of a pool: `calls_per_s` calls in a second, each keeping an agent busy for `handle_s` seconds."""

    calls_per_s: float
    handle_s: float

    @property
    def erlangs(self) -> float:
        """The agents that would be busy on average if there were enough of them."""
        return self.calls_per_s * self.handle_s


@dataclass(frozen=True, slots=True)
class ErlangA:
    """The two shares, 0 to 1, that a pool with impatient callers is judged by."""

    waiting: float
    abandoned: float


def erlang_b(erlangs: float, agents: int) -> float:
    """The share of calls that find all agents busy where nobody may wait."""
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = erlangs * blocked / (n + erlangs * blocked)
    return blocked


def erlang_c(erlangs: float, agents: int) -> float:
    """The share of calls that wait; 1 where the load is as large as the pool, as the line then grows for ever."""
    if erlangs >= agents:
        return 1.0
    blocked = erlang_b(erlangs, agents)
    return agents * blocked / (agents - erlangs * (1 - blocked))


def service_level(load: Load, agents: int, target_s: float) -> float:
    """The share of calls answered within `target_s` seconds; 0 where the line grows for ever."""
    if load.erlangs >= agents:
        return 0.0
    decay = (agents - load.erlangs) * target_s / load.handle_s
    return 1 - erlang_c(load.erlangs, agents) * math.exp(-decay)


def mean_wait_s(load: Load, agents: int) -> float:
    """The mean wait of all calls in seconds; infinite where the line grows for ever."""
    if load.erlangs >= agents:
        return math.inf
    return erlang_c(load.erlangs, agents) * load.handle_s / (agents - load.erlangs)


def erlang_a(load: Load, agents: int, patience_s: float) -> ErlangA:
    """What impatient callers meet; `patience_s` is the mean time that a caller is ready to wait, in seconds."""
    weight = total = 1.0
    waiting = queue = 0.0
    n = 0
    while n < agents or weight > NEGLIGIBLE * total:
        if n >= agents:
            waiting += weight
            queue += weight * (n - agents)
        n += 1
        weight *= load.calls_per_s / (min(n, agents) / load.handle_s + max(n - agents, 0) / patience_s)
        total += weight
    return ErlangA(waiting / total, queue / total / (patience_s * load.calls_per_s))
