"""Compares a tree with what is there now: queues, sounds, transfer targets and the lines that it serves."""

import asyncio
import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from api.menus import repository
from api.menus.repository import Session
from api.menus.rules import Publication, in_force, scheduled
from db.tables import MenuPublication, Number
from ivr.findings import Finding, Severity
from ivr.graph import sounds_of
from ivr.hours_codec import week_from_dict
from ivr.speech import Sound
from ivr.state import Line
from ivr.tree import Tree
from ivr.validation import check, check_numbers

TEST_DAYS: Final = 90
ANSWERED: Final = "answered"


@dataclass(frozen=True, slots=True)
class Present:
    """What a tree is compared with; `tested` are the targets whose test counts, `numbers` name the menu of each."""

    queues: frozenset[str]
    sounds: dict[str, Sound]
    tested: frozenset[str]
    lines: tuple[Line, ...]
    numbers: dict[str, str | None]
    menus: frozenset[str]


async def findings_of(
    session: Session, menu: str, tree: Tree, *, now: dt.datetime, old_tests: bool = False
) -> list[Finding]:
    """Return all findings of a tree of this menu, errors first.

    A target's test counts for 90 days; with `old_tests` every target that is listed counts: what was good enough
    to be published does not keep a city from going back to it.
    """
    present = await _present(session, menu, tree, now=now, old_tests=old_tests)
    return await asyncio.to_thread(_check, menu, tree, present)  # a large tree takes a good part of a second


def line_of(number: Number) -> Line:
    """Return what belongs to a dialled number as the interpreter takes it."""
    hours: Any = number.hours
    return Line(tuple(number.greeting or ()), week_from_dict(hours) if hours is not None else None, number.queue_id)


def as_publication(row: MenuPublication) -> Publication:
    """Return a publication as the rules take it."""
    return Publication(row.id, row.version, row.effective_at, cancelled=row.cancelled_at is not None)


async def sounds_named(session: Session, names: set[str]) -> dict[str, Sound]:
    """Return those of these sounds that exist, as checks and trials take them."""
    return {
        row.name: Sound(row.seconds, approved=row.state == "approved", text=row.text)
        for row in await repository.find_sounds(session, names)
    }


def names_in(tree: Tree) -> set[str]:
    """Return the sounds that a tree names."""
    return {sound for node in tree.nodes.values() for sound in sounds_of(node)}


def _check(menu: str, tree: Tree, present: Present) -> list[Finding]:
    found = check(tree, present.queues, sounds=present.sounds, tested=present.tested, lines=present.lines)
    # Another number's missing tree is shown and stops nothing: else of two new menus neither could be the first.
    others = check_numbers(present.numbers, present.menus | {menu})
    return found + [dataclasses.replace(one, severity=Severity.WARNING) for one in others]


async def _present(session: Session, menu: str, tree: Tree, *, now: dt.datetime, old_tests: bool) -> Present:
    numbers = await repository.list_numbers(session)
    lines = tuple(line_of(number) for number in numbers if number.menu == menu)
    named = names_in(tree) | {sound for line in lines for sound in line.greeting}
    return Present(
        queues=frozenset(await repository.queue_ids(session)),
        sounds=await sounds_named(session, named),
        tested=await _tested(session, now=now, old_tests=old_tests),
        lines=lines,
        numbers={number.number: number.menu for number in numbers},
        menus=await _published(session, now=now),
    )


async def _tested(session: Session, *, now: dt.datetime, old_tests: bool) -> frozenset[str]:
    since = now - dt.timedelta(days=TEST_DAYS)
    return frozenset(
        target.number
        for target in await repository.list_targets(session)
        if old_tests or (target.test_result == ANSWERED and target.tested_at is not None and target.tested_at >= since)
    )


async def _published(session: Session, *, now: dt.datetime) -> frozenset[str]:
    """The menus of which a version is, or will be, in force."""
    by_menu: dict[str, list[Publication]] = {}
    for row in await repository.list_publications(session):
        by_menu.setdefault(row.menu, []).append(as_publication(row))
    return frozenset(
        menu for menu, all_of in by_menu.items() if in_force(all_of, now=now) or scheduled(all_of, now=now)
    )
