"""After any order of acts, answers, hang-ups and broken legs no call is stuck and no agent has two."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from acd.rules import events as ev
from acd.rules.state import Phase
from acd.rules.talks import TABLE, Act, Stage, stage_of
from tests.unit.acd.rules.talk_world import AGENTS, IN_CALL, World

TARGETS = [("queue", "city"), ("queue", "law"), ("number", "110"), *(("agent", agent) for agent in AGENTS)]


def step(world: World) -> None:
    """Somebody does something that is possible now; whoever talks does most."""
    talks = [agent for agent in AGENTS if stage(world, agent) is not None]
    if talks and world.dice.random() < 0.5:
        agent = world.dice.choice(talks)
        if stage(world, agent) is Stage.CONSULTING and world.dice.random() < 0.8:
            happens(world, 6)
            world.settle()
            return
        act = world.dice.choice(sorted(TABLE[stage(world, agent) or Stage.DIRECT]))
        world.act(agent, act.value, world.dice.choice(TARGETS) if act in {Act.TRANSFER, Act.CONSULT} else None)
    else:
        happens(world, world.dice.randrange(13))
    world.settle()


def stage(world: World, agent: str) -> Stage | None:
    call = world.floor.calls.get(world.floor.agents[agent].call_id or "")
    mine = call is not None and call.agent_id == agent and call.phase is Phase.TALKING
    return stage_of(call) if call is not None and mine else None


def happens(world: World, choice: int) -> None:  # noqa: C901 - one branch for each thing that can happen
    """What people and phones do, possible or not."""
    dice, agent = world.dice, world.dice.choice(AGENTS)
    legs, rings, calls = sorted(world.legs), sorted(world.rings), sorted(world.place)
    waiting = [name for name in legs if world.legs[name].placed and not world.legs[name].up]
    if choice <= 1 and len(calls) < 4:
        world.citizen_calls()
    elif choice == 2 and calls and dice.random() < 0.3:
        world.citizen_leaves(dice.choice(calls))
    elif choice in {3, 4} and rings:
        world.answer(dice.choice(rings))
    elif choice == 5 and rings:
        world.decline(dice.choice(rings))
    elif choice in {6, 7} and waiting:
        world.third_answers(dice.choice(waiting))
    elif choice == 8 and legs:
        world.drop(dice.choice(legs), asked=dice.random() < 0.5)
    elif choice == 9:
        world.passes(dice.choice([1, 5, 25]))
    elif choice == 10:
        world.act(agent, dice.choice(["ready", "ready", "pause", "sign_out"]))
    elif choice == 11 and (own := world.floor.agents[agent].call_id):
        world.act_outcome(agent, own)
    elif choice == 12 and calls and dice.random() < 0.3:
        world.session_dies(dice.choice(calls))
    else:
        world.act(agent, dice.choice(list(Act)).value)


def rest(world: World) -> None:
    """Everybody hangs up, and time passes."""
    for _ in range(60):
        for call in sorted(world.rings):
            world.decline(call)
        for name in sorted(world.legs):
            if name in world.legs:
                world.drop(name, asked=True)
        world.settle()
        world.passes(30)
        if not world.legs and not world.rings and world.place:
            world.citizen_leaves(min(world.place))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.integers(10, 80))
def test_nobody_is_stuck_and_nobody_has_two(seed: int, steps: int) -> None:
    world = World(Random(seed))  # noqa: S311 - dice, not secrets
    for agent in AGENTS:
        world.tell(ev.Command(agent, "ready"))
    for _ in range(steps):
        step(world)
    rest(world)
    assert not world.floor.calls
    assert not [agent for agent in world.floor.agents.values() if agent.state in IN_CALL]
    assert not world.legs, "nobody is left on a line"
    assert not world.floor._book.reserved
