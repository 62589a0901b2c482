"""What SIPp's scenarios write about each call, as values; no I/O."""

from dataclasses import dataclass

#: A line: who | date time and epoch, tab-separated | key of the call | what | more
_FIELDS = 5


@dataclass(frozen=True, slots=True)
class SipEvent:
    """One moment of one SIP call; `at` is epoch seconds, `more` is what the scenario adds, hostile text too."""

    who: str
    at: float
    key: str
    what: str
    more: str


def parse_line(line: str) -> SipEvent | None:
    """Return the event in one log line, or None when SIPp wrote something else there."""
    parts = line.split("|", _FIELDS - 1)
    if len(parts) != _FIELDS:
        return None
    who, stamp, key, what, more = parts
    try:
        at = float(stamp.rsplit("\t", 1)[-1])
    except ValueError:
        return None
    return SipEvent(who, at, key, what, more)


def parse_address(text: str) -> tuple[str, int] | None:
    """Return the RTP address that a scenario logged as `host port`, or None when the SDP held none."""
    host, _, port = text.strip().partition(" ")
    return (host, int(port)) if host and port.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Ringing:
    """What an INVITE told an agent's phone."""

    endpoint: str
    audio: tuple[str, int] | None
    call_id: str | None
    caller: str


def parse_ringing(more: str) -> Ringing:
    """Return the facts of a phone's `rang` line: endpoint, RTP host and port, X-Call-Id, From header."""
    endpoint, host, port, call_id, caller = (more.split(" ", 4) + [""] * 5)[:5]
    return Ringing(endpoint, parse_address(f"{host} {port}"), call_id.strip() or None, caller.strip())


class LineBuffer:
    """Cuts a growing byte stream into lines; an unfinished line waits for its end."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that `data` completes; bytes that are not UTF-8 are shown as escapes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.decode("utf-8", "backslashreplace") for line in lines]
