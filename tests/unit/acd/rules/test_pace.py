"""How long a citizen will probably wait."""

import datetime as dt

import pytest

from acd.messages import AgentStateName as S
from acd.rules.pace import FIRST_GUESS_SECONDS, Pace
from acd.rules.state import Agent

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)


def after(seconds: float) -> dt.datetime:
    return T0 + dt.timedelta(seconds=seconds)


def agent(number: int, state: S, *queues: str) -> Agent:
    return Agent(str(number), str(number), T0, queues=queues, state=state)


def handled(pace: Pace, seconds: float) -> None:
    pace.note("1001", S.OFFERED, queue="city", now=T0)
    pace.note("1001", S.TALKING, queue="city", now=after(5))
    pace.note("1001", S.WRAP_UP, queue=None, now=after(6))
    pace.note("1001", S.READY, queue=None, now=after(5 + seconds))


def test_the_first_guess_and_what_is_learnt() -> None:
    pace = Pace()
    assert pace.handling_seconds("city") == FIRST_GUESS_SECONDS
    for _ in range(100):
        handled(pace, 60)
    assert pace.handling_seconds("city") == pytest.approx(60, abs=0.1)
    assert pace.handling_seconds("linhe") == FIRST_GUESS_SECONDS


def test_the_more_work_the_sooner_and_nobody_means_nobody_knows() -> None:
    pace = Pace()
    hall = [agent(n, S.TALKING, "city") for n in range(3)]
    away = [agent(7, S.PAUSED, "city"), agent(8, S.READY, "linhe")]
    assert pace.expected_seconds("city", 2, [*hall, *away]) == 2 * FIRST_GUESS_SECONDS / 3
    assert pace.expected_seconds("city", 2, away) is None


def test_an_agent_without_a_talk_teaches_nothing() -> None:
    pace = Pace()
    pace.note("1001", S.READY, queue=None, now=T0)
    pace.note("1001", S.WRAP_UP, queue=None, now=T0)
    pace.note("1001", S.READY, queue=None, now=after(9))
    assert pace.handling_seconds("city") == FIRST_GUESS_SECONDS
