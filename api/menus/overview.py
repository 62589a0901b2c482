"""Every menu at one glance."""

import datetime as dt
from collections import defaultdict

from api.menus import repository
from api.menus.describing import publication_out, version_out
from api.menus.publishing import coming, shown
from api.menus.rules import Standing
from api.menus.schemas import MenuOut
from db.engine import ReadSession
from db.tables import MenuPublication, MenuVersion


async def list_menus(session: ReadSession, *, now: dt.datetime) -> list[MenuOut]:
    """Return the menus that have a version or that a number names, by name."""
    newest: dict[str, MenuVersion] = {}
    for row in await repository.list_versions(session):
        newest.setdefault(row.menu, row)
    publications: defaultdict[str, list[MenuPublication]] = defaultdict(list)
    for publication in await repository.list_publications(session):
        publications[publication.menu].append(publication)
    numbers: defaultdict[str, list[str]] = defaultdict(list)
    for number in await repository.list_numbers(session):
        numbers[number.menu].append(number.number)
    return [
        _menu(name, newest.get(name), publications[name], numbers[name], now=now)
        for name in sorted({*newest, *numbers})
    ]


def _menu(
    name: str, newest: MenuVersion | None, rows: list[MenuPublication], numbers: list[str], *, now: dt.datetime
) -> MenuOut:
    every = shown(rows, now=now)
    present = next((one for one in every if one.standing is Standing.IN_FORCE), None)
    return MenuOut(
        name=name,
        in_force=publication_out(present) if present else None,
        scheduled=[publication_out(one) for one in coming(every)],
        newest=version_out(newest) if newest else None,
        numbers=numbers,
    )
