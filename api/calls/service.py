"""What may be seen of calls, and how a call's outcome and draft are stored."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from acd.messages import AgentState, AgentStateName
from acd.rules.agents import HANDED_OVER
from acd.rules.effects import OUT_PREFIX
from api.calls import repository
from api.calls.repository import CallRow
from api.calls.schemas import CallEventOut, CallOut
from api.cases.rules import CaseState, Outcome, Reached, TransitionRefusedError, next_state
from api.core.phones import display_number, masked_number
from api.core.problems import ConflictError, ForbiddenError, NotFoundError
from api.core.text import clean_note
from api.intake import repository as intake_repository
from api.intake.fold import CallFacts
from api.intake.service import ensure_cases
from api.sessions.tokens import Identity
from db.engine import WriteSession
from db.tables import CallbackResult, CallEvent, Case, CaseTransition

ON_A_CALL: Final = frozenset({AgentStateName.TALKING, AgentStateName.HOLDING, AgentStateName.WRAP_UP})
UNKNOWN: Final = "There is no such call, or it is none of yours; GET /api/calls lists those that are."


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """An outcome as it stands in the database."""

    case_no: str | None
    case_state: str | None
    outcome: Outcome | Reached
    note: str
    agent_id: str


def is_hidden(row: CallRow, identity: Identity) -> bool:
    """Tell whether the citizen's number is kept from this person: agents call citizens without knowing it."""
    return row.outbound and not identity.sees_everything


def describe_event(event: CallEvent, *, hidden: bool) -> CallEventOut:
    """Return one event; `hidden`: without the citizen's number."""
    told = CallEventOut.model_validate(event, from_attributes=True)
    shown = {name: value for name, value in told.data.items() if name != "caller"}
    return told.model_copy(update={"data": shown}) if hidden else told


def describe(row: CallRow, identity: Identity) -> CallOut:
    """Return a call as the API tells it."""
    call, case = row.call, row.case
    hidden = {"caller": None, "caller_raw": None, "caller_display": masked_number(call.caller)}
    return CallOut.model_validate(
        {
            **{name: getattr(call, name) for name in CallOut.model_fields if hasattr(call, name)},
            "caller_display": display_number(call.caller),
            **(hidden if is_hidden(row, identity) else {}),
            "case_no": case.number if case else None,
            "case_state": case.state if case else None,
            "recording_url": f"/api/calls/{call.call_id}/recording" if call.recording else None,
        }
    )


async def require_own_call(
    session: WriteSession, call_id: str, identity: Identity, state: AgentState | None, *, also_offered: bool
) -> None:
    """Let through whoever answered the call, is on it now (`also_offered`: or is being rung), or is a supervisor.

    The live state counts as well as the database, because after an outage the events of a call may arrive later
    than the agent's words. Raises NotFoundError for everybody else.
    """
    on_it = ON_A_CALL | {AgentStateName.OFFERED} if also_offered else ON_A_CALL
    if state is not None and state["call_id"] == call_id and state["state"] in on_it:
        return
    answerer = await repository.answered_by(session, call_id)
    if answerer is None or not (answerer == identity.agent_id or identity.sees_everything):
        raise NotFoundError(UNKNOWN)


def require_own_outcome(call_id: str, state: AgentState | None) -> None:
    """Refuse an outcome from an agent who has given the call to somebody else; raises ConflictError."""
    if state is not None and state["call_id"] == call_id and state["reason"] == HANDED_OVER:
        raise ConflictError("The call is with somebody else now, who chooses the outcome; say ready to go on.")


async def choose_outcome(
    session: WriteSession,
    call_id: str,
    outcome: Outcome | Reached,
    note: str,
    *,
    by: Identity,
    region: str,
    now: dt.datetime,
) -> StoredOutcome:
    """Move the call's case on, or say whether a citizen was reached; the same again changes nothing.

    Raises ConflictError when another outcome is stored already, or for a word that does not fit the call.
    """
    words = clean_note(note)
    if isinstance(outcome, Reached):
        return await _say_reached(session, call_id, outcome, words, by=by, now=now)
    case = await _case_of(session, call_id, region=region, now=now)
    if case.state == CaseState.DRAFT:
        state = _next(case, outcome)
        step = CaseTransition(
            case_id=case.id, from_state=case.state, to_state=state, trigger=outcome, by=by.agent_id, at=now
        )
        await repository.store_outcome(session, case, step, outcome=outcome, note=words)
        return StoredOutcome(case.number, state, outcome, words, by.agent_id)
    if (case.outcome, case.note) != (outcome, words):
        raise ConflictError(
            f"Case {case.number} already has the outcome {case.outcome}; ask a supervisor to change it."
        )
    return StoredOutcome(case.number, case.state, outcome, words, case.outcome_by or by.agent_id)


async def _say_reached(
    session: WriteSession, call_id: str, result: Reached, words: str, *, by: Identity, now: dt.datetime
) -> StoredOutcome:
    """Store what came of a call of ours; the case stays where it is."""
    if not call_id.startswith(OUT_PREFIX) or await repository.direction_of(session, call_id) == "inbound":
        raise ConflictError("This citizen has called the hotline: choose an outcome of the case.")
    case = await repository.lock_case(session, call_id)
    number, state = (case.number, case.state) if case else (None, None)
    stored = await repository.find_result(session, call_id)
    if stored is None:
        stored = CallbackResult(
            call_id=call_id, case_no=number, agent_id=by.agent_id, result=result, note=words, at=now
        )
        await repository.store_result(session, stored)
    elif (stored.result, stored.note) != (result, words):
        raise ConflictError(f"Of this call {stored.result} is stored already; ask a supervisor to change it.")
    return StoredOutcome(number, state, result, words, stored.agent_id)


def _next(case: Case, outcome: Outcome) -> CaseState:
    try:
        return next_state(CaseState(case.state), outcome)
    except TransitionRefusedError as error:
        raise ConflictError(f"Case {case.number}: {error}.") from error


async def _case_of(session: WriteSession, call_id: str, *, region: str, now: dt.datetime) -> Case:
    """Return the call's case, opened now if its events are still on their way."""
    case = await repository.lock_case(session, call_id)
    if case is not None:
        return case
    await intake_repository.lock_calls(session, [call_id])
    facts = CallFacts(answered_at=now)
    await ensure_cases(session, {call_id: facts}, region=region, now=now)
    case = await repository.lock_case(session, call_id)
    if case is None:
        raise RuntimeError(f"the case of call {call_id} was opened and is not there")
    return case


async def save_draft(
    session: WriteSession,
    call_id: str,
    note: str,
    outcome: Outcome | Reached | None,
    *,
    by: Identity,
    now: dt.datetime,
) -> str:
    """Keep what has been typed; return the note as stored. Raises ConflictError once the outcome is stored."""
    case = await repository.lock_case(session, call_id)
    if case is not None and case.state != CaseState.DRAFT and not call_id.startswith(OUT_PREFIX):
        raise ConflictError(f"Case {case.number} has its outcome; a draft would be lost.")
    words = clean_note(note)
    values = {"call_id": call_id, "agent_id": by.agent_id, "note": words, "outcome": outcome, "updated_at": now}
    await repository.store_draft(session, values)
    return words


def require_recording_right(row: CallRow, identity: Identity) -> str:
    """Return the recording's file name. Raises ForbiddenError or NotFoundError."""
    if not identity.sees_everything and row.call.answered_by != identity.agent_id:
        raise ForbiddenError("Only who answered the call and supervisors may hear it.")
    if not row.call.recording:
        raise NotFoundError("This call has no recording; only answered calls and messages have one.")
    return row.call.recording
