"""What runs for every batch and every change finds its rows by an index that the cell leads (SEMANTICS rule 36)."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from service.store.pool import connect
from service.store.sqlfile import load

# What runs for every batch or every change: relation → column, which together with the cell finds the rows.
HOT = {
    "advance": {"position": "next_offset|partition"},
    "positions": {"position": "cell", "suspension": "cell"},
    "acts_applied": {"position": "topic|cell", "cell": "cell"},
    "open_runs": {"run": "source"},
    "known_inventories": {"source_inventory": "source"},
    "extend_runs": {"run": "run"},
    "end_runs": {"run": "run"},
    "seen_acts": {"act": "key"},
    "dead_letter": {"dead_letter": "offset"},
    "cell_row": {"cell": "cell"},
    "fence": {"cell": "cell"},
    "reach": {"position": "cell", "suspension": "cell"},
    "behind": {"position": "cell", "cell": "cell", "suspension": "cell"},
    "change_bound": {"change": "at"},
    "changes": {"change": "at"},
    "forget_changes": {"change": "at"},
    "due_runs": {"run": "check_at"},
    "move_checks": {"run": "run"},
    "due_decisions": {"decision": "at"},
    "runs_by_number": {"run": "run"},
    "runs_of": {"run": "source"},
    "still_covered": {"run": "source"},
    "inventories": {"inventory": "digest"},
    "stated_by": {"source_inventory": "digest", "run": "source"},
    "act": {"act": "offset"},
    "parts_by_key": {"part": "part"},
    "parts_by_asset": {"part": "asset"},
    "holders": {"part_value": "value"},
    "values_of": {"part_value": "part"},
    "shared_among": {"shared_value": "value"},
    "names": {"asset_name": "name"},
    "names_of_assets": {"asset_name": "asset"},
    "close_names": {"asset_name": "name"},
    "open_bindings": {"binding": "source"},
    "bindings_of_source": {"binding": "source"},
    "bindings_stating": {"binding": "stated"},
    "bindings_of": {"binding": "asset"},
    "bindings_within": {"binding": "container"},
    "end_bindings": {"binding": "source"},
    "drop_bindings": {"binding": "source"},
    "whereabouts_of": {"whereabouts": "asset"},
    "drop_whereabouts": {"whereabouts": "asset"},
    "disputes_of": {"dispute": "asset"},
    "drop_disputes": {"dispute": "asset"},
    "close_disputes": {"dispute": "asset"},
    "decisions_of": {"decision": "asset"},
    "drop_decisions": {"decision": "asset"},
    "all_open_gaps": {"gap": "cell"},
    "close_gaps": {"gap": "source"},
    "seen": {"source_seen": "source"},
    "released": {"status": "key"},
    "withdraw_statuses": {"status": "key"},
    "accepted": {"acceptance": "release"},
    "withdraw_acceptances": {"acceptance": "key"},
}


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection to a migrated database, as consumers have it."""
    opened = await connect(database)
    yield opened
    await opened.close()


