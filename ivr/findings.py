"""What a check finds: for a person to read."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps a menu from being published, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: the node, what it is, and what to do about it."""

    severity: Severity
    where: str
    what: str
    do: str


def error(where: str, what: str, do: str) -> Finding:
    """Something that must be mended before publication."""
    return Finding(Severity.ERROR, where, what, do)


def warning(where: str, what: str, do: str) -> Finding:
    """Something that a person should look at before publication."""
    return Finding(Severity.WARNING, where, what, do)
