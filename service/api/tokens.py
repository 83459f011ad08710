"""Bearer tokens of OpenID Connect providers: whose they are, and what they may do.

JWT access tokens (RFC 9068; RFC 8725 on what to hold them to). Which issuer speaks for whom is said by rules, which the
command alone makes (`holdfast issuers trust`): a token that no rule names is nobody's.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

import asyncpg
import jwt

from schemas.errors import HoldfastError
from service.api.providers import Providers
from service.facts.records import Millis
from service.store import tokens
from service.store.reading import Viewer
from service.store.tokens import Rule

# Signatures by a key that the provider alone has: no secret that two share, and not `none`.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_S = 10
_TYPES = {"at+jwt", "application/at+jwt", "jwt"}
_LONGEST = 16_000


class BadToken(HoldfastError):
    """The token does not hold here."""

    status: ClassVar[int] = 401
    slug: ClassVar[str] = "bad-token"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose a token is. `credential`: a reference to its subject, which the provider alone can resolve."""

    credential: str
    viewer: Viewer
    scopes: frozenset[str]
    expires_at: Millis


async def find(pool: asyncpg.Pool, providers: Providers, token: str) -> Bearer:
    """Say whose a token is, and what it may do. Raises `BadToken`; `ProviderWrong` where its keys cannot be had."""
    header, said = _looked_at(token)
    issuer = str(said["iss"])
    async with pool.acquire() as connection:
        rules = await tokens.rules(connection, issuer)
    if not rules:
        raise BadToken("no rule trusts this token's issuer: `holdfast issuers list` shows those that are")
    key = await providers.key(issuer, header.get("kid"), str(header["alg"]))
    if key is None:
        raise BadToken("the token's issuer has no such signing key")
    return bearer(_verified(token, key, issuer, {rule.audience for rule in rules}, str(header["alg"])), rules)


def bearer(claims: Mapping[str, Any], rules: list[Rule]) -> Bearer:
    """Give whose a verified token is by the rules of its issuer. Raises `BadToken`. Pure."""
    audiences = set(_values(claims["aud"]))
    held = [
        rule for rule in rules
        if rule.audience in audiences and all(value in _values(_claim(claims, name)) for name, value in rule.wanted)
    ]  # fmt: skip
    if not held:
        raise BadToken("no rule of this token's issuer and audience holds for what it claims")
    viewers = {(rule.viewer.operator, rule.viewer.kind): rule.viewer for rule in held}
    if len(viewers) > 1:
        raise BadToken("by the rules of its issuer this token is of several parties: let them ask for more claims")
    (viewer,) = viewers.values()
    who = hashlib.sha256(f"{claims['iss']}\0{claims['sub']}".encode()).hexdigest()[:12]
    scopes = frozenset().union(*(rule.scopes for rule in held))
    return Bearer(f"token-{who}", viewer, scopes, int(claims["exp"]) * 1000)


def _looked_at(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Look at a token before anything of it is trusted: whose keys to hold it to. Raises `BadToken`."""
    if len(token) > _LONGEST:
        raise BadToken(f"a token may have {_LONGEST} characters")
    try:
        whole = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as exc:
        raise BadToken("this is neither an API key nor a signed JWT") from exc
    header, said = whole["header"], whole["payload"]
    if header.get("alg") not in ALGORITHMS:
        raise BadToken(f"the token is not signed by one of {', '.join(ALGORITHMS)}")
    if str(header.get("typ", "JWT")).lower() not in _TYPES or "crit" in header:
        raise BadToken("this is another kind of token than an access token")
    if "cnf" in said:
        raise BadToken("the token is bound to a key that is not asked for here: use one that is not")
    if not isinstance(said.get("iss"), str) or not isinstance(header.get("kid", ""), str):
        raise BadToken("the token names no issuer")
    return header, said


def _verified(token: str, key: jwt.PyJWK, issuer: str, audiences: set[str], algorithm: str) -> dict[str, Any]:
    try:
        return jwt.decode(
            token, key, algorithms=[algorithm], audience=audiences, issuer=issuer, leeway=LEEWAY_S,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )  # fmt: skip
    except jwt.ExpiredSignatureError as exc:
        _refuse("it has expired", exc)
    except jwt.InvalidAudienceError as exc:
        _refuse("it is for another audience", exc)
    except jwt.InvalidSignatureError as exc:
        _refuse("its signature does not hold", exc)
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as exc:
        _refuse(f"it is not well formed ({exc})", exc)


def _refuse(why: str, cause: Exception) -> NoReturn:
    raise BadToken(f"the token does not hold: {why}") from cause


def _claim(claims: Mapping[str, Any], name: str) -> object:
    """Give a claim by its name, or by its path where it is nested (`realm_access.roles`)."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _values(claim: object) -> list[str]:
    """Give what a claim holds: the members of a list, the words of a string such as `scope`, and the string itself."""
    if isinstance(claim, str):
        return [claim, *claim.split()]
    return [str(each) for each in claim if isinstance(each, str | int)] if isinstance(claim, list) else []
