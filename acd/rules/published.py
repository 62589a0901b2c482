"""What is published, decoded: rules of queues, numbers, notices and the calendar; the last good rules stay."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from acd.messages import AgentConfiguration, Configuration, IncidentConfiguration, NumberConfiguration
from acd.rules.codec import RulesError, line_of, profile_of, queue_rules
from acd.rules.pauses import PauseReason, pause_reason
from acd.rules.policy import Profile, QueueRules
from ivr.hours import Calendar, is_open, next_opening


@dataclass(frozen=True, slots=True)
class _Incident:
    numbers: frozenset[str]
    starts: dt.datetime
    ends: dt.datetime
    priority: int


class Published:
    """The configuration as the floor asks for it."""

    def __init__(self) -> None:
        self.queues: dict[str, QueueRules] = {}
        self.numbers: dict[str, NumberConfiguration] = {}
        self.targets: dict[str, str] = {}
        self._incidents: tuple[_Incident, ...] = ()
        self._calendar = Calendar()
        self._profiles: dict[str, Profile] = {}
        self._lines: dict[str, str | None] = {}
        self.pauses: dict[str, PauseReason] = {}

    def take(self, conf: Configuration) -> list[str]:
        """Take a configuration; returns why rules were refused: for these the ones before stay, or the plainest."""
        refused: list[str] = []
        self.queues = {one.id: one for one in self._rules(conf, refused)}
        self._profiles = dict(self._read_profiles(conf, refused))
        self._lines = dict(self._read_lines(conf, refused))
        self.numbers = {number["number"]: number for number in conf["numbers"]}
        names = conf.get("target_names", {})
        self.targets = {number: names.get(number, number) for number in conf.get("targets", []) if number.isdigit()}
        self._take_times(conf, refused)
        self._take_pauses(conf, refused)
        return refused

    def _take_pauses(self, conf: Configuration, refused: list[str]) -> None:
        try:
            self.pauses = {one["id"]: pause_reason(one) for one in conf.get("pauses", [])}
        except ValueError as error:
            refused.append(str(error))

    def _take_times(self, conf: Configuration, refused: list[str]) -> None:
        try:
            self._incidents = tuple(_incident(one) for one in conf.get("incidents", []) if one.get("priority"))
            days = [(dt.date.fromisoformat(day["day"]), day["kind"]) for day in conf.get("holidays", [])]
        except (ValueError, TypeError) as error:
            refused.append(f"a moment of an incident or a day of the calendar cannot be read: {error}")
            return
        self._calendar = Calendar(
            frozenset(day for day, kind in days if kind == "holiday"),
            frozenset(day for day, kind in days if kind == "workday"),
        )

    def _rules(self, conf: Configuration, refused: list[str]) -> Iterable[QueueRules]:
        for data in conf["queues"]:
            try:
                yield queue_rules(data)
            except RulesError as error:
                refused.append(str(error))
                plain = QueueRules(data["id"], data["name"], ring_seconds=data["ring_seconds"])
                yield self.queues.get(data["id"], plain)

    def _read_profiles(self, conf: Configuration, refused: list[str]) -> Iterable[tuple[str, Profile]]:
        for data in conf["agents"]:
            plain = Profile(tuple((queue, 0.0) for queue in data["queues"]))
            try:
                yield data["id"], profile_of(data)
            except RulesError as error:
                refused.append(str(error))
                yield data["id"], self._profiles.get(data["id"], plain)

    def _read_lines(self, conf: Configuration, refused: list[str]) -> Iterable[tuple[str, str | None]]:
        for data in conf["agents"]:
            try:
                yield data["id"], line_of(data)
            except RulesError as error:
                refused.append(str(error))
                yield data["id"], self._lines.get(data["id"])

    def line(self, data: AgentConfiguration) -> str | None:
        """The endpoint of an agent who is a line seat in the configuration taken last, else None."""
        return self._lines[data["id"]]

    def queue(self, queue_id: str) -> QueueRules:
        """The rules of a queue; the plainest for one that is not published."""
        return self.queues.get(queue_id) or QueueRules(queue_id)

    def profile(self, data: AgentConfiguration) -> Profile:
        """The profile of an agent of the configuration taken last."""
        return self._profiles[data["id"]]

    def county_of(self, queue_id: str, dialled: str) -> str:
        """The county whose seats are preferred: the queue's, else that of the number dialled; empty for none."""
        number = self.numbers.get(dialled)
        return self.queue(queue_id).county or (number.get("area", "") if number else "")

    def asked_of(self, queue_id: str) -> frozenset[str]:
        """A queue and those that help it."""
        return frozenset({queue_id, *(overflow.to for overflow in self.queue(queue_id).overflow)})

    def closed_for(self, queue_id: str, *, at: dt.datetime, until: dt.datetime | None = None) -> frozenset[str]:
        """Of a queue and those that help it the ones that are closed at that moment, and stay so to `until`."""
        closed: set[str] = set()
        for one in self.asked_of(queue_id):
            hours = self.queue(one).hours
            if hours is None or is_open(hours, self._calendar, now=at):
                continue
            opening = None if until is None else next_opening(hours, self._calendar, after=at)
            if until is None or opening is None or opening > until:
                closed.add(one)
        return frozenset(closed)

    def next_opening(self, queues: Iterable[str], *, after: dt.datetime) -> dt.datetime | None:
        """When the first of these queues opens, later than `after`; None: not within a month."""
        hours = (self.queue(one).hours for one in queues)
        openings = (next_opening(week, self._calendar, after=after) for week in hours if week is not None)
        return min((moment for moment in openings if moment is not None), default=None)

    def line_priority(self, dialled: str, *, now: dt.datetime) -> int:
        """What the number dialled adds to the priority, with the incidents that are on for it now."""
        number = self.numbers.get(dialled)
        if number is None:
            return 0
        on = (one for one in self._incidents if dialled in one.numbers and one.starts <= now < one.ends)
        return number.get("priority", 0) + sum(incident.priority for incident in on)


def _incident(data: IncidentConfiguration) -> _Incident:
    starts, ends = dt.datetime.fromisoformat(data["starts"]), dt.datetime.fromisoformat(data["ends"])
    if starts.tzinfo is None or ends.tzinfo is None:
        raise ValueError(f"incident {data['id']} needs times with an offset")
    return _Incident(frozenset(data["numbers"]), starts, ends, data.get("priority", 0))
