"""What Asterisk's own records (CEL) prove about calls: rows in, one set of facts per finished citizen's call out."""

import csv
import datetime as dt
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Any

from acd.messages import Disposition
from acd.rules.effects import OUT_PREFIX, call_of
from acd.rules.state import CARRIER
from acd.rules.telephones import endpoint_of, is_trunk

FIELDS = (
    "eventtime",
    "eventtype",
    "uniqueid",
    "linkedid",
    "channame",
    "cidnum",
    "exten",
    "context",
    "appname",
    "appdata",
    "peer",
    "extra",
    "userfield",
)
"""The columns of `cel.csv`, in the order in which `asterisk_conf` has them written."""

TELLING = frozenset({"CHAN_START", "CHAN_END", "BRIDGE_ENTER"})
"""The events that prove something about a call; a call has four times as many others."""

CITIZEN_CONTEXT = "from-trunk"

Row = dict[str, str]


def parse_row(line: str) -> Row | None:
    """One line of the file as a row; None for a line that is cut off, not ours or of no use (`TELLING`)."""
    if _second(line) not in TELLING:
        return None
    values = next(csv.reader([line]), [])
    if len(values) != len(FIELDS):
        return None
    row = dict(zip(FIELDS, values, strict=True))
    return row if _moment(row) is not None and row["uniqueid"] else None


def _second(line: str) -> str:
    """The second column, which is never a caller's text, without reading the others."""
    return line.split(",", 2)[1].strip('"') if "," in line else ""


@dataclass(slots=True)
class CallFacts:
    """What the rows of one citizen's call say so far; `answered_by` is who had the citizen last.

    `legs` are the agents' legs that are there, `owner` is the one that has the citizen.
    """

    call_id: str
    caller: str
    dialled: str
    started_at: dt.datetime
    offset: int
    answered_by: str | None = None
    answered_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    outbound: bool = False
    legs: dict[str, str] = field(default_factory=dict)
    owner: str | None = None

    def enters(self, leg: str, endpoint: str, moment: dt.datetime) -> None:
        """Somebody's leg talks: the citizen is theirs, unless somebody else has the citizen already."""
        if self.answered_at is None:
            self.answered_by, self.answered_at = endpoint, moment
        if endpoint == CARRIER:
            return
        self.legs[leg] = endpoint
        if self.owner is None:
            self.owner, self.answered_by = leg, endpoint

    def leaves(self, leg: str) -> None:
        """Who had the citizen is gone: whoever was brought in before goes on, else whoever comes next."""
        self.legs.pop(leg, None)
        if leg == self.owner:
            self.owner = next(iter(self.legs), None)
            self.answered_by = self.legs.get(self.owner or "", self.answered_by)

    def data(self, agent_of: Callable[[str], str | None]) -> dict[str, Any]:
        """The body of a `call.record` event; `agent_of` turns an endpoint into an agent id."""
        answered = self.answered_by is not None and self.answered_at is not None
        lost = Disposition.FAILED if self.outbound else Disposition.ABANDONED
        return {
            **({"direction": "outbound"} if self.outbound else {"caller": self.caller, "dialled": self.dialled}),
            "started_at": self.started_at.isoformat(),
            "queue": None,
            "answered_by": agent_of(self.answered_by) if self.answered_by else None,
            "answered_at": self.answered_at.isoformat() if self.answered_at else None,
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "disposition": (Disposition.ANSWERED if answered else lost).value,
        }


class CallRecords:
    """Follows the rows in their order; a call is finished with its citizen's channel.

    An unanswered call counts as abandoned: whoever was cut off or gave up is owed a return call rather than silence.
    One that the hotline made has failed then. Whom it called, the voice process wrote down before it called.
    """

    def __init__(self) -> None:
        self._open: dict[str, CallFacts] = {}

    @property
    def oldest_offset(self) -> int | None:
        """Where in the file the oldest unfinished call begins; None when there is none."""
        return min((facts.offset for facts in self._open.values()), default=None)

    def take(self, row: Row, *, offset: int) -> CallFacts | None:
        """Follow one row that begins at `offset`; the facts of a call when this row finishes it."""
        moment = _moment(row)
        if moment is None:
            return None
        outbound = row["uniqueid"].startswith(OUT_PREFIX)
        if row["eventtype"] == "CHAN_START" and (outbound or row["context"] == CITIZEN_CONTEXT):
            call = CallFacts(row["uniqueid"], row["cidnum"], row["exten"], moment, offset, outbound=outbound)
            self._open[row["uniqueid"]] = call
            return None
        return self._follow(row, moment)

    def _follow(self, row: Row, moment: dt.datetime) -> CallFacts | None:
        own = self._open.get(row["uniqueid"])
        if own is not None and row["eventtype"] == "CHAN_END":
            own.ended_at = moment
            return self._open.pop(row["uniqueid"])
        call = own or self._open.get(call_of(row["uniqueid"]) or row["linkedid"])
        endpoint = endpoint_of(row["channame"])
        if call is None or call is own or endpoint is None or is_trunk(endpoint):
            return None
        if row["eventtype"] == "BRIDGE_ENTER":
            call.enters(row["uniqueid"], endpoint, moment)
        elif row["eventtype"] == "CHAN_END":
            call.leaves(row["uniqueid"])
        return None

    def drop_unless(self, alive: Container[str], *, before: dt.datetime) -> list[CallFacts]:
        """The unfinished calls that began before that moment and are not alive: they will get no end any more."""
        dead = [f for f in self._open.values() if f.call_id not in alive and f.started_at < before]
        for facts in dead:
            del self._open[facts.call_id]
        return dead


def _moment(row: Row) -> dt.datetime | None:
    try:
        return dt.datetime.fromtimestamp(float(row["eventtime"]), dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
