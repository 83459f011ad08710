"""The rules that keep the schema distributable (DESIGN section 5), held over the catalogue of a migrated database."""

import re
from typing import TYPE_CHECKING

import asyncpg
import pytest

from deploy.migrate import Migration, migrations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from asyncpg import Connection, Record

API_ROLE = "holdfast_api"

# Tables whose keys do not begin with a cell, and why.
SPAN_CELLS = {
    "operator": "a reference table, written by acts.common: operators have cells, not the other way round",
    "api_key": "who may ask is no fact of a cell: a key belongs to an operator",
    "token_rule": "whose the tokens of an issuer are is no fact of a cell, and is found by the issuer",
    "directory": "which cells know an identifier: looked up by its HMAC, never joined, never on the way of a report",
    "migration": "the ledger of what was applied to this database",
    "job": "a claim may be put to all cells of its operator: what it asked and was answered is the operator's, no fact",
    "job_chunk": "is found by its job, and judged and dropped with it; it says whose cell it is about",
}
# What the API writes, with the policy that its rows are held against: plain rows of operators, never facts.
API_WRITES = {"job": "(cells <@ viewer_cells())", "job_chunk": "(cell = ANY (viewer_cells()))"}
# Indexes that cannot begin with a cell, and why.
NO_CELL_IN_INDEX = {
    "identity_dispute_assets": "GIN over the array alone; the cell is a filter on what it finds",
    "cell_operator": "finds the cells of an operator",
    "disclosure_grant_party": "finds the cells of which something was granted to a party",
}

TEMPORAL = {"binding", "whereabouts", "place", "asset", "asset_name", "survey"}
EXISTENCE = {"place", "asset"}  # what PERIOD foreign keys may point at (rule 21)

OPERATORS_OWN = {"finding_step", "disclosure_policy", "retention_class", "hold"}  # what nobody sees by grants

OWNERS_RIGHTS = {  # functions that run with their owner's rights, and why
    "viewer_of_key": "who asks is not known before the key was looked up",
    "rules_of_issuer": "who asks is not known before the rules about its token were looked up",
    "viewer_of": "the cells of a party: what it sees of each is asked next",
    "disclosed": "what a party was granted, and says nothing of anybody else: the viewer's setting is made of it",
    "judged_for": "a claim is judged on all the evidence, where all that it is about was granted",
    "jobs_at_hand": "whose job has a chunk to be judged is not known before: ids and cells alone",
    "all_positions": "probes have no viewer: positions and horizons alone",
    "migrations_applied": "probes have no viewer: numbers alone",
}

_OURS = "n.nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.objid = {}.oid AND x.deptype = 'e')"

CREATED = [sql for each in migrations() for sql in re.split(r";\s*$", each.sql, flags=re.MULTILINE)]


@pytest.fixture
async def catalogue(database: str) -> "AsyncIterator[Connection[Record]]":
    """Give a connection to a migrated database."""
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


async def _tables(catalogue: "Connection[Record]") -> list[str]:
    rows = await catalogue.fetch(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE c.relkind IN ('r', 'p') AND {_OURS.format('c')} ORDER BY 1"
    )
    return [row["relname"] for row in rows]


async def test_the_cell_leads_every_index(catalogue: "Connection[Record]") -> None:
    rows = await catalogue.fetch(
        "SELECT t.relname AS table, i.relname AS index, a.attname AS first, x.indisunique AS unique "
        "FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid "
        "JOIN pg_namespace n ON n.oid = t.relnamespace "
        "LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0] WHERE n.nspname = 'public'"
    )
    assert len(rows) > 60
    others = {row["index"] for row in rows if row["first"] != "cell" and row["table"] not in SPAN_CELLS}
    assert others == set(NO_CELL_IN_INDEX)
    assert not [row for row in rows if row["index"] in NO_CELL_IN_INDEX and row["unique"]]
    spanning = {row["table"] for row in rows if row["first"] != "cell"} & set(SPAN_CELLS)
    assert spanning == set(SPAN_CELLS), "an exception that is none any more"


