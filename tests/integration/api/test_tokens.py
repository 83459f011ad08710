"""Tokens of OpenID Connect providers: a real one says who asks; what does not hold is refused, whatever is wrong."""

import asyncio
import base64
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from deploy.serve import now
from schemas.words import PartyKind
from service.api import auth, providers
from service.store import keys, tokens
from service.store.reading import Viewer
from tests.support.book import asset_id
from tests.support.provider import AUDIENCE, INSTALLED, Provider, new_key

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

CLIENTS: dict[str, dict[str, Any]] = {
    "robot": {"roles": ["fleet-reader", "fleet-writer"]},
    "reader": {"roles": ["fleet-reader"]},
    "auditor": {"realm_access": {"roles": ["outside-auditor"]}},
    "both": {"roles": ["fleet-reader"], "realm_access": {"roles": ["outside-auditor"]}},
    "nobody": {"roles": ["kitchen"]},
    "console": {},
}
ACME, AUDITOR = Viewer("acme", ()), Viewer("auditor-1", (), PartyKind.AUDITOR)


@pytest.fixture
def provider() -> Provider:
    """Give a provider that does not run yet; without one installed the test is skipped by name, and fails in CI."""
    if not (INSTALLED / "installed").is_file():
        reason = "needs the OpenID Connect provider of the tests: make provider"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return Provider(CLIENTS)


@pytest.fixture
async def trusting(api: "Api", provider: Provider, monkeypatch: pytest.MonkeyPatch) -> "Api":
    """Give an API that trusts the provider by rules, remembers no caller, and asks again at once."""
    monkeypatch.setattr(auth, "CACHED_S", 0.0)
    monkeypatch.setattr(providers, "AGAIN_S", 0.0)
    for wanted, viewer, scopes in (
        ([("roles", "fleet-reader")], ACME, ["read"]),
        ([("roles", "fleet-writer")], ACME, ["write"]),
        ([("scope", "fleet.read")], ACME, ["read"]),
        ([("realm_access.roles", "outside-auditor")], AUDITOR, ["read"]),
    ):
        await trust(api, provider, wanted, viewer, scopes)
    del api.client.headers["Authorization"]
    return api


async def trust(
    api: "Api", provider: Provider, wanted: Sequence[tuple[str, str]], viewer: Viewer, scopes: list[str]
) -> str:
    """Trust tokens of a provider by a rule."""
    rule = tokens.Rule(AUDIENCE, tuple(wanted), viewer, frozenset(scopes))
    return await tokens.create(api.book.connection, provider.issuer, rule, label="", at=now())


async def asked(api: "Api", token: str, path: str = "/v1/principal") -> tuple[int, dict[str, Any]]:
    """Ask with a token."""
    answer = await api.client.get(path, headers={"Authorization": f"Bearer {token}"})
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()


async def test_a_token_is_whose_the_rules_say_and_may_do_what_they_say(trusting: "Api", provider: Provider) -> None:
    async with provider.running():
        robot, reader = await provider.token("robot"), await provider.token("reader")
        auditor, both, nobody = [await provider.token(name) for name in ("auditor", "both", "nobody")]
        person = await provider.logged_in("console", "person-17", "openid fleet.read")
        other = await provider.logged_in("console", "person-18", "openid fleet.read")
        assert (await asked(trusting, robot))[0] == 200  # from now on its keys are known
    said = (await asked(trusting, robot))[1]
    assert (said["operator"], said["kind"], said["scopes"], said["cells"]) == (
        "acme", "operator", ["read", "write"], ["kul-1"],
    )  # fmt: skip
    assert (await asked(trusting, reader))[1]["scopes"] == ["read"]
    mine = (await asked(trusting, person))[1]
    assert mine["scopes"] == ["read"]
    assert mine["credential"] != (await asked(trusting, other))[1]["credential"]
    assert "person-17" not in json.dumps(mine)
    said = (await asked(trusting, auditor))[1]
    assert (said["operator"], said["kind"], said["cells"], said["granted"]) == ("auditor-1", "auditor", [], [])
    assert (await asked(trusting, both))[0] == 401
    status, said = await asked(trusting, nobody)
    assert (status, said["type"]) == (401, "urn:holdfast:problem:bad-token")

    assert (await asked(trusting, reader, "/v1/sites"))[1]["cells"][0]["cell"] == "kul-1"
    assert (await asked(trusting, reader, "/v1/assets?cell=sin-1"))[0] == 404
    assert (await asked(trusting, auditor, "/v1/assets?cell=kul-1"))[0] == 404
    act = {"cell": "kul-1", "act": {"act": "site.put", "key": "k", "by": "p", "site": "KUL-2", "country": "MY"}}
    header = {"Authorization": f"Bearer {reader}"}
    answer = await trusting.client.post("/v1/acts", json=act, headers=header)
    assert answer.status_code == 403
    assert "holdfast issuers trust" in answer.json()["detail"]
    answer = await trusting.client.post("/v1/keys", json={"scopes": ["read"]}, headers=header)
    assert answer.status_code == 403


