"""Every named statement of the store: it names its cell, gives back what it wrote, and is used."""

import ast
import re
from collections.abc import AsyncIterator, Iterator
from importlib.resources import files

import asyncpg
import pytest

from service.store.pool import connect
from service.store.sqlfile import load
from tests.conftest import REPOSITORY

FILES = sorted(each.name for each in files("service.store").iterdir() if each.name.endswith(".sql"))
STATEMENTS = [(file, name, sql) for file in FILES for name, sql in load(file).items()]
WRITES = re.compile(r"^(?:WITH .*)?\b(INSERT|UPDATE|DELETE|MERGE)\b", re.DOTALL)

# Statements that name no cell, and why.
NO_CELL = {
    **dict.fromkeys(
        (
            *("key_create", "key_list", "key_page", "key_revoke", "key_rotate", "key_use", "key_find", "set_party"),
            *("rule_create", "rule_list", "rule_revoke", "rules_of_issuer", "operators", "put_operator"),
        ),
        "keys, rules about tokens and operators span cells: small tables that no cell's rows are joined with",
    ),
    **dict.fromkeys(("cells_of_operator", "all_cells"), "asks which cells there are"),
    **dict.fromkeys(
        ("disclosed", "judged_for"), "the function names it, which is the last or the third of its arguments"
    ),
    **dict.fromkeys(
        ("all_positions", "migrations_applied"),
        "probes look at every cell: positions and numbers alone",
    ),
    **dict.fromkeys(
        (
            "jobs_at_hand",
            "set_viewer",
            "set_patience",
            "chunk_take",
            "chunk_done",
            "chunks_drop",
            "job_put",
            "job_taken",
            "job_lease",
            "job_end",
            "job_drop",
            "chunk_put",
        ),
        "a job is its operator's, and may span its cells: found by operator and id, once the viewer is set",
    ),
    **dict.fromkeys(("read_cells", "read_asset_cells"), "asks for all of the viewer's cells, which are bound"),
}
# Functions of migrations whose queries look at more than one cell, and why.
NO_CELL_IN_FUNCTION = {
    "viewer_cells": "reads a setting",
    "viewer_of_key": "cells of an operator",
    "rules_of_issuer": "cells of a party",
    "viewer_of": "cells of a party",
    "all_positions": "probes look at every cell",
    "migrations_applied": "the ledger has no cells",
    "jobs_at_hand": "whose job it is comes out of it",
    **dict.fromkeys(
        ("read_job", "read_jobs_page", "read_job_chunks", "read_job_portion", "read_job_verdicts"),
        "a job is its operator's, and may span its cells",
    ),
}


def _ids(statements: list[tuple[str, str, str]]) -> list[str]:
    return [f"{file.removesuffix('.sql')}-{name}" for file, name, _ in statements]


