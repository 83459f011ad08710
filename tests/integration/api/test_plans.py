"""Rule 36: every named query finds its rows by an index, under the role of the API."""

import json
import re
from collections.abc import Iterator
from typing import Any

from service.store import pool
from service.store.sqlfile import load

_BODY = re.compile(r"RETURN QUERY\n(.*);\s*END", re.DOTALL)
# What is read whole on purpose: a list given by the caller, or what the plan made itself.
_OTHER_SCANS = {"Function Scan", "CTE Scan", "Subquery Scan", "WorkTable Scan", "Values Scan"}
# The two questions that are put to no one cell: which cells there are, and which of them knows an asset.
_OF_ALL_CELLS = {"read_cells", "read_asset_cells"}
# Not `identity_dispute`: few, and read by the cell, since && may leak and so comes after the policies.
_LARGE = (
    *("acceptance", "access", "act", "asset", "binding", "disclosure_grant", "event", "granted_thing", "inventory"),
    *("job", "part", "run", "status", "whereabouts", "work"),
)
_FILL = """
INSERT INTO cell SELECT 'c' || g, 'o', false, now(), 0, 0, 0, '' FROM generate_series(0, 9) g;
INSERT INTO run SELECT 'c' || g % 10, g, 's' || g % 997, 'node', 0, 'fresh', int4send(g % 50), true, 300000,
    now() - g * interval '1 min', now(), CASE WHEN g > 3500 THEN now() END FROM generate_series(0, 3999) g;
INSERT INTO inventory SELECT 'c' || g % 10, int4send(g), '' FROM generate_series(0, 9999) g;
INSERT INTO asset SELECT 'c' || g % 10, ('00000000-0000-0000-0000-' || lpad(g::text, 12, '0'))::uuid, 'gpu',
    now() - interval '9 days' FROM generate_series(0, 9999) g;
INSERT INTO asset_name SELECT cell, asset, asset, from_at FROM asset;
INSERT INTO part SELECT cell, uuid_send(asset), asset, kind, false, from_at, 1, 0, 0, 0 FROM asset;
INSERT INTO part_value SELECT cell, 'serial', '', asset::text, kind, uuid_send(asset), true FROM asset;
INSERT INTO binding SELECT cell, 's' || right(asset::text, 2), 'node', 'slot/' || asset, asset, kind, asset, 'x',
    'r' || asset, NULL, false, from_at, NULL, NULL, from_at FROM asset;
INSERT INTO binding_past SELECT cell, 's' || right(asset::text, 2), 'node', 'slot/' || asset, asset, kind, asset, 'x',
    'r' || asset, NULL, false, from_at, NULL, NULL, from_at, now() FROM asset;
INSERT INTO whereabouts SELECT cell, asset, kind, asset, NULL, 'p' || asset, false, false, from_at, NULL, from_at
    FROM asset;
INSERT INTO whereabouts_past SELECT cell, asset, kind, asset, NULL, 'p' || asset, false, false, from_at, NULL, from_at,
    now() FROM asset;
INSERT INTO act SELECT 'c' || g % 10, g, now(), 'key' || g, 'work.plan', 'p', '', 'applied'
    FROM generate_series(0, 9999) g;
INSERT INTO work SELECT 'c' || g % 10, 't' || g, now(), now() - g * interval '1 min', now() - g * interval '1 min',
    '{}', '{}', '{}' FROM generate_series(0, 9999) g;
INSERT INTO cell SELECT 'd' || g, 'o' || g, false, now(), 0, 0, 0, '' FROM generate_series(0, 999) g;
INSERT INTO identity_dispute SELECT cell, asset, 'serial', '', asset::text, kind, ARRAY[asset], now() FROM asset;
INSERT INTO status SELECT cell, 'k' || asset, 0, row_number() OVER (), asset, 'spare', NULL, NULL, NULL, 'p' || asset,
    'p', from_at, NULL, from_at FROM asset;
INSERT INTO acceptance SELECT cell, key, asset, 'a' || key, 0, 'p', NULL, from_at, from_at FROM status;
INSERT INTO disclosure_grant SELECT 'c' || g % 10, 'g' || g, 'p' || g, false, NULL, NULL, '{}', '', 'p',
    now() + interval '1 day', now() FROM generate_series(0, 9999) g;
INSERT INTO granted_thing SELECT cell, 'g' || row_number() OVER (), asset FROM asset;
INSERT INTO access SELECT 'c' || g % 10, g, now(), 'p' || g % 7, 'k', '{}' FROM generate_series(0, 9999) g;
INSERT INTO api_key SELECT 'k' || g, '', 'o' || g, 'l', '{read}', now() FROM generate_series(0, 999) g;
INSERT INTO event SELECT cell, from_at + (row_number() OVER () % 5 - 1) * interval '1 year', row_number() OVER (),
    'asset', asset, '' FROM asset;
INSERT INTO job (operator, job, key, state, cells, asked, digest, ruleset, size, made_at, expires_at, taken_at)
    SELECT 'o' || g % 10, ('00000000-0000-0000-0000-' || lpad(g::text, 12, '0'))::uuid, 'k' || g, 'done', '{c1}', '',
    '', '', 0, now() - g * interval '1 min', now() + interval '1 day', now() FROM generate_series(0, 9999) g;
INSERT INTO job_chunk (operator, job, n, cell, members, unborne, ambiguous, size, tries)
    SELECT operator, job, n, 'c1', '{}', '{}', '{}', 0, 0 FROM job, generate_series(0, 3) n;
ANALYZE;
"""
_ANYTHING = {
    "text": "'kul-1'",
    "text[]": "'{KUL-1}'",
    "uuid": "gen_random_uuid()",
    "uuid[]": "ARRAY[gen_random_uuid()]",
    "bytea[]": "'{}'",
    "boolean": "true",
    "integer": "1",
    "bigint": "1",
    "timestamp with time zone": "now()",
}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


