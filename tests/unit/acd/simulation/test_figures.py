import math
from random import Random

import pytest

from acd.simulation.figures import Counts, figures, ratio, student_t


@pytest.mark.parametrize(("freedom", "table"), [(4, 4.604), (9, 3.250), (28, 2.763), (100, 2.626)])
def test_student_s_t_is_the_table_s(freedom: int, table: float) -> None:
    assert student_t(freedom) == pytest.approx(table, abs=0.011)


def test_a_ratio_weighs_batches_by_their_calls() -> None:
    found = ratio([1, 9] * 5, [10, 10] * 5, [0.0] * 10)
    assert found.value == pytest.approx(0.5)
    assert found.low == pytest.approx(0.5 - student_t(8) * math.sqrt(10 * 160 / 8) / 100)
    assert found.high - found.value == pytest.approx(found.value - found.low)


def test_what_the_control_explains_is_taken_out() -> None:
    control = [3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0, -6.0]
    found = ratio([50 + 2 * c for c in control], [100.0] * 8, control)
    assert [found.value, found.low, found.high] == pytest.approx([0.5, 0.5, 0.5])


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random, held = Random(1), 0  # noqa: S311 - repeatable draws
    for _ in range(2000):
        control = [random.gauss(0, 1) for _ in range(12)]
        found = ratio([5 + c + random.gauss(0, 1) for c in control], [10.0] * 12, control)
        held += found.low <= 0.5 <= found.high
    assert held / 2000 == pytest.approx(0.99, abs=0.006)


def test_never_seen_is_not_never() -> None:
    samples = [Counts(calls=100, in_target=100) for _ in range(10)]
    found = figures(samples, [0.0] * 10)
    assert [found.abandoned.value, found.abandoned.low] == [0, 0]
    assert found.abandoned.high == pytest.approx(1 - 0.005 ** (1 / 1000))
    assert [found.service_level.low, found.service_level.high] == [pytest.approx(1 - found.abandoned.high), 1]


def test_a_queue_nobody_called() -> None:
    found = figures([Counts() for _ in range(10)], [0.0] * 10)
    assert [found.service_level.value, found.service_level.low, found.service_level.high] == [0, 0, 1]
    assert found.occupancy is None


def test_a_handful_of_samples_says_nothing() -> None:
    with pytest.raises(ValueError, match="at least 6 samples"):
        ratio([1.0] * 5, [1.0] * 5, [0.0] * 5)
