"""What can be set, from where, and where each value came from.

In this order, the first that names it wins: what a command was told, the environment (`HOLDFAST_…`), `.env` in the
working folder, the settings file (`HOLDFAST_SETTINGS_FILE`, else `holdfast.toml` in the data folder; TOML, the names
below), the default.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from deploy.embedded.paths import default_data_dir
from schemas.errors import HoldfastError

PREFIX = "HOLDFAST_"
FILE_VARIABLE = f"{PREFIX}SETTINGS_FILE"
DOTENV = Path(".env")


class SettingsWrong(HoldfastError):
    """A setting is wrong or missing: the text names it, where it was set, and what to do."""

    slug: ClassVar[str] = "settings-wrong"


def _file_here(path: Path | None) -> Path | None:
    if path is not None and not path.expanduser().is_file():
        raise ValueError(f"there is no file {path}: name one that is there")
    return path.expanduser() if path else None


def _postgres_url(url: SecretStr | None) -> SecretStr | None:
    if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("write it as postgresql://user:password@host:5432/name?sslmode=verify-full")
    return url


def _addresses(value: str | None) -> str | None:
    for address in value.split(",") if value else ():
        host, _, port = address.strip().rpartition(":")
        if not host or not port.isdigit():
            raise ValueError("write it as host:9092, several with commas between them")
    return value


def _directory_key(key: SecretStr | None) -> SecretStr | None:
    if key is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", key.get_secret_value()):
        raise ValueError("write 32 bytes as 64 hexadecimal digits: `openssl rand -hex 32` makes some")
    return key


ReadableFile = Annotated[Path | None, AfterValidator(_file_here)]


class Settings(BaseSettings):
    """Every setting. Made by `load`, which says in one line what is wrong; constructing it may read files."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, env_ignore_empty=True)

    data_dir: Path = Field(default_factory=default_data_dir, description="where everything on this machine is kept")

    database_url: Annotated[SecretStr | None, AfterValidator(_postgres_url)] = Field(
        None,
        description="a PostgreSQL 18 of yours; without it one is embedded. TLS is asked for in the URL: "
        "?sslmode=verify-full&sslrootcert=/path/ca.pem&sslcert=…&sslkey=…",
    )

    kafka_bootstrap: Annotated[str | None, AfterValidator(_addresses)] = Field(
        None, description="a Kafka of yours, host:port with commas between; without it one is embedded"
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="how to talk to that Kafka"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="how to log in where the protocol is SASL_…"
    )
    kafka_sasl_username: str | None = Field(None, description="who logs in")
    kafka_sasl_password: SecretStr | None = Field(None, description="with what")
    kafka_ssl_cafile: ReadableFile = Field(None, description="PEM of who signed the brokers' certificates")
    kafka_ssl_certfile: ReadableFile = Field(None, description="PEM of our own certificate, where they ask for one")
    kafka_ssl_keyfile: ReadableFile = Field(None, description="PEM of its key")
    kafka_ssl_password: SecretStr | None = Field(None, description="what that key is encrypted with, if it is")

    consumer_group: str = Field("holdfast", min_length=1, description="the consumers' group on Kafka")
    batch_max_ms: int = Field(30, ge=1, le=10_000, description="at rest, a batch is written after this long")
    batch_max_records: int = Field(1_000_000, ge=1, le=10_000_000, description="a batch holds no more than this")
    batch_load_ms: int = Field(10_000, ge=1, le=60_000, description="under backlog, a batch may last this long")
    beat_interval_s: float = Field(10.0, gt=0, le=60, description="the beater writes to idle partitions this often")
    metadata_max_age_ms: int = Field(2000, ge=100, le=300_000, description="new topics are noticed within this time")

    directory_key: Annotated[SecretStr | None, AfterValidator(_directory_key)] = Field(
        None, description="what `holdfast link` hides identifiers under in the directory across cells; keep it for good"
    )

    api_host: str = Field("127.0.0.1", min_length=1, description="the address that the API listens on")
    api_port: int = Field(0, ge=0, le=65_535, description="its port; 0 takes a free one")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="what is logged")
    log_format: Literal["console", "json"] = Field("console", description="for a person or for a program")

    @model_validator(mode="after")
    def _complete(self) -> "Settings":
        if self.kafka_security_protocol.startswith("SASL") and not (
            self.kafka_sasl_username and self.kafka_sasl_password
        ):
            raise ValueError(
                f"{PREFIX}KAFKA_SECURITY_PROTOCOL is {self.kafka_security_protocol}: set "
                f"{PREFIX}KAFKA_SASL_USERNAME and {PREFIX}KAFKA_SASL_PASSWORD too"
            )
        if self.kafka_security_protocol != "PLAINTEXT" and not self.kafka_bootstrap:
            raise ValueError(
                f"{PREFIX}KAFKA_SECURITY_PROTOCOL is for a Kafka of yours: set {PREFIX}KAFKA_BOOTSTRAP too, or unset it"
            )
        if self.kafka_ssl_certfile and not self.kafka_ssl_keyfile:
            raise ValueError(f"{PREFIX}KAFKA_SSL_CERTFILE has no key: set {PREFIX}KAFKA_SSL_KEYFILE too")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from `load` alone, which reads every source and remembers which one spoke."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


