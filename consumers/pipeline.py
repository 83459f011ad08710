"""READ FIRST. The way of a report, step by step (DESIGN section 4).

| step | what it does | where | may be lost on a rebalance or a crash? |
|---|---|---|---|
| 1 poll | records of the partitions that this process owns, in offset order | `source.py` | yes: no side effects |
| 2 decode | bytes of any known format become an observation | `decode.py` (pure) | yes |
| 3 verify | may it report, is it fresh, under which terms | `verify.py` (pure) | yes |
| 4 fold | against the open run of its source and scope, in memory | `fold.py` (pure) | yes |
| 5 write | runs, changes, dead letters and the position: one transaction | `write.py` | no: all or nothing |
| 6 derive | changes of a cell up to its horizon, in one order | `derive/` | no: its own, fenced on the cell's row |

Data moves down the list and never back. Steps 2 to 5 are per partition; step 6 is per cell, done by whoever owns the
cell's acts. While one batch is being written, the next is polled and folded; there is no queue between them. The
position moves with the rows, so Kafka itself is the journal: after any failure the partitions are taken up again from
their rows, and what was folded is folded once more.

Telemetry is folded up to the append time that is applied on the cell's acts, and never further (SEMANTICS rule 5).
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Protocol

import asyncpg

from consumers import births, write
from consumers.partition import CellState, Partition, Position
from consumers.records import Lane, Record
from consumers.terms import load as load_terms
from schemas.errors import BudgetSpent, LostPartition, Transient
from service.store import intake
from service.store.pool import TRANSIENT

if TYPE_CHECKING:
    from consumers.batch import Batch

MAX_INBOX = 64 * 1024 * 1024  # bytes polled of one partition that are not folded
MAX_INBOXES = 256 * 1024 * 1024  # the same of all partitions
MAX_WRITE = 64 * 1024 * 1024  # bytes in one transaction, one batch more or less

Observer = Callable[[str, str], Awaitable[None] | None]  # told of every step: (step, "before" | "after")


class Acquire(Protocol):
    """What gives a connection for a while."""

    def acquire(self) -> asyncpg.pool.PoolAcquireContext:
        """Give a connection as an async context."""


class Pipeline:
    """Steps 2 to 5 for all partitions that this process owns. One task folds, one writes; see `consumer.py`."""

    def __init__(self, pool: Acquire, observe: Observer | None = None) -> None:
        self._pool = pool
        self._observe = observe
        self.partitions: dict[Lane, Partition] = {}
        self.cells: dict[str, CellState] = {}

    async def assign(self, lanes: Iterable[Lane]) -> dict[Lane, Position]:
        """Take partitions up from their rows. Those without a row yet are left out (their cell is not born).

        Nothing is received of them until `placed` is called for each: whoever polls has to be where its row says.
        Folded state of a partition that was held before is kept only where the position is still the one held.
        Raises `Transient`.
        """
        wanted = list(lanes)
        try:
            async with self._pool.acquire() as connection:
                rows = await births.positions(connection, {lane.cell for lane in wanted})
                await self._refresh(connection, {lane.cell for lane in wanted})
                found = {lane: rows[lane] for lane in wanted if lane in rows}
                for lane, position in found.items():
                    held = self.partitions.get(lane)
                    if held is None:
                        self.partitions[lane] = Partition(lane, position)
                    elif held.same_place(position):
                        held.unplace()
                    else:
                        held.take_up(position)
        except TRANSIENT as exc:
            raise _away(exc) from exc
        return found

    def drop(self, lanes: Iterable[Lane]) -> None:
        """Let partitions go for good."""
        for lane in lanes:
            self.partitions.pop(lane, None)

    def placed(self, lane: Lane) -> None:
        """Say that the next record polled of a partition is the one that its position names."""
        self.partitions[lane].placed = True

    def receive(self, lane: Lane, records: Sequence[Record]) -> None:
        """Step 1 hands over what was polled.

        Raises `LostPartition` where the partition was not placed since it was taken up, or the records do not go on
        from what was received: nothing may be folded then, or what lies between would be lost.
        """
        partition = self.partitions.get(lane)
        if partition is None or not partition.placed or records[0].offset < partition.reached:
            raise LostPartition(f"{lane.label} is polled from a place that is not its own: it is taken up again")
        partition.receive(records)

    async def fold(self, active: AbstractSet[Lane] | None = None) -> int:
        """Steps 2, 3 and 4 on what was polled of the active lanes (None: all); how many records. Raises `Transient`."""
        waiting = [p for lane, p in self.partitions.items() if p.inbox and (active is None or lane in active)]
        if not waiting:
            return 0
        folded = 0
        try:
            async with self._pool.acquire() as connection:
                await self._refresh(connection, {p.lane.cell for p in waiting if p.lane.topic == "telemetry"})
                for partition in waiting:
                    state = self.cells.setdefault(partition.lane.cell, CellState(partition.lane.cell))
                    folded += await partition.fold(connection, state)
        except TRANSIENT as exc:
            raise _away(exc) from exc
        return folded

    def resting(self, active: AbstractSet[Lane]) -> set[Lane]:
        """Active lanes of which nothing more may be taken while they are suspended, all before that being written."""
        return {
            lane
            for lane, p in self.partitions.items()
            if p.resting and lane in active and p.sealed is None and not p.batch.records
        }

    def folded(self, active: AbstractSet[Lane]) -> tuple[int, bool]:
        """How many records of the active lanes wait to be written, and whether any batch is full."""
        batches = [p.batch for lane, p in self.partitions.items() if lane in active]
        return sum(batch.records for batch in batches), any(batch.full for batch in batches)

    def full(self, inbox: int) -> set[Lane]:
        """Lanes that have enough in memory: `inbox` records or MAX_INBOX bytes that are not folded, or a full batch.

        Where all together hold too many bytes, every lane of telemetry that has any waits.
        """
        crowded = sum(p.waiting for p in self.partitions.values()) >= MAX_INBOXES
        return {
            lane
            for lane, p in self.partitions.items()
            if len(p.inbox) >= inbox
            or p.waiting >= MAX_INBOX
            or p.batch.full
            or (crowded and p.inbox and lane.topic == "telemetry")
        }

    def seal(self, active: AbstractSet[Lane] | None = None) -> write.Prepared | None:
        """Take what was folded of the active lanes (None: all), ready to be written; None where nothing was.

        Those that were written longest ago come first, and what is beyond MAX_WRITE bytes waits for the next write.
        """
        ours = [p for lane, p in self.partitions.items() if active is None or lane in active]
        batches: list[Batch] = []
        size = 0
        for partition in sorted(ours, key=lambda p: p.sealings):
            if size < MAX_WRITE and (batch := partition.seal()) is not None:
                batches.append(batch)
                size += batch.size
        retiring = frozenset(name for name, state in self.cells.items() if state.terms.any_retired)
        return write.prepare(batches, retiring) if batches else None

    async def put(self, prepared: write.Prepared) -> None:
        """Step 5: write a sealed batch. Durable once this returns.

        Raises `LostPartition` and `Transient` (then the partitions are taken up again), or `BudgetSpent` once the cell
        was stopped.
        """
        try:
            async with self._pool.acquire() as connection:
                await self._tell("write", "before")
                async with connection.transaction():
                    await write.put(connection, prepared)
                    await self._tell("commit", "before")
                await self._tell("commit", "after")
        except BudgetSpent as exc:
            try:
                async with self._pool.acquire() as connection:
                    await intake.stop_telemetry(connection, exc)
            except TRANSIENT as away:
                raise _away(away) from away  # it is written again, and found spent again
            raise
        except TRANSIENT as exc:
            raise _away(exc) from exc
        for batch in prepared.batches:
            partition = self.partitions.get(batch.lane)
            if partition is not None:
                partition.written(batch)

    async def _refresh(self, connection: asyncpg.pool.PoolConnectionProxy, cells: set[str]) -> None:
        """Read how far the acts of cells are applied, and their terms where those have changed."""
        if not cells:
            return
        for row in await intake.acts_applied(connection, sorted(cells)):
            state = self.cells.setdefault(row["cell"], CellState(row["cell"]))
            state.simulated = row["simulated"]
            if row["terms"] != state.terms.version:
                await load_terms(connection, row["cell"], row["terms"], state.terms)
            state.acts_applied = row["applied"]

    async def _tell(self, step: str, when: str) -> None:
        if self._observe is not None and (told := self._observe(step, when)) is not None:
            await told


def _away(exc: BaseException) -> Transient:
    return Transient(f"Postgres does not answer, or did not take it ({type(exc).__name__}: {exc}): trying again")
