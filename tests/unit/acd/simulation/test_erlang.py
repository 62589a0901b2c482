"""The formulas against figures from the literature and against each other."""

import math

import pytest

from acd.simulation.erlang import Load, erlang_a, erlang_b, erlang_c, mean_wait_s, service_level

HALL = Load(calls_per_s=100 / 1800, handle_s=180)


def test_a_textbook_table_of_erlang_b() -> None:
    assert erlang_b(10, 10) == pytest.approx(0.2146, abs=5e-5)
    assert erlang_b(20, 30) == pytest.approx(0.0085, abs=5e-5)


def test_fourteen_agents_and_ten_erlangs() -> None:
    assert erlang_c(HALL.erlangs, 14) == pytest.approx(0.17413, abs=5e-6)
    assert service_level(HALL, 14, 20) == pytest.approx(0.88835, abs=5e-6)
    assert mean_wait_s(HALL, 14) == pytest.approx(0.174132 * 180 / 4, abs=1e-4)


def test_the_same_hall_with_callers_who_give_up() -> None:
    found = erlang_a(HALL, 14, patience_s=300)
    assert found.waiting == pytest.approx(0.14526, abs=5e-6)
    assert found.abandoned == pytest.approx(0.013984, abs=5e-7)


def test_endless_patience_is_erlang_c() -> None:
    patient = erlang_a(HALL, 14, patience_s=1e9)
    assert patient.waiting == pytest.approx(erlang_c(10, 14), abs=1e-6)
    assert patient.abandoned == pytest.approx(0, abs=1e-6)


def test_no_patience_is_a_loss_system() -> None:
    assert erlang_a(HALL, 14, patience_s=1e-9).abandoned == pytest.approx(erlang_b(10, 14), abs=1e-6)


def test_one_agent_is_the_queue_of_every_textbook() -> None:
    assert erlang_c(0.5, 1) == pytest.approx(0.5)
    assert mean_wait_s(Load(0.005, 100), 1) == pytest.approx(100)


def test_too_few_agents_wait_for_ever() -> None:
    assert erlang_c(10, 10) == 1
    assert service_level(HALL, 10, 20) == 0
    assert mean_wait_s(HALL, 10) == math.inf
