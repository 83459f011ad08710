"""Plain SQL migrations, forward only: `NNNN_pre_name.sql` runs before the code, `NNNN_post_name.sql` after it.

Safe to run twice and beside a running consumer: one advisory lock, a lock time-out, each file in a transaction of
its own with its number and SHA-256 recorded. An applied file that was edited is refused.
"""

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

from schemas.errors import HoldfastError, Transient
from service.store.pool import connect, refusal

_LOCK = 0x484F4C44  # one migration at a time per database
_NAME = re.compile(r"(\d{4})_(pre|post)_([a-z0-9_]+)\.sql")

_LEDGER = """
CREATE TABLE IF NOT EXISTS migration (
    number integer NOT NULL,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT migration_pkey PRIMARY KEY (number)
)
"""


class MigrationRefused(HoldfastError):
    """The files and the database do not fit each other; the text says which and what to do."""

    slug = "migration-refused"


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    number: int
    half: str
    name: str
    sql: str

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the file's text."""
        return hashlib.sha256(self.sql.encode()).digest()


def migrations() -> tuple[Migration, ...]:
    """Give every migration in order. Raises `MigrationRefused` where two share a number."""
    found: dict[int, Migration] = {}
    for entry in files("deploy.migrations").iterdir():
        match = _NAME.fullmatch(entry.name)
        if match is None:
            continue
        number = int(match[1])
        if number in found:
            msg = f"two migrations have the number {number}: renumber {entry.name}"
            raise MigrationRefused(msg)
        found[number] = Migration(number, match[2], match[3], entry.read_text(encoding="utf-8"))
    return tuple(found[number] for number in sorted(found))


async def migrate(dsn: str, *, halves: tuple[str, ...] = ("pre", "post")) -> tuple[str, ...]:
    """Apply what is missing and give the names of what was applied. May wait for another migration.

    Raises `MigrationRefused` where an applied file was edited or the database is newer than the code, `Transient`
    where the server is away or a lock was not to be had in 4 seconds (run it again), `PostgresRefused`.
    """
    connection = await connect(dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(_LEDGER)
        applied = {row["number"]: row for row in await connection.fetch("SELECT number, name, sha256 FROM migration")}
        known = migrations()
        _check(known, applied)
        done = []
        for migration in known:
            if migration.number in applied or migration.half not in halves:
                continue
            await _apply(connection, migration)
            done.append(f"{migration.number:04d}_{migration.half}_{migration.name}")
        return tuple(done)
    finally:
        await connection.close()


def _check(known: tuple[Migration, ...], applied: dict[int, asyncpg.Record]) -> None:
    numbers = {migration.number for migration in known}
    if newer := sorted(set(applied) - numbers):
        msg = f"the database has migration {newer[-1]}, which this version does not know: run a newer version"
        raise MigrationRefused(msg)
    for migration in known:
        row = applied.get(migration.number)
        if row is not None and row["sha256"] != migration.sha256:
            msg = f"migration {migration.number:04d} was edited after it was applied: restore the file, add a new one"
            raise MigrationRefused(msg)


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = '4s'; SET LOCAL statement_timeout = '60s'")
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO migration (number, name, sha256) VALUES ($1, $2, $3)",
                migration.number,
                migration.name,
                migration.sha256,
            )
    except asyncpg.LockNotAvailableError as exc:
        msg = f"migration {migration.number:04d} did not get its lock in 4 s: run `holdfast migrate` again"
        raise Transient(msg) from exc
    except asyncpg.InsufficientPrivilegeError as exc:
        raise refusal(exc) or exc from exc
