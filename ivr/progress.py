"""The progress of a case as the citizen hears it: in plain words, nothing of what was said or decided in it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.spoken import say_date

OTHER = "parts/case-other"
STATES: Mapping[str, str] = {
    "draft": "parts/case-draft",
    "to_dispatch": "parts/case-to-dispatch",
    "answered": "parts/case-answered",
    "rejected": "parts/case-rejected",
    "invalid": "parts/case-invalid",
}
"""The states of `api/cases/rules.py`; any other one is being dealt with."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What may be told of a case that was found by its number and query code."""

    case_no: str
    state: str
    opened_on: dt.date


def sounds_of(found: Progress) -> tuple[str, ...]:
    """您的工单于二零二六年十一月二十一日登记，目前等待处理: the number is left out, the citizen has just typed it."""
    return ("parts/case-yours", *say_date(found.opened_on), STATES.get(found.state, OTHER))
