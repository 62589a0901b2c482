"""Trying a tree out: what a citizen who presses these keys would hear, by the interpreter that calls use."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from ivr import protocol as io
from ivr.citizen import Citizen, Heard, does
from ivr.codec import kind_of
from ivr.interpreter import advance, begin
from ivr.notice import with_notice
from ivr.speech import Sound
from ivr.state import State, Step, World
from ivr.tree import Tree


@dataclass(frozen=True, slots=True)
class TrialStep:
    """One effect: when (seconds from the start), at which node, what was heard or done, and the citizen's answer."""

    at: float
    node: str
    kind: str
    does: str
    heard: tuple[Heard, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Trial:
    """All steps and where the call ends: `person` with its queue, or what the citizen got before the good-bye."""

    steps: tuple[TrialStep, ...]
    end: str
    queue: str | None
    priority: int
    skill: str | None
    path: tuple[str, ...]
    failures: tuple[str, ...]
    unused: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Assumed:
    """What the trial assumes: queues, calendar, incidents and the line dialled, sounds."""

    queues: Collection[str]
    default_queue: str
    world: World = field(default_factory=World)
    sounds: Mapping[str, Sound] = field(default_factory=dict)


def try_out(
    tree: Tree, keys: Collection[str], assumed: Assumed, *, now: dt.datetime, after_talk: bool = False
) -> Trial:
    """Walk a tree from `now` on; when the keys are used up the citizen stays silent, so that every call ends."""
    citizen = Citizen(list(keys), assumed.sounds)
    tree = tree if after_talk else with_notice(tree, assumed.world, now=now)
    step = begin(
        tree,
        queues=assumed.queues,
        default_queue=assumed.default_queue,
        now=now,
        world=assumed.world,
        after_talk=after_talk,
    )
    steps: list[TrialStep] = []
    seconds = 0.0
    while step.effects and not isinstance(step.effects[0], io.Enqueue | io.HangUp):
        effect, state = step.effects[0], step.state
        given, answer, took = citizen.answer(effect)
        node = tree.nodes.get(state.node)
        kind = "" if node is None else kind_of(node)
        steps.append(TrialStep(round(seconds, 1), state.node, kind, does(effect), citizen.heard(effect), answer))
        seconds += took
        step = advance(tree, state, given, now=now + dt.timedelta(seconds=seconds))
    return _ended(step, tuple(steps), tuple(citizen.left), seconds)


def _ended(step: Step, steps: tuple[TrialStep, ...], unused: tuple[str, ...], seconds: float) -> Trial:
    state = step.state
    person = next((effect for effect in step.effects if isinstance(effect, io.Enqueue)), None)
    return Trial(
        steps=steps,
        end=_end(step, state),
        queue=person.queue if person else None,
        priority=person.priority if person else 0,
        skill=person.skill if person else None,
        path=state.path,
        failures=state.failures,
        unused=unused,
        seconds=round(seconds, 1),
    )


def _end(step: Step, state: State) -> str:
    if not step.effects:
        return "citizen_hung_up"
    if isinstance(step.effects[0], io.Enqueue):
        return "person"
    return state.served[-1] if state.served else "hang_up"


def lines(trial: Trial) -> Iterator[str]:
    """A trial as lines for a terminal."""
    for number, step in enumerate(trial.steps, start=1):
        yield f"{number:>3}. {_clock(step.at)}  {step.node} ({step.kind}): {step.does} -> {step.answer}"
        for heard in step.heard:
            yield f"        「{heard.text}」" if heard.text else f"        [{heard.sound}]"
    yield f"End after {_clock(trial.seconds)}: {_told(trial)}"
    yield from (f"Failure: {failure}" for failure in trial.failures)
    if trial.path:
        yield f"Choices: {' '.join(trial.path)}"
    if trial.unused:
        yield f"Not used, because the menu had ended: {','.join(trial.unused)}"


def _told(trial: Trial) -> str:
    if trial.queue is not None:
        skill = f", skill {trial.skill}" if trial.skill else ""
        return f"a person of the queue {trial.queue} (priority {trial.priority}{skill})"
    return ENDS[trial.end]


ENDS = {
    "citizen_hung_up": "the citizen hangs up",
    "message": "a message is recorded, then the call ends",
    "transfer": "the citizen has talked to the transfer's target, then the call ends",
    "return_call": "a call back is registered, then the call ends",
    "affected": "the citizen is registered as affected, then the call ends",
    "rated": "the rating is stored, then the call ends",
    "talk": "the talk is over and the call ends",
    "hang_up": "the call ends and nobody was reached",
}


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"
