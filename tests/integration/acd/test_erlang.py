"""A hundred thousand simulated calls against the formulas: Erlang C for patient callers, Erlang A for others."""

import math

import pytest

from acd.simulation.erlang import erlang_a, erlang_c, mean_wait_s, service_level
from tests.unit.acd.simulation.test_hall import HALF_A_POINT, TEN_ERLANGS, fourteen_agents


def test_patient_callers_meet_what_erlang_c_says() -> None:
    answer, events = fourteen_agents(math.inf, hours=270, seed=1)
    found = answer.figures
    assert found.waited.low <= erlang_c(10, 14) <= found.waited.high
    assert found.service_level.low <= service_level(TEN_ERLANGS, 14, 20) <= found.service_level.high
    assert found.service_level.value == pytest.approx(0.88835, abs=HALF_A_POINT)
    assert found.mean_wait_s.low <= mean_wait_s(TEN_ERLANGS, 14) <= found.mean_wait_s.high
    assert found.occupancy is not None
    assert found.occupancy.low <= 10 / 14 <= found.occupancy.high
    assert found.abandoned.value == 0
    assert (found.calls > 52_000, events > 6 * found.calls) == (True, True)


def test_impatient_callers_meet_what_erlang_a_says() -> None:
    answer, events = fourteen_agents(300, hours=240, seed=1)
    found, truth = answer.figures, erlang_a(TEN_ERLANGS, 14, 300)
    assert found.waited.low <= truth.waiting <= found.waited.high
    assert found.abandoned.low <= truth.abandoned <= found.abandoned.high
    assert (found.calls > 47_000, events > 5 * found.calls) == (True, True)
