"""Queries about calls, their cases and drafts."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from acd.messages import CallEventType
from api.cases.rules import CaseState
from api.core.paging import Window
from db.engine import ReadSession, WriteSession
from db.tables import Agent, Call, CallbackResult, CallEvent, Case, CaseDraft, CaseTransition, Offer


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls are wanted: `seen_by` limits to those an agent may see, `agent_id` to those offered to one."""

    seen_by: str | None = None
    agent_id: str | None = None
    queue: str | None = None
    disposition: str | None = None
    caller: str | None = None


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call with its case."""

    call: Call
    case: Case | None

    @property
    def outbound(self) -> bool:
        """The hotline has made this call."""
        return self.call.direction == "outbound"


def concerns(agent_id: str) -> ColumnElement[bool]:
    """Return the condition that a call was answered by an agent or offered to them."""
    offered = exists().where(Offer.call_id == Call.call_id, Offer.agent_id == agent_id)
    return or_(Call.answered_by == agent_id, offered)


def visible_to(agent_id: str) -> ColumnElement[bool]:
    """Return the condition that an agent may see a call: in the hall those that were theirs, in a county the county's.

    A county's seats help others, too: such a call is theirs until it has ended and its outcome is chosen.
    """
    home = select(Agent.county).where(Agent.id == agent_id).scalar_subquery()
    draft = aliased(Case)  # whoever asks may have joined the cases already
    owed = exists().where(draft.call_id == Call.call_id, draft.state == CaseState.DRAFT)
    unfinished = or_(Call.ended_at.is_(None), and_(Call.answered_by == agent_id, owed))
    return or_(Call.county == home, and_(concerns(agent_id), or_(home.is_(None), unfinished)))


def _conditions(wanted: CallFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.seen_by is not None:
        conditions.append(visible_to(wanted.seen_by))
    if wanted.agent_id is not None:
        conditions.append(concerns(wanted.agent_id))
    if wanted.queue is not None:
        conditions.append(Call.queue == wanted.queue)
    if wanted.disposition is not None:
        conditions.append(Call.disposition == wanted.disposition)
    if wanted.caller is not None:
        conditions.append(Call.caller == wanted.caller)
    return conditions


async def list_calls(session: ReadSession, wanted: CallFilter, window: Window) -> tuple[int, list[CallRow]]:
    """Return how many calls there are, and one page of them, newest first."""
    conditions = _conditions(wanted)
    total = await session.scalar(select(func.count()).select_from(Call).where(*conditions))
    page = (
        _with_case()
        .where(*conditions)
        .order_by(Call.started_at.desc().nulls_last(), Call.call_id.desc())
        .limit(window.limit)
        .offset(window.offset)
    )
    return total or 0, [CallRow(call, own or about) for call, own, about in await session.execute(page)]


async def find_call(session: ReadSession, call_id: str, *, seen_by: str | None) -> CallRow | None:
    """Return a call, if the agent `seen_by` may see it (None: whoever asks sees all)."""
    query = _with_case().where(Call.call_id == call_id)
    if seen_by is not None:
        query = query.where(visible_to(seen_by))
    row = (await session.execute(query)).first()
    return CallRow(row[0], row[1] or row[2]) if row is not None else None


def _with_case() -> Select[Call, Case, Case]:
    """Calls with the case that was opened for them, or that a call of ours is about."""
    about = aliased(Case)
    return (
        select(Call, Case, about)
        .outerjoin(Case, Case.call_id == Call.call_id)
        .outerjoin(about, about.number == Call.about_case)
    )


async def list_events(session: ReadSession, call_id: str, *, with_rating: bool) -> list[CallEvent]:
    """Return a call's events in their order, those about the citizen's rating only where they may be known."""
    query = select(CallEvent).where(CallEvent.call_id == call_id).order_by(CallEvent.seq).limit(1000)
    return list(await session.scalars(query if with_rating else query.where(CallEvent.type != CallEventType.RATED)))


async def list_offers(session: ReadSession, call_id: str) -> list[Offer]:
    """Return a call's offers in their order."""
    return list(await session.scalars(select(Offer).where(Offer.call_id == call_id).order_by(Offer.offer_no)))


async def answered_by(session: WriteSession, call_id: str) -> str | None:
    """Return who answered a call, as far as the database knows."""
    return await session.scalar(select(Call.answered_by).where(Call.call_id == call_id))


async def lock_case(session: WriteSession, call_id: str) -> Case | None:
    """Return the case of a call, or that a call of ours is about, locked until the transaction ends."""
    about = select(Call.about_case).where(Call.call_id == call_id, Call.about_case.is_not(None)).scalar_subquery()
    wanted = or_(Case.call_id == call_id, Case.number == about)
    return await session.scalar(select(Case).where(wanted).with_for_update())


async def direction_of(session: WriteSession, call_id: str) -> str | None:
    """Return `inbound` or `outbound`; None for a call whose events are still on their way."""
    return await session.scalar(select(Call.direction).where(Call.call_id == call_id))


async def find_result(session: WriteSession, call_id: str) -> CallbackResult | None:
    """Return what was stored of a call of ours."""
    return await session.get(CallbackResult, call_id)


async def store_result(session: WriteSession, result: CallbackResult) -> None:
    """Store what came of a call of ours."""
    session.add(result)
    await session.flush()


async def store_outcome(session: WriteSession, case: Case, step: CaseTransition, *, outcome: str, note: str) -> None:
    """Move a case on and record the step; the draft has served."""
    change = {"state": step.to_state, "outcome": outcome, "note": note, "outcome_at": step.at, "outcome_by": step.by}
    await session.execute(update(Case).where(Case.id == case.id).values(change))
    session.add(step)
    await session.flush()


async def store_draft(session: WriteSession, values: dict[str, Any]) -> None:
    """Keep the newest words of a call."""
    statement = insert(CaseDraft).values(values)
    kept = {name: statement.excluded[name] for name in ("agent_id", "note", "outcome", "updated_at")}
    await session.execute(statement.on_conflict_do_update(index_elements=["call_id"], set_=kept))


async def which_are_finished(session: ReadSession, call_ids: list[str]) -> set[str]:
    """Return those calls whose case has left its first state, or of which is stored what came of them."""
    query = select(Case.call_id).where(Case.call_id.in_(call_ids), Case.state != CaseState.DRAFT)
    results = select(CallbackResult.call_id).where(CallbackResult.call_id.in_(call_ids))
    return {*await session.scalars(query), *await session.scalars(results)} - {None}
