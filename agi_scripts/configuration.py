"""Fetches the published configuration (Wire 2) and keeps the last one, so that a start needs nobody."""

import asyncio
from collections.abc import Callable, Mapping

import httpx
import orjson
import structlog

from acd.engine import Engine
from acd.messages import Configuration, MenuConfiguration
from acd.rules.events import Configured
from ivr.codec import TreeError, tree_from_dict
from ivr.default import default_tree
from ivr.tree import Tree

log = structlog.get_logger(__name__)

PATH = "/internal/configuration"
POLL_SECONDS = 10.0
RETRY_SECONDS = 1.0
FACT = "configuration"
BUILT_IN_MENU = "built-in"
BUILT_IN: Configuration = {"version": "", "queues": [], "agents": [], "numbers": [], "menus": []}
DEFAULT_QUEUE = "city"


class ConfigurationKeeper:
    """The present configuration, its menus decoded; a menu that does not decode leaves the one before in place."""

    def __init__(self, engine: Engine, client: httpx.AsyncClient, *, reload: asyncio.Event) -> None:
        self._engine = engine
        self._client = client
        self._reload = reload
        self._menus: dict[str, tuple[int, Tree]] = {}
        self.present: Configuration = BUILT_IN

    def start(self) -> None:
        """Take the configuration kept by the process before, if there is one."""
        kept = self._engine.journal.fact(FACT)
        if kept is not None:
            self._apply(kept)

    def menu_for(self, dialled: str) -> tuple[str, int, Tree]:
        """Menu name, version and tree of a dialled number; an unknown number gets the built-in tree (version 0)."""
        number = self._engine.floor.number(dialled)
        if number is not None and number["menu"] in self._menus:
            version, tree = self._menus[number["menu"]]
            return number["menu"], version, tree
        return BUILT_IN_MENU, 0, default_tree(number["queue"] if number else self.default_queue)

    @property
    def default_queue(self) -> str:
        """The queue that takes whatever has no other: the first published one."""
        queues = self.present["queues"]
        return queues[0]["id"] if queues else DEFAULT_QUEUE

    @property
    def queues(self) -> frozenset[str]:
        """Ids of the published queues."""
        return frozenset(q["id"] for q in self.present["queues"])

    async def run(self, *, on_change: Callable[[], None]) -> None:
        """Poll for ever; `reload` cuts the pause short."""
        while True:
            try:
                changed = await self._fetch()
            except (httpx.HTTPError, orjson.JSONDecodeError, KeyError, TypeError) as error:
                log.info("configuration_not_fetched", error=repr(error))
                await self._pause(RETRY_SECONDS)
                continue
            if changed:
                on_change()
            await self._pause(POLL_SECONDS)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._reload.wait(), seconds)
        except TimeoutError:
            return
        self._reload.clear()

    async def _fetch(self) -> bool:
        headers: Mapping[str, str] = (
            {"If-None-Match": f'"{self.present["version"]}"'} if self.present["version"] else {}
        )
        response = await self._client.get(PATH, headers=headers)
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return False
        response.raise_for_status()
        configuration: Configuration = orjson.loads(response.content)
        if configuration["version"] == self.present["version"]:
            return False
        self._apply(configuration)
        self._engine.journal.keep_fact(FACT, configuration)
        return True

    def _apply(self, configuration: Configuration) -> None:
        self.present = configuration
        for menu in configuration["menus"]:
            self._take_menu(menu)
        self._engine.submit(Configured(configuration))
        log.info("configured", version=configuration["version"], agents=len(configuration["agents"]))

    def _take_menu(self, menu: MenuConfiguration) -> None:
        try:
            self._menus[menu["name"]] = (menu["version"], tree_from_dict(menu["tree"]))
        except TreeError as error:
            log.error("menu_refused", menu=menu["name"], version=menu["version"], error=str(error))  # noqa: TRY400
