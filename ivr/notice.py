"""An incident told first, before a tree that has no notice of its own."""

import datetime as dt
from dataclasses import replace

from ivr.graph import reachable
from ivr.hours import CHINA
from ivr.state import Incident, World
from ivr.tree import Announcement, HangUp, IncidentNotice, Node, Tree

REGISTERED = "hotline/affected-registered"
PRESS_ONE = "hotline/incident-press-one"
"""Said at the end of every incident, so that the citizen knows the key."""

NOTICE = "incident"


def with_notice(tree: Tree, world: World, *, now: dt.datetime) -> Tree:
    """The tree, or one that tells the incident which is on now and then begins where the tree did.

    `begin` does this by itself; whoever shows a call's nodes by their names needs it.
    """
    now = now if now.tzinfo else now.replace(tzinfo=CHINA)
    return told_first(tree) if needs_notice(tree, world, now=now) else tree


def heard_of(incident: Incident) -> tuple[str, ...]:
    """The incident's sounds, and what 1 does where they do not say it."""
    return incident.sounds if PRESS_ONE in incident.sounds else (*incident.sounds, PRESS_ONE)


def needs_notice(tree: Tree, world: World, *, now: dt.datetime) -> bool:
    """Whether an incident is on that no node of the tree would tell; `now` is aware."""
    return any(incident.sounds and incident.is_on(now) for incident in world.incidents) and not _tells(tree)


def _tells(tree: Tree) -> bool:
    return any(isinstance(tree.nodes.get(name), IncidentNotice) for name in reachable(tree, [tree.start]))


def told_first(tree: Tree) -> Tree:
    """The tree behind a notice; whatever fails there goes on as if there were none."""
    notice, registered, bye = (_free(tree, name) for name in (NOTICE, f"{NOTICE}-registered", f"{NOTICE}-bye"))
    first: dict[str, Node] = {
        notice: IncidentNotice(tree.start, on_registered=registered, on_failure=tree.start),
        registered: Announcement((REGISTERED,), bye),
        bye: HangUp(),
    }
    return replace(tree, start=notice, nodes={**tree.nodes, **first})


def _free(tree: Tree, name: str) -> str:
    """A name that the tree does not use, the same one for the same tree."""
    while name in tree.nodes:
        name += "-"
    return name