async def test_rule_36_every_named_query_finds_its_rows_by_an_index_under_the_apis_role(database: str) -> None:
    owner = await pool.connect(database)
    await owner.execute(_FILL)
    await owner.close()
    connection = await pool.connect(database, server_settings={"role": "holdfast_api"})
    try:
        await connection.execute(
            "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; "
            "SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan; SET holdfast.cells = 'kul-1'"
        )
        functions = await connection.fetch(
            "SELECT proname, prosrc, proargnames[1:pronargs] AS names, proargtypes::regtype[]::text[] AS types "
            "FROM pg_proc WHERE proname LIKE 'read\\_%' ORDER BY proname"
        )
        of_jobs = {name for name in load("jobs.sql") if name.startswith("read_")}
        files = ("reading.sql", "evidence.sql", "listing.sql", "jobs.sql", "retention.sql")
        named = {name for file in files for name in load(file) if name.startswith("read_")}
        assert {row["proname"] for row in functions} == named
        for row in functions:
            body = _BODY.search(row["prosrc"])
            assert body, row["proname"]
            query = body[1]
            for number, name in enumerate(row["names"], 1):
                query = re.sub(rf"\b{name}\b", f"${number}", query)
            await connection.execute(f"PREPARE {row['proname']} ({', '.join(row['types'])}) AS {query}")
            given = ", ".join(_ANYTHING[kind] for kind in row["types"])
            text = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE {row['proname']} ({given})")
            scans = [node for node in _nodes(json.loads(text)[0]["Plan"]) if "Scan" in node["Node Type"]]
            found = 0
            for scan in scans:
                if scan["Node Type"] in _OTHER_SCANS or scan["Node Type"] == "Bitmap Heap Scan":
                    continue
                condition = scan.get("Index Cond", "")
                assert condition, f"{row['proname']}: {scan['Node Type']} of {scan.get('Relation Name')}"
                if row["proname"] in _OF_ALL_CELLS:
                    found += 1
                    continue
                leads = "operator" if row["proname"] in of_jobs else "cell"
                assert re.search(rf"\b{leads} = ", condition), (row["proname"], condition)
                if scan["Index Name"].startswith(_LARGE):
                    assert " AND " in condition, (row["proname"], condition)  # not by the cell alone
                found += 1
            assert found, row["proname"]
    finally:
        await connection.close()


