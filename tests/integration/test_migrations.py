"""Migrations: safe twice, two at once, beside a consumer; refused where files and database do not fit each other."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

import deploy.migrate
from deploy.migrate import Migration, MigrationRefused, migrate, migrations
from deploy.schema import FILE, describe
from schemas.errors import Transient

NAMES = tuple(f"{each.number:04d}_{each.half}_{each.name}" for each in migrations())


@pytest.fixture
async def other(database: str) -> AsyncIterator[asyncpg.Connection]:
    """Give somebody else's connection to the migrated database: a running consumer's."""
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


def _one_more(monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    known = (*migrations(), Migration(9000, "pre", "one_more", sql))
    monkeypatch.setattr(deploy.migrate, "migrations", lambda: known)


async def test_twice_is_once(empty_database: str) -> None:
    assert await migrate(empty_database) == NAMES
    assert await migrate(empty_database) == ()


async def test_two_at_once_apply_each_file_once(empty_database: str) -> None:
    done = await asyncio.gather(migrate(empty_database), migrate(empty_database))
    assert sorted(done) == [(), NAMES]


async def test_halves_are_applied_apart(empty_database: str) -> None:
    before = await migrate(empty_database, halves=("pre",))
    after = await migrate(empty_database, halves=("post",))
    assert before + after == tuple(sorted(NAMES, key=lambda name: ("_post_" in name, name)))


async def test_a_file_that_was_edited_after_it_was_applied_is_refused(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *rest = migrations()
    edited = Migration(first.number, first.half, first.name, first.sql + "\n-- one word more\n")
    monkeypatch.setattr(deploy.migrate, "migrations", lambda: (edited, *rest))
    with pytest.raises(MigrationRefused, match="0001 was edited after it was applied: restore the file"):
        await migrate(database)


async def test_a_database_that_is_newer_than_the_code_is_refused(database: str, other: asyncpg.Connection) -> None:
    await other.execute("INSERT INTO migration (number, name, sha256) VALUES (9001, 'from_tomorrow', '')")
    with pytest.raises(MigrationRefused, match="has migration 9001, which this version does not know"):
        await migrate(database)


async def test_a_file_that_fails_leaves_nothing(
    database: str, other: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    _one_more(monkeypatch, "CREATE TABLE half (cell text); SELECT nonsense;")
    with pytest.raises(asyncpg.UndefinedColumnError):
        await migrate(database)
    assert await other.fetchval("SELECT to_regclass('half')") is None
    assert await other.fetchval("SELECT count(*) FROM migration") == len(NAMES)


async def test_beside_a_running_consumer_what_touches_nothing_of_its_goes_through(
    database: str, other: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    _one_more(monkeypatch, "CREATE TABLE beside (cell text NOT NULL, CONSTRAINT beside_pkey PRIMARY KEY (cell))")
    async with other.transaction():
        await other.execute("UPDATE run SET last_at = last_at WHERE cell = 'kul-1'")
        assert await migrate(database) == ("9000_pre_one_more",)


async def test_beside_a_running_consumer_a_lock_is_waited_for_seconds_only(
    database: str, other: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    _one_more(monkeypatch, "ALTER TABLE run ADD COLUMN note text")
    transaction = other.transaction()
    await transaction.start()
    await other.execute("UPDATE run SET last_at = last_at WHERE cell = 'kul-1'")
    with pytest.raises(Transient, match="9000 did not get its lock in 4 s: run `holdfast migrate` again"):
        await migrate(database)
    await transaction.commit()
    assert await migrate(database) == ("9000_pre_one_more",)


async def test_from_zero_is_what_the_schema_file_says(empty_database: str) -> None:
    await migrate(empty_database)
    assert await describe(empty_database) == FILE.read_text(encoding="utf-8"), "run `python -m deploy.schema`"