async def test_every_table_has_a_primary_key(catalogue: "Connection[Record]") -> None:
    rows = await catalogue.fetch(
        "SELECT c.relname AS name FROM pg_constraint p JOIN pg_class c ON c.oid = p.conrelid WHERE p.contype = 'p'"
    )
    assert {row["name"] for row in rows} >= set(await _tables(catalogue))


async def test_the_cell_leads_every_foreign_key_on_both_sides(catalogue: "Connection[Record]") -> None:
    rows = await catalogue.fetch(
        "SELECT f.conname, f.conperiod, t.relname AS points_at, a.attname AS here, b.attname AS there "
        "FROM pg_constraint f JOIN pg_class t ON t.oid = f.confrelid "
        "JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1] "
        "JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = f.confkey[1] WHERE f.contype = 'f'"
    )
    assert rows
    for row in rows:
        assert (row["here"], row["there"]) == ("cell", "cell"), row["conname"]


async def test_rule_21_period_foreign_keys_point_at_existence_alone(catalogue: "Connection[Record]") -> None:
    rows = await catalogue.fetch(
        "SELECT t.relname AS points_at FROM pg_constraint f JOIN pg_class t ON t.oid = f.confrelid "
        "WHERE f.contype = 'f' AND f.conperiod"
    )
    assert rows
    assert {row["points_at"] for row in rows} <= EXISTENCE


async def test_rule_21_temporal_keys_guard_the_live_rows(catalogue: "Connection[Record]") -> None:
    rows = await catalogue.fetch(
        "SELECT conrelid::regclass::text AS t FROM pg_constraint WHERE contype = 'p' AND conperiod"
    )
    assert {row["t"] for row in rows} == TEMPORAL


async def test_rule_21_interval_tables_carry_scalar_bounds_with_b_trees(catalogue: "Connection[Record]") -> None:
    rows = await catalogue.fetch(
        "SELECT c.relname AS t, array_agg(a.attname::text) AS columns FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
        "WHERE n.nspname = 'public' AND c.relkind = 'r' GROUP BY 1"
    )
    columns = {row["t"]: set(row["columns"]) for row in rows}
    bounds = {t: ("known_from", "known_until") if t == "asset_name" else ("from_at", "until_at") for t in columns}
    intervals = TEMPORAL | {t for t in columns if {"from_at", "until_at"} <= columns[t]}
    assert {"whereabouts_past", "binding_past", "gap", "dispute", "outage"} <= intervals
    trees = await catalogue.fetch(
        "SELECT t.relname AS t, ARRAY(SELECT a.attname::text FROM unnest(x.indkey::int2[]) k JOIN pg_attribute a "
        "ON a.attrelid = t.oid AND a.attnum = k) AS columns FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
        "JOIN pg_class t ON t.oid = x.indrelid JOIN pg_am m ON m.oid = i.relam "
        "WHERE m.amname = 'btree' AND x.indpred IS NULL"
    )
    for table in intervals:
        begin, end = bounds[table]
        assert {begin, end} <= columns[table], table
        found = [set(tree["columns"]) for tree in trees if tree["t"] == table]
        assert any("cell" in tree and {begin, end} & tree for tree in found), f"no b-tree over the bounds of {table}"


async def test_ranges_are_computed_from_the_scalar_bounds(catalogue: "Connection[Record]") -> None:
    rows = await catalogue.fetch(
        "SELECT c.relname AS t, a.attgenerated::text AS generated FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.atttypid = 'tstzrange'::regtype"
    )
    assert {row["t"] for row in rows} == TEMPORAL
    assert {row["generated"] for row in rows} == {"s"}


