"""Turns the scenario templates and a list of people into the files that SIPp reads; no process is started in here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TEMPLATES = Path(__file__).with_name("scenarios")

#: Every final refusal a scenario understands; SIPp 3.6 matches a code, not a class of codes.
_REFUSALS = (
    *(300, 301, 302, 305, 380, 400, 402, 403, 404, 405, 406, 407, 408, 410, 413, 414, 415, 416, 420, 421, 423),
    *(480, 481, 482, 483, 484, 485, 486, 487, 488, 489, 491, 493, 494),
    *(500, 501, 502, 503, 504, 505, 513, 580, 600, 603, 604, 606),
)
_REFUSED = (
    '  <recv response="{code}" optional="true" next="refused">'
    '<action><assignstr assign_to="status" value="{code}"/></action></recv>'
)

#: SIPp's field file knows no escape for these.
_UNWRITABLE = frozenset(";\r\n")
#: Which field of the citizen's template holds which text.
_TEXTS = {"[field1]": "target", "[field2]": "display", "[field3]": "origin"}


@dataclass(frozen=True, slots=True)
class Citizen:
    """Who calls: what stands in the SIP message, as it stands there (nothing is escaped or checked)."""

    user: str = ""
    dialled: str = "12345"
    display: str = ""

    @property
    def target(self) -> str:
        """What stands before the host in the dialled URI: an empty number leaves a URI without a user part."""
        return f"{self.dialled}@" if self.dialled else ""

    @property
    def origin(self) -> str:
        """The same for the caller's URI."""
        return f"{self.user}@" if self.user else ""

    @property
    def odd(self) -> bool:
        """Whether a text cannot stand in a field file and needs a SIPp process of its own."""
        return any(_UNWRITABLE & set(text) for text in (self.user, self.dialled, self.display))


def scenario(name: str, *, literal: bool = False, signs_in: bool = False) -> str:
    """Return scenario `name`.

    `literal` takes the citizen's texts from SIPp's `-key` instead of the field file; with `signs_in` the INVITE is sent
    again with a password, as an agent's phone does.
    """
    text = _template(name)
    if "@@DIAL@@" in text:
        text = text.replace("@@DIAL@@", _dialling(signs_in)).replace("@@CSEQ@@", "2" if signs_in else "1")
    text = text.replace("@@FAILURES@@", "\n".join(_REFUSED.format(code=code) for code in _REFUSALS))
    if literal:
        for field, key in _TEXTS.items():
            text = text.replace(field, f"[{key}]")
    return text


def _template(name: str) -> str:
    return (TEMPLATES / f"{name}.xml").read_text(encoding="utf-8")


def _dialling(signs_in: bool) -> str:
    """Return the INVITE, and for a phone that is asked who it is the challenge and the second one."""
    plain = _template("invite").replace("@@NUMBER@@", "1").replace("      @@CREDENTIALS@@\n", "")
    if not signs_in:
        return plain
    again = _template("invite").replace("@@NUMBER@@", "2").replace("@@CREDENTIALS@@", "[field5]")
    return plain + _template("challenge") + again


def field_file(rows: Sequence[Sequence[str]]) -> str:
    """Return a SIPp field file that is read from top to bottom; raise ValueError for text it cannot hold."""
    for text in (text for row in rows for text in row):
        if _UNWRITABLE & set(text):
            raise ValueError(f"a SIPp field cannot hold a semicolon or a line break: {text!r}")
    return "SEQUENTIAL\n" + "".join(";".join(row) + "\n" for row in rows)


def citizen_row(key: str, citizen: Citizen, rtp_port: int) -> list[str]:
    """Return the citizen's line: the texts of an odd citizen go another way and are left empty."""
    texts = ["", "", ""] if citizen.odd else [citizen.target, citizen.display, citizen.origin]
    return [key, *texts, str(rtp_port)]


def literal_keys(citizen: Citizen) -> list[str]:
    """Return SIPp's `-key` arguments for an odd citizen."""
    return [part for key in _TEXTS.values() for part in ("-key", key, getattr(citizen, key))]


def registration_row(endpoint: str, password: str, seconds: int) -> list[str]:
    """Return the line that registers `endpoint` for `seconds` (0 takes the registration back)."""
    return [endpoint, credentials(endpoint, password), str(seconds)]


def credentials(endpoint: str, password: str) -> str:
    """Return SIPp's word for the header that answers a challenge."""
    return f"[authentication username={endpoint} password={password}]"


def control_message(method: str, call_id: str, *, host: str, port: int, headers: dict[str, str] | None = None) -> bytes:
    """Return the request by which `ops.call` tells a scenario what to do next: SIPp matches it by Call-ID alone.

    `host` and `port` are where it is sent from: SIPp never answers it.
    """
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    return (
        f"{method} sip:scenario@{host} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK-{method}-{call_id}\r\n"
        f"From: <sip:director@{host}>;tag=director\r\nTo: <sip:scenario@{host}>\r\n"
        f"Call-ID: {call_id}\r\nCSeq: 1 {method}\r\n{more}Content-Length: 0\r\n\r\n"
    ).encode()
