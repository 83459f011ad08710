"""Bad requests: each gets a problem that says what to do."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from deploy.serve import Server
from deploy.settings import load
from service.api import limits
from service.api.limits import MAX_BODY_BYTES
from tests.support.book import asset_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.integration.api.conftest import Api

JSON = {"Content-Type": "application/json"}


async def test_bodies_that_are_no_json_are_bad_requests(api: "Api") -> None:
    for body in (b"", b"{", b"\xff\xfe", b"[]", b'"x"', b"null", b"{" * 5000, b'{"cell": NaN}'):
        answer = await api.client.post("/v1/attestations", content=body, headers=JSON)
        assert answer.status_code in (400, 422), body[:20]
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "at character 1"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"cell": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"cell": "\xff"}', "not UTF-8, at byte 10"),
    ],
    ids=["cut", "deep", "digits", "utf-8"],
)
async def test_what_is_wrong_with_json_is_said(api: "Api", body: bytes, says: str) -> None:
    answer = await api.client.post("/v1/attestations", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:holdfast:problem:bad-json")
    assert says in answer.json()["detail"]


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "?"])
async def test_a_body_that_is_not_said_to_be_json_is_415(api: "Api", kind: str | None) -> None:
    for url in ("/v1/attestations", "/v1/acts"):
        headers = {"Content-Type": kind} if kind else {}
        answer = await api.client.post(url, content=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (415, "urn:holdfast:problem:not-json")
        assert "content-type: application/json" in answer.json()["detail"]
    merged = {"Content-Type": "application/merge+json; charset=utf-8"}
    assert (await api.client.post("/v1/attestations", content=b"{}", headers=merged)).status_code == 422


@pytest.mark.parametrize("path", ["/v1/attestations", "/v1/jobs/csv?cell=kul-1&predicate=stayed"])
async def test_a_body_that_does_not_come_is_waited_for_no_longer(
    api: "Api", monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """By the real server: a byte now and then keeps no connection, and what comes of it later is no request."""
    monkeypatch.setattr(limits, "BODY_S", 0.5)
    monkeypatch.setattr(limits, "LIST_S", 0.5)
    path += "&from=2025-06-01T00:00:00Z&until=2025-06-02T00:00:00Z" if "?" in path else ""
    kind = "text/csv" if "csv" in path else "application/json"
    async with Server(load(database_url=api.dsn, api_port=0, kafka_bootstrap="127.0.0.1:1"), api.dsn) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\ncontent-length: 100\r\n"
        writer.write(f"{head}authorization: Bearer {await api.key('read')}\r\n\r\n".encode())
        answer = asyncio.create_task(reader.read())
        while not answer.done():
            with contextlib.suppress(ConnectionError):
                writer.write(b"x")
                await writer.drain()
            await asyncio.wait([answer], timeout=0.1)
        writer.close()
    said = answer.result().decode()
    assert said.startswith("HTTP/1.1 408 "), said
    assert "connection: close" in said.lower()
    assert "urn:holdfast:problem:too-slow" in said
    assert said.count("HTTP/1.1") == 1


async def test_a_body_of_10_mb_is_refused_announced_or_not(api: "Api") -> None:
    big = b"x" * 10_000_000
    answer = await api.client.post("/v1/attestations", content=big, headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:holdfast:problem:too-large"

    async def pieces() -> "AsyncIterator[bytes]":
        for _ in range(11):
            yield b"x" * (MAX_BODY_BYTES // 10)

    endless = {**JSON, "Content-Length": "9" * 5000}
    assert (await api.client.post("/v1/attestations", content=b"x", headers=endless)).status_code == 413
    streamed = await api.client.post("/v1/attestations", content=pieces(), headers=JSON)
    assert streamed.status_code == 413


async def test_parameters_of_the_wrong_type_are_named(api: "Api") -> None:
    rack = asset_id("kul-1/rack")
    for url, named in (
        (f"/v1/assets/{rack}?as_of=yesterday", "as_of"),
        (f"/v1/assets/{rack}?known_at=2025-06-01T00:00:00", "known_at"),
        (f"/v1/assets/{rack}?known_at=1748736000", "known_at"),
        ("/v1/assets?limit=0", "limit"),
        ("/v1/assets?limit=100000", "limit"),
        ("/v1/assets?scheme=barcode&value=x", "scheme"),
        ("/v1/assets?scheme=serial&value=%00", "value"),
        ("/v1/places/%00/contents", "place"),
        ("/v1/findings?state=gone", "state"),
        ("/v1/acts/-1?cell=kul-1", "offset"),
        ("/v1/acts/99999999999999999999?cell=kul-1", "offset"),
        ("/v1/places?cell=KUL;DROP", "cell"),
    ):
        answer = await api.client.get(url)
        assert answer.status_code == 422, url
        assert named in answer.json()["detail"], answer.text


async def test_unknown_routes_and_methods_are_problems_too(api: "Api") -> None:
    for method, url, status in (("GET", "/v1/nothing", 404), ("DELETE", "/v1/sites", 405), ("PUT", "/v1/acts", 405)):
        answer = await api.client.request(method, url)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]
        if status == 405:
            assert answer.headers["allow"] in answer.json()["detail"]
            assert answer.headers["allow"] == ("GET" if "sites" in url else "POST")


async def test_what_is_unmapped_tells_nothing(api: "Api", monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr("service.store.reading.sources", broken)
    answer = await api.client.get("/v1/sources")
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "urn:holdfast:problem:internal",
        "title": "We are wrong: this was logged",
        "status": 500,
    }


async def test_a_database_that_is_away_is_503(api: "Api", monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **_named: object) -> None:
        raise ConnectionRefusedError("no")

    monkeypatch.setattr("service.store.reading.sources", away)
    answer = await api.client.get("/v1/sources")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
