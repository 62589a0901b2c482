"""The states of a case 工单 as one table, and the outcomes that an agent may choose; pure."""

from enum import StrEnum
from typing import Final


class CaseState(StrEnum):
    """States of a case; those after dispatch join with the work of the units."""

    DRAFT = "draft"  # 登记
    ANSWERED = "answered"  # 直接答复
    TO_DISPATCH = "to_dispatch"  # 待派单
    REJECTED = "rejected"  # 不予受理
    INVALID = "invalid"  # 无效来电


class Outcome(StrEnum):
    """What an agent decides at the end of a call: the triggers that leave `draft`."""

    ANSWERED = "answered"
    TO_DISPATCH = "to_dispatch"
    REJECTED = "rejected"
    INVALID = "invalid"


class Reached(StrEnum):
    """What came of a call that the hotline has made about a case (回访); it moves no case."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"


class TransitionRefusedError(Exception):
    """The table has no such step; the text names state and trigger."""


TRANSITIONS: Final[dict[tuple[CaseState, Outcome], CaseState]] = {
    (CaseState.DRAFT, Outcome.ANSWERED): CaseState.ANSWERED,
    (CaseState.DRAFT, Outcome.TO_DISPATCH): CaseState.TO_DISPATCH,
    (CaseState.DRAFT, Outcome.REJECTED): CaseState.REJECTED,
    (CaseState.DRAFT, Outcome.INVALID): CaseState.INVALID,
}

LABELS: Final[dict[CaseState, str]] = {
    CaseState.DRAFT: "登记",
    CaseState.ANSWERED: "直接答复",
    CaseState.TO_DISPATCH: "待派单",
    CaseState.REJECTED: "不予受理",
    CaseState.INVALID: "无效来电",
}

# Cases somebody still has to work on: what a pop shows an agent about the caller.
OPEN_STATES: Final = (CaseState.DRAFT, CaseState.TO_DISPATCH)

# Cases with which everybody is done: only now an agent may see how the citizen rated the talk.
CLOSED_STATES: Final = (CaseState.ANSWERED, CaseState.REJECTED, CaseState.INVALID)


def next_state(state: CaseState, trigger: Outcome) -> CaseState:
    """Return the state that follows. Raises TransitionRefusedError when the table has no such step."""
    try:
        return TRANSITIONS[state, trigger]
    except KeyError:
        raise TransitionRefusedError(f"a case in state {state} does not take {trigger}") from None
