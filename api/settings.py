"""The settings of the web process: HOTLINE_* variables and the files of HOTLINE_SECRETS_DIR."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from asterisk_conf.speech import DEFAULT_COMMAND, split_command


class SettingsError(ValueError):
    """A setting is missing or wrong; the text is one line and names it."""


class Settings(BaseSettings):
    """What the web process must know; secrets come from files named like the fields, or from the environment."""

    model_config = SettingsConfigDict(env_prefix="HOTLINE_", extra="ignore", frozen=True)

    session_secret: Annotated[SecretStr, Field(min_length=32)]
    link_token: Annotated[SecretStr, Field(min_length=16)]
    intake_token: Annotated[SecretStr, Field(min_length=16)]
    seat_secret: Annotated[SecretStr, Field(min_length=16)]
    database_url: SecretStr

    api_host: str = "127.0.0.1"
    api_port: Annotated[int, Field(ge=1, le=65535)] = 8000
    link_url: Annotated[str, Field(pattern=r"^wss?://")] = "ws://127.0.0.1:8765"
    spool_dir: Path | None = None
    recordings_dir: Path | None = None
    sounds_dir: Path | None = None
    speech_command: Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_command)] = DEFAULT_COMMAND
    web_dist: Path | None = None
    sip_ws_url: Annotated[str, Field(pattern=r"^wss?://")] = "ws://127.0.0.1:8088/ws"
    sip_domain: str = "127.0.0.1"

    region_code: Annotated[str, Field(pattern=r"^[0-9]{2,6}$")] = "3714"
    area_code: Annotated[str, Field(pattern=r"^0[0-9]{2,3}$")] = "0534"
    session_hours: Annotated[int, Field(ge=1, le=24)] = 12
    connect_rate_warning: Annotated[float, Field(ge=0.95, le=1)] = 0.96
    spool_seconds: Annotated[float, Field(gt=0)] = 2.0
    log_level: str = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is the library's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - looks for files named HOTLINE_...
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let arguments win over variables and variables over files; the files carry the bare field names."""
        folder = os.environ.get("HOTLINE_SECRETS_DIR") or None
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, folder, env_prefix="")


def load_settings() -> Settings:
    """Read the settings; DATABASE_URL wins over the secret file `database_url`.

    Raises SettingsError with one line that names the variable to set.
    """
    folder = os.environ.get("HOTLINE_SECRETS_DIR") or None
    if folder is not None and not Path(folder).is_dir():
        raise SettingsError(f"HOTLINE_SECRETS_DIR is {folder}, which is no folder; run `make up` or correct it")
    given = {"database_url": url} if (url := os.environ.get("DATABASE_URL")) else {}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError(_one_line(error)) from error
    except OSError as error:
        raise SettingsError(f"{error.filename} cannot be read ({error.strerror}); correct its mode or owner") from error


def _one_line(error: ValidationError) -> str:
    """Name each wrong setting once, never its value: most are secrets."""
    wrong = [f"HOTLINE_{str(item['loc'][0]).upper()} ({item['msg'].lower()})" for item in error.errors()]
    return f"set these variables, or files of these names in HOTLINE_SECRETS_DIR: {', '.join(wrong)}"
