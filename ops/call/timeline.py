"""What happened to each call, in order, and the figures of one or many; pure: facts in, values out."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from ops.ranks import percentile


@dataclass(frozen=True, slots=True)
class OfferFact:
    """One offer at one agent's screen; moments are epoch seconds."""

    agent: str
    call_id: str
    decided_at: float
    popped_at: float
    queue: str = ""
    menu_version: int | None = None
    waited_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RingFact:
    """One ring at one agent's phone; `call_id` is the X-Call-Id header."""

    agent: str
    call_id: str | None
    rang_at: float
    answered_at: float | None = None
    ended_at: float | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Everything that was seen of one call, from every side; None is what nobody saw."""

    key: str
    caller: str
    dialled: str
    keys: str = ""
    dialled_at: float | None = None
    connected_at: float | None = None
    greeted_at: float | None = None
    pressed_at: float | None = None
    queued_at: float | None = None
    offers: tuple[OfferFact, ...] = ()
    rings: tuple[RingFact, ...] = ()
    agent_heard_at: float | None = None
    citizen_heard_at: float | None = None
    ended_at: float | None = None
    ended_by: str | None = None
    refused: str | None = None
    outcome: str | None = None
    outcome_at: float | None = None
    call_id: str | None = None
    case_no: str | None = None
    case_shown_at: float | None = None
    case_count: int = 0
    problems: tuple[str, ...] = ()

    @property
    def answer(self) -> RingFact | None:
        """The ring that an agent answered last, or None."""
        return next((ring for ring in reversed(self.rings) if ring.answered_at is not None), None)

    @property
    def offer(self) -> OfferFact | None:
        """The offer that led to the answer; the last one when nobody answered."""
        answer = self.answer
        led = [one for one in self.offers if answer and one.agent == answer.agent and one.decided_at <= answer.rang_at]
        known = led or list(self.offers)
        return known[-1] if known else None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a timeline; `at` is None when the step did not happen."""

    name: str
    at: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one call, in milliseconds; None where a step is missing."""

    queue_ms: int | None
    pop_ms: float | None
    ring_ms: float | None
    pop_before_ring: bool


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of some milliseconds; None without any value."""

    p50: float | None
    p95: float | None
    p99: float | None


def steps(facts: CallFacts) -> list[Step]:
    """Return what must happen to a call in the order of time; what did not happen stands at the end."""
    answer, offer = facts.answer, facts.offer
    found = [
        Step("dialled", facts.dialled_at, f"{facts.caller} dials {facts.dialled}"),
        Step("greeted", facts.greeted_at, "the first sound is heard"),
        *([Step("key pressed", facts.pressed_at, facts.keys)] if facts.keys else []),
        Step("queued", facts.queued_at, f"queue {offer.queue}" if offer else ""),
        Step("popped", offer.popped_at if offer else None, f"on the screen of {offer.agent}" if offer else ""),
        Step("rang", answer.rang_at if answer else None, f"the phone of {answer.agent}" if answer else ""),
        Step("answered", answer.answered_at if answer else None, f"by {answer.agent}" if answer else ""),
        Step("talked", _both(facts.agent_heard_at, facts.citizen_heard_at), "each hears the other"),
        Step("ended", facts.ended_at, f"by the {_ender(facts)}"),
        Step("outcome chosen", facts.outcome_at, facts.outcome or ""),
        Step("case number", facts.case_shown_at, facts.case_no or ""),
    ]
    return sorted(found, key=lambda step: math.inf if step.at is None else step.at)


def missing(facts: CallFacts) -> list[str]:
    """Return the names of the steps that did not happen, and what else is wrong with the call's record."""
    names = [step.name for step in steps(facts) if step.at is None]
    if facts.case_count != 1:
        names.append(f"exactly one case (there are {facts.case_count})")
    return names


def figures(facts: CallFacts) -> Figures:
    """Return a call's figures: of its answered offer, but `pop_before_ring` of every offer it was given."""
    offer, answer = facts.offer, facts.answer
    return Figures(
        queue_ms=offer.waited_ms if offer else None,
        pop_ms=_ms(offer.decided_at, offer.popped_at) if offer else None,
        ring_ms=_ms(offer.decided_at, answer.rang_at) if offer and answer else None,
        pop_before_ring=bool(facts.rings) and all(_popped_first(ring, facts.offers) for ring in facts.rings),
    )


def summary(facts: CallFacts) -> dict[str, Any]:
    """Return the last line of one call's report."""
    values = figures(facts)
    return {
        "call_id": facts.call_id,
        "case_no": facts.case_no,
        "menu_version": facts.offer.menu_version if facts.offer else None,
        "queue_ms": values.queue_ms,
        "pop_ms": values.pop_ms,
        "ring_ms": values.ring_ms,
        "pop_before_ring": values.pop_before_ring,
        "answered": facts.answer is not None,
        "case_count": facts.case_count,
    }


def summary_of_all(calls: Sequence[CallFacts], double_offers: int) -> dict[str, Any]:
    """Return the last line of many calls' report."""
    each = [figures(facts) for facts in calls]
    pops = spread([one.pop_ms for one in each if one.pop_ms is not None])
    rings = spread([one.ring_ms for one in each if one.ring_ms is not None])
    return {
        "calls": len(calls),
        "answered": sum(facts.answer is not None for facts in calls),
        "cases": sum(facts.case_count for facts in calls),
        "double_offers": double_offers,
        "pop_before_ring": sum(one.pop_before_ring for one in each),
        "pop_ms": _as_dict(pops),
        "ring_ms": _as_dict(rings),
    }


def spread(values: Sequence[float]) -> Spread:
    """Return the percentiles of `values` by the nearest rank."""
    ranked = sorted(values)
    if not ranked:
        return Spread(None, None, None)
    p50, p95, p99 = (percentile(ranked, share) for share in (0.5, 0.95, 0.99))
    return Spread(p50, p95, p99)


@dataclass(frozen=True, slots=True)
class Word:
    """One message at an agent's screen that begins or ends a call there: offer, withdrawn, or a state."""

    kind: str
    call_id: str | None = None
    state: str | None = field(default=None)


_FREE = frozenset({"ready", "missed", "paused", "logged_out"})


def double_offers(words: Iterable[Word]) -> int:
    """Return how often one agent's screen was offered a call while another one was still in hand there."""
    count, held = 0, None
    for word in words:
        if word.kind == "offer":
            count += held not in {None, word.call_id}
            held = word.call_id
        elif (word.kind == "withdrawn" and word.call_id == held) or (word.kind == "state" and word.state in _FREE):
            held = None
    return count


def double_rings(rings: Iterable[RingFact]) -> int:
    """Return how often one agent's phone rang while it was not yet on the hook after the ring before."""
    ordered = sorted(rings, key=lambda ring: ring.rang_at)
    return sum(before.ended_at is None or before.ended_at > after.rang_at for before, after in pairwise(ordered))


def _popped_first(ring: RingFact, offers: Iterable[OfferFact]) -> bool:
    pops = [one.popped_at for one in offers if one.agent == ring.agent and one.decided_at <= ring.rang_at]
    return bool(pops) and max(pops) <= ring.rang_at


def _both(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else max(one, other)


def _ender(facts: CallFacts) -> str:
    answer = facts.answer
    if facts.ended_by == "self":
        return "citizen"
    return "agent" if answer and answer.ended_by == "self" else "system"


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 1)


def _as_dict(values: Spread) -> dict[str, float | None]:
    return {"p50": values.p50, "p95": values.p95, "p99": values.p99}