async def test_keys_are_rotated(trusting: "Api", provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    async with provider.running():
        old = await provider.token("reader")
        assert (await asked(trusting, old))[0] == 200
    provider.key = new_key("second", "RS256")
    async with provider.running():
        new = await provider.token("reader")
        assert (await asked(trusting, new))[0] == 200  # a key that was not known is asked for
        monkeypatch.setattr(providers, "FRESH_S", 0.0)
        assert (await asked(trusting, old))[0] == 401  # one that was withdrawn ends
        assert (await asked(trusting, new))[0] == 200


async def test_a_key_that_was_withdrawn_ends_within_minutes() -> None:
    assert providers.FRESH_S <= 300
    assert providers.AGAIN_S >= 10  # however many tokens of unknown keys arrive


async def test_a_provider_that_is_away_stops_nobody_whose_key_is_known(trusting: "Api", provider: Provider) -> None:
    token = provider.made(roles=["fleet-reader"])
    status, said = await asked(trusting, token)
    assert (status, said["type"]) == (503, "urn:holdfast:problem:unavailable")
    assert provider.issuer in said["detail"]
    async with provider.running():
        assert (await asked(trusting, token))[0] == 200
    assert (await asked(trusting, token))[0] == 200
    assert (await asked(trusting, provider.made(key=new_key("unknown"), roles=["fleet-reader"])))[0] == 503
    async with provider.running():
        assert (await asked(trusting, provider.made(key=new_key("unknown"), roles=["fleet-reader"])))[0] == 401


async def test_what_does_not_hold_is_refused(trusting: "Api", provider: Provider) -> None:
    forger = new_key("first")  # of the same name
    public = provider.key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    good: dict[str, Any] = {"roles": ["fleet-reader"]}
    claims = {"iss": provider.issuer, "aud": AUDIENCE, "sub": "robot", "exp": now() // 1000 + 600, **good}
    head = {"alg": "HS256", "kid": "first", "typ": "at+jwt"}
    made = provider.made(**good)
    body = made.split(".")[1]
    wrong = {
        "none": _joined({"alg": "none", "typ": "JWT"}, claims, b""),
        "none, signed": f"{_part({'alg': 'nOnE', 'kid': 'first'})}.{body}.{made.split('.')[2]}",
        "by the public key as a secret": _joined(head, claims, _hmac(public, head, claims)),
        "another's key of the same name": provider.made(key=forger, **good),
        "a key that the token brings": provider.made(key=forger, header={"jwk": _public(forger.jwk)}, **good),
        "a key elsewhere": provider.made(key=forger, header={"jku": "http://127.0.0.1:9/keys"}, **good),
        "expired": provider.made(exp=now() // 1000 - 60, **good),
        "without an end": provider.made(exp=None, **good),
        "an end that is no number": provider.made(exp="soon", **good),
        "not yet": provider.made(nbf=now() // 1000 + 600, **good),
        "for another audience": provider.made(aud="urn:other", **good),
        "for none": provider.made(aud=None, **good),
        "of another issuer": provider.made(iss="https://login.other.example", **good),
        "of the issuer, almost": provider.made(iss=f"{provider.issuer}/", **good),
        "of none": provider.made(iss=None, **good),
        "of a list of issuers": _joined({"alg": "ES256"}, {**claims, "iss": [provider.issuer]}, b"x"),
        "of nobody": provider.made(sub=None, **good),
        "an id token's logout": provider.made(header={"typ": "logout+jwt"}, **good),
        "bound to a key": provider.made(cnf={"jkt": "x"}, **good),
        "with what must be understood": provider.made(header={"crit": ["b64"]}, **good),
        "no roles": provider.made(),
        "roles that are none": provider.made(roles={"fleet-reader": True}),
        "a role as part of a word": provider.made(roles=["not-fleet-reader"]),
        "changed": f"{made.split('.')[0]}.{_part({**claims, 'roles': ['fleet-writer']})}.{made.split('.')[2]}",
        "cut": made[:-3],
        "dots": "..",
        "letters": "a.b.c",
        "deep": f"{_part({'alg': 'ES256'})}.{_b64(b'[' * 9_000)}.x",
        "long": f"{'a' * 20_000}.b.c",
        "encrypted": "a.b.c.d.e",
    }  # fmt: skip
    async with provider.running():
        assert (await asked(trusting, made))[0] == 200
        for what, token in wrong.items():
            status, said = await asked(trusting, token)
            assert status == 401, (what, said)
            assert asset_id("kul-1/rack") not in json.dumps(said)


async def test_a_provider_that_speaks_for_another_is_not_believed(trusting: "Api", provider: Provider) -> None:
    async def lie(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        keys_at = f"{provider.issuer}/jwks"
        said = json.dumps({"issuer": "https://login.other.example", "jwks_uri": keys_at}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b" % (len(said), said))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(lie, "127.0.0.1", provider.port)
    async with server:
        status, said = await asked(trusting, provider.made(roles=["fleet-reader"]))
    assert status == 503
    assert "login.other.example" in said["detail"]


async def test_a_rule_that_is_revoked_ends_its_tokens(trusting: "Api", provider: Provider) -> None:
    rule = await trust(trusting, provider, [("sub", "person-1")], ACME, ["read", "audit"])
    token = provider.made(sub="person-1")
    async with provider.running():
        assert (await asked(trusting, token))[1]["scopes"] == ["read", "audit"]
        await tokens.revoke(trusting.book.connection, rule, at=now())
        assert (await asked(trusting, token))[0] == 401
    with pytest.raises(tokens.RuleNotFound):
        await tokens.revoke(trusting.book.connection, "none", at=now())


async def test_rules_of_parties_give_no_scope_that_is_for_operators(api: "Api", provider: Provider) -> None:
    with pytest.raises(keys.NotForParties):
        await trust(api, provider, [], AUDITOR, ["admin"])


def test_only_plain_urls_are_asked() -> None:
    for url in ("http://login.acme.example", "ftp://x", "https://", "https://x/?y=1", "file:///etc/passwd", "None"):
        assert providers.may_be_asked(url), url
    for url in ("https://login.acme.example/realms/x", "http://127.0.0.1:8080", "http://localhost/x"):
        assert providers.may_be_asked(url) is None, url


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _part(said: dict[str, Any]) -> str:
    return _b64(json.dumps(said).encode())


def _joined(head: dict[str, Any], claims: dict[str, Any], signature: bytes) -> str:
    return f"{_part(head)}.{_part(claims)}.{_b64(signature)}"


def _hmac(secret: bytes, head: dict[str, Any], claims: dict[str, Any]) -> bytes:
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return algorithm.sign(f"{_part(head)}.{_part(claims)}".encode(), secret)


def _public(jwk: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in jwk.items() if name != "d"}
