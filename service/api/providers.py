"""Signing keys of OpenID Connect providers: discovered, kept for minutes, and fetched again where one is missing.

OpenID Connect Discovery 1.0 section 4 and RFC 7517. Only an issuer that a rule names is ever asked, and never more than
once in `AGAIN_S`, whatever tokens arrive. A key that the provider has withdrawn ends within `FRESH_S`; a provider that
is away stops nobody whose key is known for `STALE_S`.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import structlog

from schemas.errors import Transient
from service.api.parts import is_loopback

FRESH_S = 300.0
STALE_S = 3_600.0
AGAIN_S = 10.0
_TIMEOUT_S = 5.0
_MOST_BYTES = 1_000_000
_SIGNS = {"RSA", "EC", "OKP"}

_log = structlog.get_logger(__name__)


class ProviderWrong(Transient):
    """The provider of the token is away, or answers what it must not."""


@dataclass
class _Known:
    keys: list[dict[str, Any]] = field(default_factory=list)
    since: float | None = None  # when they were fetched
    tried: float | None = None
    wrong: str = ""
    fetching: asyncio.Task[None] | None = None


class Providers:
    """What is known of providers' keys. Owned by one application; not shared between processes."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    async def key(self, issuer: str, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        """Give the key of an issuer that signs by an algorithm; None where it has none. Raises `ProviderWrong`."""
        known = self._known.setdefault(issuer, _Known())
        if _age(known.since) > FRESH_S:
            fetched = self._fetched(issuer, known)
            if not (known.keys and known.wrong):  # else it was away before: nobody waits for it again
                await asyncio.shield(fetched)
        found = _find(known.keys, kid, algorithm)
        if found is None:  # it may be a new one
            await asyncio.shield(self._fetched(issuer, known))
            found = _find(known.keys, kid, algorithm)
        if found is None and known.wrong:
            raise ProviderWrong(f"the keys of {issuer} cannot be had ({known.wrong}): come again in a while")
        return found

    @staticmethod
    def _fetched(issuer: str, known: _Known) -> asyncio.Task[None]:
        """Give the last time that a provider was asked for its keys, or ask again where that is a while ago."""
        if known.fetching is None or (known.fetching.done() and _age(known.tried) > AGAIN_S):
            known.fetching = asyncio.create_task(_fetch(issuer, known))
        return known.fetching

    def close(self) -> None:
        """Ask no more."""
        for known in self._known.values():
            if known.fetching is not None:
                known.fetching.cancel()


async def _fetch(issuer: str, known: _Known) -> None:
    """Ask a provider for its keys; what was known is kept for a while where it is away."""
    known.tried = time.monotonic()
    try:
        known.keys, known.since, known.wrong = await _keys_of(issuer), known.tried, ""
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError) as exc:
        known.wrong = str(exc) or type(exc).__name__
        _log.warning("provider_wrong", issuer=issuer, error=known.wrong)
        if _age(known.since) > STALE_S:
            known.keys = []


def may_be_asked(url: str) -> str | None:
    """Say why a provider's URL cannot be used; None where it can. Pure."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return None if parts.hostname and not parts.query and not parts.fragment else f"{url} is no plain URL"
    return f"{url} does not begin with https://"


def _age(since: float | None) -> float:
    return float("inf") if since is None else time.monotonic() - since


def _find(keys: list[dict[str, Any]], kid: str | None, algorithm: str) -> jwt.PyJWK | None:
    fit = [
        key for key in keys
        if (kid is None or key.get("kid") == kid) and key.get("alg", algorithm) == algorithm
    ]  # fmt: skip
    for key in fit if kid is not None or len(fit) == 1 else ():  # which one is meant must be clear
        try:
            return jwt.PyJWK.from_dict(key, algorithm)
        except jwt.PyJWTError:  # of another type than the algorithm wants
            continue
    return None


async def _keys_of(issuer: str) -> list[dict[str, Any]]:
    """Fetch what an issuer signs with. Raises `httpx.HTTPError`, `ValueError`."""
    async with httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client:
        about = await _json(client, issuer.rstrip("/") + "/.well-known/openid-configuration")
        if about.get("issuer") != issuer:
            raise ValueError(f"its discovery document is of {about.get('issuer')!r}")
        keys = (await _json(client, str(about.get("jwks_uri")))).get("keys")
    if not isinstance(keys, list):
        raise ValueError("its key set holds no `keys`")  # noqa: TRY004 - as below
    return [
        key for key in keys
        if isinstance(key, dict) and key.get("kty") in _SIGNS and key.get("use", "sig") == "sig"
    ]  # fmt: skip


async def _json(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    if wrong := may_be_asked(url):
        raise ValueError(wrong)
    body = b""
    async with asyncio.timeout(2 * _TIMEOUT_S), client.stream("GET", url) as answer:
        if answer.status_code != httpx.codes.OK:
            raise ValueError(f"{url} answers {answer.status_code}")
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > _MOST_BYTES:
                raise ValueError(f"{url} answers more than {_MOST_BYTES} bytes")
    said = json.loads(body)
    if not isinstance(said, dict):
        raise ValueError(f"{url} answers no JSON object")  # noqa: TRY004 - what was sent is wrong, not how it is used
    return said
