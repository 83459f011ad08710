"""READ FIRST. The way of a report, step by step (DESIGN section 4).

| step | what it does | where | may be lost on a rebalance or a crash? |
|---|---|---|---|
| 1 poll | records of the partitions that this process owns, in offset order | `kafka.py` | yes: no side effects |
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

from collections.abc import Awaitable, Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import Protocol

import asyncpg

from consumers import births, write
from consumers.partition import CellState, Partition, Position
from consumers.records import Lane, Record
from consumers.terms import load as load_terms
from schemas.errors import BudgetSpent, Transient
from service.store import intake
from service.store.pool import TRANSIENT

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
                        held.inbox.clear()  # what was polled and not folded is polled again
                    else:
                        held.take_up(position)
        except TRANSIENT as exc:
            raise _away(exc) from exc
        return found

    def drop(self, lanes: Iterable[Lane]) -> None:
        """Let partitions go for good."""
        for lane in lanes:
            self.partitions.pop(lane, None)

    def receive(self, lane: Lane, records: Iterable[Record]) -> None:
        """Step 1 hands over what was polled."""
        self.partitions[lane].receive(records)

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

    def folded(self, active: AbstractSet[Lane]) -> tuple[int, bool]:
        """How many records of the active lanes wait to be written, and whether any batch is full."""
        batches = [p.batch for lane, p in self.partitions.items() if lane in active]
        return sum(batch.records for batch in batches), any(batch.full for batch in batches)

    def full(self, inbox: int) -> set[Lane]:
        """Lanes that have enough in memory: `inbox` records that are not folded, or a full batch."""
        return {lane for lane, p in self.partitions.items() if len(p.inbox) >= inbox or p.batch.full}

    def seal(self, active: AbstractSet[Lane] | None = None) -> write.Prepared | None:
        """Take what was folded of the active lanes (None: all), ready to be written; None where nothing was."""
        ours = [p for lane, p in self.partitions.items() if active is None or lane in active]
        batches = [batch for p in ours if (batch := p.seal()) is not None]
        retiring = frozenset(name for name, state in self.cells.items() if state.terms.any_retired())
        return write.prepare(batches, retiring) if batches else None

    async def put(self, prepared: write.Prepared) -> None:
        """Step 5: write a sealed batch. Durable once this returns.

        Raises `LostPartition` and `Transient` (then call `restart`), or `BudgetSpent` once the cell was stopped.
        """
        try:
            async with self._pool.acquire() as connection:
                await self._tell("write", "before")
                async with connection.transaction():
                    await write.put(connection, prepared)
                    await self._tell("commit", "before")
                await self._tell("commit", "after")
        except BudgetSpent as exc:
            async with self._pool.acquire() as connection:
                await intake.stop_telemetry(connection, exc.cell, str(exc))
            raise
        except TRANSIENT as exc:
            raise _away(exc) from exc
        for batch in prepared.batches:
            partition = self.partitions.get(batch.lane)
            if partition is not None:
                partition.written(batch)

    async def restart(self) -> dict[Lane, Position]:
        """After a failed write: take every partition up again from its row. Raises `Transient`."""
        lanes = list(self.partitions)
        self.partitions.clear()
        return await self.assign(lanes)

    async def _refresh(self, connection: asyncpg.pool.PoolConnectionProxy, cells: set[str]) -> None:
        """Read how far the acts of cells are applied, and their terms where those have changed."""
        if not cells:
            return
        for row in await intake.acts_applied(connection, sorted(cells)):
            state = self.cells.setdefault(row["cell"], CellState(row["cell"]))
            state.simulated = row["simulated"]
            if row["terms"] != state.terms.version:
                state.terms = await load_terms(connection, row["cell"], row["terms"])
            state.acts_applied = row["applied"]

    async def _tell(self, step: str, when: str) -> None:
        if self._observe is not None and (told := self._observe(step, when)) is not None:
            await told


def _away(exc: BaseException) -> Transient:
    return Transient(f"Postgres does not answer, or did not take it ({type(exc).__name__}: {exc}): trying again")
