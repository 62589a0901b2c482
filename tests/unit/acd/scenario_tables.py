"""Plays a scenario that an operator can read: rules in YAML, `---`, then a table `time | event | expected`.

A scenario begins with all agents of the file signed in, ready and with a phone, in the order of the file, unless `away`
names them. Times are seconds from `begin`. What becomes due by time happens by itself, and every ring must stand in the
table at its moment.

Events (more than one are parted by commas):
    c1 calls 12345 [queue city] [skill law] [priority 3] [from 13800138000]    (else the number's queue, from c1's own)
    c1 hangs up | c1 is cut off | c1 is known to 1001 (who owns the open case) | 13800138000 is called back
    1001 answers | misses | hangs up | finishes | breaks | ready | pauses | leaves
    1001 phone away | phone back | page opens | page closes | microphone away | microphone back
    1001 pauses for rest | is refused rest    (where the file has `pauses`)
    web comes | web goes (the web process: without it nobody's page can be there)
    9001 takes c1 | moves c1 to linhe | puts c1 first | forces 1001 paused | finishes 1001  (a `role: supervisor`)
    9001 vainly ...                                                                         (it is refused)
    c1 asks for a return call (and hangs up; the virtual caller is r1) | c1 is in the menu from 13800138000
    1001 reaches (answers the own phone, then the citizen answers) | reaches nobody | declines the own phone
    1001 holds | resumes | transfers to queue law | transfers to agent 1002 | transfers to number 110
    1001 consults agent 1002 | consults number 110 | joins | completes | drops | 1001 vainly holds (it is refused)
    third of c1 answers | is busy | leaves | c1 is outside: busy (what became of a transfer to a number)
    1001 rings off (puts the phone down while the citizen is still there)
Expected: `c1 -> 1001` for a ring (`r1 -> 1001`: for a return call), `c1 waits`, `c1 1st` for its place in the queue,
`1001 talking` for a state, `r1 gone`, `1001 next:paused` for what comes after the call (`next:none`), `1001 until:300`
for the second at which the state is looked at (`until:none`), `1001 overrun`.
Of rings exactly those must happen that are named, the rest is checked where it is named.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from acd.messages import Configuration
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import CommandRefusedError
from acd.rules.floor import Floor
from acd.rules.state import Agent

CALL = re.compile(
    r"(?P<call>\S+) calls (?P<dialled>\d+)(?: queue (?P<queue>\S+))?(?: skill (?P<skill>\S+))?"
    r"(?: priority (?P<priority>\d+))?(?: from (?P<caller>\d+))?"
)

ACT = re.compile(
    r"(?P<who>\d+)(?P<vainly> vainly)? (?P<act>takes|moves|puts|forces|finishes) (?P<whom>\S+)"
    r"(?:(?: to)? (?P<how>\S+))?"
)
TALK = re.compile(
    r"(?P<who>\d+)(?P<vainly> vainly)? (?P<act>holds|resumes|transfers|consults|joins|completes|drops)"
    r"(?: to)?(?: (?P<kind>queue|agent|number) (?P<target>\S+))?"
)
ACTS = {"takes": "take_over", "moves": "move", "puts": "front", "forces": "force", "finishes": "finish"}


@dataclass(frozen=True)
class Row:
    number: int
    at: float
    events: list[str]
    expected: list[str]


def rows_of(table: str, first_line: int) -> Iterator[Row]:
    for number, line in enumerate(table.splitlines(), start=first_line):
        cells = [cell.strip() for cell in line.split("|")]
        if line.strip() and not line.startswith("#") and cells[0] != "time":
            at, events, expected = cells
            yield Row(number, float(at), _parts(events), _parts(expected))


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(",") if part.strip()]


class Play:
    """One scenario on one floor."""

    def __init__(self, rules: dict[str, Any]) -> None:
        self.floor = Floor()
        self.begin = dt.datetime.fromisoformat(rules.get("begin", "2026-11-23T10:00:00+08:00"))
        self.second = -1000.0
        self.rings: list[str] = []
        self.endpoints: dict[str, str] = {}
        conf = configuration(rules)
        self.queues = {n["number"]: n["queue"] for n in conf["numbers"]}
        self.tell(ev.Configured(conf))
        self.tell(ev.Snapshot(self.now, {}, {a["extension"]: "NOT_INUSE" for a in conf["agents"]}))
        for agent in conf["agents"]:
            self.second += 1
            if agent["id"] not in map(str, rules.get("away", [])):
                self.tell(ev.Command(agent["id"], "ready"))
        self.rings.clear()

    @property
    def now(self) -> dt.datetime:
        return self.begin + dt.timedelta(seconds=self.second)

    def tell(self, event: ev.Event) -> None:
        for effect in self.floor.handle(event, now=self.now):
            assert not isinstance(effect, fx.RulesRefused), effect
            if isinstance(effect, fx.Ring):
                self.rings.append(f"{effect.call_id} -> {effect.agent_id}")
                self.endpoints[effect.agent_id] = effect.endpoint
            if isinstance(effect, fx.Place) and effect.leg.startswith("leg-caller-"):
                self.rings.append(f"{self.virtual(effect.leg)} -> {effect.shown_to}")

    def play(self, row: Row) -> None:
        self.pass_time(row.at, row)
        self.rings.clear()
        self.second = row.at
        self.tell(ev.Due())
        for event in row.events:
            self.do(event)
        told = [part for part in row.expected if "->" in part]
        assert sorted(self.rings) == sorted(told), f"line {row.number}: rings {self.rings}, the table says {told}"
        for part in row.expected:
            if "->" not in part:
                self.check(part, row)

    def pass_time(self, until: float, row: Row) -> None:
        while (due := self.floor.next_due) is not None and (due - self.begin).total_seconds() < until:
            self.second = (due - self.begin).total_seconds()
            self.rings.clear()
            self.tell(ev.Due())
            assert not self.rings, f"before line {row.number}, at {self.second} s: rings {self.rings}, not in the table"

    def do(self, event: str) -> None:  # noqa: C901 - one branch a kind of event
        if found := CALL.fullmatch(event):
            self.call(**found.groupdict())
        elif told := self.by_citizen(event):
            for one in told:
                self.tell(one)
        elif found := re.fullmatch(r"(\d+) (pauses for|is refused) (\S+)", event):
            self.pause(found[1], found[3], refused=found[2] == "is refused")
        elif event in {"web comes", "web goes"}:
            self.tell(ev.WebCame() if event == "web comes" else ev.WebWent())
        elif found := ACT.fullmatch(event):
            self.act(**found.groupdict())
        elif found := TALK.fullmatch(event):
            self.talk(**found.groupdict())
        elif found := re.fullmatch(r"third of (c\d+) (answers|leaves|is busy)", event):
            self.third(found[1], found[2])
        elif found := re.fullmatch(r"(c\d+) is outside: (\w+)", event):
            self.tell(ev.OutsideOver(found[1], found[2]))
        elif found := re.fullmatch(r"(\d+) (.+)", event):
            AGENT[found[2]](self, found[1])
        else:
            raise AssertionError(f"no such event: {event}")

    def by_citizen(self, event: str) -> list[ev.Event]:
        if found := re.fullmatch(r"(\d+) is called back", event):
            return [ev.CalledBack(found[1])]
        if found := re.fullmatch(r"(\S+) is known to (\d+)", event):
            return [ev.OwnerKnown(found[1], found[2])]
        if found := re.fullmatch(r"(c\d+) is in the menu from (\d+)", event):
            return [ev.CallStarted(found[1], found[2], "12345", f"PJSIP/trunk-{found[1]}")]
        if found := re.fullmatch(r"(c\d+) asks for a return call", event):
            queue = self.floor.calls[found[1]].queue or ""
            return [ev.CallLeft(found[1]), ev.ReturnWanted(found[1], queue), ev.CallEnded(found[1])]
        if found := re.fullmatch(r"(c\d+) (hangs up|is cut off)", event):
            asked = [ev.HangupAsked(found[1])] if found[2] == "hangs up" else []
            return [*asked, ev.CallEnded(found[1])]
        return []

    def call(self, call: str, dialled: str, queue: str | None, skill: str | None, **more: str | None) -> None:
        caller = more["caller"] or f"1380000{call[1:]:0>4}"
        self.tell(ev.CallStarted(call, caller, dialled, f"PJSIP/trunk-{call}"))
        self.tell(ev.CallQueued(call, queue or self.queues[dialled], int(more["priority"] or 0), skill))

    def act(self, who: str, vainly: str | None, act: str, whom: str, how: str | None) -> None:
        about = "call_id" if whom.startswith("c") else "agent_id"
        args = {"act": ACTS[act], "act_id": "a", about: whom, "why": "a table", "to": how or "", "state": how or ""}
        try:
            self.tell(ev.Command(who, "supervise", args))
        except CommandRefusedError:
            assert vainly, f"{who} {act} {whom} was refused"
        else:
            assert not vainly, f"{who} {act} {whom} was not refused"

    def talk(self, who: str, vainly: str | None, act: str, kind: str | None, target: str | None) -> None:
        args = {"to": {"kind": kind, "id": target}} if kind else {}
        try:
            self.tell(ev.Command(who, act.removesuffix("s"), args))
        except CommandRefusedError:
            assert vainly, f"{who} {act} was refused"
        else:
            assert not vainly, f"{who} {act} was not refused"

    def third(self, call: str, what: str) -> None:
        third = self.floor.calls[call].third
        assert third is not None, f"{call} has no third party"
        if what == "answers":
            self.tell(ev.Placed(third.leg, ev.PlacedResult.ANSWERED))
        else:
            self.tell(ev.PlacedEnded(third.leg, ev.PlacedResult.BUSY))

    def rings_off(self, agent: str) -> None:
        call = self.floor.calls[self.call_of(agent)]
        leg = call.leg or ""
        if leg.startswith(fx.LEG_PREFIX):
            self.tell(ev.HangupAsked(leg))
            self.tell(ev.PlacedEnded(leg, ev.PlacedResult.FAILED))
        else:
            self.tell(ev.HangupAsked(call.call_id, agent))
            self.tell(ev.LegEnded(call.call_id, agent))

    def check(self, part: str, row: Row) -> None:
        found = re.fullmatch(r"(\S+) (\S+)", part)
        assert found, f"line {row.number}: what does {part!r} mean?"
        who, what = found.groups()
        if who in self.floor.agents and (what == "overrun" or ":" in what):
            self.check_more(self.floor.agents[who], what, row)
        elif who in self.floor.agents:
            assert self.floor.agents[who].state.value == what, f"line {row.number}: {who} is not {what}"
        elif re.fullmatch(r"r\d+", who):
            there = f"return-c{who[1:]}" in self.floor.returns
            assert there is (what == "waits"), f"line {row.number}: {who} {'waits' if there else 'is gone'}"
        elif what == "waits":
            assert who in self.floor.waiting, f"line {row.number}: {who} does not wait"
        else:
            place = self.floor.waiting.position(who)
            assert place == int(re.sub(r"\D", "", what)), f"line {row.number}: {who} has place {place}"

    def check_more(self, agent: Agent, what: str, row: Row) -> None:
        until = None if agent.until is None else f"{(agent.until - self.begin).total_seconds():g}"
        found = {
            "overrun": "" if agent.overrun else "no",
            "next": "none" if agent.next is None else agent.next.state.value,
            "until": until or "none",
        }
        name, _, value = what.partition(":")
        assert found[name] == value, f"line {row.number}: {agent.agent_id} has {name} {found[name]}"

    def virtual(self, leg: str) -> str:
        """How the table names whom an agent's leg is rung for."""
        out = self.floor.calls[leg.removeprefix("leg-caller-").removesuffix("-1")].out
        return "out" if out is None or out.returns is None else out.returns.replace("return-c", "r")

    # What agents do

    def pause(self, agent: str, reason: str, *, refused: bool) -> None:
        command = ev.Command(agent, "pause", {"reason": reason})
        if not refused:
            self.tell(command)
            return
        with pytest.raises(CommandRefusedError):
            self.tell(command)

    def page(self, agent: str, *, there: bool) -> None:
        self.tell(ev.ScreenBack(agent) if there else ev.ScreenGone(agent))

    def microphone(self, agent: str, *, ok: bool) -> None:
        self.tell(ev.Command(agent, "microphone", {"ok": ok}))

    def declines(self, agent: str) -> None:
        self.tell(ev.Placed(f"leg-caller-{self.call_of(agent)}-1", ev.PlacedResult.BUSY))

    def reaches(self, agent: str, result: ev.PlacedResult = ev.PlacedResult.ANSWERED) -> None:
        call = self.call_of(agent)
        self.tell(ev.Placed(f"leg-caller-{call}-1", ev.PlacedResult.ANSWERED))
        self.tell(ev.Placed(call, result))

    def answers(self, agent: str) -> None:
        call = self.call_of(agent)
        self.tell(ev.LegAnswered(call, agent, f"{agent}-of-{call}"))

    def misses(self, agent: str) -> None:
        call = self.call_of(agent)
        self.tell(ev.OfferFailed(call, self.floor.calls[call].offer_no, "no_answer"))

    def hangs_up(self, agent: str) -> None:
        call = self.call_of(agent)
        self.tell(ev.HangupAsked(call, agent))
        self.tell(ev.LegEnded(call, agent))
        self.tell(ev.CallEnded(call))

    def finishes(self, agent: str) -> None:
        self.tell(ev.Command(agent, "outcome", {"call_id": self.call_of(agent)}))

    def breaks(self, agent: str) -> None:
        self.phone(agent, "UNAVAILABLE")
        self.tell(ev.LegEnded(self.call_of(agent), agent))

    def phone(self, agent: str, state: str) -> None:
        self.tell(ev.PhoneChanged(agent, state))

    def command(self, agent: str, name: str) -> None:
        self.tell(ev.Command(agent, name))

    def call_of(self, agent: str) -> str:
        call = self.floor.agents[agent].call_id
        assert call is not None, f"{agent} has no call"
        return call


