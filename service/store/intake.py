"""What consumers read and write: positions, terms, runs, dead letters, acts. One function per named statement.

Each takes a connection and domain values; none begins or commits. Set-based writes return what they touched, and the
caller counts.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import asyncpg

from schemas.errors import CellStopped, TopicChanged
from service.facts.records import Millis
from service.facts.runs import LAST_EPOCH
from service.store.pool import Connection
from service.store.sqlfile import load

_SQL = load("intake.sql")

Rows = list[asyncpg.Record]
Columns = Sequence[Sequence[Any]]


class GoingOn(NamedTuple):
    """From which offset to go on after a stop, and by whose word."""

    next_offset: int
    why: str


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


async def stop_partition(
    connection: Connection, cell: str, partition: tuple[str, int], held: int, why: CellStopped
) -> bool:
    """Stop one partition at the position held, until a person says to go on; whether it was still held there."""
    return bool(await connection.fetch(_SQL["stop_partition"], cell, *partition, held, str(why), why.slug))


async def stop_telemetry(connection: Connection, why: CellStopped) -> int:
    """Stop all telemetry partitions of a cell (its acts go on); how many."""
    return len(await connection.fetch(_SQL["stop_telemetry"], why.cell, str(why), why.slug))


async def go_on(
    connection: Connection, cell: str, partition: tuple[str, int], going: GoingOn, at: Millis
) -> str | None:
    """Take a stopped partition up again, the records left out noted as a gap; why not, or None.

    Records that were applied are never applied twice. To be called inside a transaction.
    """
    topic, number = partition
    row = await connection.fetchrow(_SQL["stopped"], cell, topic, number)
    if row is None:
        return f"partition {number} of {topic}.{cell} is not stopped"
    held, epoch, changed = row["next_offset"], row["epoch"], row["stop_kind"] == TopicChanged.slug
    if going.next_offset < held and not changed:
        return f"offsets before {held} were applied, and the topic is the same: go on from {held} or later"
    if epoch >= LAST_EPOCH:
        return f"partition {number} of {topic}.{cell} went on {LAST_EPOCH} times already: give the cell new topics"
    await connection.fetch(_SQL["go_on"], cell, topic, number, going.next_offset, at)
    await connection.fetch(_SQL["count_budget_from"], cell, at)
    if topic == "telemetry":
        if changed:  # offsets of the old log say nothing of the new one: what rested rests from its first record on
            await connection.fetch(_SQL["suspended_in_new_log"], cell, number, going.next_offset)
        await come_to_rest(connection, cell)
    if changed:
        why = f"{going.why} (the topic was recreated: what its old log held from offset {held} on is not known)"
        await note_record_gap(connection, cell, topic, number, epoch + 1, (0, going.next_offset), at, why)
    elif held != going.next_offset:
        await note_record_gap(connection, cell, topic, number, epoch + 1, (held, going.next_offset), at, going.why)
    return None


async def lift_acts_stop(connection: Connection, cell: str, next_offset: int, why: str) -> str | None:
    """Take a cell's stopped acts (or those that span cells) up again; why not, or None.

    No act can say so, since none is applied: a person who has the database's own rights does. What was left out is
    noted as of the last act applied. To be called inside a transaction.
    """
    row = await connection.fetchrow(_SQL["stopped"], cell, "acts", 0)
    at = 0 if row is None else row["applied"]
    return await go_on(connection, cell, ("acts", 0), GoingOn(next_offset, why), at)


async def suspend(  # noqa: PLR0917 - a row, in the order of its columns
    connection: Connection, cell: str, partition: int, act: int, from_offset: int, at: Millis
) -> str | None:
    """Let what a telemetry partition brings from an offset on rest; why not, or None.

    What was applied is never unsaid: once a partition has gone beyond the offset it is too late. To be called inside a
    transaction.
    """
    row = await connection.fetchrow(_SQL["suspended"], cell, partition)
    if row is None:
        return f"there is no partition {partition}"
    if row["from_offset"] is not None:
        return f"partition {partition} is suspended already, from offset {row['from_offset']} on"
    if row["next_offset"] > from_offset:
        return f"partition {partition} has come to offset {row['next_offset']} since: suspend it from there, or later"
    await connection.fetch(_SQL["suspend"], cell, partition, act, from_offset, at)
    await connection.fetch(_SQL["read_otherwise"], cell, partition)
    await come_to_rest(connection, cell)
    return None


async def come_to_rest(connection: Connection, cell: str) -> None:
    """Note up to when suspended partitions of a cell are applied that have come to where they rest."""
    await connection.fetch(_SQL["come_to_rest"], cell)


async def resume(connection: Connection, cell: str, partition: int, at: Millis) -> str | None:
    """Let a suspended telemetry partition count again; why not, or None. To be called inside a transaction."""
    if not await connection.fetch(_SQL["resume"], cell, partition, at):
        return f"partition {partition} is not suspended"
    await connection.fetch(_SQL["read_otherwise"], cell, partition)
    return None


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


async def terms(connection: Connection, cell: str, known: int) -> Rows:
    """Terms of a cell's sources that came after version `known` of its terms, by source and time."""
    return await connection.fetch(_SQL["terms"], cell, known)


