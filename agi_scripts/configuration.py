"""Fetches the published configuration (Wire 2) and keeps the last one, so that a start needs nobody."""

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import httpx
import orjson
import structlog

from acd.engine import Engine
from acd.messages import Configuration, MenuConfiguration, NumberConfiguration
from acd.rules.events import Configured
from agi_scripts.service import Service, Surroundings, surroundings
from ivr.codec import TreeError, tree_from_dict
from ivr.default import default_tree
from ivr.state import World
from ivr.tree import Tree

log = structlog.get_logger(__name__)

PATH = "/internal/configuration"
POLL_SECONDS = 10.0
RETRY_SECONDS = 1.0
FACT = "configuration"
BUILT_IN_MENU = "built-in"
BUILT_IN: Configuration = {"version": "", "queues": [], "agents": [], "numbers": [], "menus": []}
DEFAULT_QUEUE = "city"
EVER = dt.datetime.min.replace(tzinfo=dt.UTC)


class ConfigurationKeeper:
    """The present configuration, its menus decoded; a menu that does not decode leaves the one before in place.

    `on_change` is told each configuration that was applied.
    """

    def __init__(
        self,
        engine: Engine,
        client: httpx.AsyncClient,
        *,
        reload: asyncio.Event,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._client = client
        self._reload = reload
        self._on_change = on_change
        self._menus: dict[str, list[_Published]] = {}
        self._around = Surroundings()
        self.present: Configuration = BUILT_IN

    def start(self) -> None:
        """Take the configuration kept by the process before, if there is one."""
        kept = self._engine.journal.fact(FACT)
        if kept is not None:
            self._apply(kept)

    def service_for(self, dialled: str, *, now: dt.datetime) -> Service:
        """What a call to this number is served by now; an unknown number gets the built-in tree (version 0)."""
        number = self._engine.floor.number(dialled)
        queue = number["queue"] if number else self.default_queue
        name, version, tree = self._menu(number, queue, now)
        return Service(name, version, tree, queue, self.queues, self._world(number, dialled), self._around.texts)

    def _menu(self, number: NumberConfiguration | None, queue: str, now: dt.datetime) -> tuple[str, int, Tree]:
        published = self._menus.get(number["menu"], []) if number else []
        menu = next((menu for menu in reversed(published) if menu.since <= now), None)
        if menu is None or number is None:
            return BUILT_IN_MENU, 0, default_tree(queue)
        return number["menu"], menu.version, menu.tree

    def _world(self, number: NumberConfiguration | None, dialled: str) -> World:
        try:
            return self._around.world(number, dialled)
        except ValueError as error:
            log.error("line_refused", number=dialled, error=str(error))  # noqa: TRY400 - no trace needed
            return World()

    @property
    def default_queue(self) -> str:
        """The queue that takes whatever has no other: the first published one."""
        queues = self.present["queues"]
        return queues[0]["id"] if queues else DEFAULT_QUEUE

    @property
    def queues(self) -> frozenset[str]:
        """Ids of the published queues."""
        return frozenset(q["id"] for q in self.present["queues"])

    @property
    def asks_for_owners(self) -> bool:
        """Whether any queue keeps a caller for the agent who took the open case."""
        return any(queue.get("owner_seconds") for queue in self.present["queues"])

    @property
    def texts(self) -> Mapping[str, str]:
        """What the published sounds say, by name."""
        return self._around.texts

    async def run(self) -> None:
        """Poll for ever; `reload` cuts the pause short."""
        while True:
            try:
                await self._fetch()
            except (httpx.HTTPError, orjson.JSONDecodeError, KeyError, TypeError) as error:
                log.info("configuration_not_fetched", error=repr(error))
                await self._pause(RETRY_SECONDS)
                continue
            await self._pause(POLL_SECONDS)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._reload.wait(), seconds)
        except TimeoutError:
            return
        self._reload.clear()

    async def _fetch(self) -> None:
        headers: Mapping[str, str] = (
            {"If-None-Match": f'"{self.present["version"]}"'} if self.present["version"] else {}
        )
        response = await self._client.get(PATH, headers=headers)
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return
        response.raise_for_status()
        configuration: Configuration = orjson.loads(response.content)
        if configuration["version"] == self.present["version"]:
            return
        self._apply(configuration)
        self._engine.journal.keep_fact(FACT, configuration)

    def _apply(self, configuration: Configuration) -> None:
        self.present = configuration
        self._take_menus(configuration["menus"])
        self._take_surroundings(configuration)
        self._engine.submit(Configured(configuration))
        log.info("configured", version=configuration["version"], agents=len(configuration["agents"]))
        self._on_change()

    def _take_menus(self, menus: Iterable[MenuConfiguration]) -> None:
        read: dict[str, list[_Published]] = {}
        for menu in menus:
            try:
                read.setdefault(menu["name"], []).append(_published(menu))
            except (TreeError, ValueError) as error:
                log.error("menu_refused", menu=menu["name"], version=menu["version"], error=str(error))  # noqa: TRY400 - no trace needed
                read.setdefault(menu["name"], self._menus.get(menu["name"], [])[-1:])
        for published in read.values():
            published.sort(key=lambda menu: menu.since)
        self._menus |= read

    def _take_surroundings(self, configuration: Configuration) -> None:
        try:
            self._around = surroundings(configuration)
        except (ValueError, KeyError, TypeError) as error:
            log.error("surroundings_refused", version=configuration["version"], error=repr(error))  # noqa: TRY400 - no trace needed


@dataclass(frozen=True, slots=True)
class _Published:
    since: dt.datetime
    version: int
    tree: Tree


def _published(menu: MenuConfiguration) -> _Published:
    since = menu.get("from")
    moment = dt.datetime.fromisoformat(since) if since else EVER
    return _Published(moment, menu["version"], tree_from_dict(menu["tree"]))
