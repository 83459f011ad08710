"""Keys over HTTP: made once, shown once, rotated with an overlap, revoked; never beyond who asks."""

from typing import TYPE_CHECKING, Any

import pytest

from schemas.envelope import rfc3339
from schemas.words import PartyKind
from service.api import auth
from service.store import keys, pool
from tests.support.book import BEGIN

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api


@pytest.fixture
async def admin(api: "Api", monkeypatch: pytest.MonkeyPatch) -> "Api":
    """Give an API whose client administers, and which remembers no caller."""
    monkeypatch.setattr(auth, "CACHED_S", 0.0)
    await api.as_key("admin")
    return api


async def status_of(api: "Api", key: str, path: str = "/v1/principal") -> int:
    """Ask with a key."""
    return (await api.client.get(path, headers={"Authorization": f"Bearer {key}"})).status_code


async def made(api: "Api", body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """Make a key."""
    answer = await api.client.post("/v1/keys", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def listed(api: "Api") -> dict[str, dict[str, Any]]:
    """List all keys, two a page."""
    found: dict[str, dict[str, Any]] = {}
    cursor: str | None = None
    while True:
        asked = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await api.client.get("/v1/keys", params=asked)).json()
        assert not set(found) & {each["key_id"] for each in page["items"]}
        found |= {each["key_id"]: each for each in page["items"]}
        cursor = page["next"]
        if cursor is None:
            return found


async def test_a_key_is_made_shown_once_and_listed(admin: "Api") -> None:
    key = await made(admin, {"label": "dashboard", "scopes": ["write", "read"], "days": 90})
    assert key["scopes"] == ["read", "write"]
    assert await status_of(admin, key["key"]) == 200
    found = await listed(admin)
    assert key["key"] not in str(found)
    shown = found[key["key_id"]]
    assert (shown["operator"], shown["label"], shown["scopes"]) == ("acme", "dashboard", ["read", "write"])
    assert shown["used_at"] is not None
    assert shown["expires_at"] == key["expires_at"]
    assert not [each for each in found.values() if each["operator"] != "acme"]
    unused = await made(admin, {})
    assert (await listed(admin))[unused["key_id"]]["used_at"] is None
    assert unused["expires_at"] is None


async def test_asked_again_it_makes_no_second_key(admin: "Api") -> None:
    first = await made(admin, {}, **{"Idempotency-Key": "one"})
    again = await admin.client.post("/v1/keys", json={}, headers={"Idempotency-Key": "one"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:holdfast:problem:key-there")
    assert first["key_id"] in again.json()["detail"]
    path = f"/v1/keys/{first['key_id']}/rotate"
    assert (await admin.client.post(path, json={}, headers={"Idempotency-Key": "two"})).status_code == 201
    assert (await admin.client.post(path, json={}, headers={"Idempotency-Key": "two"})).status_code == 409
    assert len([each for each in (await listed(admin)).values() if each["replaces"]]) == 1


async def test_a_key_that_is_rotated_holds_for_the_overlap(admin: "Api") -> None:
    old = await made(admin, {"scopes": ["read", "audit"], "days": 10, "label": "x"})
    answer = await admin.client.post(f"/v1/keys/{old['key_id']}/rotate", json={"overlap_s": 3600})
    assert answer.status_code == 201
    new = answer.json()
    assert (new["scopes"], new["label"], new["replaces"]) == (["read", "audit"], "x", old["key_id"])
    assert new["expires_at"] > old["expires_at"] > new["old_until"]
    assert await status_of(admin, old["key"]) == await status_of(admin, new["key"]) == 200
    assert (await listed(admin))[old["key_id"]]["expires_at"] == new["old_until"]

    at_once = await admin.client.post(f"/v1/keys/{new['key_id']}/rotate", json={"overlap_s": 0})
    assert await status_of(admin, new["key"]) == 401
    assert await status_of(admin, at_once.json()["key"]) == 200
    gone = await admin.client.post(f"/v1/keys/{new['key_id']}/rotate", json={})
    assert gone.status_code == 404


async def test_a_key_is_revoked_by_an_admin_or_by_itself(admin: "Api") -> None:
    first, second = await made(admin, {}), await made(admin, {})
    path = "/v1/keys/{}/revoke"
    answer = await admin.client.post(path.format(first["key_id"]))
    assert answer.status_code == 200
    again = await admin.client.post(path.format(first["key_id"]))
    assert again.json() == answer.json()
    assert await status_of(admin, first["key"]) == 401
    own = {"Authorization": f"Bearer {second['key']}"}
    third = await made(admin, {})
    assert (await admin.client.post(path.format(third["key_id"]), headers=own)).status_code == 403
    assert (await admin.client.post(path.format(second["key_id"]), headers=own)).status_code == 200
    assert await status_of(admin, second["key"]) == 401


async def test_nobody_gives_what_is_not_theirs(admin: "Api") -> None:
    connection = await pool.connect(admin.dsn)
    try:
        party = await keys.create(connection, "acme", "", ("read",), at=BEGIN, kind=PartyKind.AUDITOR)
        beyond = await keys.create(connection, "acme", "", ("read", "operators"), at=BEGIN)
    finally:
        await connection.close()
    theirs = await admin.key("read", operator="rival")
    before = await listed(admin)
    assert party.split("_")[1] not in before
    for key in (party, theirs, "hf_000000000000_x"):
        for verb, body in (("rotate", {}), ("revoke", None)):
            answer = await admin.client.post(f"/v1/keys/{key.split('_')[1]}/{verb}", json=body)
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:holdfast:problem:key-not-found")
    assert (await admin.client.post("/v1/keys", json={"scopes": ["operators"]})).status_code == 403
    assert (await admin.client.post(f"/v1/keys/{beyond.split('_')[1]}/rotate", json={})).status_code == 403
    assert await listed(admin) == before, "what was refused did not happen"
    for key in (party, theirs, beyond):
        assert await status_of(admin, key) == 200
    await admin.as_key("read", "write", "enrol", "audit")
    assert (await admin.client.get("/v1/keys")).status_code == 403
    assert (await admin.client.post("/v1/keys", json={})).status_code == 403


async def test_who_asks_is_told_who_they_are(admin: "Api") -> None:
    key = await admin.key("read", "enrol", expires_at=4_000_000_000_000)
    said = (await admin.client.get("/v1/principal", headers={"Authorization": f"Bearer {key}"})).json()
    assert said == {
        "operator": "acme", "kind": "operator", "credential": key.split("_")[1], "scopes": ["read", "enrol"],
        "cells": ["kul-1"], "granted": [], "expires_at": rfc3339(4_000_000_000_000),
    }  # fmt: skip


async def test_what_was_asked_wrongly_is_refused(admin: "Api") -> None:
    bad: tuple[Any, ...] = (
        {"scopes": []},
        {"scopes": ["root"]},
        {"days": 0},
        {"days": 10_000},
        {"operator": "rival"},
        [],
        None,
    )
    for body in bad:
        assert (await admin.client.post("/v1/keys", json=body)).status_code == 422, body
    for path in ("x", "3F9C0A1B2C4D", "%00"):
        assert (await admin.client.post(f"/v1/keys/{path}/rotate", json={})).status_code == 422, path
    assert (await admin.client.get("/v1/keys?cursor=x")).status_code == 400
