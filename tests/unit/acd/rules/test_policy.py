"""What a call asks for as it waits longer."""

from acd.rules.policy import ASKED_SECONDS, Need, Overflow, QueueRules, opened_by, schedule_of, ways_of

LINHE = QueueRules(
    "linhe",
    needs=(Need("law", 2),),
    asked=(Need("mongolian", 3, 20.0), Need("mongolian", 1, 40.0)),
    overflow=(Overflow("city", after=15.0, waiting=4, handicap=5.0), Overflow("pingyuan", waiting=8)),
    county_seconds=10.0,
)
NONE = frozenset[str]()


def test_each_moment_at_which_something_changes_begins_a_step() -> None:
    steps = schedule_of(LINHE, skill="mongolian", county="linhe", closed=NONE).steps
    assert [step.after for step in steps] == [0, 10, 15, 20, 40]
    assert [step.held for step in steps] == [True, False, False, False, False]
    assert [step.opened for step in steps] == [0b00, 0b00, 0b01, 0b01, 0b01]
    assert [[(n.skill, n.level) for n in step.needs] for step in steps] == [
        [("law", 2), ("mongolian", 3), ("mongolian", 1)],
        [("law", 2), ("mongolian", 3), ("mongolian", 1)],
        [("law", 2), ("mongolian", 3), ("mongolian", 1)],
        [("law", 2), ("mongolian", 1)],
        [("law", 2)],
    ]


def test_a_plain_call_has_one_step() -> None:
    assert len(schedule_of(QueueRules("city"), skill=None, county="", closed=NONE).steps) == 1


def test_a_skill_of_which_the_queue_says_nothing_is_asked_for_a_while() -> None:
    steps = schedule_of(QueueRules("city"), skill="tax", county="", closed=NONE).steps
    assert [(step.after, step.needs) for step in steps] == [
        (0.0, (Need("tax", 1, ASKED_SECONDS),)),
        (ASKED_SECONDS, ()),
    ]


def test_load_opens_and_so_does_an_empty_office() -> None:
    assert [opened_by(LINHE, waiting=n, staffed=True) for n in (3, 4, 8)] == [0b00, 0b01, 0b11]
    assert opened_by(LINHE, waiting=0, staffed=False) == 0b11


def test_the_own_queue_is_the_nearest_way_and_a_closed_one_is_none() -> None:
    schedule = schedule_of(LINHE, skill=None, county="", closed=NONE)
    assert ways_of(schedule, 0b00) == (("linhe", 0.0),)
    assert ways_of(schedule, 0b11) == (("linhe", 0.0), ("city", 5.0), ("pingyuan", 0.0))
    evening = schedule_of(LINHE, skill=None, county="", closed=frozenset({"linhe", "pingyuan"}))
    assert ways_of(evening, 0b00) == (("city", 5.0),)
    night = schedule_of(LINHE, skill=None, county="", closed=frozenset({"linhe", "pingyuan", "city"}))
    assert ways_of(night, 0b11) == (("linhe", 0.0),)
