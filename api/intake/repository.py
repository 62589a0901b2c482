"""All queries of the intake; the SQL stands in `statements`."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import orjson

from api.cases.rules import OPEN_STATES
from api.intake import statements
from api.intake.fold import CallFacts, Fact, OfferFacts
from api.intake.parsing import Event, Rejected
from api.intake.returns import CallerFacts, Cancel, Owe
from api.intake.traces import Affected, Rated, Spoken, Traces, Visit
from db.engine import WriteSession


@dataclass(frozen=True, slots=True)
class CaseRef:
    """A case as a pop names it."""

    number: str
    state: str
    query_code: str


@dataclass(frozen=True, slots=True)
class History:
    """What is known of a caller; newest first."""

    earlier_calls: list[dict[str, Any]]
    open_cases: list[dict[str, Any]]


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


Row = CallFacts | OfferFacts | Fact | Rejected | Owe | Cancel | Visit | Rated | Affected | Spoken


def _row(facts: Row) -> dict[str, Any]:
    """Return the fields by name; unlike `asdict` it copies no value."""
    return {field.name: getattr(facts, field.name) for field in fields(facts)}


async def lock_calls(session: WriteSession, call_ids: Collection[str]) -> None:
    """Create the rows that are missing and lock all of them until the transaction ends."""
    await session.execute(statements.LOCK_CALLS, {"call_ids": sorted(call_ids)})


async def store_states(session: WriteSession, changes: Iterable[Event]) -> None:
    """Store changes of agents' states that are new; each ends the one before, in whatever order they come."""
    rows = [{"seq": change.seq, **change.data} for change in changes]
    agents = sorted({row["agent_id"] for row in rows})
    await session.execute(statements.LOCK_AGENTS, {"agents": agents})
    await session.execute(statements.STORE_STATES, {"states": _json(rows)})
    since = min(row["since"] for row in rows)
    await session.execute(statements.END_STATES, {"agents": agents, "since": dt.datetime.fromisoformat(since)})


async def store_events(
    session: WriteSession, events: Iterable[tuple[str, Fact]], call_ids: Collection[str]
) -> tuple[dict[str, list[Fact]], set[str]]:
    """Store the events that are new; return all events of each call, and the calls that got a new one."""
    rows = [{"call_id": call_id, **_row(fact)} for call_id, fact in events]
    result = await session.execute(statements.STORE_EVENTS, {"events": _json(rows), "call_ids": sorted(call_ids)})
    known: dict[str, list[Fact]] = {}
    changed: set[str] = set()
    for call_id, seq, kind, at, data, fresh in result:
        known.setdefault(call_id, []).append(Fact(seq, kind, at, orjson.loads(data)))
        if fresh:
            changed.add(call_id)
    return known, changed


async def store_calls(
    session: WriteSession,
    calls: Mapping[str, tuple[CallFacts, str | None]],
    offers: Mapping[str, Sequence[OfferFacts]],
) -> None:
    """Rewrite the rows of the calls (facts and canonical caller) and of their offers."""
    call_rows = [{"call_id": key, "caller": caller, **_row(facts)} for key, (facts, caller) in calls.items()]
    offer_rows = [{"call_id": key, **_row(offer)} for key, several in offers.items() for offer in several]
    await session.execute(statements.STORE_CALLS, {"calls": _json(call_rows), "offers": _json(offer_rows)})


async def store_traces(
    session: WriteSession,
    calls: Mapping[str, tuple[CallFacts, str | None]],
    left: Mapping[str, Traces],
    *,
    now: dt.datetime,
) -> None:
    """Rewrite what the calls (facts and canonical caller) leave beside their rows; most leave little."""
    visits = [{"call_id": key, **_row(visit)} for key, one in left.items() for visit in one.visits]
    ratings = [
        {"call_id": key, "agent_id": calls[key][0].answered_by, **_row(one.rated)}
        for key, one in left.items()
        if one.rated is not None
    ]
    affected = [
        {"call_id": key, "caller": calls[key][1], **_row(mark)} for key, one in left.items() for mark in one.affected
    ]
    messages = [{**_author(key, calls[key]), **_row(said)} for key, one in left.items() for said in one.spoken]
    if visits:
        await session.execute(statements.STORE_VISITS, {"visits": _json(visits)})
    if ratings:
        await session.execute(statements.STORE_RATINGS, {"ratings": _json(ratings)})
    if affected:
        await session.execute(statements.STORE_AFFECTED, {"affected": _json(affected)})
    if messages:
        await session.execute(statements.STORE_MESSAGES, {"messages": _json(messages), "now": now})


