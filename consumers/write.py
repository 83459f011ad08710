"""Step 5: one transaction puts down what was folded, the positions included, or nothing.

`prepare` turns batches into columns before more is folded; `put` runs the statements. The fence is the
compare-and-set on the position rows: a stale owner's statement matches none, and its transaction is rolled back.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consumers import acts, budget
from consumers.batch import Batch
from schemas.errors import LostPartition
from service.facts.records import Millis
from service.store import intake
from service.store.pool import Connection

Columns = list[list[Any]]


@dataclass(slots=True)
class Prepared:
    """Columns of every statement, ready to bind; what is folded afterwards does not touch them."""

    batches: tuple[Batch, ...]
    positions: Columns
    by_cell: dict[str, dict[str, Columns]] = field(default_factory=dict)
    retiring: frozenset[str] = frozenset()  # cells of which a source was retired: its runs that are new end there too


def prepare(batches: Sequence[Batch], retiring: frozenset[str] = frozenset()) -> Prepared:
    """Turn batches (each with at least one record) into columns. Pure."""
    prepared = Prepared(tuple(batches), _columns(12, (_position(b) for b in batches)), retiring=retiring)
    grouped: dict[str, list[Batch]] = defaultdict(list)
    for batch in batches:
        grouped[batch.lane.cell].append(batch)
    for cell, of_cell in grouped.items():
        prepared.by_cell[cell] = {name: columns for name, columns in _statements(of_cell) if columns[0]}
    return prepared


def _position(b: Batch) -> tuple[Any, ...]:
    return (
        b.lane.cell, b.lane.topic, b.lane.partition, b.epoch, b.held, b.next_offset, b.last_offset, b.last_append,
        b.last_sha256, b.applied, b.record_at, b.fence,
    )  # fmt: skip


def _columns(width: int, rows: Iterable[tuple[Any, ...]]) -> Columns:
    columns = [list(column) for column in zip(*rows, strict=True)]
    return columns or [[] for _ in range(width)]


def _statements(batches: Sequence[Batch]) -> Iterable[tuple[str, Columns]]:
    """Every set-based statement of one cell, in the order in which they run, with its columns."""
    inventories = {digest: document for b in batches for digest, document in b.inventories.items()}
    yield "add_inventories", _columns(2, sorted(inventories.items()))
    yield (
        "add_source_inventories",
        _columns(
            5,
            sorted(
                (source, scope, b.lane.partition, digest, at)
                for b in batches
                for (source, scope, digest), at in b.stated.items()
            ),
        ),
    )
    sources: dict[str, tuple[str, int]] = {}
    for b in batches:
        for source, (source_class, at) in b.sources.items():
            if source not in sources or at < sources[source][1]:
                sources[source] = (source_class.value, at)
    yield "add_sources", _columns(3, ((name, *sources[name]) for name in sorted(sources)))
    yield (
        "extend_runs",
        _columns(2, sorted((run, at) for b in batches for run, at in b.extended.items() if run not in b.begun)),
    )
    yield (
        "end_runs",
        _columns(
            4,
            sorted(
                (e.run, e.last, e.until, e.cause.value)
                for b in batches
                for e in b.ended.values()
                if e.run not in b.begun
            ),
        ),
    )
    yield "begin_runs", _columns(13, (row for b in batches for row in _begun(b)))
    yield (
        "add_changes",
        _columns(
            8, ((c.at, c.rank, c.partition, c.offset, c.n, c.kind, c.run, c.detail) for b in batches for c in b.changes)
        ),
    )
    yield (
        "add_outages",
        _columns(4, ((b.lane.topic, b.lane.partition, *outage) for b in batches for outage in b.outages)),
    )
    yield (
        "bury",
        _columns(
            11,
            (
                (
                    b.lane.topic,
                    b.lane.partition,
                    b.epoch,
                    d.offset,
                    d.at,
                    d.code,
                    d.words,
                    d.key,
                    d.headers,
                    d.value,
                    d.source,
                )
                for b in batches
                for d in b.dead
            ),
        ),
    )


def _begun(batch: Batch) -> Iterable[tuple[Any, ...]]:
    for number, begun in batch.begun.items():
        run = begun.run
        end = batch.ended.get(number)
        last = run.last if end is None else end.last
        yield (
            number, begun.source, run.scope, begun.partition, run.timing.value, run.digest, run.known, run.tolerance,
            begun.first, last, None if end is None else end.until, None if end is None else end.cause.value,
            None if end is not None and end.until <= last + run.tolerance else last + run.tolerance + 1,
        )  # fmt: skip


async def put(connection: Connection, prepared: Prepared) -> None:
    """Write everything; to be called inside a transaction that the caller commits.

    Raises `LostPartition` where a position is no longer the one held, `BudgetSpent` where too many sources of a cell
    turned unreadable: then nothing may be committed.
    """
    resting = {
        cell: await intake.hold_acts(connection, cell)
        for cell in sorted({batch.lane.cell for batch in prepared.batches if batch.rests})
    }
    moved = await intake.advance(connection, prepared.positions)
    if len(moved) != len(prepared.batches):
        there = {(row["cell"], row["topic"], row["partition"]) for row in moved}
        gone = [batch.lane for batch in prepared.batches if tuple(batch.lane) not in there]
        msg = f"another consumer moved {', '.join(f'{c} {t} {p}' for c, t, p in gone)}: its position is read again"
        raise LostPartition(msg)
    for cell, statements in prepared.by_cell.items():
        of_cell = [batch for batch in prepared.batches if batch.lane.cell == cell]
        await _put(connection, cell, statements, of_cell, retiring=cell in prepared.retiring)
        if cell in resting:
            await come_to_rest(connection, cell, resting[cell])
        for batch in of_cell:
            if batch.acts:
                await acts.apply(connection, batch)
        if "bury" in statements:
            await budget.check(connection, cell, min(statements["bury"][4]), max(statements["bury"][4]))


async def _put(
    connection: Connection, cell: str, statements: Mapping[str, Columns], batches: Sequence[Batch], *, retiring: bool
) -> None:
    """Write the columns of one cell, and end the runs of sources that were retired.

    Those that were there are ended before others begin: their sources may be enrolled again since.
    """
    retired = [batch for batch in batches if retiring and batch.lane.topic == "telemetry"]
    for name, columns in statements.items():
        if name == "begin_runs":
            await _retire(connection, cell, retired)
        touched = await intake.write_columns(connection, name, cell, columns)
        if name in _EXACT and touched != len(columns[0]):
            msg = f"{name} of cell {cell} touched {touched} rows of {len(columns[0])}"
            raise RuntimeError(msg)
    await _retire(connection, cell, retired)


async def _retire(connection: Connection, cell: str, batches: Iterable[Batch]) -> None:
    """End the runs of retired sources: all below the retirement is folded once the partition's time has reached it."""
    for batch in batches:
        await intake.end_retired(connection, cell, batch.lane.partition, batch.since, batch.applied)


async def come_to_rest(connection: Connection, cell: str, applied: Millis) -> None:
    """Note which partitions of a cell have come to where they are suspended, and end what was retired there by then.

    `applied`: up to when the cell's acts are, which are held. Those of this very transaction see to it themselves.
    """
    await intake.come_to_rest(connection, cell)
    await intake.end_resting(connection, cell, applied)


_EXACT = frozenset({"extend_runs", "end_runs", "begin_runs", "add_changes", "add_outages", "bury"})
