"""What the endpoints about public numbers and their lines take and give."""

import datetime as dt
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.core.fields import Heard, Why, plain
from api.core.revisions import Revised
from api.core.text import WORD_LIMIT

NUMBER: Final = r"^[0-9]{3,12}$"
IMPORT_LIMIT: Final = 500
GREETING_LIMIT: Final = 5
PRIORITY_LIMIT: Final = 1000

Digits = Annotated[str, Field(pattern=NUMBER, examples=["12345"])]
Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
SoundName = Annotated[str, Field(min_length=1, max_length=200, examples=["hotline/greeting-12345"])]
Hours = dict[
    Annotated[str, Field(max_length=20)],
    Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=10)],
]


class LineIn(BaseModel):
    """What belongs to a number."""

    model_config = ConfigDict(extra="forbid")

    line: Annotated[
        str,
        Field(min_length=1, max_length=WORD_LIMIT, description="What people call it"),
        AfterValidator(plain(WORD_LIMIT)),
    ]
    menu: Annotated[Slug, Field(description="The menu that its callers hear")]
    queue: Annotated[Slug, Field(description="The queue that `@line` means in a menu")]
    area: Annotated[str, Field(pattern=r"^[a-z0-9-]{0,32}$", description="Its county; empty: the whole city")] = ""
    greeting: Annotated[
        list[SoundName] | None, Field(max_length=GREETING_LIMIT, description="The sounds that `@line` means")
    ] = None
    hours: Annotated[
        Hours | None,
        Field(
            max_length=20,
            description="Opening hours by day; null: always open",
            examples=[{"mon-fri": ["08:30-12:00", "14:00-18:00"]}],
        ),
    ] = None
    priority: Annotated[
        int | None,
        Field(ge=-PRIORITY_LIMIT, le=PRIORITY_LIMIT, description="Added to that of its calls; left out: as it is"),
    ] = None


class NumberIn(LineIn):
    """One number as it is to be."""

    why: Why


class NumberRow(LineIn):
    """One number of a list."""

    number: Digits


class NumbersIn(BaseModel):
    """Numbers to create or change, all of them or none; those not in the list stay as they are."""

    model_config = ConfigDict(extra="forbid")

    numbers: Annotated[list[NumberRow], Field(min_length=1, max_length=IMPORT_LIMIT)]
    why: Why


class NumberOut(Revised):
    """One number with its line."""

    editable = frozenset({"line", "menu", "queue", "area", "greeting", "hours", "priority"})

    number: str
    line: str
    menu: str
    menu_in_force: Annotated[bool, Field(description="False: the built-in menu is heard until one is published")]
    queue: str
    area: str
    greeting: list[str] | None
    hours: dict[str, list[str]] | None
    priority: int


class NumberStored(NumberOut):
    """One number as it is stored."""

    heard: Heard


class NumbersStored(BaseModel):
    """What an import did."""

    created: int
    changed: int
    unchanged: int
    heard: Heard


class Figures(BaseModel):
    """Calls by how they ended; the parts add up to `calls`."""

    calls: int
    answered: int
    abandoned: int
    registered: Annotated[int, Field(description="Asked for a return call, or registered as affected by an incident")]
    messages: int
    transferred: int
    hung_up_in_menu: int
    other: Annotated[int, Field(description="Not ended yet, or failed")]
    waited: Annotated[int, Field(description="Calls that came to a queue")]
    mean_wait_ms: Annotated[float | None, Field(description="Of those; null when there are none")]
    answered_within_15_s: int


class LineFigures(Figures):
    """The figures of one number; those of numbers that are not configured stand together, without a name."""

    number: str | None
    line: str | None
    area: str | None


class LinesOut(BaseModel):
    """Every line, and all of them together."""

    since: dt.datetime
    until: dt.datetime
    lines: list[LineFigures]
    total: Figures
