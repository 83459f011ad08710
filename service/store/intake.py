"""What consumers read and write: positions, terms, runs, dead letters, acts. One function per named statement.

Each takes a connection and domain values; none begins or commits. Set-based writes return what they touched, and the
caller counts.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

from service.facts.records import Millis
from service.store.pool import Connection
from service.store.sqlfile import load

_SQL = load("intake.sql")

Rows = list[asyncpg.Record]
Columns = Sequence[Sequence[Any]]


async def born_cell(connection: Connection, cell: str, salt_key: bytes, *, simulated: bool) -> bool:
    """Add a cell that nobody registered yet; whether it was new."""
    return bool(await connection.fetch(_SQL["born_cell"], cell, simulated, salt_key))


async def lock_cell(connection: Connection, cell: str) -> bool:
    """Hold the cell's row until the transaction ends; whether there is one."""
    return bool(await connection.fetch(_SQL["lock_cell"], cell))


async def join_partition(connection: Connection, cell: str, topic: str, partition: int, joined: Millis) -> bool:
    """Add a partition's position at its log's start; whether it was new."""
    return bool(await connection.fetch(_SQL["join_partition"], cell, topic, partition, joined))


async def cells(connection: Connection, names: Sequence[str]) -> Rows:
    """Operator, simulated, horizon and version of terms of the named cells that exist."""
    return await connection.fetch(_SQL["cells"], names)


async def positions(connection: Connection, names: Sequence[str]) -> Rows:
    """All positions of the named cells."""
    return await connection.fetch(_SQL["positions"], names)


async def advance(connection: Connection, columns: Columns) -> Rows:
    """Move positions by compare-and-set; the partitions that moved. Columns as the statement's unnest names them."""
    return await connection.fetch(_SQL["advance"], *columns)


async def stop_partition(  # noqa: PLR0917 - a position, in the order of its columns
    connection: Connection, cell: str, topic: str, partition: int, held: int, why: str
) -> bool:
    """Stop one partition at the position held, until a person says to go on; whether it was still held there."""
    return bool(await connection.fetch(_SQL["stop_partition"], cell, topic, partition, held, why))


async def stop_telemetry(connection: Connection, cell: str, why: str) -> int:
    """Stop all telemetry partitions of a cell (its acts go on); how many."""
    return len(await connection.fetch(_SQL["stop_telemetry"], cell, why))


async def go_on(connection: Connection, cell: str, partition: int, next_offset: int, at: Millis) -> Rows:
    """Take a stopped telemetry partition up again; gives its new epoch and the position that was held."""
    return await connection.fetch(_SQL["go_on"], cell, partition, next_offset, at)


async def suspend(connection: Connection, cell: str, partition: int, *, suspended: bool, at: Millis) -> bool:
    """Suspend or resume a telemetry partition; whether that changed anything."""
    return bool(await connection.fetch(_SQL["suspend"], cell, partition, suspended, at))


async def note_record_gap(  # noqa: PLR0917 - a row, in the order of its columns
    connection: Connection,
    cell: str,
    topic: str,
    partition: int,
    epoch: int,
    bounds: tuple[int, int],
    at: Millis,
    why: str,
) -> None:
    """Record offsets [from, until) that were never applied."""
    await connection.fetch(_SQL["note_record_gap"], cell, topic, partition, epoch, *bounds, at, why)


async def open_runs(connection: Connection, cell: str, partition: int, sources: Sequence[str]) -> Rows:
    """Open runs of the named sources in one partition."""
    return await connection.fetch(_SQL["open_runs"], cell, partition, sources)


async def known_inventories(connection: Connection, cell: str, partition: int, source: str) -> set[tuple[str, bytes]]:
    """(scope, digest) that a source stated itself in one partition."""
    rows = await connection.fetch(_SQL["known_inventories"], cell, partition, source)
    return {(row["scope"], row["digest"]) for row in rows}


async def terms(connection: Connection, cell: str) -> Rows:
    """All terms of a cell's sources, by source and time."""
    return await connection.fetch(_SQL["terms"], cell)


async def end_retired(connection: Connection, cell: str, partition: int, applied: Millis) -> int:
    """End the open runs of sources that were retired by the time that a partition is applied up to; how many."""
    return len(await connection.fetch(_SQL["end_retired"], cell, partition, applied))


async def write_columns(connection: Connection, name: str, cell: str, columns: Columns) -> int:
    """Run one of the set-based writes of a batch (`extend_runs`, `begin_runs`, …); how many rows it touched."""
    return len(await connection.fetch(_SQL[name], cell, *columns))


async def budget(connection: Connection, cell: str, since: Millis) -> tuple[int, int]:
    """Enrolled sources with a dead letter after `since` that were readable before; enrolled sources that ever were."""
    row = await connection.fetchrow(_SQL["budget"], cell, since)
    return (row["unreadable"], row["enrolled"]) if row else (0, 0)


async def dead_letter(connection: Connection, cell: str, partition: int, offset: int) -> asyncpg.Record | None:
    """The newest dead letter at a position of the cell's telemetry."""
    return await connection.fetchrow(_SQL["dead_letter"], cell, partition, offset)


async def retried(connection: Connection, cell: str, position: tuple[int, int, int], at: Millis) -> bool:
    """Mark the dead letter at (partition, epoch, offset) as put through; whether it was not before."""
    return bool(await connection.fetch(_SQL["retried"], cell, *position, at))


async def seen_acts(connection: Connection, cell: str, keys: Sequence[str]) -> set[str]:
    """Which idempotency keys were applied already."""
    return {row["key"] for row in await connection.fetch(_SQL["seen_acts"], cell, keys)}


async def add_term(connection: Connection, cell: str, columns: Sequence[Any]) -> None:
    """Add a source's term (source, from_at, class, domain, interval, offset, lateness, retired)."""
    await connection.fetch(_SQL["add_term"], cell, *columns)


async def terms_changed(connection: Connection, cell: str) -> None:
    """Say that what folding depends on has changed."""
    await connection.fetch(_SQL["terms_changed"], cell)


async def acts_applied(connection: Connection, names: Sequence[str]) -> Rows:
    """Append time applied on the acts of the named cells, version of their terms, simulated, horizon."""
    return await connection.fetch(_SQL["acts_applied"], names)


async def put_operator(connection: Connection, operator: str, name: str, country: str | None) -> None:
    """Add or rename an operator."""
    await connection.fetch(_SQL["put_operator"], operator, name, country)


async def put_cell(connection: Connection, cell: str, operator: str, salt_key: bytes, *, simulated: bool) -> bool:
    """Register a cell as an operator's; whether it is so now.

    It is not where it is another operator's, or where anything was derived in it as simulated otherwise.
    """
    return bool(await connection.fetch(_SQL["put_cell"], cell, operator, simulated, salt_key))


async def skip(  # noqa: PLR0917 - a position, in the order of its columns
    connection: Connection, cell: str, topic: str, partition: int, held: int, start: int
) -> bool:
    """Move a position over records that the broker no longer had when the partition was first seen."""
    return bool(await connection.fetch(_SQL["skip"], cell, topic, partition, held, start))


async def letters(connection: Connection, statement: str, cell: str, *values: object) -> Rows:
    """Dead letters, by one of the statements `dead_letters` (code or None, limit) and `dead_letter_at`."""
    return await connection.fetch(_SQL[statement], cell, *values)
