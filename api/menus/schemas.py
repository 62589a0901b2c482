"""What the endpoints about menus take and give."""

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.menus.documents import WHY_LIMIT
from api.menus.rules import Standing, VersionState

NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,39}$"

MenuName = Annotated[str, Path(pattern=NAME_PATTERN, examples=["default"], description="The menu, as numbers name it")]
VersionNo = Annotated[int, Path(ge=1, lt=2**31, examples=[1])]
Why = Annotated[str, Field(min_length=1, max_length=WHY_LIMIT, description="Stands in the history")]
TreeData = Annotated[dict[str, Any], Field(description="start, nodes, after_talk; see ivr/README.md")]


class VersionIn(BaseModel):
    """A tree to keep as a draft."""

    model_config = ConfigDict(extra="forbid")

    tree: TreeData
    why: Why


class Reason(BaseModel):
    """Why something is done."""

    why: Why


class FindingOut(BaseModel):
    """One thing that a check found."""

    severity: Annotated[Literal["error", "warning"], Field(description="An error stops, a warning is shown")]
    where: Annotated[str, Field(description="The node, or the number")]
    what: str
    do: Annotated[str, Field(description="What to do about it")]


class VersionOut(BaseModel):
    """One version of a menu without its tree; people are named by their staff numbers."""

    menu: str
    version: int
    state: VersionState
    revision: Annotated[int, Field(description="Grows with each change of the draft; PUT names it in If-Match")]
    created_by: str | None
    created_at: dt.datetime
    changed_by: str | None
    changed_at: dt.datetime
    submitted_by: str | None
    submitted_at: dt.datetime | None
    approved_by: str | None
    approved_at: dt.datetime | None


class VersionDetailOut(VersionOut):
    """One version with its tree."""

    tree: TreeData


class CheckedOut(VersionDetailOut):
    """One version and what a check of it finds now."""

    findings: Annotated[list[FindingOut], Field(description="Errors first")]


class DifferenceOut(BaseModel):
    """What changed from one version to another."""

    from_version: Annotated[int, Field(description="0: compared with nothing")]
    to_version: int
    lines: Annotated[list[str], Field(description="The changes for a reader, the start first; none: they are equal")]


class PublicationIn(BaseModel):
    """A version to publish, at once or at a set time."""

    version: Annotated[int, Field(ge=1, lt=2**31)]
    at: Annotated[AwareDatetime | None, Field(description="With offset, at most a year ahead; null is now")] = None
    why: Why


class PublicationOut(BaseModel):
    """A version and since when it is in force."""

    id: int
    menu: str
    version: int
    standing: Standing
    effective_at: dt.datetime
    decided_at: dt.datetime
    decided_by: str | None
    why: str
    cancelled_at: dt.datetime | None
    cancelled_by: str | None


class HeardOut(PublicationOut):
    """A publication that was changed, and whether the telephone system knows."""

    heard: Annotated[
        bool, Field(description="true: calls go by it now; false: as soon as the telephone system is back")
    ]


class PublishedOut(HeardOut):
    """A new publication, what a check warned of, and those set for later, which stay."""

    findings: list[FindingOut]
    scheduled: list[PublicationOut]
    note: Annotated[str, Field(description="For the person who published: what happens now and later")]


class MenuOut(BaseModel):
    """A menu: what is in force, what is to come, its newest version, the numbers that lead to it."""

    name: str
    in_force: PublicationOut | None
    scheduled: list[PublicationOut]
    newest: VersionOut | None
    numbers: list[str]


class EntryOut(BaseModel):
    """One act of the history."""

    model_config = ConfigDict(from_attributes=True)

    at: dt.datetime
    by: str
    action: Annotated[str, Field(description="menu.created, menu.changed, menu.published, ...")]
    subject: Annotated[str, Field(examples=["menu:default@3"])]
    why: str
    detail: dict[str, Any] | None


