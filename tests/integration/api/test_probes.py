"""Probes and metrics."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api


async def _position(api: "Api", cell: str, age_s: int, *, suspended: bool = False, stopped: str | None = None) -> None:
    await api.book.connection.execute("DELETE FROM position WHERE cell = $1", cell)
    await api.book.connection.execute(
        "INSERT INTO position VALUES ($1, 'telemetry', 0, 0, 0, NULL, NULL, NULL, "
        "statement_timestamp() - make_interval(secs => $2), to_timestamp(0), to_timestamp(0), $3, $4)",
        cell, float(age_s), suspended, stopped,
    )  # fmt: skip


async def test_it_lives(api: "Api") -> None:
    assert (await api.client.get("/livez")).json() == {"alive": True}


async def test_it_is_ready_while_positions_are_fresh_and_says_what_it_waits_for(api: "Api") -> None:
    await _position(api, "sin-1", 5)
    answer = await api.client.get("/readyz")
    assert (answer.status_code, answer.json()["waits_for"]) == (200, [])
    await _position(api, "sin-1", 500)
    answer = await api.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["waits_for"] == ["the consumer of sin-1 telemetry/0: last applied 500 s ago"]
    await _position(api, "sin-1", 500, suspended=True)
    assert (await api.client.get("/readyz")).status_code == 200
    await _position(api, "sin-1", 5, stopped="the topic was recreated")
    assert "the topic was recreated" in (await api.client.get("/readyz")).json()["waits_for"][0]


async def test_rule_24_simulated_cells_stand_still_on_purpose(api: "Api") -> None:
    await _position(api, "kul-1", 10_000_000)
    assert (await api.client.get("/readyz")).status_code == 200


async def test_it_waits_for_migrations(api: "Api") -> None:
    await api.book.connection.execute("DELETE FROM migration WHERE number = 2")
    assert (await api.client.get("/readyz")).json()["waits_for"] == [
        "migration 0002 of the database: run `holdfast migrate`"
    ]
    await api.book.connection.execute("DROP FUNCTION all_positions()")
    await api.book.connection.execute("DROP FUNCTION migrations_applied()")
    assert (await api.client.get("/readyz")).json()["waits_for"] == [
        "the database's migrations: run `holdfast migrate`"
    ]


async def test_metrics_tell_times_by_route_ages_and_rejects(api: "Api") -> None:
    await api.client.get("/v1/sites")
    await api.client.get("/v1/places/KUL-1/contents")
    await api.book.connection.execute(
        "INSERT INTO dead_letter VALUES ('kul-1', 'telemetry', 0, 0, 7, now(), 'bad_json', 'no', NULL, '[]', 'x')"
    )
    text = (await api.client.get("/metrics")).text
    assert 'holdfast_request_seconds_count{method="GET",route="/v1/sites"} 1.0' in text
    assert 'route="/v1/places/{place:path}/contents"' in text
    assert 'holdfast_dead_letters{cell="kul-1",code="bad_json"} 1.0' in text
    assert 'holdfast_horizon_age_seconds{cell="sin-1",simulated="false"}' in text