_FILL = """
INSERT INTO cell SELECT 'c' || g, 'o', false, now(), 0, 0, 0, '' FROM generate_series(0, 9) g;
INSERT INTO position SELECT 'c' || g % 10, 'telemetry', g, 0, 5, 4, now(), '', now(), now(), now(), NULL, NULL, 0
    FROM generate_series(0, 399) g;
INSERT INTO suspension SELECT 'c' || g % 10, g % 400, g, 5, now(), CASE WHEN g > 400 THEN now() END
    FROM generate_series(0, 3999) g;
INSERT INTO run SELECT 'c' || g % 10, g, 's' || g % 997, 'node', 0, 'fresh', int4send(g % 50), true, 300000,
    now() - g * interval '1 min', now(), CASE WHEN g > 3500 THEN now() END, NULL,
    CASE WHEN g < 200 THEN now() END FROM generate_series(0, 3999) g;
INSERT INTO source_inventory SELECT 'c' || g % 10, 's' || g % 97, 'node', 0, int4send(g), now()
    FROM generate_series(0, 799) g;
INSERT INTO inventory SELECT 'c' || g % 10, int4send(g), '' FROM generate_series(0, 799) g;
INSERT INTO act SELECT 'c' || g % 10, g, now(), 'k' || g, 'site.put', 'p', '' FROM generate_series(0, 799) g;
INSERT INTO change SELECT 'c' || g % 10, now() - g * interval '1 s', 1, 0, g, 1, 'began', g
    FROM generate_series(0, 799) g;
INSERT INTO decision SELECT 'c' || g % 10, gen_random_uuid(), now() - g * interval '1 s' FROM generate_series(0, 799) g;
INSERT INTO asset SELECT 'c' || g % 10, ('00000000-0000-0000-0000-' || lpad(g::text, 12, '0'))::uuid, 'gpu',
    now() - interval '9 days' FROM generate_series(0, 799) g;
INSERT INTO asset_name SELECT cell, asset, asset, from_at FROM asset;
INSERT INTO part SELECT cell, uuid_send(asset), asset, kind, false, from_at, 1, 0, 0, 0 FROM asset;
INSERT INTO part_value SELECT cell, 'serial', '', asset::text, kind, uuid_send(asset), true FROM asset;
INSERT INTO shared_value SELECT cell, 'serial', '', asset::text, kind, from_at, false FROM asset;
INSERT INTO binding SELECT a.cell, 's' || right(a.asset::text, 2), 'node', 'slot/' || a.asset, a.asset, a.kind,
    a.asset, 'x', 'r' || a.asset, NULL, false, a.from_at, NULL, NULL, a.from_at FROM asset a;
INSERT INTO whereabouts SELECT cell, asset, kind, NULL, NULL, 'p', false, false, from_at, NULL, from_at FROM asset;
INSERT INTO dispute SELECT cell, asset, from_at, NULL, 'a', 'node', 'x', 'b', 'node', 'y', from_at FROM asset;
INSERT INTO gap SELECT 'c' || g % 10, 's' || g, 'node', g, 0, now(), now() FROM generate_series(0, 799) g;
INSERT INTO source_seen SELECT 'c' || g % 10, 's' || g, 'in_band', now() FROM generate_series(0, 799) g;
INSERT INTO status SELECT cell, 'k' || asset, 0, row_number() OVER (), asset, 'spare', NULL, NULL, NULL, 'p' || asset,
    'p', from_at, NULL, from_at FROM asset;
INSERT INTO acceptance SELECT cell, key, asset, 'a' || key, 0, 'p', NULL, from_at, from_at FROM status;
INSERT INTO dead_letter SELECT 'c' || g % 10, 'telemetry', g % 4, 0, g, now(), 'bad', '', NULL, '', NULL, 's' || g
    FROM generate_series(0, 799) g;
ANALYZE;
"""


def _scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give every node that looks for rows of a table; a bitmap's condition stands in the node below it."""
    if plan["Node Type"] == "Bitmap Heap Scan":
        below = [each for each in plan["Plans"] if "Bitmap" in each["Node Type"]]
        yield {**plan, "Index Cond": " ".join(str(each.get("Index Cond", "")) for each in below)}
        return
    if "Relation Name" in plan and plan["Node Type"] != "ModifyTable":
        yield plan
    for below in plan.get("Plans", ()):
        yield from _scans(below)


async def test_rule_36_hot_statements_find_their_rows_by_an_index(connection: asyncpg.Connection) -> None:
    await connection.execute(_FILL)
    # A few hundred rows are read whole and hashed, rightly; what counts is that an index finds a row in a large cell.
    await connection.execute(
        "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; "
        "SET plan_cache_mode = force_generic_plan"
    )
    named = {**load("intake.sql"), **load("derived.sql")}
    wrong = []
    for number, (name, wanted) in enumerate(HOT.items()):
        await connection.execute(f"PREPARE hot{number} AS {named[name]}")
        count = await connection.fetchval(
            "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = $1", f"hot{number}"
        )
        values = ", ".join(["NULL"] * count)
        text = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE hot{number}({values})")
        scans = list(_scans(json.loads(text)[0]["Plan"]))
        assert {scan["Relation Name"] for scan in scans} >= set(wanted), name
        for scan in scans:
            column = wanted.get(scan["Relation Name"])
            condition = scan.get("Index Cond", "")
            found = set(re.findall(r"\w+", condition))
            if column is None or not {"cell"} <= found or not set(column.split("|")) & found:
                wrong.append((name, scan["Node Type"], scan["Relation Name"], condition))
    assert not wrong, "\n".join(map(str, wrong))