async def test_constraints_have_names_of_our_own(catalogue: "Connection[Record]") -> None:
    # NOT NULL is a column's property and is named by the server; a partition has the name of its own primary key.
    rows = await catalogue.fetch(
        "SELECT f.conname AS name, t.relname AS table, f.contype::text AS type, "
        "ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY k(n, i) JOIN pg_attribute a "
        "ON a.attrelid = t.oid AND a.attnum = k.n ORDER BY i) AS columns "
        "FROM pg_constraint f JOIN pg_class t ON t.oid = f.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace "
        "WHERE n.nspname = 'public' AND f.contype <> 'n'"
    )
    for row in rows:
        name, table = row["name"], row["table"]
        if row["type"] == "p":
            assert name == f"{table}_pkey"
        else:
            assert row["type"] == "f", f"{name}: a kind of constraint that has no form of name yet"
            assert re.fullmatch(rf"{table}_[a-z]+_fkey", name), name
            assert name != f"{table}_{'_'.join(row['columns'])}_fkey", f"{name} was named by the server"


@pytest.mark.parametrize("migration", migrations(), ids=lambda each: f"{each.number:04d}")
def test_constraints_are_named_where_they_are_written(migration: Migration) -> None:
    sql = _without_comments(migration.sql)
    for found in re.finditer(r"\b(PRIMARY KEY|UNIQUE \(|FOREIGN KEY|CHECK \(|EXCLUDE\b)", sql):
        before = sql[: found.start()].rstrip()
        assert re.search(r"CONSTRAINT [a-z_]+$", before), f"unnamed: {sql[found.start() : found.start() + 60]!r}"
    for statement in CREATED:
        if re.search(r"WITHOUT OVERLAPS|PERIOD", _without_comments(statement)):
            assert "CREATE TABLE" in statement, "a temporal constraint stands in CREATE TABLE"


