"""Finds out whom to call for a case, a call or a return call; agents call those whom they may know of only."""

from dataclasses import dataclass
from typing import Any

from acd.rules.outbound import diallable, masked
from api.calls import repository as calls
from api.calls.service import UNKNOWN
from api.cases import repository as cases
from api.cases.numbers import is_case_number
from api.core.phones import display_number, masked_number
from api.core.problems import ConflictError, NotFoundError
from api.outbound import repository
from api.outbound.repository import Debt
from api.outbound.schemas import CallWish, ReturnCallOut
from api.sessions.tokens import Identity
from db.engine import ReadSession
from db.tables import Call

UNKNOWN_CASE = "There is no such case, or it is none of yours; GET /api/cases lists those that are."
UNKNOWN_DEBT = "There is no such return call in your queues; GET /api/return-calls lists those that are owed."


@dataclass(frozen=True, slots=True)
class Aim:
    """Whom to call and why; `number` never leaves the server."""

    number: str | None
    line: str | None
    queue: str | None
    case_no: str | None = None
    about_call: str | None = None
    return_call: int | None = None

    def args(self) -> dict[str, Any]:
        """The arguments of the telephone system's command; raises ConflictError for a number that is not called."""
        return {
            "number": self.digits,
            "line": self.line,
            "queue": self.queue,
            "case_no": self.case_no,
            "about_call": self.about_call,
            "return_call": self.return_call,
        }

    @property
    def digits(self) -> str:
        """What is dialled; raises ConflictError where there is no number of a citizen."""
        digits = diallable(self.number or "")
        if digits is None:
            raise ConflictError("No number of this citizen is known that can be called: it is withheld, or is none.")
        return digits

    @property
    def display(self) -> str:
        """The number as the agent sees it."""
        return masked(self.digits)


async def find_aim(session: ReadSession, wish: CallWish, identity: Identity) -> Aim:
    """Return whom to call; raises NotFoundError, or ConflictError for a debt that is paid."""
    seen_by = None if identity.sees_everything else identity.agent_id
    if wish.case_no is not None:
        return await _of_case(session, wish.case_no, seen_by)
    if wish.call_id is not None:
        return await _of_call(session, wish.call_id, seen_by)
    return await _of_debt(session, wish.return_call_id or 0, seen_by)


async def _of_case(session: ReadSession, number: str, seen_by: str | None) -> Aim:
    row = await cases.find_case(session, number, seen_by=seen_by) if is_case_number(number) else None
    if row is None:
        raise NotFoundError(UNKNOWN_CASE)
    if row.call is None:
        raise ConflictError(f"Case {number} was opened for an incident: it has no caller.")
    return await _of(session, row.call, number)


async def _of_call(session: ReadSession, call_id: str, seen_by: str | None) -> Aim:
    row = await calls.find_call(session, call_id, seen_by=seen_by)
    if row is None:
        raise NotFoundError(UNKNOWN)
    return await _of(session, row.call, row.case.number if row.case else None)


async def _of(session: ReadSession, call: Call, case_no: str | None) -> Aim:
    number = await repository.callback_of(session, call.call_id) or call.caller
    return Aim(number, call.dialled, call.queue, case_no, call.call_id)


async def _of_debt(session: ReadSession, return_id: int, seen_by: str | None) -> Aim:
    debt = await repository.find_debt(session, return_id, seen_by=seen_by)
    if debt is None:
        raise NotFoundError(UNKNOWN_DEBT)
    if debt.state != "owed":
        raise ConflictError("This return call is settled already; nobody needs to be called.")
    return Aim(debt.caller, debt.dialled, debt.queue, debt.case_no, debt.call_id, debt.id)


def describe_debt(debt: Debt, identity: Identity) -> ReturnCallOut:
    """Return a return call as the API tells it; agents are not told the number."""
    display = display_number if identity.sees_everything else masked_number
    told = {name: debt.row[name] for name in ReturnCallOut.model_fields if name in debt.row}
    shown = {"caller": debt.caller if identity.sees_everything else None, "caller_display": display(debt.caller)}
    return ReturnCallOut(**told | shown)
