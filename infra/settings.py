"""Settings, read once into one frozen object: environment over ``chalkstream.toml`` over defaults.

Environment names are ``CHALKSTREAM_`` plus the path, nested with ``__`` (``CHALKSTREAM_KAFKA__BOOTSTRAP``); a name
ending in ``_FILE`` reads the value from a file, for secrets. An unknown or impossible setting stops the start.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from schemas.errors import BadSettings
from schemas.exchanges import ChatLimits, ImageLimits
from schemas.plan import Options

PREFIX = "CHALKSTREAM_"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(_Part):
    """The broker, and how to prove who we are to it."""

    bootstrap: str = "127.0.0.1:9092"
    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    replication: int = Field(1, ge=1)


class StoreSettings(_Part):
    """The S3 store."""

    endpoint: str = "http://127.0.0.1:9000"
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    region: str = "us-east-1"
    ca_file: Path | None = None


class EngineSettings(_Part):
    """How models run. ``workers`` parallel instances of ``threads`` threads; 0 workers: one per core, at most 4."""

    device: Literal["auto", "cpu", "cuda"] = "cpu"
    workers: int = Field(0, ge=0, le=64)
    threads: int = Field(1, ge=1, le=64)


class MonitorSettings(_Part):
    """Where a worker answers ``/metrics``, ``/healthz`` and ``/readyz``; port 0 is nowhere."""

    host: str = "127.0.0.1"
    port: int = Field(0, ge=0, le=65_535)


class GatewaySettings(_Part):
    """The HTTP gateway. ``uploads``, ``jobs``, ``listeners``: of one tenant at once; ``rate``: requests a minute of one
    key. ``public_url``: how others reach it, where that is not what they ask for (a proxy); ``origins``: other sites
    whose pages may read answers; ``private_webhooks``: whether webhooks may go to private addresses."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535)
    uploads: int = Field(16, ge=1)
    jobs: int = Field(1_000, ge=1)
    listeners: int = Field(500, ge=1)
    rate: int = Field(1_200, ge=1)
    upload_hours: float = Field(24.0, gt=0)
    public_url: str = ""
    origins: tuple[str, ...] = ()
    private_webhooks: bool = False


class LimitSettings(_Part):
    """What an upload may be, and how far decoding may run ahead of recognition (audio seconds)."""

    max_hours: float = Field(12.0, gt=0)
    max_gib: float = Field(64.0, gt=0)
    ahead_seconds: float = Field(7200.0, gt=60)


def default_state() -> Path:
    """Per user: ``$XDG_STATE_HOME/chalkstream`` or ``~/.local/state/chalkstream``."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "chalkstream"


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", toml_file="chalkstream.toml", extra="forbid", frozen=True
    )

    models: str = "demo"
    commercial: bool = False
    state: Path = Field(default_factory=default_state)
    kafka: KafkaSettings = KafkaSettings()
    store: StoreSettings = StoreSettings()
    engines: EngineSettings = EngineSettings()
    limits: LimitSettings = LimitSettings()
    monitor: MonitorSettings = MonitorSettings()
    gateway: GatewaySettings = GatewaySettings()
    chat: ChatLimits = ChatLimits()
    image: ImageLimits = ImageLimits()
    tenants: dict[str, Options] = {}

    @property
    def packs(self) -> Path:
        """Where fetched packs stand."""
        return self.state / "packs"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Given values, then the file. The environment is among what is given (``read``), which alone knows of files
        with secrets and of variables that are set to nothing.
        """
        return init_settings, TomlConfigSettingsSource(settings_cls)


class _Variables(EnvSettingsSource):
    """The environment source over a mapping that is handed in."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        super().__init__(Settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._values.items()}


def read(environment: Mapping[str, str], **given: Any) -> Settings:
    """The settings of this process. Raises BadSettings naming the setting and what is allowed."""
    ours = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    values = _from_files({name: value for name, value in ours.items() if value != ""})
    _refuse_unknown(values)
    try:
        merged = _merge(_Variables(values)(), {name: value for name, value in given.items() if value is not None})
        return Settings(**merged)
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + "__".join(str(part) for part in first["loc"]).upper()
        raise BadSettings(
            f"{name} is not valid: {first['msg']}", "see 'chalkstream doctor' and docs/operating.md"
        ) from None
    except ValueError as error:
        raise BadSettings(
            f"settings can't be read: {error}", "check chalkstream.toml and CHALKSTREAM_ variables"
        ) from None


def _from_files(values: Mapping[str, str]) -> dict[str, str]:
    plain = {name: value for name, value in values.items() if not name.endswith("_FILE") or "__CA_FILE" in name}
    for name, value in values.items():
        if name not in plain:
            try:
                plain[name.removesuffix("_FILE")] = Path(value).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise BadSettings(f"{name} can't be read: {error.strerror}", "name a readable file") from None
    return plain


def _refuse_unknown(values: Mapping[str, str]) -> None:
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    for name in values:
        if name.split("__")[0] not in known:
            raise BadSettings(f"{name} is no setting", f"there are {', '.join(sorted(known))}")


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    return {**below, **above}
