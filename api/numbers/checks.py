"""What keeps a number from being stored: it names something that is not there, or hours that are none."""

from collections.abc import Collection, Sequence

from api.core.fields import finding
from api.core.problems import RefusedError
from api.numbers import repository
from api.numbers.repository import Session
from api.numbers.schemas import NumberRow
from ivr.hours_codec import week_from_dict, week_to_dict

APPROVED = "approved"
REFUSED = "Correct what `findings` names and send it again; nothing was stored."

Finding = dict[str, str]


async def require_fit(session: Session, rows: Sequence[NumberRow]) -> None:
    """Raise RefusedError with everything that is wrong with these numbers."""
    queues, menus = await repository.queue_ids(session), await repository.menu_names(session)
    found = _doubles(rows)
    for row in rows:
        if row.queue not in queues:
            do = f"use one of {', '.join(sorted(queues))}"
            found.append(finding(f"{row.number}.queue", f"there is no queue {row.queue}", do))
        if row.menu not in menus:
            do = f"write that menu first, or use one of {', '.join(sorted(menus)[:20])}"
            found.append(finding(f"{row.number}.menu", f"there is no menu {row.menu}", do))
        found += _hours(row)
        found += await unfit_sounds(session, row.greeting or (), where=f"{row.number}.greeting")
    if found:
        raise RefusedError(REFUSED, found)


async def unfit_sounds(session: Session, names: Collection[str], *, where: str) -> list[Finding]:
    """Return what is wrong with these sounds: all of them must be there and approved."""
    if not names:
        return []
    states = await repository.states_of_sounds(session, names)
    missing = [name for name in names if name not in states]
    waiting = [name for name in names if states.get(name, APPROVED) != APPROVED]
    return [
        *(
            finding(where, f"there is no sound {name}", "upload it first; GET /api/sounds lists all")
            for name in missing
        ),
        *(
            finding(where, f"the sound {name} is {states[name]}", "have it approved, or use another")
            for name in waiting
        ),
    ]


def normal_hours(row: NumberRow) -> dict[str, list[str]] | None:
    """Return the hours day by day, as they are stored; to be called for hours that passed the check."""
    return None if row.hours is None else week_to_dict(week_from_dict(dict[object, object](row.hours.items())))


def _hours(row: NumberRow) -> list[Finding]:
    try:
        normal_hours(row)
    except ValueError as error:
        what, _, do = str(error).partition("; ")
        return [finding(f"{row.number}.hours", what, do or "correct it")]
    return []


def _doubles(rows: Sequence[NumberRow]) -> list[Finding]:
    numbers = [row.number for row in rows]
    doubled = sorted({number for number in numbers if numbers.count(number) > 1})
    return [finding(number, "the number stands in the list more than once", "keep one of them") for number in doubled]
