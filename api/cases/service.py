"""How a case is told."""

from api.cases.repository import CaseRow
from api.cases.rules import LABELS, CaseState
from api.cases.schemas import CaseOut
from api.core.phones import display_number


def describe(row: CaseRow) -> CaseOut:
    """Return a case with what its call tells."""
    case, call = row.case, row.call
    own = ("state", "opened_at", "outcome", "note", "outcome_at", "outcome_by", "call_id")
    told = ("caller", "caller_raw", "dialled", "line", "menu", "menu_version", "menu_path", "queue", "waited_ms")
    return CaseOut.model_validate(
        {
            "case_no": case.number,
            "state_label": LABELS[CaseState(case.state)],
            "caller_display": display_number(call.caller),
            "answered_by": call.answered_by,
            **{name: getattr(case, name) for name in own},
            **{name: getattr(call, name) for name in told},
        }
    )
