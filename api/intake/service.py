"""Applies call events: stores each once, folds the calls they touch, opens cases, owes and cancels return calls.

Changes of agents' states come the same way, and are stored beside.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from sqlalchemy.exc import DBAPIError

from acd.messages import CallEventType, Pop
from api.cases.numbers import case_day, case_number, new_query_code
from api.cases.rules import CaseState
from api.core.phones import canonical_number, display_number, masked_number
from api.intake import repository
from api.intake.acts import is_act, store_acts
from api.intake.fold import CallFacts, Fact, fold, fold_offers
from api.intake.parsing import Event, Rejected, parse_event, reject
from api.intake.repository import CaseRef, History
from api.intake.returns import decide
from api.intake.traces import TRACING, traces
from db.engine import WriteSession, is_away
from db.guests import is_guest

log = structlog.get_logger(__name__)

POP_ROWS: Final = 5
NOTHING: Final = History([], [])
ABOUT_PEOPLE: Final = frozenset({CallEventType.AGENT_STATE, CallEventType.HALL_ACT})
"""Types of events that are no facts of a call."""


@dataclass(frozen=True, slots=True)
class Place:
    """What numbers need to know of the city: the region of case numbers and the area code of local callers."""

    region_code: str
    area_code: str


@dataclass(slots=True)
class Receipt:
    """What the sender may forget, and what the screens are to be told."""

    accepted: list[int] = field(default_factory=list)
    pops: list[Pop] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Applied:
    """The calls after a batch: facts, canonical caller and case, by call id; only those that were touched."""

    facts: dict[str, CallFacts]
    callers: dict[str, str | None]
    cases: dict[str, CaseRef]


async def accept(session: WriteSession, entries: Sequence[Any], *, place: Place, now: dt.datetime) -> Receipt:
    """Apply a batch in the caller's transaction.

    Raises sqlalchemy's DBAPIError when one of the entries cannot be stored; `accept_one_by_one` then finds which.
    """
    parsed = [parse_event(entry) for entry in entries]
    rejected = [entry for entry in parsed if isinstance(entry, Rejected)]
    events = [entry for entry in parsed if isinstance(entry, Event)]
    if rejected:
        log.warning("events_rejected", reasons=sorted({entry.reason for entry in rejected}))
        await repository.store_rejected(session, rejected)
    receipt = Receipt([entry.seq for entry in parsed if entry.seq is not None])
    changes = [event for event in events if event.type is CallEventType.AGENT_STATE]
    if changes:
        await repository.store_states(session, changes)
    await store_acts(session, [event for event in events if is_act(event)])
    events = [event for event in events if event.type not in ABOUT_PEOPLE]
    if events:
        facts = [(event.call_id, Fact(event.seq, event.type.value, event.at, event.data)) for event in events]
        applied = await apply_facts(session, facts, place=place, now=now)
        receipt.pops = await _pops(session, events, applied)
    return receipt


async def accept_one_by_one(
    session: WriteSession, entries: Sequence[Any], *, place: Place, now: dt.datetime
) -> Receipt:
    """Apply a batch of which one entry upset the database: that one is stored as rejected, the others count."""
    receipt = Receipt()
    for entry in entries:
        try:
            async with session.begin_nested():
                one = await accept(session, [entry], place=place, now=now)
        except DBAPIError as error:
            if is_away(error):
                raise
            refused = reject(entry, f"the database refused it: {type(error.orig).__name__}")
            await repository.store_rejected(session, [refused])
            one = Receipt([] if refused.seq is None else [refused.seq])
        receipt.accepted += one.accepted
        receipt.pops += one.pops
    return receipt


async def apply_facts(
    session: WriteSession, facts: Sequence[tuple[str, Fact]], *, place: Place, now: dt.datetime
) -> Applied:
    """Store facts about calls and bring calls, offers, cases and return calls up to date with them."""
    call_ids = {call_id for call_id, _ in facts}
    await repository.lock_calls(session, call_ids)
    known, changed = await repository.store_events(session, facts, call_ids)
    folded = {call_id: fold(known[call_id]) for call_id in call_ids}
    about = await repository.find_about(session, folded)
    for call_id, call in folded.items():
        call.about_case = about[call_id].number if call_id in about else None
    callers = {key: canonical_number(call.caller_raw, area_code=place.area_code) for key, call in folded.items()}
    if changed:
        offers = {call_id: fold_offers(known[call_id]) for call_id in changed}
        rows = {key: (folded[key], callers[key]) for key in changed}
        await repository.store_calls(session, rows, offers)
        tracing = {call_id for call_id, fact in facts if fact.type in TRACING} & changed
        if tracing:
            await repository.store_traces(session, rows, {key: traces(known[key]) for key in tracing}, now=now)
    cases = about | await ensure_cases(session, folded, region=place.region_code, now=now)
    await settle_returns(session, _concerned(folded, callers, changed), now=now)
    return Applied(folded, callers, cases)


async def ensure_cases(
    session: WriteSession, calls: dict[str, CallFacts], *, region: str, now: dt.datetime
) -> dict[str, CaseRef]:
    """Open the cases that are missing; the locked rows of the calls keep it at one each."""
    wanted = [call_id for call_id, call in calls.items() if call.needs_case]
    if not wanted:
        return {}
    cases = await repository.find_cases(session, wanted)
    missing = sorted(call_id for call_id in wanted if call_id not in cases)
    by_day: defaultdict[dt.date, list[tuple[str, dt.datetime]]] = defaultdict(list)
    for call_id in missing:
        at = _opened_at(calls[call_id], now=now)
        by_day[case_day(at)].append((call_id, at))
    for day in sorted(by_day):
        serials = await repository.take_serials(session, region, day, len(by_day[day]))
        numbered = [
            (call_id, CaseRef(case_number(region, day, serial), CaseState.DRAFT.value, new_query_code()), at)
            for serial, (call_id, at) in zip(serials, by_day[day], strict=True)
        ]
        await repository.open_cases(session, numbered)
        cases |= {call_id: case for call_id, case, _ in numbered}
    return cases


def _opened_at(call: CallFacts, *, now: dt.datetime) -> dt.datetime:
    return call.first_offered_at or call.answered_at or call.ended_at or call.started_at or now


def _concerned(calls: dict[str, CallFacts], callers: dict[str, str | None], changed: set[str]) -> set[str]:
    """Return the callers whose debt the changed calls may have made or settled."""
    return {
        caller
        for call_id, caller in callers.items()
        if caller and call_id in changed and (calls[call_id].left_alone or calls[call_id].has_been_answered)
    }


async def settle_returns(session: WriteSession, callers: Iterable[str], *, now: dt.datetime) -> None:
    """Owe or cancel the return calls of these callers as the facts now stand."""
    concerned = sorted(set(callers))
    if not concerned:
        return
    await repository.lock_callers(session, concerned)
    for facts in await repository.caller_facts(session, concerned):
        decision = decide(facts)
        if decision is not None:
            await repository.settle(session, decision)
            log.info("return_call", decision=type(decision).__name__, call_id=decision.call_id, decided_at=now)


async def _pops(session: WriteSession, events: Iterable[Event], applied: Applied) -> list[Pop]:
    offered = [event for event in events if _pops_up(event, applied)]
    wanted = {(caller, e.data["agent_id"]) for e in offered if (caller := applied.callers[e.call_id])}
    history = await repository.caller_history(session, wanted) if wanted else {}
    return [_pop(event, applied, history) for event in sorted(offered, key=lambda event: event.seq)]


def _pops_up(event: Event, applied: Applied) -> bool:
    """Whether a screen is shown the case now: with the offer, and where a call of ours opens one, with the answer."""
    outbound = applied.facts[event.call_id].is_outbound
    kinds = {CallEventType.OFFERED, CallEventType.ANSWERED} if outbound else {CallEventType.OFFERED}
    return event.type in kinds and event.call_id in applied.cases


def _pop(event: Event, applied: Applied, history: dict[tuple[str, str], History]) -> Pop:
    caller, case = applied.callers[event.call_id], applied.cases[event.call_id]
    hidden = applied.facts[event.call_id].is_outbound
    # A guest sees the calls of the session and no others.
    agent = event.data["agent_id"]
    known = NOTHING if is_guest(agent) else history.get((caller or "", agent), NOTHING)
    return Pop(
        call_id=event.call_id,
        agent_id=event.data["agent_id"],
        case_no=case.number,
        case_state=case.state,
        query_code=case.query_code,
        caller=None if hidden else caller,
        caller_display=masked_number(caller) if hidden else display_number(caller),
        earlier_calls=[row for row in known.earlier_calls if row["call_id"] != event.call_id][:POP_ROWS],
        open_cases=[row for row in known.open_cases if row["call_id"] != event.call_id][:POP_ROWS],
    )
