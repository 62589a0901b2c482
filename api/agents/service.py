"""What an agent is told about themselves and others."""

from typing import Final

from acd.messages import AgentConfiguration, AgentState
from api.agents.repository import CurrentCall
from api.agents.schemas import AgentOut, CurrentCallOut, DraftOut, PhoneOut, StateOut, WantedState
from api.core.phones import display_number, masked_number
from api.sessions.tokens import Identity
from api.settings import Settings
from db.seats import seat_password

COMMANDS: Final = {
    WantedState.READY: "ready",
    WantedState.PAUSED: "pause",
    WantedState.LOGGED_OUT: "sign_out",
}


def describe_agent(agent: AgentConfiguration, state: AgentState | None) -> AgentOut:
    """Return what is known of an agent, with the live state where there is one."""
    told = StateOut.model_validate(state) if state else None
    return AgentOut(
        id=agent["id"],
        name=agent["name"],
        role=agent["role"],
        extension=agent["extension"],
        queues=agent["queues"],
        skills=agent.get("skills", {}),
        handicaps=agent.get("handicaps", {}),
        county=agent.get("county", ""),
        seat=agent.get("seat", "phone"),
        phone_number=agent.get("phone_number"),
        state=told.state if told else None,
        since=told.since if told else None,
        call_id=told.call_id if told else None,
        reason=told.reason if told else None,
        phone=told.phone if told else None,
        next=told.next if told else None,
        until=told.until if told else None,
        overrun=told.overrun if told else False,
    )


def describe_call(current: CurrentCall) -> CurrentCallOut:
    """Return a call with case and draft."""
    call, case, draft = current.call, current.case, current.draft
    hidden = call.direction == "outbound"
    return CurrentCallOut(
        call_id=call.call_id,
        case_no=case.number if case else None,
        case_state=case.state if case else None,
        caller=None if hidden else call.caller,
        caller_display=masked_number(call.caller) if hidden else display_number(call.caller),
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        draft=DraftOut(note=draft.note, outcome=draft.outcome, updated_at=draft.updated_at) if draft else None,
    )


def phone_account(identity: Identity, extension: str, settings: Settings) -> PhoneOut:
    """Return the browser phone's account: the `w` endpoint of the agent's extension."""
    endpoint = f"{extension}w"
    return PhoneOut(
        ws_url=settings.sip_ws_url,
        uri=f"sip:{endpoint}@{settings.sip_domain}",
        username=endpoint,
        password=seat_password(settings.seat_secret.get_secret_value(), endpoint),
        display_name=identity.name,
    )