async def test_nothing_behind_the_rows_carries_correctness(catalogue: "Connection[Record]") -> None:
    assert await catalogue.fetch("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == []
    rows = await catalogue.fetch(
        "SELECT c.relname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE c.relkind NOT IN ('r', 'p', 'i', 'I', 't') AND {_OURS.format('c')}"
    )
    assert rows == [], "no view, no sequence, no foreign table, no type that is a row"
    rules = await catalogue.fetch(
        "SELECT r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
    )
    assert rules == []
    rows = await catalogue.fetch(
        "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND (a.attidentity <> '' OR a.atthasdef AND a.attgenerated = '')"
    )
    assert [tuple(row) for row in rows] == [("migration", "applied_at")], "clients compute what is written"


async def test_functions_lock_nothing_and_write_nothing(catalogue: "Connection[Record]") -> None:
    rows = await catalogue.fetch(
        "SELECT p.proname, p.prosrc, p.prosecdef, p.proconfig FROM pg_proc p "
        f"JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_OURS.format('p')}"
    )
    assert len(rows) > 20
    for row in rows:
        body = _without_comments(row["prosrc"])
        assert not re.search(r"advisory|\b(INSERT|UPDATE|DELETE|MERGE|EXECUTE|TRUNCATE)\b", body), row["proname"]
    assert {row["proname"] for row in rows if row["prosecdef"]} == set(OWNERS_RIGHTS)
    for row in rows:
        if row["prosecdef"]:
            assert any(each.startswith("search_path=") for each in row["proconfig"] or ()), row["proname"]


async def test_rule_36_what_the_api_may_read_has_a_policy(catalogue: "Connection[Record]") -> None:
    rows = await catalogue.fetch(
        "SELECT c.relname AS t, c.relrowsecurity AS on, "
        "array_agg(pg_get_expr(p.polqual, p.polrelid) ORDER BY p.polname DESC) AS quals, "
        "array_agg(pg_get_expr(p.polwithcheck, p.polrelid)) AS checks, "
        "array_agg(p.polcmd::text) AS commands, array_agg(p.polroles::regrole[]::text) AS roles, "
        "bool_and(p.polpermissive) AS permissive "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_policy p ON p.polrelid = c.oid "
        "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND has_table_privilege($1, c.oid, 'SELECT') "
        "GROUP BY 1, 2",
        API_ROLE,
    )
    assert {row["t"] for row in rows} >= {"cell", "whereabouts", "event", "finding"}
    assert not {row["t"] for row in rows} & {"api_key", "token_rule", "directory", "outbox", "change", "migration"}
    for row in rows:
        assert row["on"], f"{row['t']} has no row-level security"
        if row["t"] in API_WRITES:  # nobody sees these by grants; what is written is held against the same
            assert (row["quals"], row["checks"]) == ([API_WRITES[row["t"]]], [None]), row["t"]
            assert (row["commands"], row["roles"]) == (["*"], [f"{{{API_ROLE}}}"])
            continue
        own, *by_grants = row["quals"]
        assert own == "(cell = ANY (viewer_cells()))", row["t"]
        assert len(by_grants) == (row["t"] not in OPERATORS_OWN), row["t"]
        assert set(row["commands"]) == {"r"}
        assert set(row["roles"]) == {f"{{{API_ROLE}}}"}
        if not by_grants:
            continue
        (granted,) = by_grants
        # By grants: of the one cell that the setting names, and by the row's own columns and the setting alone.
        assert granted.startswith("((cell = ( SELECT (viewer_grant() ->> 'cell'::text))) AND "), row["t"]
        assert not re.search(r"\bFROM\b", granted), row["t"]
    for name, cast in (("viewer_cells", "NULL"), ("viewer_grant", "current_setting('holdfast.cells', true)::jsonb")):
        setting = await catalogue.fetchval("SELECT prosrc FROM pg_proc WHERE proname = $1", name)
        assert cast in setting
        assert not re.search(r"\bFROM\b", setting)


async def test_rule_36_the_api_can_neither_pass_the_policies_nor_write_but_for_its_jobs(
    catalogue: "Connection[Record]",
) -> None:
    role = await catalogue.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = $1",
        API_ROLE,
    )
    assert role is not None
    assert not any(role.values())
    assert not await catalogue.fetchval(
        "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = $1", API_ROLE
    ), "the role is a member of another"
    assert not await catalogue.fetchval("SELECT has_schema_privilege($1, 'public', 'CREATE')", API_ROLE)
    for table in await _tables(catalogue):
        for what in ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
            if table in API_WRITES and what in {"INSERT", "UPDATE", "DELETE"}:
                continue
            assert not await catalogue.fetchval("SELECT has_table_privilege($1, $2, $3)", API_ROLE, table, what), table
    async with catalogue.transaction():
        await catalogue.execute(f"SET LOCAL ROLE {API_ROLE}")
        await catalogue.execute("SELECT set_config('holdfast.cells', 'kul-1', true)")
        assert await catalogue.fetchval("SELECT count(*) FROM cell") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await catalogue.execute("DELETE FROM finding WHERE cell = 'kul-1'")


async def test_every_reading_function_runs_under_the_apis_role(catalogue: "Connection[Record]") -> None:
    rows = await catalogue.fetch(
        "SELECT p.oid::regproc::text AS name, ARRAY(SELECT t::regtype::text FROM unnest(p.proargtypes) t) AS types "
        "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        f"WHERE p.proname LIKE 'read\\_%' AND {_OURS.format('p')}"
    )
    assert len(rows) > 20
    for row in rows:
        values = ", ".join(f"NULL::{each}" for each in row["types"])
        async with catalogue.transaction():
            await catalogue.execute(f"SET LOCAL ROLE {API_ROLE}")
            assert await catalogue.fetchval(f"SELECT count(*) FROM {row['name']}({values})") == 0, row["name"]


def _without_comments(sql: str) -> str:
    return re.sub(r"--.*", "", sql)
