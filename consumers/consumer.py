"""The loop of one consumer process: poll and fold while the last batch is being written; derive beside it.

Failures: `Transient` (a server is away) backs off and takes every partition up again from its row; `CellStopped` stops
one cell, or one of its partitions, until a person says to go on; `LostPartition` reads the positions again; anything
else ends the process, and a supervisor starts it again.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from aiokafka.errors import KafkaError

from consumers import births, metrics, write
from consumers.derive.loop import DeriveLoop
from consumers.options import Options
from consumers.partition import Position
from consumers.pipeline import Observer, Pipeline
from consumers.records import Lane
from consumers.source import Source
from schemas.envelope import COMMON
from schemas.errors import CellStopped, LostPartition, Transient
from service.store import intake
from service.store.pool import acquired

_log = structlog.get_logger()

Join = Callable[[Lane], Awaitable[None]]  # says on the cell's acts that a partition was added

_BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Consumer:
    """One member of the group. `waiting` says, by subject, what it waits for; empty when all is well."""

    def __init__(self, options: Options, pool: asyncpg.Pool, join: Join, observe: Observer | None = None) -> None:
        self._options = options
        self._pool = pool
        self._join = join
        self._pipeline = Pipeline(pool, observe)
        self._source = Source(options, self._assigned)
        self._deriving = DeriveLoop(options, pool, observe)
        self._stopping = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._pending_since: float | None = None
        self._kept = 0.0
        self._failures = 0
        self.waiting: dict[str, str] = {}

    def stop(self) -> None:
        """Ask the loop to end: what is being written is finished, the rest is read again by whoever comes next."""
        self._stopping.set()

    async def run(self) -> None:
        """Run until `stop`. Raises what is neither `Transient` nor about one cell."""
        await self._start()
        deriving = asyncio.create_task(self._deriving.run())
        try:
            while not self._stopping.is_set():
                if deriving.done():
                    deriving.result()
                await self._turn()
            await self._drain()
        finally:
            deriving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await deriving
            if self._writing is not None:
                self._writing.cancel()
            await self._source.stop()

    async def _start(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._source.start()
            except KafkaError as exc:
                await self._wait("kafka", f"no broker answers ({exc}): waiting for it")
            else:
                self._well("kafka")
                return

    # -- one turn ----------------------------------------------------------------------------------------------------

    async def _turn(self) -> None:
        try:
            busy = self._writing is not None or self._pending_since is not None
            polled, stopped = await self._source.poll(10 if busy else 100)
            for exc in stopped:
                await self._stop_lane(exc)
            count = 0
            for lane, records in polled.items():
                if records and self._fits(lane, records[0].timestamp_type):
                    self._pipeline.receive(lane, records)
                    count += len(records)
            await self._pipeline.fold(self._source.active)
            self._source.throttle(self._pipeline.full(self._options.inbox_records))
            await self._write(loaded=count * 2 >= self._options.poll_records)
            await self._keep_house()
            self._failures = 0
            self._well("postgres")
        except Transient as exc:
            await self._recover("postgres", str(exc))
        except LostPartition as exc:
            _log.info("a partition moved on", why=str(exc))
            metrics.RETRIES.labels("lost_partition").inc()
            await self._again()
        except CellStopped as exc:
            await self._cell_stopped(exc)

    async def _write(self, *, loaded: bool) -> None:
        """Start writing what was folded when it is due and the last batch is down."""
        if self._writing is not None:
            if not self._writing.done():
                await asyncio.sleep(0)
                return
            task, self._writing = self._writing, None
            task.result()
        folded, full = self._pipeline.folded(self._source.active)
        if not folded:
            self._pending_since = None
            return
        now = time.monotonic()
        if self._pending_since is None:
            self._pending_since = now
        bound = self._options.load_ms if loaded else self._options.rest_ms
        if not full and folded < self._options.max_records and (now - self._pending_since) * 1000 < bound:
            return
        prepared = self._pipeline.seal(self._source.active)
        self._pending_since = None
        if prepared is not None:
            self._writing = asyncio.create_task(self._put(prepared))

    async def _put(self, prepared: write.Prepared) -> None:
        with metrics.BATCH_SECONDS.time():
            await self._pipeline.put(prepared)
        metrics.count(prepared.batches)
        await self._source.commit({batch.lane: batch.next_offset for batch in prepared.batches})

    async def _drain(self) -> None:
        if self._writing is not None:
            with contextlib.suppress(Transient, LostPartition, CellStopped):
                await self._writing
            self._writing = None

    # -- assignment --------------------------------------------------------------------------------------------------

    async def _assigned(self, lanes: set[Lane]) -> None:
        """A rebalance: what is not ours any more is let go, what is ours is taken up from its row."""
        self._pipeline.drop(set(self._pipeline.partitions) - lanes)
        for attempt in range(1_000_000):
            try:
                await self._take_up(lanes)
            except Transient as exc:
                await self._wait("postgres", str(exc), attempt)
            except KafkaError as exc:
                await self._wait("kafka", str(exc) or type(exc).__name__, attempt)
            else:
                break
        self._deriving.cells = {lane.cell for lane in lanes if lane.topic == "acts" and lane.cell != COMMON}

    async def _take_up(self, lanes: set[Lane]) -> None:
        found = await self._pipeline.assign(lanes)
        for lane, position in found.items():
            await self._place(lane, position)

    async def _place(self, lane: Lane, position: Position) -> None:
        name = lane.label
        if position.stopped is not None:
            self._source.hold(lane)
            self.waiting[name] = position.stopped
            return
        try:
            start = position.next_offset
            gone = await self._source.place(lane, position)
        except CellStopped as exc:
            await self._stop_lane(exc)
            return
        self.waiting.pop(name, None)
        if gone is not None:
            await self._note_gap(lane, position, start)

    async def _note_gap(self, lane: Lane, position: Position, start: int) -> None:
        """Retention removed records before we came, or the last one applied: a row says from where to where."""
        async with acquired(self._pool) as connection, connection.transaction():
            await intake.note_record_gap(
                connection,
                *lane,
                position.epoch,
                (start, position.next_offset),
                position.applied,
                "removed by retention",
            )
            if start != position.next_offset:
                await intake.skip(connection, *lane, start, position.next_offset)
        self._pipeline.partitions[lane].take_up(position)

    async def _again(self) -> None:
        """Take every partition up again from its row, after what was folded could not be written."""
        if self._writing is not None:
            self._writing.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._writing
            self._writing = None
        self._pending_since = None
        self._pipeline.drop(set(self._pipeline.partitions))
        await self._take_up(set(self._source.assigned))

    async def _recover(self, what: str, why: str) -> None:
        metrics.RETRIES.labels(what).inc()
        await self._wait(what, why, self._failures)
        self._failures += 1
        with contextlib.suppress(Transient, KafkaError):
            await self._again()

    # -- cells that stop ---------------------------------------------------------------------------------------------

    async def _stop_lane(self, exc: CellStopped) -> None:
        """Stop one partition in its row; a person's `go_on` lifts that."""
        if exc.partition is None:
            raise exc
        lane = Lane(exc.cell, *exc.partition)
        partition = self._pipeline.partitions.get(lane)
        _log.error("a partition is stopped", cell=lane.cell, topic=lane.topic, partition=lane.partition, why=str(exc))
        self._source.hold(lane)
        self.waiting[lane.label] = str(exc)
        if partition is not None:
            async with acquired(self._pool) as connection:
                await intake.stop_partition(connection, *lane, partition.position.next_offset, str(exc))
            self._pipeline.drop({lane})

    async def _cell_stopped(self, exc: CellStopped) -> None:
        _log.error("a cell is stopped", cell=exc.cell, why=str(exc))
        for lane in [lane for lane in self._source.assigned if lane.cell == exc.cell and lane.topic == "telemetry"]:
            self._source.hold(lane)
            self.waiting[lane.label] = str(exc)
        with contextlib.suppress(Transient, KafkaError):
            await self._again()

    def _fits(self, lane: Lane, timestamp_type: int) -> bool:
        """Whether a topic's times are of the kind that its cell asks for: `CreateTime` where it is simulated."""
        state = self._pipeline.cells.get(lane.cell)
        simulated = state is not None and state.simulated
        if lane in self._pipeline.partitions and (timestamp_type == 0) == simulated:
            return True
        if lane in self._pipeline.partitions:
            self.waiting[lane.label] = births.misfit(lane.cell, simulated=simulated)
        self._source.hold(lane)
        self._pipeline.drop({lane})
        return False

    # -- housekeeping ------------------------------------------------------------------------------------------------

    async def _keep_house(self) -> None:
        """Now and then: let new cells begin, let new partitions join, take up what a person let go on, count lag."""
        now = time.monotonic()
        if (now - self._kept) * 1000 < self._options.housekeeping_ms:
            return
        self._kept = now
        for topic, lag in self._source.lag().items():
            metrics.LAG_RECORDS.labels(topic).set(lag)
        idle = self._source.assigned - self._source.active
        if not idle:
            return
        try:
            topics = await self._source.partitions()
            async with acquired(self._pool) as connection:
                for cell in sorted({lane.cell for lane in idle}):
                    async with connection.transaction():
                        await births.bear(connection, cell, topics.get(cell, {}))
            found = await self._pipeline.assign(idle)
            for lane in sorted(idle):
                if lane in found:
                    await self._place(lane, found[lane])
                else:
                    await self._unborn(lane, topics.get(lane.cell, {}))
        except KafkaError as exc:
            self.waiting["kafka"] = str(exc) or type(exc).__name__
        else:
            self._well("kafka")

    async def _unborn(self, lane: Lane, topics: dict[str, int]) -> None:
        why, joins = births.unborn(lane, topics)
        self.waiting[lane.label] = why
        if joins:
            await self._join(lane)

    async def _wait(self, what: str, why: str, attempt: int = 0) -> None:
        if self.waiting.get(what) != why:
            _log.warning("waiting", what=what, why=why)
        self.waiting[what] = why
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), _BACKOFF_S[min(attempt, len(_BACKOFF_S) - 1)])

    def _well(self, what: str) -> None:
        if self.waiting.pop(what, None) is not None:
            _log.info("going on", what=what)
