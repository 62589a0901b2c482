"""What a citizen types belongs to nobody: not to a log, not to a record, not to the database."""

from typing import Any

from sqlalchemy import select

from db.tables import LookUpFailure
from ops.call.city import City
from ops.instance import Instance
from tests.e2e.menus import Line, office_of
from tests.e2e.records import files_that_hold

IDENTITY = "371401198001012318"
"""Eighteen digits, as a careless citizen types them where a case number is asked for; Asterisk hears all of them."""

TYPED = IDENTITY[:16]
"""So many are collected at the most."""

ASK: dict[str, Any] = {"kind": "collect", "sounds": ["hotline/thank-you"], "attempts": 1, "wait_seconds": 2}
LINE = Line(
    "70090",
    {
        "start": ASK | {"collects": "case_number", "next": "code", "on_failure": "bye"},
        "code": ASK | {"collects": "query_code", "next": "progress", "on_failure": "bye"},
        "progress": {"kind": "progress", "next": "bye", "on_not_found": "bye", "on_failure": "bye"},
        "bye": {"kind": "hang_up", "sounds": ["hotline/goodbye"]},
    },
)


async def test_typed_digits_are_in_no_file_of_the_system(system: Instance) -> None:
    async with office_of(system) as office, City(system) as city:
        await office.open([LINE])
        call = await city.dial(LINE.number)
        await call.press_after(city.prompt("hotline/thank-you"), IDENTITY + "3456#")
        await call.ended(seconds=60)
        record = await office.record(call)
        assert record.menu_node == "bye"
        assert not record.menu_path
        await office.row(select(LookUpFailure), "the case was looked up")
        for digits in (IDENTITY, TYPED, TYPED[4:14]):
            assert files_that_hold(system.folder, digits) == []
