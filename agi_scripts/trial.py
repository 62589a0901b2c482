"""A draft heard on a real phone: an agent's phone dials 88 and a code that an administrator was given once."""

from collections.abc import Mapping

import structlog

from agi_scripts import commands as agi
from agi_scripts.actions import TrialActions
from agi_scripts.configuration import ConfigurationKeeper
from agi_scripts.directory import Directory, DirectoryAway
from agi_scripts.menu import MenuWalk
from agi_scripts.prompts import Prompter
from agi_scripts.server import AgiError, AgiHangup, AgiSession
from agi_scripts.service import Service
from agi_scripts.speaker import Speaker

DIALLED = "88"
WRONG_CODE = "hotline/trial-code-wrong"
AWAY = "hotline/trial-not-now"
PERSON = "hotline/trial-person"

log = structlog.get_logger(__name__)


class Trials:
    """The FastAGI route `trial`; a phone that this process has forgotten is hung up when its lease is over."""

    def __init__(
        self, directory: Directory, configuration: ConfigurationKeeper, prompter: Prompter, *, lease: int
    ) -> None:
        self._directory = directory
        self._configuration = configuration
        self._prompter = prompter
        self._lease = lease

    async def serve(self, session: AgiSession) -> None:
        """Speak the draft once, to its end; what would reach a person is told."""
        code = session.header.get("extension", "").removeprefix(DIALLED)
        try:
            await self._speak(session, code)
        except AgiHangup:
            log.info("trial_left")
        except AgiError as error:
            log.warning("trial_failed", error=str(error))

    async def _speak(self, session: AgiSession, code: str) -> None:
        texts = self._configuration.texts
        try:
            trial = await self._directory.trial(code)
        except DirectoryAway as away:
            log.warning("trial_not_fetched", error=str(away))
            await self._tell(session, AWAY)
            return
        if trial is None:
            await self._tell(session, WRONG_CODE)
            return
        log.info("trial", menu=trial.menu, version=trial.version)
        service = Service(
            trial.menu,
            trial.version,
            trial.tree,
            self._configuration.default_queue,
            self._configuration.queues,
            texts={**texts, **trial.texts},
        )
        walk = MenuWalk(session, service, TrialActions(), self._speaker(session, service.texts))
        way = await walk.walk()
        if way.queue is not None:
            await self._tell(session, PERSON)

    async def _tell(self, session: AgiSession, sound: str) -> None:
        await agi.answer(session)
        await self._speaker(session, self._configuration.texts).say(sound)

    def _speaker(self, session: AgiSession, texts: Mapping[str, str]) -> Speaker:
        return Speaker(session, self._prompter, texts=texts, lease=self._lease)
