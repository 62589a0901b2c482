"""Conditional changes (RFC 9110 §13.1.1): what somebody else has changed since is not written over unseen."""

import hashlib
from typing import Annotated, ClassVar

import orjson
from fastapi import Header
from pydantic import BaseModel, computed_field

from api.core.audit import last_change
from api.core.problems import ChangedError
from db.engine import WriteSession

IfMatch = Annotated[str | None, Header(max_length=200, description='The revision that was read, such as "3"')]


class Revised(BaseModel):
    """What people change: `revision` is another one as soon as a field of `editable` is."""

    editable: ClassVar[frozenset[str]]

    @computed_field(description="PUT names it in If-Match, and is refused when it is another one meanwhile")  # type: ignore[prop-decorator]
    @property
    def revision(self) -> str:
        """A digest of these fields."""
        values = self.model_dump(include=set(self.editable))
        return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def matches(if_match: str, revision: object) -> bool:
    """Tell whether the header names this revision, or takes any."""
    given = [tag.strip().strip('"') for tag in if_match.split(",")]
    return "*" in given or str(revision) in given


async def require_unchanged(session: WriteSession, found: Revised | None, if_match: str | None, subject: str) -> None:
    """Raises ChangedError, with who changed it last, when it is not what the header says. Without one anything goes."""
    if if_match is None or (found is not None and matches(if_match, found.revision)):
        return
    last = await last_change(session, subject)
    by, at = (None, None) if last is None else (last.by, last.at)
    text = f"{by or 'Somebody'} has changed this meanwhile. Read it again, or send it without If-Match to replace it."
    raise ChangedError(text, by=by, at=at)
