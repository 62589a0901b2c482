"""Whatever happens and however AMI tells it: the floor agrees with the snapshot, and every state is left again."""

import datetime as dt
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from acd.messages import AgentStateName, Configuration
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import TransitionRefusedError
from acd.rules.floor import Floor
from acd.rules.state import Phase

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
S = AgentStateName
FREE = "NOT_INUSE"
SKILLS = {"1001": {"law": 3}, "1002": {"mongolian": 2}, "2001": {"mongolian": 4, "law": 1}, "2002": {}}
QUEUES = {"1001": ["city", "law"], "1002": ["city"], "2001": ["linhe", "law"], "2002": ["linhe", "city"]}
LEAST_LAW = 2
CONFIGURATION: Configuration = {
    "version": "1",
    "queues": [
        {
            "id": "city",
            "name": "市级",
            "priority": 0,
            "ring_seconds": 20,
            "asked": [{"skill": "mongolian", "level": 3, "until": 10}],
            "overflow": [{"to": "linhe", "after": 20, "waiting": 3}],
            "owner_seconds": 15,
        },
        {
            "id": "linhe",
            "name": "临河县",
            "priority": 0,
            "ring_seconds": 20,
            "overflow": [{"to": "city", "after": 8}],
            "county": "linhe",
            "county_seconds": 5,
            "returning": {"cut_off": 3, "abandoned": 1},
        },
        {
            "id": "law",
            "name": "法律",
            "priority": 2,
            "ring_seconds": 20,
            "needs": [{"skill": "law", "level": LEAST_LAW}],
        },
    ],
    "agents": [
        {
            "id": name,
            "name": name,
            "extension": name,
            "queues": queues,
            "role": "agent",
            "skills": SKILLS[name],
            "county": "linhe" if name.startswith("2") else "",
        }
        for name, queues in QUEUES.items()
    ],
    "numbers": [{"number": "12345", "line": "市民热线", "menu": "", "queue": "city"}],
    "menus": [],
}


