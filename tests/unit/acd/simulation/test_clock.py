import pytest

from acd.simulation.clock import VirtualClock


def test_moments_come_in_their_order_and_equal_ones_as_planned() -> None:
    clock, seen = VirtualClock(), list[tuple[float, str]]()

    def see(name: str) -> None:
        seen.append((clock.now, name))

    for moment, name in ((5.0, "late"), (1.0, "a"), (1.0, "b"), (3.0, "middle")):
        clock.at(moment, see, name)
    clock.run()
    assert seen == [(1.0, "a"), (1.0, "b"), (3.0, "middle"), (5.0, "late")]


def test_what_is_planned_on_the_way_is_carried_out_too() -> None:
    clock, seen = VirtualClock(-10.0), list[float]()

    def again(left: int) -> None:
        seen.append(clock.now)
        if left:
            clock.at(clock.now + 2, again, left - 1)

    clock.at(-4.0, again, 2)
    clock.run()
    assert seen == [-4.0, -2.0, 0.0]


def test_the_past_is_over() -> None:
    with pytest.raises(ValueError, match="before the present"):
        VirtualClock(7.0).at(6.9, print, "")
