"""Who may ask: keys, scopes, and nothing of another operator."""

import hashlib
from typing import TYPE_CHECKING

import pytest

from schemas.envelope import rfc3339
from service.api import auth
from service.store import keys
from tests.support.book import BEGIN, DAY, HOUR, asset_id

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api

PUBLIC = {"/", "/livez", "/readyz", "/metrics", "/openapi.json", "/docs"}


async def test_every_route_but_the_public_ones_wants_a_key(api: "Api") -> None:
    del api.client.headers["Authorization"]
    schema = (await api.client.get("/openapi.json")).json()
    asked = 0
    for path, operations in schema["paths"].items():
        for method in operations:
            url = path.replace("{asset}", asset_id("kul-1/rack")).replace("{place}", "KUL-1").replace("{offset}", "0")
            url = url.replace("{job}", asset_id("job"))
            answer = await api.client.request(method.upper(), url)
            if path in PUBLIC:
                assert answer.status_code in (200, 503)
                continue
            asked += 1
            assert answer.status_code == 401, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"] == "Bearer"
    assert asked > 10


async def test_only_the_hash_of_a_key_is_kept(api: "Api") -> None:
    key = await api.key("read")
    row = await api.book.connection.fetchrow("SELECT * FROM api_key WHERE key_id = $1", key.split("_")[1])
    assert row is not None
    assert row["hash"] == hashlib.sha256(key.encode()).digest()
    assert key.split("_", 2)[2] not in str(dict(row))


async def test_a_key_is_taken_from_either_header(api: "Api") -> None:
    del api.client.headers["Authorization"]
    answer = await api.client.get("/v1/sites", headers={"X-API-Key": await api.key("read")})
    assert answer.status_code == 200


async def test_wrong_expired_and_revoked_keys_are_refused(api: "Api", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "CACHED_S", 0.0)
    good = await api.key("read")
    changed = good[:-1] + ("A" if good[-1] != "A" else "B")
    for wrong in ("", "x", "hf__", good[:-1], changed, await api.key("read", expires_at=1), "hf_\u00e9"):
        header = {b"Authorization": f"Bearer {wrong}".encode()}
        assert (await api.client.get("/v1/sites", headers=header)).status_code == 401, wrong
    header = {b"Authorization": f"Bearer {good}".encode()}
    assert (await api.client.get("/v1/sites", headers=header)).status_code == 200
    await keys.revoke(api.book.connection, good.split("_")[1], at=BEGIN)
    assert (await api.client.get("/v1/sites", headers=header)).status_code == 401


async def test_a_revoked_key_ends_within_seconds() -> None:
    assert auth.CACHED_S <= 2


async def test_what_is_another_operators_is_not_there(api: "Api") -> None:
    """Rule 36: with the key of one operator, nothing of another's book comes by any way."""
    theirs = asset_id("sin-1/rack")
    span = {"from": rfc3339(BEGIN + HOUR), "until": rfc3339(BEGIN + DAY)}
    for url in (
        f"/v1/assets/{theirs}",
        f"/v1/assets/{theirs}?cell=sin-1",
        f"/v1/assets/{theirs}?cell=kul-1",
        f"/v1/assets/{theirs}/whereabouts?cell=kul-1",
        f"/v1/assets/{theirs}/contents?cell=kul-1",
        f"/v1/assets/{theirs}/runs?cell=kul-1",
        f"/v1/assets/{theirs}/events?cell=kul-1",
        "/v1/places?cell=sin-1",
        "/v1/sources?cell=sin-1",
        "/v1/findings?cell=sin-1",
        "/v1/assets?cell=sin-1",
        "/v1/acts/0?cell=sin-1",
        "/v1/acts/0?cell=nowhere",
    ):
        assert (await api.client.get(url)).status_code == 404, url
    cells = (await api.client.get("/v1/sites")).json()["cells"]
    assert [cell["cell"] for cell in cells] == ["kul-1"]
    for cell, asset in (("sin-1", theirs), ("kul-1", theirs)):
        body = {"cell": cell, "predicate": "stayed", "subject": {"asset": asset}, **span}
        assert (await api.client.post("/v1/attestations", json=body)).status_code == 404


async def test_scopes_are_asked_for(api: "Api") -> None:
    site = {"act": "site.put", "key": "k", "by": "person:1", "site": "KUL-2", "country": "MY"}
    source = {"act": "source.retire", "key": "k", "by": "person:1", "source": "agent-1"}
    operator = {"act": "operator.put", "key": "k", "by": "person:1", "operator": "acme", "name": "Acme"}
    for act, cell in ((site, "kul-1"), (source, "kul-1"), (operator, "common")):
        answer = await api.client.post("/v1/acts", json={"cell": cell, "act": act})
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:holdfast:problem:out-of-scope"
    await api.as_key("write")
    assert (await api.client.get("/v1/sites")).status_code == 403
    assert (await api.client.post("/v1/acts", json={"cell": "kul-1", "act": source})).status_code == 403
    assert api.broker.sent == []