each_statement = pytest.mark.parametrize(("file", "name", "sql"), STATEMENTS, ids=_ids(STATEMENTS))


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection to a migrated database, with the codecs that the statements are used with."""
    opened = await connect(database)
    yield opened
    await opened.close()


# -- the text ----------------------------------------------------------------------------------------------------------


def _tables_without_cell(sql: str, tables: set[str]) -> Iterator[str]:
    """Name each use of a table in a statement for which no cell is given."""
    uses = list(re.finditer(r"\b(FROM|JOIN|UPDATE|USING|INTO)\s+([a-z_]+)\b(?!\()(?:\s+(?:AS\s+)?([a-z_]+)\b)?", sql))
    for use in uses:
        word, table, alias = use[1], use[2], use[3]
        if table not in tables:
            continue
        if word == "INTO":
            if not re.search(rf"INTO {table} \(cell,.*?(SELECT|VALUES) ?\(?\$1\b", sql, re.DOTALL):
                yield use[0]
            continue
        name = alias or table
        said = rf"\b{name}\.cell = |= {name}\.cell\b"
        if alias is None:
            said += r"|(?<![\w.])cell = (\$\d|p_cell|ANY \(\$\d)"
        if not re.search(said, sql):
            yield use[0]


async def _with_cell(connection: asyncpg.Connection) -> set[str]:
    rows = await connection.fetch(
        "SELECT c.relname AS t FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND a.attname = 'cell' AND c.relkind IN ('r', 'p')"
    )
    # Which cells know an identifier is asked of them all: the directory is looked up by an HMAC, joined with nothing.
    return {row["t"] for row in rows} - {"directory"}


async def test_every_statement_names_its_cell(connection: asyncpg.Connection) -> None:
    tables = await _with_cell(connection)
    assert len(tables) > 30
    found = {}
    for file, name, sql in STATEMENTS:
        if re.search(r"\bFROM (read|plan)_\w+\(\$1, \$2", sql):
            continue  # the function names it: $1 the viewer's cells, $2 the cell (or all of the viewer's, see NO_CELL)
        if missing := list(_tables_without_cell(sql, tables)) or not re.search(r"\b(cell|directory)\b", sql):
            found[name] = (file, missing)
    assert {name: why for name, why in found.items() if name not in NO_CELL} == {}


async def test_every_function_names_its_cell(connection: asyncpg.Connection) -> None:
    tables = await _with_cell(connection)
    rows = await connection.fetch(
        "SELECT p.proname, p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
    )
    found = {
        row["proname"]: missing
        for row in rows
        if row["proname"] not in NO_CELL_IN_FUNCTION
        if (missing := list(_tables_without_cell(row["prosrc"].replace("\n", " "), tables)))
        and "string_to_array(p_viewer, ',')" not in row["prosrc"]
    }
    assert found == {}


@each_statement
def test_a_write_gives_back_what_it_touched(file: str, name: str, sql: str) -> None:  # noqa: ARG001
    if WRITES.search(sql):
        assert re.search(r"\bRETURNING\b", sql)


@each_statement
def test_columns_are_listed(file: str, name: str, sql: str) -> None:  # noqa: ARG001
    assert not re.search(r"(SELECT|RETURNING|,)\s+\*|\w\.\*", sql)


@each_statement
def test_no_statement_locks_by_number_or_moves_a_cell(file: str, name: str, sql: str) -> None:  # noqa: ARG001
    assert "advisory" not in sql.lower()
    for assigned in re.findall(r"\bSET\b(.*?)(?=\bFROM\b|\bWHERE\b|\bRETURNING\b|$)", sql, re.DOTALL):
        assert not re.search(r"(?<![\w.])cell\s*=", assigned), "nothing updates a cell column"


# -- who uses it -------------------------------------------------------------------------------------------------------


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for package in ("consumers", "deploy", "service"):
        for path in sorted((REPOSITORY / package).rglob("*.py")):
            yield str(path.relative_to(REPOSITORY)), ast.parse(path.read_text(encoding="utf-8"))


def _used(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Give (file, name) of each statement that a module runs by a name written out."""
    loaded = {
        node.value.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if isinstance(node.value.func, ast.Name) and node.value.func.id == "load" and node.value.args
        if isinstance(node.value.args[0], ast.Constant) and isinstance(node.value.args[0].value, str)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id="_SQL"), slice=ast.Constant(value=str(name))) if len(loaded) == 1:
                yield next(iter(loaded)), name
            case ast.Subscript(value=ast.Attribute(attr="writes"), slice=ast.Constant(value=str(name))):
                yield "derived.sql", name
            case ast.Call(func=ast.Attribute(attr=called), args=[_, ast.Constant(value=str(name)), *_]):
                if file := {"rows": "derived.sql", "put": "derived.sql", "write_columns": "intake.sql"}.get(called):
                    yield file, name


def test_every_used_name_is_there() -> None:
    there = {(file, name) for file, name, _ in STATEMENTS}
    used = {each for _, tree in _modules() for each in _used(tree)}
    assert len(used) > 80
    assert used - there == set()


def test_every_statement_is_used() -> None:
    said = {
        node.value
        for _, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {name for _, name, _ in STATEMENTS if name not in said} == set()


# -- the server --------------------------------------------------------------------------------------------------------


async def test_every_statement_can_be_prepared(connection: asyncpg.Connection) -> None:
    for file, name, sql in STATEMENTS:
        try:
            await connection.prepare(sql)
        except asyncpg.PostgresError as exc:
            pytest.fail(f"{file}: {name}: {exc}")
