"""`/api/outbound` and `/api/return-calls`: citizens are called with the hotline's number, and theirs stays here."""

from http import HTTPStatus

import structlog
from fastapi import APIRouter

from api.agents.schemas import StateOut
from api.core.openapi import problems
from api.core.paging import WindowDep
from api.core.runtime import Reader, RuntimeDep
from api.outbound import repository, service
from api.outbound.schemas import CallPlaced, CallWish, ReturnCallPage, ReturnState
from api.sessions.dependencies import SignedIn

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/api", tags=["outbound"], responses=problems(HTTPStatus.UNAUTHORIZED))


@router.post(
    "/outbound/calls",
    status_code=HTTPStatus.CREATED,
    responses=problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
    summary="Call a citizen",
)
async def post_call(body: CallWish, identity: SignedIn, runtime: RuntimeDep, session: Reader) -> CallPlaced:
    """Ring the agent's own phone, then the citizen: for who is ready, paused or missed, and whose phone is free.

    409 says what to do first; what becomes of the call comes by the stream (`offer`, `dialling`, `answered`, `ended`).
    """
    aim = await service.find_aim(session, body, identity)
    state = await runtime.link.command(identity.agent_id, "call_out", aim.args())
    log.info("citizen_called", agent_id=identity.agent_id, call_id=state["call_id"], case_no=aim.case_no)
    placed = StateOut.model_validate(state)
    return CallPlaced(call_id=placed.call_id or "", case_no=aim.case_no, caller_display=aim.display, state=placed)


@router.get("/return-calls", summary="List return calls")
async def get_return_calls(
    identity: SignedIn, session: Reader, window: WindowDep, state: ReturnState = ReturnState.OWED
) -> ReturnCallPage:
    """Give return calls, the longest owed first; agents see those of their queues."""
    seen_by = None if identity.sees_everything else identity.agent_id
    total, debts = await repository.list_debts(session, state, window, seen_by=seen_by)
    items = [service.describe_debt(debt, identity) for debt in debts]
    return ReturnCallPage(total=total, limit=window.limit, offset=window.offset, items=items)
