"""What a menu asks the web process while a citizen listens: bounded in time, and refused rather than waited for."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import orjson

from ivr.codec import tree_from_dict
from ivr.progress import Progress
from ivr.tree import Tree

ANSWER_SECONDS = 1.5
"""A citizen listens to silence meanwhile."""

JSON = {"Content-Type": "application/json"}
"""The web process reads no body of a type that it was not told."""

T = TypeVar("T")

_ERRORS = (httpx.HTTPError, orjson.JSONDecodeError, KeyError, TypeError, ValueError)


class DirectoryAway(Exception):  # noqa: N818 - read as what happened
    """The web process did not answer, in time or at all, or not what was asked."""


@dataclass(frozen=True, slots=True)
class KnownCaller:
    """Whether the number has called before, whether a case of it is open, and the agent who took that one."""

    known: bool
    open_case: bool
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class TrialTree:
    """The draft that a code stands for."""

    menu: str
    version: int
    tree: Tree
    texts: dict[str, str]


class Directory:
    """The internal endpoints for look-ups (ARCHITECTURE.md, "Wire 2"); every question raises DirectoryAway."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def caller(self, number: str) -> KnownCaller:
        """What is known of a caller's number."""
        return await self._ask("/internal/callers", {"caller": number}, _known)

    async def case(self, case_number: str, query_code: str, *, call_id: str) -> Progress | None:
        """The progress of a case; None when number and code do not belong together."""
        question = {"case_number": case_number, "query_code": query_code, "call_id": call_id}
        return await self._ask("/internal/case-progress", question, _progress)

    async def trial(self, code: str) -> TrialTree | None:
        """The draft that a code stands for, once; None for a code that is wrong, used or too old."""
        try:
            return await self._ask("/internal/trials", {"code": code}, _trial)
        except DirectoryAway as away:
            if isinstance(away.__cause__, httpx.HTTPStatusError) and away.__cause__.response.status_code == 404:  # noqa: PLR2004 - HTTP's own
                return None
            raise

    async def _ask(self, path: str, question: dict[str, str], read: Callable[[dict[str, Any]], T]) -> T:
        try:
            response = await self._client.post(
                path, content=orjson.dumps(question), headers=JSON, timeout=ANSWER_SECONDS
            )
            response.raise_for_status()
            return read(orjson.loads(response.content))
        except _ERRORS as error:
            # Never the question: typed digits belong to nobody's log.
            raise DirectoryAway(f"{path}: {type(error).__name__}") from error


def _known(answer: dict[str, Any]) -> KnownCaller:
    return KnownCaller(bool(answer["known"]), bool(answer["open_case"]), answer.get("owner"))


def _progress(answer: dict[str, Any]) -> Progress | None:
    if not answer["found"]:
        return None
    return Progress(answer["case_no"], answer["state"], dt.date.fromisoformat(answer["opened_on"]))


def _trial(answer: dict[str, Any]) -> TrialTree:
    tree = tree_from_dict(answer["tree"])
    return TrialTree(answer["menu"], int(answer["version"]), tree, dict(answer.get("sounds") or {}))