class Asterisk:
    """What is really so: live calls, and whose phone rings or talks; tells it over a line that loses and repeats."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.floor = Floor()
        self.now = T0
        self.live: dict[str, str] = {}
        self.ringing: dict[str, fx.Ring] = {}
        self.talking: dict[str, str] = {}
        self.late: list[ev.Event] = []
        self.count = 0
        self.tell(ev.Configured(CONFIGURATION))
        self.tell(ev.Snapshot(self.now, {}, dict.fromkeys(QUEUES, FREE)))
        for agent in QUEUES:
            self.tell(ev.Command(agent, "ready"))

    # Telling the floor

    def tell(self, event: ev.Event) -> None:
        try:
            effects = self.floor.handle(event, now=self.now)
        except TransitionRefusedError:
            assert isinstance(event, ev.Command)
            return
        for effect in effects:
            if isinstance(effect, fx.Ring):
                self.check(effect)
                if effect.call_id in self.live and effect.call_id not in self.talking:
                    self.ringing[effect.call_id] = effect
        self.sane()

    def check(self, ring: fx.Ring) -> None:
        call = self.floor.calls[ring.call_id]
        if call.queue == "law":
            assert SKILLS[ring.agent_id].get("law", 0) >= LEAST_LAW, "skills are always met"
        assert {call.queue, "linhe", "city"} & set(QUEUES[ring.agent_id])

    def sane(self) -> None:
        floor = self.floor
        offered = [c.agent_id for c in floor.calls.values() if c.phase is Phase.OFFERED]
        assert len(offered) == len(set(offered)), "an agent is offered two calls"
        for call in floor.calls.values():
            assert (call.call_id in floor.waiting) == (call.phase is Phase.WAITING)
        reserved = {c.agent_id: c.call_id for c in floor.calls.values() if c.phase is Phase.RESERVED}
        assert floor._book.reserved == reserved, "the phone that is waited for is waited for by a call that is there"
        for agent in floor.agents.values():
            assert floor.waiting.free(agent.agent_id) == (agent.state is S.READY and agent.phone is not None)
            if agent.state is S.OFFERED:
                call = floor.calls[agent.call_id or ""]
                assert (call.phase, call.agent_id) == (Phase.OFFERED, agent.agent_id)
        assert floor.next_due is None or not floor.offering or floor.next_due > self.now

    def ami(self, event: ev.Event) -> None:
        """Delivered, lost, doubled, or late."""
        fate = self.dice.choice(["in time", "in time", "in time", "lost", "doubled", "late"])
        if fate in {"in time", "doubled"}:
            self.tell(event)
        if fate in {"late", "doubled"}:
            self.late.append(event)

    # What happens

    def step(self) -> None:
        acts = [self.arrives, self.arrives, self.answers, self.declines, self.agent_leaves, self.citizen_leaves]
        acts += [
            self.passes,
            self.commands,
            self.catches_up,
            self.finishes,
            self.finishes,
            self.breaks,
            self.ami_breaks,
        ]
        self.dice.choice(acts)()

    def arrives(self) -> None:
        self.count += 1
        call = f"c{self.count}"
        self.live[call] = f"PJSIP/trunk-{call}"
        self.tell(ev.CallStarted(call, f"1380000{self.dice.randrange(3)}", "12345", self.live[call]))
        if self.dice.random() < 0.3:
            self.tell(ev.OwnerKnown(call, self.dice.choice(list(QUEUES))))
        queue, skill = self.dice.choice(["city", "city", "linhe", "law"]), self.dice.choice([None, "mongolian"])
        self.tell(ev.CallQueued(call, queue, self.dice.randrange(2), skill))

    def answers(self) -> None:
        if self.ringing:
            call, ring = self.ringing.popitem()
            self.talking[call] = ring.agent_id
            self.ami(ev.PhoneChanged(ring.agent_id, "INUSE"))
            self.ami(ev.LegAnswered(call, ring.agent_id))

    def declines(self) -> None:
        if self.ringing:
            call, ring = self.ringing.popitem()
            self.ami(ev.LegEnded(call, ring.agent_id))
            self.tell(ev.OfferFailed(call, ring.offer_no, self.dice.choice(["no_answer", "busy"])))

    def agent_leaves(self) -> None:
        if self.talking:
            call, agent = self.talking.popitem()
            del self.live[call]
            self.ami(ev.HangupAsked(call, agent))
            self.ami(ev.LegEnded(call, agent))
            self.ami(ev.PhoneChanged(agent, FREE))
            self.gone(call)

    def citizen_leaves(self) -> None:
        if self.live:
            call = self.dice.choice(list(self.live))
            del self.live[call]
            self.ami(ev.HangupAsked(call))
            self.ringing.pop(call, None)
            agent = self.talking.pop(call, None)
            if agent is not None:
                self.ami(ev.LegEnded(call, agent))
                self.ami(ev.PhoneChanged(agent, FREE))
            self.gone(call)

    def gone(self, call: str) -> None:
        self.ami(ev.CallEnded(call))
        if self.dice.random() < 0.5:
            self.tell(ev.SessionLost(call))

    def breaks(self) -> None:
        if self.talking:
            call, agent = self.talking.popitem()
            self.ami(ev.PhoneChanged(agent, "UNAVAILABLE"))
            self.ami(ev.LegEnded(call, agent))
            if self.dice.random() < 0.5:
                self.ami(ev.PhoneChanged(agent, FREE))
            if self.dice.random() < 0.5:
                self.tell(ev.ReservationOver(call))

    def passes(self) -> None:
        until = self.now + dt.timedelta(seconds=self.dice.choice([1, 4, 12]))
        while (due := self.floor.next_due) is not None and due <= until:
            self.now = max(self.now, due)
            self.tell(ev.Due())
            if not self.floor.offering:
                break
        self.now = until

    def commands(self) -> None:
        self.tell(ev.Command(self.dice.choice(list(QUEUES)), self.dice.choice(["ready", "ready", "pause", "sign_out"])))

    def finishes(self) -> None:
        for agent in self.floor.agents.values():
            if agent.state is S.WRAP_UP:
                self.tell(ev.Command(agent.agent_id, "outcome", {"call_id": agent.call_id}))
                return

    def catches_up(self) -> None:
        self.dice.shuffle(self.late)
        while self.late:
            self.tell(self.late.pop())

    def ami_breaks(self) -> None:
        if self.dice.random() < 0.3:
            self.tell(ev.AmiLost())
            self.tell(self.dice.choice([ev.Thawed(), self.snapshot()]))

    def snapshot(self) -> ev.Snapshot:
        busy = {*self.talking.values(), *(ring.agent_id for ring in self.ringing.values())}
        self.now += dt.timedelta(seconds=1)
        return ev.Snapshot(
            self.now,
            {call: ev.SeenChannel(call, "138", channel, self.talking.get(call)) for call, channel in self.live.items()},
            {agent: "INUSE" if agent in busy else FREE for agent in QUEUES},
        )


def lived(dice: Random, steps: int) -> Asterisk:
    asterisk = Asterisk(dice)
    for _ in range(steps):
        asterisk.step()
    return asterisk


@settings(max_examples=120, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 80))
def test_lost_doubled_and_late_events_are_all_mended_by_a_snapshot(dice: Random, steps: int) -> None:
    asterisk = lived(dice, steps)
    asterisk.catches_up()
    talking = dict(asterisk.talking)
    asterisk.tell(asterisk.snapshot())
    floor = asterisk.floor
    assert set(floor.calls) == set(asterisk.live)
    assert {c.call_id: c.agent_id for c in floor.calls.values() if c.phase is Phase.TALKING} == talking
    assert {a.call_id: a.agent_id for a in floor.agents.values() if a.state is S.TALKING} == talking
    offered = {c.call_id: c.agent_id for c in floor.calls.values() if c.phase is Phase.OFFERED}
    assert {a.call_id: a.agent_id for a in floor.agents.values() if a.state is S.OFFERED} == offered


@settings(max_examples=80, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 80))
def test_wherever_it_came_to_everybody_leaves_and_every_agent_gets_a_call_again(dice: Random, steps: int) -> None:
    asterisk = lived(dice, steps)
    floor = asterisk.floor
    asterisk.live.clear()
    asterisk.ringing.clear()
    asterisk.talking.clear()
    asterisk.tell(asterisk.snapshot())
    assert (floor.calls, len(floor.waiting), floor.next_due) == ({}, 0, None)
    for agent in floor.agents.values():
        if agent.state is S.WRAP_UP:
            asterisk.tell(ev.Command(agent.agent_id, "outcome", {"call_id": agent.call_id}))
        asterisk.tell(ev.Command(agent.agent_id, "ready"))
        assert agent.state is S.READY
    for queue in ("law", "linhe", "linhe", "city"):
        call = f"last-{queue}-{len(asterisk.ringing)}"
        asterisk.live[call] = "PJSIP/trunk-1"
        asterisk.tell(ev.CallStarted(call, "", "", ""))
        asterisk.tell(ev.CallQueued(call, queue))
    rung = {ring.agent_id for ring in asterisk.ringing.values()}
    assert len(rung) == len(QUEUES), f"only {rung} are rung"