async def test_what_every_request_with_a_key_asks_is_found_by_an_index(database: str) -> None:
    """All that is asked before there is a viewer; but where every partition is (`all_positions`) is for probes."""
    owner = await pool.connect(database)
    try:
        await owner.execute(
            _FILL + "SET enable_seqscan = off; SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan"
        )
        of_keys = load("keys.sql")
        asked = {name: of_keys[name] for name in ("operator_of_cell", "cells_of_operator")}
        for name in ("viewer_of_key", "viewer_of", "rules_of_issuer"):
            body = await owner.fetchval("SELECT prosrc FROM pg_proc WHERE proname = $1", name)
            asked[name] = re.sub("p_(key_id|party|issuer)", "$1", body).replace("p_kind", "'auditor'")
        for name, query in asked.items():
            await owner.execute(f"PREPARE {name} (text) AS {query}")
            text = await owner.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE {name} ('x')")
            scans = [node for node in _nodes(json.loads(text)[0]["Plan"]) if "Scan" in node["Node Type"]]
            scans = [node for node in scans if node["Node Type"] not in _OTHER_SCANS]
            assert scans, name
            assert all(node.get("Index Cond") for node in scans), (name, scans)
    finally:
        await owner.close()


async def test_the_apis_role_writes_nothing_but_jobs_and_keys_and_sees_no_hash(database: str) -> None:
    owner = await pool.connect(database)
    connection = await pool.connect(database, server_settings={"role": "holdfast_api"})
    try:
        tables = [
            row["relname"] for row in await owner.fetch("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')")
        ]
        for table in tables:
            if not table.startswith(("pg_", "sql_")):
                rights = await owner.fetchrow(
                    "SELECT has_table_privilege('holdfast_api', $1::text, 'INSERT,UPDATE,DELETE,TRUNCATE') AS writes, "
                    "has_table_privilege('holdfast_api', $1::text, 'SELECT') AS reads, relrowsecurity AS guarded "
                    "FROM pg_class WHERE oid = $1::text::regclass",
                    table,
                )
                assert rights is not None
                assert rights["writes"] is (table in {"job", "job_chunk"}), table
                assert rights["guarded"] or not rights["reads"] or table == "operator", table
        rows = await owner.fetch(
            "SELECT attname, has_column_privilege('holdfast_api', attrelid, attnum, 'SELECT') AS read, "
            "has_column_privilege('holdfast_api', attrelid, attnum, 'UPDATE') AS changed FROM pg_attribute "
            "WHERE attrelid = 'api_key'::regclass AND attnum > 0"
        )
        assert {row["attname"] for row in rows if not row["read"]} == {"hash"}
        assert {row["attname"] for row in rows if row["changed"]} == {"expires_at", "revoked_at", "used_at"}
        policies = await owner.fetch(
            "SELECT pg_get_expr(polqual, polrelid) AS seen, pg_get_expr(polwithcheck, polrelid) AS written "
            "FROM pg_policy WHERE polrelid = 'api_key'::regclass"
        )
        whose = "((COALESCE(kind, 'operator'::text) || '/'::text) || operator)"
        assert [tuple(row) for row in policies] == [
            (f"({whose} = current_setting('holdfast.party'::text, true))", None)
        ]
        assert await connection.fetchval("SELECT count(key_id) FROM api_key") == 0  # no party was set
        assert await connection.fetchval("SELECT count(*) FROM cell") == 0  # no viewer was set
    finally:
        await connection.close()
        await owner.close()
