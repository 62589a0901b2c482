"""What of the tables belongs to the wire: lines that an incident is on for, sounds that can be heard; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from acd.messages import IncidentConfiguration, MenuConfiguration, NumberConfiguration
from ivr.tree import LINE


def lines_of(
    numbers: Sequence[NumberConfiguration], *, chosen: Sequence[str] | None, areas: Sequence[str] | None
) -> list[str]:
    """Return the dialled numbers that an incident is on for: those chosen, those of its areas, or all of them."""
    if chosen is None and areas is None:
        return sorted(item["number"] for item in numbers)
    in_areas = {item["number"] for item in numbers if item.get("area", "") in set(areas or ())}
    return sorted(in_areas | set(chosen or ()))


def sounds_in(
    numbers: Iterable[NumberConfiguration],
    menus: Iterable[MenuConfiguration],
    incidents: Iterable[IncidentConfiguration],
) -> set[str]:
    """Return the sounds that greetings, menus and incidents name."""
    named = {sound for item in numbers for sound in item.get("greeting", [])}
    named |= {sound for incident in incidents for sound in incident["sounds"]}
    return (named | {sound for menu in menus for sound in _sounds_of(menu["tree"])}) - {LINE}


def _sounds_of(tree: Mapping[str, Any]) -> Iterator[str]:
    for node in tree.get("nodes", {}).values():
        yield from node.get("sounds") or ()
