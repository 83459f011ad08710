"""The settings as a person may see them, and as the clients of Kafka take them."""

import re
import ssl
from collections.abc import Mapping
from typing import Any, TypedDict

from aiokafka.helpers import create_ssl_context
from pydantic import SecretStr

from deploy.settings import Loaded, Settings, SettingsWrong

HIDDEN = "********"
_URL_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):\S*(?=@)")
_URL_QUERY_PASSWORD = re.compile(r"(?i)(?<=[?&])(password|sslpassword)=[^&\s]*")


class Explained(TypedDict):
    """One setting: its name, its value (secrets hidden), who set it, and what it is for."""

    name: str
    value: str | int | float | None
    source: str
    about: str


def explain(loaded: Loaded) -> list[Explained]:
    """Return every setting with where its value came from; passwords are hidden. Pure."""
    return [
        {
            "name": name,
            "value": _shown(getattr(loaded.settings, name)),
            "source": loaded.sources.get(name, "default"),
            "about": field.description or "",
        }
        for name, field in Settings.model_fields.items()
    ]


def masked(url: str) -> str:
    """Return a URL, or a text with URLs in it, without its passwords. Pure."""
    return _URL_QUERY_PASSWORD.sub(rf"\1={HIDDEN}", _URL_PASSWORD.sub(rf"\1:{HIDDEN}", url))


def _shown(value: object) -> str | int | float | None:
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, SecretStr):
        secret = value.get_secret_value()
        return masked(secret) if "://" in secret else HIDDEN
    return masked(str(value))


def kafka_options(settings: Settings) -> Mapping[str, Any]:
    """Return what every aiokafka client takes besides its address: protocol, login, TLS. Reads the PEM files.

    Raises SettingsWrong where they hold no usable certificate or key.
    """
    protocol = settings.kafka_security_protocol
    options: dict[str, Any] = {"security_protocol": protocol}
    if protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_sasl_username
        options["sasl_plain_password"] = _secret(settings.kafka_sasl_password)
    if protocol.endswith("SSL"):
        try:
            options["ssl_context"] = create_ssl_context(
                cafile=_text(settings.kafka_ssl_cafile),
                certfile=_text(settings.kafka_ssl_certfile),
                keyfile=_text(settings.kafka_ssl_keyfile),
                password=_secret(settings.kafka_ssl_password),
            )
        except (ssl.SSLError, OSError) as exc:
            raise SettingsWrong(
                f"the TLS files of HOLDFAST_KAFKA_SSL_… cannot be used ({exc}): see to their PEM"
            ) from exc
    return options


def _secret(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()


def _text(path: object) -> str | None:
    return None if path is None else str(path)
