"""`python -m deploy.schema` writes deploy/schema.sql: what the migrations amount to, read back from the catalogue.

To be read and compared, not to be run: tables, keys, indexes, policies, rights and functions, in the order of their
names, as the server has them. A test holds the file to the migrations, so that a change of them shows what it changes.
"""

import asyncio
import tempfile
from pathlib import Path

import asyncpg

from deploy.embedded import EmbeddedPostgres
from deploy.embedded.paths import postgres_dir
from deploy.migrate import migrate
from service.api.parts import API_ROLE

FILE = Path(__file__).parent / "schema.sql"

_HEAD = """\
-- What the migrations amount to, read back from the catalogue of PostgreSQL 18. Made by `python -m deploy.schema`;
-- to be read and compared, not to be run.
"""

_EXTENSIONS = "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname COLLATE \"C\""

_TABLES = """
SELECT c.oid, c.relname AS bare, quote_ident(c.relname) AS name, array_to_string(c.reloptions, ', ') AS options,
       pg_get_partkeydef(c.oid) AS parted, pg_get_expr(c.relpartbound, c.oid) AS bound,
       (SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid) AS parent,
       c.relrowsecurity AS secured
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
ORDER BY c.relname COLLATE "C"
"""

_COLUMNS = """
SELECT quote_ident(a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS needed,
       a.attgenerated <> '' AS generated, pg_get_expr(d.adbin, d.adrelid) AS expression
FROM pg_attribute a
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""

_CONSTRAINTS = """
SELECT quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE conrelid = $1 AND contype <> 'n' ORDER BY contype DESC, conname COLLATE "C"
"""

_INDEXES = """
SELECT pg_get_indexdef(x.indexrelid) AS definition
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
WHERE x.indrelid = $1 AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype = 'p')
ORDER BY i.relname COLLATE "C"
"""

_POLICIES = """
SELECT policyname AS name, cmd, array_to_string(roles, ', ') AS roles, qual
FROM pg_policies WHERE schemaname = 'public' AND tablename = $1 ORDER BY policyname COLLATE "C"
"""

_FUNCTIONS = """
SELECT pg_get_functiondef(p.oid) AS definition,
       has_function_privilege('public', p.oid, 'EXECUTE') AS anybody,
       has_function_privilege($1, p.oid, 'EXECUTE') AS api
FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
ORDER BY p.oid::regprocedure::text COLLATE "C"
"""


async def describe(dsn: str) -> str:
    """Give the text of the schema of a migrated database."""
    connection = await asyncpg.connect(dsn)
    try:
        parts = [_HEAD]
        parts += [f"CREATE EXTENSION {row['extname']};\n" for row in await connection.fetch(_EXTENSIONS)]
        for table in await connection.fetch(_TABLES):
            parts.append(await _table(connection, table))
        for row in await connection.fetch(_FUNCTIONS, API_ROLE):
            rights = [role for role, may in (("PUBLIC", row["anybody"]), (API_ROLE, row["api"])) if may]
            definition = str(row["definition"]).rstrip()
            parts.append(f"{definition};\n-- may be called by {', '.join(rights) or 'its owner'}\n")
        return "\n".join(parts)
    finally:
        await connection.close()


async def _table(connection: asyncpg.Connection, table: asyncpg.Record) -> str:
    name = table["name"]
    if table["parent"] is not None:
        text = f"CREATE TABLE {name} PARTITION OF {table['parent']} {table['bound']}"
    else:
        lines = [_column(row) for row in await connection.fetch(_COLUMNS, table["oid"])]
        rows = await connection.fetch(_CONSTRAINTS, table["oid"])
        lines += [f"CONSTRAINT {row['name']} {row['definition']}" for row in rows]
        text = f"CREATE TABLE {name} (\n    " + ",\n    ".join(lines) + "\n)"
        text += f" PARTITION BY {table['parted']}" if table["parted"] else ""
        text += f" WITH ({table['options']})" if table["options"] else ""
    out = [text + ";"]
    if table["parent"] is None:
        out += [f"{row['definition']};" for row in await connection.fetch(_INDEXES, table["oid"])]
    if table["secured"]:
        out.append(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;")
    out += [
        f"CREATE POLICY {row['name']} ON {name} FOR {row['cmd']} TO {row['roles']} USING ({row['qual']});"
        for row in await connection.fetch(_POLICIES, table["bare"])
    ]
    for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
        if await connection.fetchval("SELECT has_table_privilege($1, $2::oid, $3)", API_ROLE, table["oid"], right):
            out.append(f"GRANT {right} ON {name} TO {API_ROLE};")
    return "\n".join(out) + "\n"


def _column(row: asyncpg.Record) -> str:
    text = f"{row['name']} {row['type']}"
    if row["generated"]:
        text += f" GENERATED ALWAYS AS ({row['expression']}) STORED"
    elif row["expression"] is not None:
        text += f" DEFAULT {row['expression']}"
    return text + (" NOT NULL" if row["needed"] else "")


def main() -> None:
    """Migrate an empty database of an embedded PostgreSQL and write the file."""
    with tempfile.TemporaryDirectory(prefix="holdfast-schema-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL's account enters it
        server = EmbeddedPostgres(postgres_dir(Path(folder)))
        dsn = server.start()
        try:
            asyncio.run(migrate(dsn))
            text = asyncio.run(describe(dsn))
        finally:
            server.stop()
    FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
