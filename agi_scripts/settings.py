"""Settings of the voice process: environment variables with the prefix HOTLINE_, secrets from files."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, SecretStr
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from asterisk_conf.speech import DEFAULT_COMMAND, split_command


class VoiceSettings(BaseSettings):
    """What `python -m agi_scripts` needs; ARCHITECTURE.md ("An instance") lists the variables."""

    model_config = SettingsConfigDict(env_prefix="HOTLINE_", extra="ignore")

    voice_dir: Path
    fastagi_host: str = "127.0.0.1"
    fastagi_port: int = 4573
    link_host: str = "127.0.0.1"
    link_port: int = 8765
    link_token: SecretStr
    api_url: str
    intake_token: SecretStr
    ami_host: str = "127.0.0.1"
    ami_port: int = 5038
    ami_events_secret: SecretStr
    ami_actions_secret: SecretStr
    cel_file: Path
    recordings_dir: Path
    lease_seconds: int = 8
    announce_first_seconds: float = 20.0
    announce_every_seconds: float = 45.0
    offer_after_seconds: float = 60.0
    sounds_dir: Path | None = None
    speech_command: Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_command)] = DEFAULT_COMMAND

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - there is no .env
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - it would look for files with the prefix
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the secrets folder, whose files are named like the fields."""
        folder = os.environ.get("HOTLINE_SECRETS_DIR") or None
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=folder, env_prefix="")


def load() -> VoiceSettings:
    """Read them; raises pydantic's ValidationError, which names each missing variable."""
    return VoiceSettings()  # type: ignore[call-arg] # the sources fill it
