"""The settings of the set-up container: HOTLINE_* variables and the files of HOTLINE_SECRETS_DIR."""

import os
import re
from pathlib import Path

from pydantic import SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from ops.errors import OpsError


class ContainerSettings(BaseSettings):
    """Where the containers find each other, and what the world calls them; docker-compose.yml sets every variable."""

    model_config = SettingsConfigDict(env_prefix="HOTLINE_", extra="ignore", frozen=True)

    home: Path = Path("/hotline")
    demo_city: bool = True
    trunks: str = "127.0.0.2"
    carrier_host: str = "127.0.0.3"
    carrier_port: int = 5060
    external_address: str = ""
    internal_address: str = ""
    private_network: str
    ami_host: str
    ami_permit: str
    fastagi_host: str
    fastagi_port: int = 4573
    rtp_first: int = 20000
    rtp_last: int = 20199
    lease_seconds: int = 8
    system_name: str = "hotline"
    max_calls: int = 500
    seat_secret: SecretStr
    ami_events_secret: SecretStr
    ami_actions_secret: SecretStr

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - there is no .env in a container
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - it would look for files with the prefix
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the secrets folder, whose files are named like the fields."""
        folder = os.environ.get("HOTLINE_SECRETS_DIR") or None
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=folder, env_prefix="")


def words(text: str) -> tuple[str, ...]:
    """Split a list that an operator wrote with blanks, commas or both."""
    return tuple(word for word in re.split(r"[\s,]+", text) if word)


def load() -> ContainerSettings:
    """Read them; raise OpsError that names what is missing or wrong, never a value: most are secrets."""
    try:
        return ContainerSettings()  # type: ignore[call-arg] # the sources fill it
    except ValidationError as error:
        names = ", ".join(f"HOTLINE_{str(item['loc'][0]).upper()} ({item['msg']})" for item in error.errors())
        raise OpsError(
            f"settings are missing or wrong: {names}",
            "run sh containers/make-secrets.sh, and set the variables as docker-compose.yml does",
        ) from None
    except OSError as error:
        raise OpsError(
            f"the secret {error.filename} cannot be read ({error.strerror})",
            "run sh containers/make-secrets.sh, then docker compose up again",
        ) from None
