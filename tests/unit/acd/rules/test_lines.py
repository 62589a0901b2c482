from hypothesis import given
from hypothesis import strategies as st

from acd.rules.lines import Line


@given(st.lists(st.tuples(st.integers(-1, 0), st.integers(0, 9), st.integers(0, 9)), max_size=300))
def test_agrees_with_sorting_the_whole_line(entries: list[tuple[int, int, int]]) -> None:
    line, model = Line(), list[tuple[int, float, str]]()
    for number, (priority, second, leaves) in enumerate(entries):
        place = (priority, float(second), f"c{number:03}")
        model = sorted([*model, place])
        assert line.add(place) == (model[0] == place)
        if leaves < 7:
            gone = model[0] if leaves < 5 else model[len(model) // 2]
            assert line.remove(gone) == (gone == model[0])
            model.remove(gone)
        assert len(line) == len(model)
        assert [line.before(one) for one in model] == list(range(len(model)))
        if model:
            assert line.head == model[0]


def test_many_who_come_and_are_taken_leave_no_trace() -> None:
    line = Line()
    for n in range(100):
        line.add((0, float(n), "c"))
    for n in range(100, 5000):
        line.add((0, float(n), "c"))
        line.remove(line.head)
    assert (len(line), len(line._places) < 500) == (100, True)
