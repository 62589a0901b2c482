"""How words become one AGI line; no I/O.

Follows `parse_args` of Asterisk's res_agi.c: words end at blanks, double quotes group, a backslash escapes.
"""

import re
from collections.abc import Sequence

MAX_WORDS = 100
MAX_BYTES = 2000
"""Asterisk reads a command into 2,048 bytes; the rest of a longer line would run as a command of its own."""

_BARE = re.compile(r"[A-Za-z0-9_./:=@*#-]+", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_FORBIDDEN = {"\r": "a carriage return", "\n": "a line feed", "\0": "a NUL character"}


def command_line(words: Sequence[str]) -> bytes:
    """One AGI command, quoted where needed, with its line feed.

    Raises ValueError (saying what is wrong) for no words, too many, too long, or text that would end the line.
    """
    if not words or not words[0].strip():
        raise ValueError("an AGI command needs at least one word")
    if len(words) > MAX_WORDS:
        raise ValueError(f"an AGI command may have {MAX_WORDS} words, this one has {len(words)}: send it in parts")
    line = " ".join(quoted(word) for word in words).encode() + b"\n"
    if len(line) > MAX_BYTES:
        raise ValueError(f"an AGI command may have {MAX_BYTES} bytes, this one has {len(line)}: shorten its text")
    return line


def quoted(word: str) -> str:
    """One word as Asterisk will read it back unchanged; raises ValueError for CR, LF, NUL and lone surrogates."""
    if _BARE.fullmatch(word):
        return word
    for character, name in _FORBIDDEN.items():
        if character in word:
            raise ValueError(f"{word[:40]!r} holds {name}, which would end the AGI command: clean the text first")
    if _SURROGATE.search(word):
        raise ValueError(f"{word[:40]!r} holds a lone surrogate, which is not UTF-8: decode it with errors='replace'")
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