async def term(connection: Connection, cell: str, source: str, at: Millis) -> asyncpg.Record | None:
    """The term of a source in force at a moment (class, domain, interval, offset, lateness); None without one."""
    return await connection.fetchrow(_SQL["term"], cell, source, at)


async def end_retired(connection: Connection, cell: str, partition: int, since: Millis, applied: Millis) -> int:
    """End the open runs of sources that were retired while a partition's time went from `since` to `applied`."""
    return len(await connection.fetch(_SQL["end_retired"], cell, partition, since, applied))


async def hold_acts(connection: Connection, cell: str) -> Millis:
    """Let no act of a cell be applied until the transaction ends; up to when they are.

    Whoever needs that takes it before any position of telemetry: applying an act goes that way too.
    """
    applied: Millis = await connection.fetchval(_SQL["hold_acts"], cell)
    return applied


async def end_resting(connection: Connection, cell: str, applied: Millis) -> int:
    """End the open runs of sources that were retired, in partitions that rest, up to what is applied on the acts.

    Nothing else ends them there before the partition counts again. No act may be applied meanwhile (`hold_acts`).
    """
    return len(await connection.fetch(_SQL["end_resting"], cell, applied))


async def write_columns(connection: Connection, name: str, cell: str, columns: Columns) -> int:
    """Run one of the set-based writes of a batch (`extend_runs`, `begin_runs`, …); how many rows it touched."""
    return len(await connection.fetch(_SQL[name], cell, *columns))


async def budget(connection: Connection, cell: str, since: Millis, upto: Millis) -> tuple[int, int]:
    """Enrolled sources with a dead letter in (since, upto] that were readable before; enrolled sources ever readable.

    What was retired by `upto` does not count, nor what was buried before a person last said to go on.
    """
    row = await connection.fetchrow(_SQL["budget"], cell, since, upto)
    return (row["unreadable"], row["enrolled"]) if row else (0, 0)


async def unreadable(connection: Connection, cell: str, since: Millis, upto: Millis) -> Rows:
    """When each of those sources had a dead letter, by time."""
    return await connection.fetch(_SQL["unreadable"], cell, since, upto)


async def dead_letter(
    connection: Connection, cell: str, partition: int, offset: int, before: Millis
) -> asyncpg.Record | None:
    """The newest dead letter at a position of the cell's telemetry that was buried before a moment."""
    return await connection.fetchrow(_SQL["dead_letter"], cell, partition, offset, before)


async def retried(connection: Connection, cell: str, position: tuple[int, int, int], at: Millis) -> bool:
    """Mark the dead letter at (partition, epoch, offset) as put through; whether it was not before."""
    return bool(await connection.fetch(_SQL["retried"], cell, *position, at))


async def seen_acts(connection: Connection, cell: str, keys: Sequence[str]) -> dict[str, bytes]:
    """Which idempotency keys were there already, with the body of the first act of each."""
    return {row["key"]: row["body"] for row in await connection.fetch(_SQL["seen_acts"], cell, keys)}


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


async def skip(connection: Connection, lane: tuple[str, str, int], held: tuple[int, int, int], start: int) -> bool:
    """Move a position (epoch, next offset, fence) over offsets at which there is no record; whether it was there."""
    return bool(await connection.fetch(_SQL["skip"], *lane, *held, start))


async def letters(connection: Connection, statement: str, cell: str, *values: object) -> Rows:
    """Dead letters, by `dead_letters` (code or None, limit), `dead_letters_open` (code or None), `dead_letter_at`."""
    return await connection.fetch(_SQL[statement], cell, *values)
