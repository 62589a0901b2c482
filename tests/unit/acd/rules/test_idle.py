"""Who is rung first, and who is not: the longest idle, never one without a free phone."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from acd.messages import AgentStateName
from acd.rules.idle import IdleAgents
from acd.rules.state import Agent

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
S = AgentStateName
QUEUES = ("city", "linhe", "pingyuan")


def agent(agent_id: str, second: int = 0, *, queues: tuple[str, ...] = ("city",)) -> Agent:
    since = T0 + dt.timedelta(seconds=second)
    return Agent(agent_id, agent_id, since, queues=queues, state=S.READY, devices={agent_id: "NOT_INUSE"})


def test_the_longest_idle_is_first_and_equals_stand_by_number() -> None:
    idle = IdleAgents()
    for one in (agent("1003", 5), agent("1002", 1), agent("1001", 1), agent("1000", 0, queues=("linhe",))):
        idle.note(one)
    assert (idle.first("city"), idle.first("linhe"), idle.first("pingyuan")) == ("1001", "1000", None)


def test_a_phone_in_use_takes_an_agent_out_and_brings_them_back() -> None:
    idle, one = IdleAgents(), agent("1001")
    idle.note(one)
    one.devices["1001"] = "INUSE"
    idle.note(one)
    assert (idle.first("city"), "1001" in idle) == (None, False)
    one.devices["1001"] = "NOT_INUSE"
    idle.note(one)
    assert (idle.first("city"), "1001" in idle) == ("1001", True)


def test_other_queues_are_other_lines() -> None:
    idle, one = IdleAgents(), agent("1001")
    idle.note(one)
    one.queues = ("linhe", "linhe")
    idle.note(one)
    assert (idle.first("city"), idle.first("linhe")) == (None, "1001")
    one.state = S.PAUSED
    idle.note(one)
    assert idle.first("linhe") is None


CHANGES = st.tuples(
    st.integers(0, 5),
    st.sampled_from([S.READY, S.TALKING]),
    st.integers(0, 9),
    st.lists(st.sampled_from(QUEUES), max_size=3).map(tuple),
    st.sampled_from(["NOT_INUSE", "INUSE", "UNAVAILABLE"]),
)


@given(st.lists(CHANGES, max_size=40))
def test_it_finds_whom_a_look_at_every_agent_would_find(
    changes: list[tuple[int, S, int, tuple[str, ...], str]],
) -> None:
    idle, agents = IdleAgents(), [agent(f"100{n}") for n in range(6)]
    for one in agents:
        idle.note(one)
    for n, state, second, queues, phone in changes:
        one = agents[n]
        one.state, one.since, one.queues = state, T0 + dt.timedelta(seconds=second), queues
        one.devices[one.agent_id] = phone
        idle.note(one)
        for queue in QUEUES:
            free = [a for a in agents if a.state is S.READY and a.phone and queue in a.queues]
            expected = min(free, key=lambda a: (a.since, a.agent_id)).agent_id if free else None
            assert idle.first(queue) == expected