class Loaded:
    """The settings together with where each of them came from."""

    __slots__ = ("settings", "sources")

    def __init__(self, settings: Settings, sources: Mapping[str, str]) -> None:
        """Keep both; `sources` names, per field that was set, who set it, and what it lacks is a default."""
        self.settings = settings
        self.sources = sources


def load(**told: object) -> Settings:
    """Return the settings; `told` (what is None is not told) wins over every other source. Reads two small files.

    Raises SettingsWrong.
    """
    return load_with_sources(**told).settings


def load_with_sources(**told: object) -> Loaded:
    """Like `load`, and say where each value came from. Raises SettingsWrong."""
    layers = _layers({name: value for name, value in told.items() if value is not None})
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for source, layer in layers:
        for name, value in layer.items():
            if name in Settings.model_fields and name not in values:
                values[name], sources[name] = value, source
    if isinstance(folder := values.get("data_dir"), str):
        values["data_dir"] = Path(folder).expanduser().absolute()
    try:
        return Loaded(Settings(**values), sources)
    except ValidationError as exc:
        raise SettingsWrong(_words(exc, sources)) from None


def _layers(told: Mapping[str, object]) -> list[tuple[str, Mapping[str, object]]]:
    """Read every source, strongest first. Raises SettingsWrong for a settings file that cannot be used."""
    environment, dotenv = _prefixed(os.environ), _prefixed(dotenv_values(DOTENV) if DOTENV.is_file() else {})
    layers: list[tuple[str, Mapping[str, object]]] = [
        ("command", told),
        ("environment", environment),
        (str(DOTENV), dotenv),
    ]
    folder = next((layer["data_dir"] for _, layer in layers if "data_dir" in layer), None) or default_data_dir()
    named = environment.get("settings_file") or dotenv.get("settings_file")
    file = Path(named).expanduser() if named else Path(str(folder)).expanduser() / "holdfast.toml"
    try:
        inside = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if named:
            raise SettingsWrong(f"{FILE_VARIABLE} names {file}, which is not there: write it, or unset it") from None
        return layers
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise SettingsWrong(f"the settings file {file} cannot be read ({exc}): mend it") from None
    if unknown := sorted(set(inside) - set(Settings.model_fields)):
        raise SettingsWrong(
            f"{file} sets {', '.join(unknown)}, which is no setting: `holdfast settings` lists them all"
        )
    return [*layers, (str(file), inside)]


def _prefixed(variables: Mapping[str, str | None]) -> dict[str, str]:
    return {
        name[len(PREFIX) :].lower(): value for name, value in variables.items() if name.startswith(PREFIX) and value
    }


def _words(exc: ValidationError, sources: Mapping[str, str]) -> str:
    """Say in one line what is wrong with each setting, where it was set, and never what a secret was."""
    parts = []
    for error in exc.errors(include_url=False, include_input=False):
        words = str(error["msg"]).removeprefix("Value error, ")
        name = str(error["loc"][0]) if error["loc"] else ""
        where = f" (set in {sources[name]})" if name in sources else ""
        parts.append(f"{PREFIX}{name.upper()}{where}: {words[:1].lower()}{words[1:]}" if name else words)
    return "; ".join(parts)


def unknown() -> list[str]:
    """Name the variables of the environment that look like settings and are none, nor what a command takes."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    known |= {f"{PREFIX}{name}" for name in ("SETTINGS_FILE", "URL", "KEY")}
    return sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
