"""Rule 29: from the events' bytes alone, whereabouts, sealed runs and findings come out as the tables have them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.facts.rebuild import FoundFinding, SealedRun, Where, rebuild
from tests.properties.bench import Bench
from tests.properties.driving import facts_after
from tests.properties.streams import streams


@pytest.mark.timeout(400)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_rule_29_events_alone_rebuild_whereabouts_runs_and_findings(bench: Bench, data: st.DataObject) -> None:
    """Rule 29, rule 20: what was withdrawn is in the past table, with the period in which it was believed."""
    records, partitions = data.draw(streams(), label="records")

    async def run() -> None:
        cell = await facts_after(bench.pool, records, partitions)
        async with bench.pool.acquire() as connection:
            events = await connection.fetch("SELECT bytes FROM event WHERE cell = $1 ORDER BY n", cell)
            rebuilt = rebuild(row["bytes"] for row in events)
            columns = "asset, container, container_slot, place, moving, disputed, from_at, until_at, known_from"
            live = await connection.fetch(f"SELECT {columns}, NULL FROM whereabouts WHERE cell = $1", cell)
            past = await connection.fetch(f"SELECT {columns}, known_until FROM whereabouts_past WHERE cell = $1", cell)
            assert {row for rows in rebuilt.live.values() for row in rows.values()} == {
                Where(*r.values()) for r in live
            }
            assert rebuilt.past == {Where(*row.values()) for row in past}
            runs = await connection.fetch(
                "SELECT run, source, scope, timing, first_at, last_at, until_at, end_cause FROM run r WHERE cell = $1 "
                "AND until_at < (SELECT horizon FROM cell WHERE cell = $1) AND partition <> 65535",
                cell,
            )
            assert set(rebuilt.runs.values()) == {SealedRun(*row.values()) for row in runs}
            found = await connection.fetch(
                "SELECT finding, kind, subject, state, opened_at, closed_at FROM finding WHERE cell = $1", cell
            )
            assert set(rebuilt.findings.values()) == {FoundFinding(*row.values()) for row in found}

    bench.runner.run(run())