class TrialIn(BaseModel):
    """What to try: a tree as it is typed, or a version (without `version` the one in force)."""

    tree: TreeData | None = None
    menu: Annotated[str | None, Field(pattern=NAME_PATTERN)] = None
    version: Annotated[int | None, Field(ge=1, lt=2**31)] = None
    keys: Annotated[
        list[Annotated[str, Field(max_length=100)]],
        Field(max_length=500, description="2, 2026#, !2 (during the sound), timeout, fail, hangup, known, found, ..."),
    ] = []
    at: Annotated[
        dt.datetime | None, Field(description="When the call comes; without an offset China's; null is now")
    ] = None
    number: Annotated[str | None, Field(max_length=32, description="The dialled number, for what belongs to it")] = None
    after_talk: Annotated[bool, Field(description="Begin where the agent has hung up")] = False


class HeardSoundOut(BaseModel):
    """A sound, and what it says where that is known."""

    sound: str
    text: str | None


class TrialStepOut(BaseModel):
    """One step: seconds from the start, the node, what happens, the citizen's answer."""

    at: float
    node: str
    kind: str
    does: str
    heard: list[HeardSoundOut]
    answer: str


class TrialOut(BaseModel):
    """All steps, and where the call ends."""

    steps: list[TrialStepOut]
    end: Annotated[str, Field(description="person, or what the citizen got: message, transfer, return_call, ...")]
    queue: str | None
    priority: int
    skill: str | None
    path: Annotated[list[str], Field(description="The keys that were choices")]
    failures: list[str]
    unused: Annotated[list[str], Field(description="Keys that were left when the menu had ended")]
    seconds: float
    lines: Annotated[list[str], Field(description="The same for a reader")]


class TrialCodeOut(BaseModel):
    """A code that lets a phone hear a version once."""

    code: str
    dial: Annotated[str, Field(description="What to dial from a seat's phone")]
    expires_at: dt.datetime


class TrialCodeIn(BaseModel):
    """A code that somebody dialled."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class TrialTreeOut(BaseModel):
    """What the code stands for."""

    menu: str
    version: int
    tree: TreeData
    by: str
    sounds: Annotated[dict[str, str], Field(description="What the sounds of the tree say")]


class SpentOut(BaseModel):
    """Milliseconds: their mean, and what half and nine of ten did not exceed."""

    mean: int
    p50: int
    p90: int


class ChoiceFiguresOut(BaseModel):
    """A key at a node."""

    choice: str
    visits: int
    share: Annotated[float, Field(description="Of all visits of the node")]


class NodeFiguresOut(BaseModel):
    """A node in use; names that the tree does not have are those of an incident's notice."""

    node: str
    calls: int
    share: Annotated[float, Field(description="Of all calls")]
    visits: int
    spent: SpentOut | None
    gave_up: Annotated[int, Field(description="Calls whose citizen hung up here")]
    ended: Annotated[dict[str, int], Field(description="How the calls ended that ended here")]
    to_person: Annotated[SpentOut | None, Field(description="From the start of the menu until the queue")]
    choices: list[ChoiceFiguresOut]


class DrawnNodeOut(BaseModel):
    """Where a node stands in a picture; layer 0 is where calls begin."""

    name: str
    kind: str
    layer: int
    position: int


class DrawnEdgeOut(BaseModel):
    """All ways from one node to another."""

    source: str
    target: str
    ways: Annotated[list[str], Field(examples=[["key 1", "on_silence"]])]
    passes: int
    share: Annotated[float, Field(description="Of the visits of the source")]
    backwards: bool


class DrawingOut(BaseModel):
    """The tree as a picture's data."""

    nodes: list[DrawnNodeOut]
    edges: list[DrawnEdgeOut]


class AnsweredOut(BaseModel):
    """The calls that a person answered, and how long after they began."""

    calls: int
    share: Annotated[float, Field(description="Of all calls")]
    spent: SpentOut | None


class FiguresOut(BaseModel):
    """How calls that began in a period used a version."""

    menu: str
    version: int
    since: dt.datetime
    until: dt.datetime
    calls: int
    ends: Annotated[dict[str, int], Field(description="queue, hang_up, gave_up, message, transfer, ...")]
    spent: SpentOut | None
    to_person: Annotated[SpentOut | None, Field(description="From the start of the menu until the queue")]
    answered: AnsweredOut
    nodes: list[NodeFiguresOut]
    drawing: DrawingOut