def _author(call_id: str, call: tuple[CallFacts, str | None]) -> dict[str, Any]:
    facts, caller = call
    return {"call_id": call_id, "caller_raw": facts.caller_raw, "dialled": facts.dialled, "callback": caller}


async def find_cases(session: WriteSession, call_ids: Collection[str]) -> dict[str, CaseRef]:
    """Return the cases of the calls that have one."""
    rows = await session.execute(statements.FIND_CASES, {"call_ids": list(call_ids)})
    return {call_id: CaseRef(*named) for call_id, *named in rows}


async def find_about(session: WriteSession, calls: Mapping[str, CallFacts]) -> dict[str, CaseRef]:
    """Return the cases that calls of the hotline's own are about, by the id of the call."""
    wanted = [
        {"call_id": call_id, "case_no": call.about_case, "about_call": call.about_call}
        for call_id, call in calls.items()
        if call.about_case is not None or call.about_call is not None
    ]
    if not wanted:
        return {}
    rows = await session.execute(statements.FIND_ABOUT, {"wanted": _json(wanted)})
    return {call_id: CaseRef(*named) for call_id, *named in rows}


async def take_serials(session: WriteSession, region: str, day: dt.date, count: int) -> range:
    """Return `count` serials of this region and day that nobody else has."""
    result = await session.execute(statements.TAKE_SERIALS, {"region": region, "day": day, "count": count})
    last = result.scalar_one()
    return range(last - count + 1, last + 1)


async def open_cases(session: WriteSession, cases: Sequence[tuple[str, CaseRef, dt.datetime]]) -> None:
    """Insert cases given as (call id, case, opened at)."""
    rows = [
        {
            "call_id": call_id,
            "number": case.number,
            "state": case.state,
            "query_code": case.query_code,
            "opened_at": opened_at,
        }
        for call_id, case, opened_at in cases
    ]
    await session.execute(statements.OPEN_CASES, {"cases": _json(rows)})


async def store_rejected(session: WriteSession, rejected: Iterable[Rejected]) -> None:
    """Keep entries that can never be applied, each once."""
    rows = [{**_row(entry), "seq": None if entry.seq is None else str(entry.seq)} for entry in rejected]
    await session.execute(statements.STORE_REJECTED, {"rejected": _json(rows)})


async def lock_callers(session: WriteSession, callers: Collection[str]) -> None:
    """Let nobody else decide about these callers' return calls until the transaction ends."""
    await session.execute(statements.LOCK_CALLERS, {"callers": sorted(callers)})


async def caller_facts(session: WriteSession, callers: Collection[str]) -> list[CallerFacts]:
    """Return the latest facts about each caller."""
    rows = await session.execute(statements.CALLER_FACTS, {"callers": sorted(callers)})
    return [CallerFacts(**row) for row in rows.mappings()]


async def settle(session: WriteSession, decision: Owe | Cancel) -> None:
    """Store one decision about a return call."""
    await session.execute(statements.OWE if isinstance(decision, Owe) else statements.CANCEL, _row(decision))


async def caller_history(session: WriteSession, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], History]:
    """Return earlier calls and open cases of each caller as an agent may see them (caller, agent), up to six of each.

    An agent of a county is told of those that belong to the county.
    """
    callers, agents = [caller for caller, _ in wanted], [agent for _, agent in wanted]
    values = {"callers": callers, "agents": agents, "open_states": [state.value for state in OPEN_STATES]}
    rows = await session.execute(statements.CALLER_HISTORY, values)
    return {(caller, agent): History(orjson.loads(calls), orjson.loads(cases)) for caller, agent, calls, cases in rows}
