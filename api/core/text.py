"""Makes text of unknown origin storable and harmless to show; pure."""

import math
import unicodedata
from typing import Any, Final

CALLER_LIMIT: Final = 256
WORD_LIMIT: Final = 64
TEXT_LIMIT: Final = 4096
NOTE_LIMIT: Final = 20_000
DEPTH_LIMIT: Final = 8
ITEMS_LIMIT: Final = 200
INTEGER_LIMIT: Final = 2**63

# Marks that turn the direction of the text after them, so that a number reads backwards.
DIRECTION_MARKS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
REPLACEMENT: Final = "\ufffd"


def clean(text: str, limit: int, *, keep: str = "") -> str:
    """Return at most `limit` characters without control characters (but those in `keep`), NUL or lone surrogates.

    PostgreSQL refuses NUL and UTF-8 refuses surrogates; line ends and direction marks could forge what a person reads.
    """
    return "".join(_clean_letter(letter, keep) for letter in text[: limit * 2])[:limit]


def _clean_letter(letter: str, keep: str) -> str:
    if letter in keep:
        return letter
    if letter == "\x00" or letter in DIRECTION_MARKS:
        return ""
    category = unicodedata.category(letter)
    if category == "Cs":
        return REPLACEMENT
    return " " if category in {"Cc", "Zl", "Zp"} else letter


def clean_note(text: str) -> str:
    """Return a person's own words: line ends and tabs stay."""
    return clean(text.replace("\r\n", "\n"), NOTE_LIMIT, keep="\n\t")


def clean_json(value: Any, *, depth: int = 0) -> Any:
    """Return a JSON value that PostgreSQL accepts: text cleaned, numbers finite, size and depth bounded."""
    if isinstance(value, str):
        return clean(value, TEXT_LIMIT)
    if isinstance(value, dict | list):
        return _clean_container(value, depth + 1) if depth < DEPTH_LIMIT else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int) and abs(value) < INTEGER_LIMIT else None


def _clean_container(value: dict[Any, Any] | list[Any], depth: int) -> Any:
    if isinstance(value, list):
        return [clean_json(item, depth=depth) for item in value[:ITEMS_LIMIT]]
    pairs = list(value.items())[:ITEMS_LIMIT]
    return {clean(str(key), WORD_LIMIT): clean_json(item, depth=depth) for key, item in pairs}
