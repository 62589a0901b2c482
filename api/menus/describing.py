"""Rows as the endpoints give them."""

import dataclasses
from collections.abc import Sequence

from api.menus.documents import told
from api.menus.publishing import Published, Shown
from api.menus.rules import Standing
from api.menus.schemas import (
    CheckedOut,
    DifferenceOut,
    FindingOut,
    HeardOut,
    PublicationOut,
    PublishedOut,
    TrialOut,
    VersionDetailOut,
    VersionOut,
)
from api.menus.versions import Checked
from db.tables import MenuVersion
from ivr.difference import difference
from ivr.findings import Finding
from ivr.tree import Tree
from ivr.trial import Trial, lines


def version_out(row: MenuVersion) -> VersionOut:
    """Return a version without its tree."""
    return VersionOut.model_validate({name: getattr(row, name) for name in VersionOut.model_fields})


def detail_out(row: MenuVersion) -> VersionDetailOut:
    """Return a version with its tree."""
    return VersionDetailOut(**version_out(row).model_dump(), tree=row.tree)


def checked_out(checked: Checked) -> CheckedOut:
    """Return a version with what a check found."""
    return CheckedOut(**detail_out(checked.row).model_dump(), findings=findings_out(checked.findings))


def findings_out(findings: Sequence[Finding]) -> list[FindingOut]:
    """Return findings."""
    return [FindingOut.model_validate(one) for one in told(findings)]


def publication_out(shown: Shown) -> PublicationOut:
    """Return a publication."""
    own = {name: getattr(shown.row, name) for name in PublicationOut.model_fields if name != "standing"}
    return PublicationOut.model_validate({**own, "standing": shown.standing})


def heard_out(shown: Shown, *, heard: bool) -> HeardOut:
    """Return a publication that was changed."""
    return HeardOut(**publication_out(shown).model_dump(), heard=heard)


def published_out(published: Published, *, heard: bool) -> PublishedOut:
    """Return a new publication."""
    return PublishedOut(
        **heard_out(published.shown, heard=heard).model_dump(),
        findings=findings_out(published.findings),
        scheduled=[publication_out(one) for one in published.scheduled],
        note=_note(published, heard=heard),
    )


def difference_out(from_version: int, old: Tree, to_version: int, new: Tree) -> DifferenceOut:
    """Return what changed from one version to another."""
    return DifferenceOut(from_version=from_version, to_version=to_version, lines=difference(old, new))


def trial_out(trial: Trial) -> TrialOut:
    """Return a trial."""
    return TrialOut.model_validate({**dataclasses.asdict(trial), "lines": list(lines(trial))})


def _note(published: Published, *, heard: bool) -> str:
    row = published.shown.row
    told_now = "" if heard else " The telephone system is away just now and takes it as soon as it is back."
    if published.shown.standing is Standing.SCHEDULED:
        now = f"Version {row.version} is set for {row.effective_at.isoformat()}."
    else:
        now = f"Version {row.version} is in force; calls in progress finish on the version they began with."
    later = "".join(
        f" Version {one.row.version} stays set for {one.row.effective_at.isoformat()} (publication {one.row.id});"
        " DELETE it if it is not to come."
        for one in published.scheduled
    )
    return now + told_now + later
