"""SIP as text: reading messages, writing requests and replies; no sockets."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

_STATUS = re.compile(r"SIP/2\.0 (\d{3})")
_CHALLENGE = re.compile(r'(\w+)="?([^",]+)"?')
_ECHOED = frozenset({"via", "from", "call-id", "cseq", "record-route"})


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message; header names are in lower case, `start` is its first line."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str

    def first(self, name: str) -> str:
        """Return the first header of a name, or nothing."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def status(self) -> int:
        """The code of a reply, 0 for a request."""
        found = _STATUS.match(self.start)
        return int(found[1]) if found else 0

    @property
    def method(self) -> str:
        """The method, of a reply the one it answers."""
        return self.first("cseq").rpartition(" ")[2]

    @property
    def audio(self) -> tuple[str, int] | None:
        """Where the other side wants to hear, when the body says so."""
        host, port = re.search(r"c=IN IP4 (\S+)", self.body), re.search(r"m=audio (\d+)", self.body)
        return (host[1], int(port[1])) if host and port else None


def parse(datagram: bytes) -> Message:
    """Read one datagram; text that is not UTF-8 is kept as surrogates."""
    head, _, body = datagram.decode("utf-8", "surrogateescape").partition("\r\n\r\n")
    start, *lines = head.split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Message(start, tuple((name.strip().lower(), value.strip()) for name, _, value in pairs), body)


def uri_of(header: str) -> str:
    """Return the URI of a From, To or Contact header."""
    found = re.search(r"<([^>]*)>", header)
    return found[1] if found else header


def user_of(uri: str) -> str:
    """Return the user part of a SIP URI."""
    return uri.removeprefix("sip:").partition("@")[0]


def description(host: str, port: int) -> str:
    """Return an SDP body: A-law at this address, and keys by RFC 4733."""
    return (
        f"v=0\r\no=bench 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-16\r\na=ptime:20\r\n"
    )


@dataclass(slots=True)
class Dialog:
    """What the requests of one call repeat; `target` is the request URI, `server` where they are sent."""

    call_id: str
    server: tuple[str, int]
    local: str
    remote: str
    target: str
    cseq: int = 1


def branch() -> str:
    """Return a branch that no other transaction has."""
    return f"z9hG4bK{secrets.token_hex(8)}"


def request(
    dialog: Dialog, method: str, own: tuple[str, int], *, via: str, user: str, body: str = "", more: Sequence[str] = ()
) -> bytes:
    """Write a request within `dialog` from `own`; `via` is its branch."""
    host, port = own
    lines = (
        f"{method} {dialog.target} SIP/2.0",
        f"Via: SIP/2.0/UDP {host}:{port};rport;branch={via}",
        "Max-Forwards: 70",
        f"From: {dialog.local}",
        f"To: {dialog.remote}",
        f"Call-ID: {dialog.call_id}",
        f"CSeq: {dialog.cseq} {method}",
        f"Contact: <sip:{user}@{host}:{port}>",
        *more,
        *(("Content-Type: application/sdp",) if body else ()),
        f"Content-Length: {len(body)}",
    )
    return _text(lines, body)


def reply(to: Message, code: int, own: tuple[str, int], *, tag: str = "", body: str = "") -> bytes:
    """Write a reply to a request; `tag` is added to its To header when that has none."""
    lines = [f"SIP/2.0 {code} Bench"]
    for name, value in to.headers:
        if name in _ECHOED:
            lines.append(f"{name}: {value}")
        elif name == "to":
            lines.append(f"to: {value}" + (f";tag={tag}" if tag and "tag=" not in value else ""))
    lines.append(f"Contact: <sip:{user_of(uri_of(to.first('to')))}@{own[0]}:{own[1]}>")
    if body:
        lines.append("Content-Type: application/sdp")
    return _text([*lines, f"Content-Length: {len(body)}"], body)


def _text(lines: Sequence[str], body: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")


def authorization(challenge: str, user: str, password: str, uri: str) -> str:
    """Answer a digest challenge to REGISTER (RFC 2617, MD5 as PJSIP asks for it)."""
    fields = dict(_CHALLENGE.findall(challenge.removeprefix("Digest ")))
    realm, nonce, ours = fields["realm"], fields["nonce"], secrets.token_hex(4)
    who, what = _md5(f"{user}:{realm}:{password}"), _md5(f"REGISTER:{uri}")
    proof = _md5(f"{who}:{nonce}:00000001:{ours}:auth:{what}")
    opaque = f', opaque="{fields["opaque"]}"' if "opaque" in fields else ""
    return (
        f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", qop=auth, '
        f'nc=00000001, cnonce="{ours}", response="{proof}", algorithm=MD5{opaque}'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - SIP's digest
