"""How a case is told, and who may see how the citizen rated it."""

from api.cases.repository import CaseRow
from api.cases.rules import CLOSED_STATES, LABELS, CaseState
from api.cases.schemas import CaseOut, RatingOut
from api.core.phones import display_number, masked_number
from api.sessions.tokens import Identity
from db.tables import Rating


def describe(row: CaseRow, identity: Identity) -> CaseOut:
    """Return a case with what its call tells; whom the hotline has called, an agent is not told."""
    case, call, incident = row.case, row.call, row.incident
    hidden = call is not None and call.direction == "outbound" and not identity.sees_everything
    shown = masked_number if hidden else display_number
    own = ("state", "opened_at", "outcome", "note", "outcome_at", "outcome_by", "call_id")
    told = ("caller", "caller_raw", "dialled", "line", "menu", "menu_version", "menu_path", "queue", "waited_ms")
    return CaseOut.model_validate(
        {
            "case_no": case.number,
            "state_label": LABELS[CaseState(case.state)],
            "incident_id": incident.id if incident else None,
            "incident_title": incident.title if incident else None,
            "caller_display": shown(call.caller) if call else "",
            **{name: getattr(case, name) for name in own},
            **{name: getattr(call, name, None) for name in (*told, "answered_by")},
            **({"caller": None, "caller_raw": None} if hidden else {}),
        }
    )


def may_see_rating(identity: Identity, case_state: str | None) -> bool:
    """Tell whether this person may know the rating: supervisors always, agents once the case is closed."""
    return identity.sees_everything or case_state in CLOSED_STATES


def describe_rating(rating: Rating | None) -> RatingOut | None:
    """Return the rating as the API tells it."""
    return None if rating is None else RatingOut(score=rating.score, reason=rating.reason, at=rating.at)
