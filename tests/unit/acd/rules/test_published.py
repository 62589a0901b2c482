"""What is published, as the floor asks for it; what cannot be read leaves what was there before."""

import datetime as dt
from typing import Any

from acd.messages import Configuration
from acd.rules.policy import Profile
from acd.rules.published import Published

CHINA = dt.timezone(dt.timedelta(hours=8))
NEW_YEAR, SATURDAY = dt.datetime(2027, 1, 1, 10, tzinfo=CHINA), dt.datetime(2027, 1, 2, 10, tzinfo=CHINA)


def configuration(**more: Any) -> Configuration:
    conf: Any = {
        "version": "1",
        "queues": [
            {
                "id": "linhe",
                "name": "临河县",
                "priority": 0,
                "ring_seconds": 15,
                "county": "linhe",
                "hours": {"mon-fri": ["08:30-17:00"]},
                "overflow": [{"to": "city", "after": 9}],
            },
            {"id": "city", "name": "市级", "priority": 0, "ring_seconds": 20},
        ],
        "agents": [
            {"id": "1001", "name": "", "extension": "1001", "queues": ["city"], "role": "agent", "county": "linhe"}
        ],
        "numbers": [
            {"number": "12345", "line": "", "menu": "", "queue": "city"},
            {"number": "63160000", "line": "", "menu": "", "queue": "city", "area": "pingyuan", "priority": 2},
        ],
        "menus": [],
        "holidays": [{"day": "2027-01-01", "kind": "holiday"}, {"day": "2027-01-02", "kind": "workday"}],
    }
    return {**conf, **more}


def closed(published: Published, queue: str, at: dt.datetime) -> frozenset[str]:
    return published.closed_for(queue, at=at)


def test_the_calendar_opens_and_closes_queues() -> None:
    published = Published()
    assert published.take(configuration()) == []
    assert closed(published, "linhe", NEW_YEAR) == {"linhe"}
    assert closed(published, "linhe", SATURDAY) == frozenset()
    assert closed(published, "city", NEW_YEAR) == frozenset()


def test_the_county_is_the_queues_and_else_the_numbers() -> None:
    published = Published()
    published.take(configuration())
    assert published.county_of("linhe", "63160000") == "linhe"
    assert published.county_of("city", "63160000") == "pingyuan"
    assert published.county_of("city", "12345") == published.county_of("city", "unknown") == ""


def test_an_incident_counts_for_its_lines_while_it_lasts() -> None:
    published = Published()
    times = {"starts": "2027-01-01T09:00:00+08:00", "ends": "2027-01-01T11:00:00+08:00"}
    published.take(
        configuration(incidents=[{"id": "7", "sounds": [], "numbers": ["63160000"], "priority": 4, **times}])
    )
    assert published.line_priority("63160000", now=NEW_YEAR) == 6
    assert published.line_priority("63160000", now=NEW_YEAR + dt.timedelta(hours=1)) == 2
    assert published.line_priority("12345", now=NEW_YEAR) == published.line_priority("unknown", now=NEW_YEAR) == 0


def test_what_cannot_be_read_leaves_what_was_there_before() -> None:
    published = Published()
    good = configuration()
    published.take(good)
    broken = configuration(
        queues=[{**good["queues"][0], "overflow": "city"}, {**good["queues"][1], "id": "new", "needs": 1}],
        agents=[{**good["agents"][0], "skills": 7}],
        holidays=[{"day": "someday", "kind": "holiday"}],
        incidents=[{"id": "8", "sounds": [], "numbers": [], "starts": "now", "ends": "later", "priority": 1}],
    )
    refused = published.take(broken)
    assert [reason.split(":")[0] for reason in refused] == [
        "queue 'linhe'",
        "queue 'new'",
        "agent '1001'",
        "a moment of an incident or a day of the calendar cannot be read",
    ]
    assert published.queue("linhe").overflow[0].to == "city"
    assert published.queue("new").needs == ()
    assert published.profile(broken["agents"][0]) == Profile((("city", 0.0),), (), "linhe")
    assert closed(published, "linhe", NEW_YEAR) == {"linhe"}


def test_a_queue_that_opened_since_then_is_not_closed_any_more() -> None:
    published = Published()
    published.take(configuration())
    night, opening = dt.datetime(2027, 1, 4, 3, tzinfo=CHINA), dt.datetime(2027, 1, 4, 8, 30, tzinfo=CHINA)
    before, evening = opening - dt.timedelta(microseconds=1), dt.datetime(2027, 1, 4, 22, tzinfo=CHINA)
    assert published.closed_for("linhe", at=night, until=before) == {"linhe"}
    assert published.closed_for("linhe", at=night, until=opening) == frozenset()
    assert published.closed_for("linhe", at=night, until=evening) == frozenset()
    assert published.next_opening({"linhe", "city"}, after=night) == opening
    assert published.next_opening({"city"}, after=night) is None
