"""Trees as they are sent (JSON or YAML) and given (YAML); what is no tree is refused with everything that is wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from api.core.problems import RefusedError, TooLargeError, UnreadableError
from api.core.text import clean, clean_note
from ivr.codec import mistakes, tree_from_dict, tree_to_dict
from ivr.findings import Finding, error
from ivr.reading import MAX_CHARACTERS, data_from_text
from ivr.reading import UnreadableError as TextError
from ivr.tree import Tree

YAML: Final = "application/yaml"
WHY_LIMIT: Final = 500
IMPORTED: Final = "imported"
MISTAKES: Final = "This is no menu tree; mend what `findings` names and send it again."
SAY_WHY: Final = "Say `why` in one to 500 characters; it stands in the history."
SHAPE: Final = 'Send {"tree": {"start": ..., "nodes": {...}}, "why": "..."}, or the tree as application/yaml.'


@dataclass(frozen=True, slots=True)
class Proposal:
    """A tree that somebody wants to keep, and why."""

    tree: Tree
    why: str


def read_proposal(body: bytes, content_type: str, why: str) -> Proposal:
    """Return what a body holds; `why` is used where the body has none.

    Raises TooLargeError, UnreadableError for what is no JSON or YAML in UTF-8, RefusedError for what is no tree.
    """
    data = _parsed(body)
    if is_yaml(content_type):
        return Proposal(tree_of(data), clean_why(why or IMPORTED))
    if not isinstance(data, Mapping) or not {*data} <= {"tree", "why"} or "tree" not in data:
        raise RefusedError(SHAPE)
    given = data.get("why", why)
    if not isinstance(given, str):
        raise RefusedError(SAY_WHY)
    return Proposal(tree_of(data["tree"]), clean_why(given))


def tree_of(data: object) -> Tree:
    """Return the tree that parsed JSON or YAML is. Raises RefusedError with all that is wrong."""
    if wrong := mistakes(data):
        raise RefusedError(MISTAKES, told(error(one.where, one.what, one.do) for one in wrong))
    return tree_from_dict(data)


def told(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """Return findings as they are sent: harmless to show, whatever the tree's names held."""
    return [
        {
            "severity": found.severity.value,
            **{name: clean(getattr(found, name), 500) for name in ("where", "what", "do")},
        }
        for found in findings
    ]


def clean_why(why: str) -> str:
    """Return a person's reason. Raises RefusedError for none, or one that is too long."""
    words = clean_note(why).strip()
    if not words or len(words) > WHY_LIMIT:
        raise RefusedError(SAY_WHY)
    return words


def write_yaml(tree: Tree) -> str:
    """Return the file that export gives and import takes."""
    text: Any = yaml.safe_dump(tree_to_dict(tree), allow_unicode=True, sort_keys=False, width=110)
    return str(text)


def is_yaml(media_type: str) -> bool:
    """Tell whether a Content-Type or Accept header names YAML (application/yaml, application/x-yaml, text/yaml)."""
    return "yaml" in media_type.lower()


def _parsed(body: bytes) -> object:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        raise UnreadableError(f"Byte {failure.start} is not UTF-8; save the file as UTF-8 and send it again.") from None
    if len(text) > MAX_CHARACTERS:
        raise TooLargeError(f"More than {MAX_CHARACTERS} characters are more than a tree needs; make it smaller.")
    try:
        return data_from_text(text)
    except TextError as failure:
        raise UnreadableError(clean(f"The tree cannot be read: {failure}.", 500)) from None
