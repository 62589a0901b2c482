"""What is done with versions: made, changed, submitted, approved, returned; every step is in the audit."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from api.core.audit import record
from api.core.problems import (
    ChangedError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    UnconditionalError,
)
from api.core.revisions import matches
from api.menus import repository
from api.menus.checking import as_publication, findings_of
from api.menus.documents import Proposal, told
from api.menus.repository import Session
from api.menus.rules import StepRefusedError, Trigger, VersionState, in_force, next_state
from db.engine import WriteSession
from db.tables import MenuVersion
from ivr.codec import tree_from_dict, tree_to_dict
from ivr.difference import difference
from ivr.findings import Finding, Severity
from ivr.tree import Tree

NO_VERSION: Final = "There is no such version; GET /api/menus/{name}/versions lists those that are."
NO_TREE: Final = Tree("")
AUDITED: Final = 50
"""So many lines of a difference are kept with each change of a draft."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something (staff number), when (aware) and why."""

    by: str
    now: dt.datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A version and what a check of it finds now."""

    row: MenuVersion
    findings: list[Finding]


async def find(session: Session, menu: str, version: int) -> MenuVersion:
    """Return a version. Raises NotFoundError."""
    row = await repository.find_version(session, menu, version)
    if row is None:
        raise NotFoundError(NO_VERSION)
    return row


def subject(menu: str, version: int) -> str:
    """Return how the audit names a version."""
    return f"menu:{menu}@{version}"


async def create(session: WriteSession, menu: str, proposal: Proposal, act: Act) -> Checked:
    """Store a tree as the next version of a menu, the first one where the menu is new; the caller holds the lock."""
    number = await repository.newest_version(session, menu) + 1
    row = MenuVersion(
        menu=menu,
        version=number,
        tree=tree_to_dict(proposal.tree),
        state=VersionState.DRAFT.value,
        revision=1,
        created_by=act.by,
        created_at=act.now,
        changed_by=act.by,
        changed_at=act.now,
    )
    await repository.add(session, row)
    await note(session, row, "menu.created", act)
    return Checked(row, await findings_of(session, menu, proposal.tree, now=act.now))


async def change(
    session: WriteSession, row: MenuVersion, proposal: Proposal, if_match: str | None, act: Act
) -> Checked:
    """Replace the tree of a draft. Raises ConflictError, and ChangedError when somebody else was faster."""
    _move(row, Trigger.CHANGE)
    _require_revision(row, if_match)
    changes = difference(tree_of(row), proposal.tree)
    row.tree, row.revision = tree_to_dict(proposal.tree), row.revision + 1
    row.changed_by, row.changed_at = act.by, act.now
    await note(session, row, "menu.changed", act, {"revision": row.revision, "changes": changes[:AUDITED]})
    return Checked(row, await findings_of(session, row.menu, proposal.tree, now=act.now))


async def submit(session: WriteSession, row: MenuVersion, act: Act) -> Checked:
    """Put a draft before somebody else. Raises RefusedError with all findings when one of them is an error."""
    state = _next(row, Trigger.SUBMIT)
    findings = await findings_of(session, row.menu, tree_of(row), now=act.now)
    require_no_errors(findings, "submitted")
    row.state, row.submitted_by, row.submitted_at = state.value, act.by, act.now
    await note(session, row, "menu.submitted", act)
    return Checked(row, findings)


async def approve(session: WriteSession, row: MenuVersion, if_match: str | None, act: Act) -> Checked:
    """Approve what somebody else wrote. Raises ForbiddenError for everybody who wrote or changed it.

    With `if_match` only the revision that the approver has read: ChangedError for another one.
    """
    state = _next(row, Trigger.APPROVE)
    if if_match is not None:
        _require_revision(row, if_match)
    wrote = await repository.editors(session, subject(row.menu, row.version)) | {row.created_by, row.changed_by}
    if act.by in wrote:
        raise ForbiddenError("You wrote or changed this version; ask another administrator to approve it.")
    row.state, row.approved_by, row.approved_at = state.value, act.by, act.now
    await note(session, row, "menu.approved", act)
    return Checked(row, await findings_of(session, row.menu, tree_of(row), now=act.now))


async def give_back(session: WriteSession, row: MenuVersion, act: Act) -> Checked:
    """Make a draft again of what waits for approval, so that it can be mended."""
    _move(row, Trigger.RETURN)
    row.submitted_by = row.submitted_at = None
    await note(session, row, "menu.returned", act)
    return Checked(row, await findings_of(session, row.menu, tree_of(row), now=act.now))


async def base_of(session: Session, row: MenuVersion, base: int | None, *, now: dt.datetime) -> tuple[int, Tree]:
    """Return the version to compare with and its tree; 0 and an empty tree where there is none.

    Without `base` that is the version in force, or, where this is it or none is, the one before.
    """
    if base is None:
        base = await _base(session, row, now=now)
    return base, tree_of(await find(session, row.menu, base)) if base else NO_TREE


def require_no_errors(findings: list[Finding], done: str) -> None:
    """Raise RefusedError with all findings when one of them is an error."""
    errors = sum(found.severity is Severity.ERROR for found in findings)
    if errors:
        what = "1 error keeps" if errors == 1 else f"{errors} errors keep"
        raise RefusedError(f"{what} this menu from being {done}; mend what `findings` names.", told(findings))


async def note(
    session: WriteSession, row: MenuVersion, action: str, act: Act, detail: dict[str, Any] | None = None
) -> None:
    """Write what was done with a version into the audit."""
    await record(session, act.by, action, subject(row.menu, row.version), why=act.why, detail=detail, now=act.now)


def tree_of(row: MenuVersion) -> Tree:
    """Return a version's tree."""
    return tree_from_dict(row.tree)


async def _base(session: Session, row: MenuVersion, *, now: dt.datetime) -> int:
    found = [as_publication(one) for one in await repository.list_publications(session, row.menu)]
    present = in_force(found, now=now)
    return present.version if present is not None and present.version != row.version else row.version - 1


def _next(row: MenuVersion, trigger: Trigger) -> VersionState:
    try:
        return next_state(VersionState(row.state), trigger)
    except StepRefusedError as refusal:
        raise ConflictError(str(refusal)) from refusal


def _move(row: MenuVersion, trigger: Trigger) -> None:
    row.state = _next(row, trigger).value


def _require_revision(row: MenuVersion, if_match: str | None) -> None:
    """Refuse a change that names another revision, or none."""
    if if_match is None:
        raise UnconditionalError(
            'Send If-Match: "<revision>" with the revision that you changed (GET gives it as ETag).'
        )
    if not matches(if_match, row.revision):
        who = row.changed_by or "somebody"
        raise ChangedError(f"{who} has changed this draft meanwhile; it is at revision {row.revision}. Read it again.")
