"""Asterisk's own word: what its call event records (CEL) say about calls, read from where a measurement began."""

import csv
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from asterisk_conf.render import CEL_COLUMNS

_COLUMNS = tuple(CEL_COLUMNS)


@dataclass(frozen=True, slots=True)
class Record:
    """One event of one channel; `at` is epoch seconds with microseconds, `caller` the caller's number."""

    at: float
    event: str
    uniqueid: str
    linkedid: str
    channel: str
    caller: str
    application: str

    @property
    def endpoint(self) -> str:
        """`1001` of `PJSIP/1001-0000002a`."""
        return self.channel.removeprefix("PJSIP/").rpartition("-")[0]


class Records:
    """The records that a file has got since this was made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._from = path.stat().st_size if path.exists() else 0

    def read(self) -> list[Record]:
        """Return them in the file's order; a line that is being written is left for later."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._from)
            whole = file.read().rpartition(b"\n")[0].decode("utf-8", "replace")
        return [record for line in whole.split("\n") if (record := parse(line)) is not None]


def parse(line: str) -> Record | None:
    """Return the record in one line, or None when it is not one."""
    values = next(csv.reader([line]), [])
    if len(values) != len(_COLUMNS):
        return None
    row = dict(zip(_COLUMNS, values, strict=True))
    return Record(
        at=float(row["eventtime"]),
        event=row["eventtype"],
        uniqueid=row["uniqueid"],
        linkedid=row["linkedid"],
        channel=row["channame"],
        caller=row["cidnum"],
        application=row["appname"],
    )


def started(records: Iterable[Record], application: str) -> dict[str, float]:
    """Return when `application` first started, by the caller's number."""
    found: dict[str, float] = {}
    for record in records:
        if record.event == "APP_START" and record.application == application:
            found.setdefault(record.caller, record.at)
    return found


class HangUps:
    """When the legs of each endpoint were hung up."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._moments: dict[str, list[float]] = defaultdict(list)
        for record in records:
            if record.event == "HANGUP":
                self._moments[record.endpoint].append(record.at)
        for moments in self._moments.values():
            moments.sort()

    def after(self, endpoint: str, moment: float) -> float | None:
        """Return the first one at or after a moment."""
        moments = self._moments.get(endpoint, [])
        place = bisect_left(moments, moment)
        return moments[place] if place < len(moments) else None
