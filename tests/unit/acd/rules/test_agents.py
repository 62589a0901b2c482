import pytest

from acd.messages import AgentStateName as S
from acd.rules.agents import TABLE, TransitionRefusedError, Trigger, next_state


@pytest.mark.parametrize(("state", "trigger"), [(s, t) for s in S for t in Trigger])
def test_the_table_says_it_or_it_is_refused_with_advice(state: S, trigger: Trigger) -> None:
    if (state, trigger) in TABLE:
        assert next_state(state, trigger) is TABLE[state, trigger]
        return
    with pytest.raises(TransitionRefusedError, match=rf"{trigger} is not possible while {state}: .+"):
        next_state(state, trigger)


def test_every_state_can_be_left_and_every_state_can_be_reached() -> None:
    for state in S:
        assert any(before is state and after is not state for (before, _), after in TABLE.items())
        assert any(before is not state and after is state for (before, _), after in TABLE.items())


@pytest.mark.parametrize("state", [S.OFFERED, S.TALKING, S.HOLDING, S.WRAP_UP])
def test_nobody_walks_away_from_a_citizen(state: S) -> None:
    for trigger in (Trigger.SIGN_OUT, Trigger.PAUSE, Trigger.READY):
        with pytest.raises(TransitionRefusedError):
            next_state(state, trigger)
