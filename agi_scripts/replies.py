"""What Asterisk says on an AGI stream, as values; no I/O: bytes in, header fields and replies out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

MAX_HEADER_BYTES = 64 * 1024
MAX_LINE_BYTES = 256 * 1024
MAX_USAGE_LINES = 200

_STATUS = re.compile(r"(\d{3})([ -])(.*)", re.DOTALL)
_RESULT = re.compile(r"result=(\S*)(?: \((.*)\))?(?: endpos=(-?\d+))?(?: .*)?", re.DOTALL)
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_OPEN_VALUE = re.compile(r"200 result=\S* \(")
_CLOSED_VALUE = re.compile(r"\)( endpos=\S+.*)?$")


class AgiError(Exception):
    """Any way in which an AGI command did not do what it was asked."""


class AgiHangup(AgiError):  # noqa: N818 - an ordinary end of a call, not a fault
    """The channel is gone for this session: `HANGUP`, 511, or a result that means it.

    The citizen may still be on the line elsewhere (an AMI Redirect looks the same): only AMI's Hangup ends a call.
    """


class AgiGone(AgiError):  # noqa: N818 - a fact about the peer
    """The peer closed the stream, or talks so wrongly that it was closed."""


class AgiTimeout(AgiError):  # noqa: N818 - read as what happened
    """The peer did not answer a command in time."""


class AgiInvalid(AgiError):  # noqa: N818 - read as what happened
    """Asterisk does not know the command (510) or its usage is wrong (520)."""


class AgiFailed(AgiError):  # noqa: N818 - read as what happened
    """The command failed and the channel is alive: a missing sound, an application that is not there."""


@dataclass(frozen=True, slots=True)
class AgiReply:
    """One reply; `result` is an int when it is one, `data` the text in parentheses, `endpos` in samples."""

    code: int
    result: int | str
    data: str = ""
    endpos: int | None = None


@dataclass(frozen=True, slots=True)
class Hangup:
    """The bare line `HANGUP`."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A line that belongs to no reply: text of a caller that held a line feed, or a confused peer."""

    text: str


Heard = AgiReply | Hangup | Stray


class StreamBroken(Exception):  # noqa: N818 - read as what happened
    """The peer sends what AGI never sends; nothing after it can be trusted."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first block of a session: `agi_*` fields without that prefix, route and query of the script's URL.

    A field keeps its first value: a caller's text with a line feed in it cannot overwrite what stands above it.
    """

    fields: Mapping[str, str]
    route: str
    query: Mapping[str, str]


def parse_header(block: bytes) -> Header:
    """Read the header from its bytes (without the empty line); bytes that are not UTF-8 become U+FFFD."""
    fields: dict[str, str] = {}
    for line in block.decode(errors="replace").split("\n"):
        name, colon, value = line.partition(":")
        if colon and name.startswith("agi_"):
            fields.setdefault(name.removeprefix("agi_"), value.removeprefix(" ").removesuffix("\r"))
    path, _, query = fields.get("network_script", "").partition("?")
    return Header(fields, path.strip("/"), dict(_query(query)))


def _query(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return []


def parse_reply(text: str) -> AgiReply:
    """One whole reply. Replies without `result=` (510, 511, 520) carry their words in `data`."""
    status = _STATUS.match(text)
    if status is None:
        raise StreamBroken(f"not an AGI reply: {text[:80]!r}")
    code, rest = int(status[1]), status[3]
    found = _RESULT.fullmatch(rest)
    if found is None:
        return AgiReply(code, "", rest)
    return AgiReply(code, _number(found[1]), found[2] or "", int(found[3]) if found[3] else None)


def _number(text: str) -> int | str:
    """Make an int where nothing is lost by it: keyed digits such as 0012 stay text."""
    return int(text) if _WHOLE.fullmatch(text) else text


@dataclass(slots=True)
class ReplyParser:
    """Turns the bytes after the header into replies, whatever the cuts between reads."""

    _buffer: bytearray = field(default_factory=bytearray)
    _held: list[str] = field(default_factory=list)
    _held_bytes: int = 0

    def feed(self, data: bytes) -> Iterator[Heard]:
        """All that became complete with `data`; raises StreamBroken when a line or reply has no end."""
        self._buffer += data
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = bytearray(rest)
        for line in lines:
            yield from self._line(line.decode(errors="replace").removesuffix("\r"))
        if len(self._buffer) + self._held_bytes > MAX_LINE_BYTES:
            raise StreamBroken(f"more than {MAX_LINE_BYTES} bytes without an end")

    def _line(self, line: str) -> Iterator[Heard]:
        if self._held:
            yield from self._continue(line)
        elif line == "HANGUP":
            yield Hangup()
        elif _OPEN_VALUE.match(line) and not _CLOSED_VALUE.search(line):
            self._hold(line)
        elif (status := _STATUS.match(line)) is None:
            if line:
                yield Stray(line)
        elif status[2] == "-":
            self._hold(line)
        elif status[1] != "100":  # 100 Trying: the reply proper follows
            yield parse_reply(line)

    def _hold(self, line: str) -> None:
        self._held.append(line)
        self._held_bytes += len(line) + 1

    def _continue(self, line: str) -> Iterator[Heard]:
        """More of a value with line feeds, or of a usage text that its `NNN ` line ends."""
        usage = self._held[0][3] == "-"
        if usage and line == "HANGUP":
            yield Hangup()
            return
        self._hold(line)
        if usage and len(self._held) > MAX_USAGE_LINES:
            raise StreamBroken(f"a usage text of more than {MAX_USAGE_LINES} lines")
        ended = line.startswith(self._held[0][:3] + " ") if usage else _CLOSED_VALUE.search(line)
        if ended:
            yield parse_reply(self._release())

    def _release(self) -> str:
        text = "\n".join(self._held)
        self._held.clear()
        self._held_bytes = 0
        return text