AGENT: dict[str, Callable[[Play, str], None]] = {
    "answers": Play.answers,
    "misses": Play.misses,
    "hangs up": Play.hangs_up,
    "rings off": Play.rings_off,
    "finishes": Play.finishes,
    "breaks": Play.breaks,
    "reaches": Play.reaches,
    "declines the own phone": Play.declines,
    "reaches nobody": lambda play, agent: play.reaches(agent, ev.PlacedResult.BUSY),
    "phone away": lambda play, agent: play.phone(agent, "UNAVAILABLE"),
    "phone back": lambda play, agent: play.phone(agent, "NOT_INUSE"),
    "page opens": lambda play, agent: play.page(agent, there=True),
    "page closes": lambda play, agent: play.page(agent, there=False),
    "microphone away": lambda play, agent: play.microphone(agent, ok=False),
    "microphone back": lambda play, agent: play.microphone(agent, ok=True),
    "ready": lambda play, agent: play.command(agent, "ready"),
    "pauses": lambda play, agent: play.command(agent, "pause"),
    "leaves": lambda play, agent: play.command(agent, "sign_out"),
}


def configuration(rules: dict[str, Any]) -> Configuration:
    """The rules of a scenario in the form of Wire 2."""
    numbers = rules.get("numbers", {12345: {"queue": next(iter(rules["queues"]))}})
    return {
        "version": "scenario",
        "queues": [
            {"id": name, "name": name, "priority": 0, "ring_seconds": 20, **(more or {})}
            for name, more in rules["queues"].items()
        ],
        "agents": [
            {"id": str(name), "name": str(name), "extension": str(name), "role": "agent", **more}
            for name, more in rules["agents"].items()
        ],
        "numbers": [{"number": str(name), "line": str(name), "menu": "", **more} for name, more in numbers.items()],
        "menus": [],
        "pauses": [{"name": one["id"], **one} for one in rules.get("pauses", [])],
        "incidents": [{"sounds": [], **one} for one in rules.get("incidents", [])],
    }


def play(path: Path) -> None:
    """Play a scenario's file; AssertionError names the line that came otherwise."""
    head, table = path.read_text("utf-8").split("\n---\n", 1)
    stage = Play(yaml.safe_load(head))
    for row in rows_of(table, head.count("\n") + 3):
        stage.play(row)
