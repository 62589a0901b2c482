"""What the sounds' endpoints take and give."""

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.core.fields import Why, plain
from api.core.paging import Page
from api.sounds.rules import SLUG_LIMIT, SLUG_PATTERN, TEXT_LIMIT, Source, State

Slug = Annotated[
    str,
    Field(min_length=1, max_length=SLUG_LIMIT, pattern=SLUG_PATTERN, description="Names the sound: own/<slug>-<take>"),
]
SoundText = Annotated[
    str,
    Field(min_length=1, max_length=TEXT_LIMIT, description="What it says, word by word"),
    AfterValidator(plain(TEXT_LIMIT)),
]


class SpokenIn(BaseModel):
    """A text that the voice is to speak."""

    model_config = ConfigDict(extra="forbid")

    slug: Slug
    text: SoundText


class DecisionIn(BaseModel):
    """Why a sound is approved or rejected."""

    model_config = ConfigDict(extra="forbid")

    why: Why


class SoundOut(BaseModel):
    """One sound; times are ISO 8601 with offset, `loudness_db` dB of full scale."""

    name: Annotated[str, Field(description="What menus call it")]
    text: Annotated[str, Field(description="What it says")]
    language: str
    source: Source
    state: State
    seconds: float
    sha256: Annotated[str, Field(description="Of its file")]
    loudness_db: float | None
    original_name: Annotated[str | None, Field(description="The uploaded file's name")]
    original_format: Annotated[str | None, Field(description="WAV, MP3, OGG or FLAC")]
    made_by: str | None
    made_at: dt.datetime
    decided_by: Annotated[str | None, Field(description="Who approved or rejected it")]
    decided_at: dt.datetime | None
    why: Annotated[str, Field(description="Why it was approved or rejected")]
    missing: Annotated[bool, Field(description="Its file is not there: citizens hear the text spoken instead")]
    audio_url: Annotated[str, Field(description="Where supervisors and administrators hear it")]


class SoundPage(Page):
    """One page of sounds, newest first."""

    items: list[SoundOut]


class RemarkOut(BaseModel):
    """Something to listen for before the sound is approved."""

    code: Annotated[str, Field(description="too_short, too_quiet, clipping or noise")]
    what: str
    do: Annotated[str, Field(description="What to do about it")]


class MadeOut(SoundOut):
    """A sound that has just been made, and what to listen for."""

    remarks: list[RemarkOut]
