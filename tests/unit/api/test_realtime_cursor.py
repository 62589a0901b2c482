from hypothesis import given
from hypothesis import strategies as st

from api.realtime.cursor import Cursor, Verdict


def verdicts(cursor: Cursor, *messages: tuple[str, int, bool]) -> list[Verdict]:
    return [cursor.take(epoch, seq, snapshot=snapshot) for epoch, seq, snapshot in messages]


def test_a_screen_that_knows_nothing_waits_for_its_snapshot() -> None:
    cursor = Cursor(None, 0)
    seen = verdicts(cursor, ("e", 7, False), ("e", 7, True), ("e", 7, False), ("e", 8, False))
    assert seen == [Verdict.SKIP, Verdict.SEND, Verdict.SKIP, Verdict.SEND]


def test_a_replay_for_another_screen_is_not_shown_twice() -> None:
    cursor = Cursor("e", 5)
    seen = verdicts(cursor, ("e", 6, False), ("e", 5, False), ("e", 6, False), ("e", 6, True), ("e", 7, False))
    assert seen == [Verdict.SEND, Verdict.SKIP, Verdict.SKIP, Verdict.SKIP, Verdict.SEND]


def test_a_live_message_that_overtakes_the_replay_is_asked_for_again() -> None:
    cursor = Cursor("e", 5)
    seen = verdicts(cursor, ("e", 8, False), ("e", 6, False), ("e", 7, False), ("e", 8, False))
    assert seen == [Verdict.GAP, Verdict.SEND, Verdict.SEND, Verdict.SEND]


def test_a_number_that_really_is_missing_holds_nothing_up() -> None:
    cursor = Cursor("e", 5)
    assert verdicts(cursor, ("e", 8, False), ("e", 8, False)) == [Verdict.GAP, Verdict.SEND]


def test_a_new_life_of_the_voice_process_begins_with_a_snapshot() -> None:
    cursor = Cursor("old", 50)
    assert verdicts(cursor, ("new", 0, True), ("new", 1, False)) == [Verdict.SEND, Verdict.SEND]


def test_a_screen_that_claims_too_much_gets_a_snapshot() -> None:
    assert verdicts(Cursor("e", 999), ("e", 3, True), ("e", 4, False)) == [Verdict.SEND, Verdict.SEND]


@given(st.integers(0, 20), st.lists(st.integers(1, 30), max_size=60))
def test_numbers_only_ever_grow(after: int, seqs: list[int]) -> None:
    cursor = Cursor("e", after)
    shown = [after, *(seq for seq in seqs if cursor.take("e", seq, snapshot=False) is Verdict.SEND)]
    assert shown == sorted(set(shown))
