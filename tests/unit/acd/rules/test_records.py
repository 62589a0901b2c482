import csv
import datetime as dt
import io

from acd.rules.records import FIELDS, CallRecords, parse_row

T0 = 1795248000.0


def line(kind: str, second: float, *, channel: str, uid: str, linked: str | None = None, **more: str) -> str:
    row = {"eventtime": f"{T0 + second:.6f}", "eventtype": kind, "uniqueid": uid, "linkedid": linked or uid}
    row |= {"channame": channel, **more}
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow([row.get(f, "") for f in FIELDS])
    return out.getvalue().strip()


def follow(records: CallRecords, *lines: str) -> list[dict[str, object]]:
    rows = [parse_row(text) for text in lines]
    facts = [records.take(row, offset=i * 100) for i, row in enumerate(rows) if row is not None]
    return [f.data(lambda e: e.removesuffix("w")) for f in facts if f is not None]


START = line(
    "CHAN_START", 0, channel="PJSIP/trunk-00000001", uid="c1", context="from-trunk", exten="12345", cidnum="138"
)
LEG = line("CHAN_START", 5, channel="PJSIP/1001w-00000002", uid="l1", linked="c1", context="from-agent")
TALK = line("BRIDGE_ENTER", 9, channel="PJSIP/1001w-00000002", uid="l1", linked="c1")
TALK_CITIZEN = line("BRIDGE_ENTER", 9, channel="PJSIP/trunk-00000001", uid="c1")
END = line("CHAN_END", 60, channel="PJSIP/trunk-00000001", uid="c1")


def moment(second: float) -> str:
    return dt.datetime.fromtimestamp(T0 + second, dt.UTC).isoformat()


def test_an_answered_call() -> None:
    (call,) = follow(CallRecords(), START, LEG, TALK_CITIZEN, TALK, END)
    assert call == {
        "caller": "138",
        "dialled": "12345",
        "started_at": moment(0),
        "queue": None,
        "answered_by": "1001",
        "answered_at": moment(9),
        "ended_at": moment(60),
        "disposition": "answered",
    }


def test_an_abandoned_call() -> None:
    (call,) = follow(CallRecords(), START, END)
    assert (call["disposition"], call["answered_by"]) == ("abandoned", None)


def test_hostile_text_and_broken_lines_are_only_text() -> None:
    hostile = line("CHAN_START", 0, channel="PJSIP/trunk-1", uid="c9", context="from-trunk", cidnum="\"; rm -rf,'")
    row = parse_row(hostile)
    assert row is not None
    assert row["cidnum"] == "\"; rm -rf,'"
    for broken in ("", "1,2,3", hostile[: len(hostile) // 2], hostile.replace("1795248000", "yesterday")):
        assert parse_row(broken) is None


def test_the_oldest_unfinished_call_sets_the_checkpoint_and_dead_ones_are_dropped() -> None:
    records = CallRecords()
    assert records.oldest_offset is None
    follow(records, START)
    assert records.oldest_offset == 0
    now = dt.datetime.fromtimestamp(T0 + 100, dt.UTC)
    assert records.drop_unless({"c1"}, before=now) == []
    assert [f.call_id for f in records.drop_unless(set(), before=now)] == ["c1"]
    assert records.oldest_offset is None


def test_rows_of_a_call_whose_beginning_is_unknown_say_nothing() -> None:
    assert follow(CallRecords(), TALK, END) == []


def leg(kind: str, second: float, agent: str, uid: str, linked: str = "c1") -> str:
    return line(kind, second, channel=f"PJSIP/{agent}-00000003", uid=uid, linked=linked)


# As Asterisk 22 wrote them: channels that are moved leave one bridge and enter the next; a leg that was placed ends
# under the name it was given.
FIRST_IN_ROOM = leg("BRIDGE_ENTER", 20, "1001", "l1")
TO_ROOM = (TALK, FIRST_IN_ROOM, line("BRIDGE_ENTER", 20, channel="PJSIP/trunk-00000001", uid="c1"))
THIRD_IN_ROOM = leg("BRIDGE_ENTER", 30, "1002", "leg-third-c1-1", "leg-third-c1-1")


def test_a_call_that_was_held_belongs_to_its_agent() -> None:
    (call,) = follow(CallRecords(), START, LEG, *TO_ROOM, TALK_CITIZEN, leg("CHAN_END", 59, "1001", "l1"), END)
    assert (call["answered_by"], call["answered_at"], call["ended_at"]) == ("1001", moment(9), moment(60))


def test_a_call_that_was_transferred_belongs_to_who_had_it_last() -> None:
    over, next_talk = leg("CHAN_END", 20, "1001", "l1"), leg("BRIDGE_ENTER", 30, "1002", "l2")
    (call,) = follow(CallRecords(), START, LEG, TALK, over, next_talk, END)
    assert (call["answered_by"], call["answered_at"]) == ("1002", moment(9))


def test_who_was_only_asked_does_not_have_the_call() -> None:
    asked = (THIRD_IN_ROOM, leg("CHAN_END", 40, "1002", "leg-third-c1-1", "c1"))
    (call,) = follow(CallRecords(), START, LEG, *TO_ROOM, *asked, leg("CHAN_END", 59, "1001", "l1"), END)
    assert call["answered_by"] == "1001"


def test_who_was_brought_in_and_stays_has_the_call() -> None:
    (call,) = follow(CallRecords(), START, LEG, *TO_ROOM, THIRD_IN_ROOM, leg("CHAN_END", 40, "1001", "l1"), END)
    assert call["answered_by"] == "1002"


def test_a_number_outside_never_has_the_call() -> None:
    unit = leg("BRIDGE_ENTER", 30, "carrier", "leg-third-c1-1")
    (call,) = follow(CallRecords(), START, LEG, *TO_ROOM, unit, leg("CHAN_END", 40, "1001", "l1"), END)
    assert (call["answered_by"], call["disposition"]) == ("1001", "answered")
