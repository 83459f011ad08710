"""Probes and metrics: what anybody may know, and what the operator of a cell alone."""

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from deploy.serve import reading_pool
from service.api.app import create_app
from service.api.parts import Parts, is_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.integration.api.conftest import Api


async def _position(api: "Api", cell: str, age_s: int, *, suspended: bool = False, stopped: str | None = None) -> None:
    await api.book.connection.execute("DELETE FROM position WHERE cell = $1", cell)
    await api.book.connection.execute(
        "INSERT INTO position VALUES ($1, 'telemetry', 0, 0, 0, NULL, NULL, NULL, "
        "statement_timestamp() - make_interval(secs => $2), to_timestamp(0), to_timestamp(0), $3, NULL, 0)",
        cell, float(age_s), stopped,
    )  # fmt: skip
    await api.book.connection.execute("DELETE FROM suspension WHERE cell = $1", cell)
    if suspended:
        await api.book.connection.execute("INSERT INTO suspension VALUES ($1, 0, 0, 0, to_timestamp(0))", cell)


async def test_it_lives(api: "Api") -> None:
    assert (await api.client.get("/livez")).json() == {"alive": True}


async def test_cells_that_stand_still_are_degraded_and_it_stays_ready(api: "Api") -> None:
    """Rule 6: one stopped partition is a person's matter, and freezes nobody else."""
    await api.as_key("read", operator="rival")
    for state, said in (
        ({"age_s": 5}, None),
        ({"age_s": 500}, "telemetry.sin-1/0: last applied 500 s ago, so its consumer is waited for"),
        ({"age_s": 500, "suspended": True}, None),
        (
            {"age_s": 5, "stopped": "the topic was recreated"},
            "telemetry.sin-1/0: stopped, until a person says how to go on: the topic was recreated",
        ),
    ):
        await _position(api, "sin-1", **state)
        answer = await api.client.get("/readyz")
        assert answer.status_code == 200
        body = answer.json()
        assert (body["ready"], body["waits_for"], body["degraded"]) == (True, [], [said] if said else [])


async def test_what_stands_still_is_named_to_its_operator_and_counted_for_others(api: "Api") -> None:
    await _position(api, "sin-1", 5, stopped="secret words")
    mine = (await api.client.get("/readyz")).json()["degraded"]
    assert mine == ["partitions of other operators that stand still: 1"]
    del api.client.headers["Authorization"]
    anybody = (await api.client.get("/readyz")).text
    assert "a key of their operator names them): 1" in anybody
    for word in ("sin-1", "secret"):
        assert word not in anybody
    assert (await api.client.get("/readyz", headers={"X-API-Key": "hf_no"})).status_code == 401


async def test_rule_24_simulated_cells_stand_still_on_purpose(api: "Api") -> None:
    await _position(api, "kul-1", 10_000_000)
    assert (await api.client.get("/readyz")).json()["degraded"] == []


async def test_it_waits_for_migrations(api: "Api") -> None:
    await api.book.connection.execute("DELETE FROM migration WHERE number = 2")
    answer = await api.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["waits_for"] == ["migration 0002 of the database: run `holdfast migrate`"]
    await api.book.connection.execute("DROP FUNCTION all_positions()")
    await api.book.connection.execute("DROP FUNCTION migrations_applied()")
    assert (await api.client.get("/readyz")).json()["waits_for"] == [
        "the database's migrations: run `holdfast migrate`"
    ]


async def test_without_its_database_it_is_not_ready_and_measures_on(api: "Api") -> None:
    parts: Parts = api.app.state.parts
    away = await reading_pool("postgresql://nobody@127.0.0.1:1/nothing")

    @asynccontextmanager
    async def open_parts() -> "AsyncIterator[Parts]":
        yield replace(parts, pool=away)

    app = create_app(open_parts, "0")
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://holdfast.test") as client:
            ready = await client.get("/readyz", headers={"X-API-Key": "hf_any"})
            assert (ready.status_code, ready.json()["ready"]) == (503, False)
            assert "the database" in ready.json()["waits_for"][0]
            measured = await client.get("/metrics")
            assert measured.status_code == 200
            assert "holdfast_database_up 0.0" in measured.text
            assert 'holdfast_requests_total{method="GET",route="/readyz",status="503"} 1.0' in measured.text


async def test_metrics_tell_times_by_route_and_ages(api: "Api") -> None:
    await api.client.get("/v1/sites")
    await api.client.get("/v1/places/KUL-1/contents")
    text = (await api.client.get("/metrics")).text
    assert 'holdfast_request_seconds_count{method="GET",route="/v1/sites"} 1.0' in text
    assert 'route="/v1/places/{place:path}/contents"' in text
    assert 'holdfast_horizon_age_seconds{cell="sin-1",simulated="false"}' in text
    assert "holdfast_database_up 1.0" in text


async def test_metrics_name_few_methods_however_many_are_tried(api: "Api") -> None:
    for number in range(20):
        assert (await api.client.request(f"BREW{number}", "/v1/sites")).status_code == 405
    text = (await api.client.get("/metrics")).text
    assert "BREW" not in text
    assert 'holdfast_requests_total{method="other"' in text


@pytest.mark.parametrize("how", ["bound elsewhere", "from elsewhere", "passed on"])
async def test_metrics_that_others_can_reach_want_a_key_and_tell_of_its_cells(api: "Api", how: str) -> None:
    if how == "bound elsewhere":
        api.app.state.parts = replace(api.app.state.parts, local=False)
    client = ("203.0.113.7", 1) if how == "from elsewhere" else ("127.0.0.1", 1)
    transport = httpx.ASGITransport(app=api.app, client=client)
    headers = {"X-Forwarded-For": "203.0.113.7"} if how == "passed on" else {}
    async with httpx.AsyncClient(transport=transport, base_url="http://holdfast.test", headers=headers) as other:
        assert (await other.get("/metrics")).status_code == 401
        read, audit = await api.key("read"), await api.key("audit")
        every = await api.key("audit", "operators")
        assert (await other.get("/metrics", headers={"X-API-Key": read})).status_code == 403
        text = (await other.get("/metrics", headers={"X-API-Key": audit})).text
        assert 'cell="kul-1"' in text
        assert "sin-1" not in text
        assert 'cell="sin-1"' in (await other.get("/metrics", headers={"X-API-Key": every})).text


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),  # noqa: S104 - nothing listens
     ("10.0.0.1", False), ("holdfast.example", False)],
)  # fmt: skip
def test_what_only_this_machine_can_reach(host: str, *, local: bool) -> None:
    assert is_loopback(host) is local
