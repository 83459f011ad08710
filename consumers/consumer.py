"""The loop of one consumer process: poll and fold while the last batch is being written; derive beside it.

Failures: `Transient` (a server is away) backs off and takes every partition up again from its row; `CellStopped` stops
one cell, or one of its partitions, until a person says to go on; `LostPartition` reads the positions again; anything
else ends the process, and a supervisor starts it again.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable

import asyncpg
import structlog
from aiokafka.errors import KafkaError

from consumers import metrics, write
from consumers.derive.loop import DeriveLoop
from consumers.options import Options
from consumers.ownership import Join, Ownership
from consumers.pipeline import Observer, Pipeline
from consumers.source import Source
from schemas.envelope import COMMON
from schemas.errors import CellStopped, LostPartition, Transient

_log = structlog.get_logger()

_BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_LAST_WRITE_S = 20.0  # for what is being written when the process is asked to end; else it is read again


class Consumer:
    """One member of the group."""

    def __init__(self, options: Options, pool: asyncpg.Pool, join: Join, observe: Observer | None = None) -> None:
        self._options = options
        self._pipeline = Pipeline(pool, observe)
        self._source = Source(options)
        self._ownership = Ownership(options, pool, self._pipeline, self._source, join)
        self._deriving = DeriveLoop(options, pool, observe)
        self._stopping = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._pending_since: float | None = None
        self._measured = 0.0
        self._failures = 0
        self._servers: dict[str, str] = {}

    @property
    def waiting(self) -> dict[str, str]:
        """What it waits for, by subject; empty when all is well."""
        return {**self._ownership.waiting, **self._servers}

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
            if self._writing is not None:
                await asyncio.wait({self._writing}, timeout=_LAST_WRITE_S)
        finally:
            self._ownership.cancel()
            await _ended(deriving, self._writing)
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
            try:
                await self._work()
            except LostPartition as exc:
                _log.info("a partition moved on", why=str(exc))
                metrics.RETRIES.labels("lost_partition").inc()
                await self._again()
            except CellStopped as exc:
                await self._again()
                await self._ownership.stop(exc)
        except Transient as exc:
            await self._recover("postgres", str(exc))
        except KafkaError as exc:
            # Nothing that was read is in doubt: lanes that are placed go on once a broker answers.
            await self._wait("kafka", str(exc) or type(exc).__name__, self._failures)
            self._failures += 1

    async def _work(self) -> None:
        if self._source.rebalanced:
            await self._rebalanced()
        ownership, source, pipeline = self._ownership, self._source, self._pipeline
        busy = self._writing is not None or self._pending_since is not None or ownership.busy
        polled, stopped = await source.poll(10 if busy else 100)
        for exc in stopped:
            await ownership.stop(exc)
        if polled:
            self._well("kafka")
        count = 0
        for lane, records in polled.items():
            if lane in source.active and (fitting := ownership.fitting(lane, records)):
                pipeline.receive(lane, fitting)
                count += len(fitting)
        await pipeline.fold(source.active)
        await ownership.rest()
        source.throttle(pipeline.full(self._options.inbox_records))
        await self._write(loaded=count * 2 >= self._options.poll_records)
        if await ownership.keep():
            self._well("postgres")
            self._well("kafka")
        self._measure()
        self._failures = 0

    async def _rebalanced(self) -> None:
        """Let go what is not ours any more, and take up what is, once nothing is being written."""
        if self._writing is not None:
            await asyncio.wait({self._writing})
            task, self._writing = self._writing, None
            task.result()
        self._ownership.rebalanced()
        self._pending_since = None
        self._deriving.cells = {
            lane.cell for lane in self._source.assigned if lane.topic == "acts" and lane.cell != COMMON
        }

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
        self._well("postgres")
        metrics.count(prepared.batches)
        self._source.commit({batch.lane: batch.next_offset for batch in prepared.batches})

    # -- failures ----------------------------------------------------------------------------------------------------

    async def _again(self) -> None:
        """Take every partition up again from its row, after what was folded could not be written."""
        task, self._writing = self._writing, None
        await _ended(task)
        self._pending_since = None
        self._ownership.again()

    async def _recover(self, what: str, why: str) -> None:
        metrics.RETRIES.labels(what).inc()
        await self._wait(what, why, self._failures)
        self._failures += 1
        await self._again()

    async def _wait(self, what: str, why: str, attempt: int = 0) -> None:
        if self._servers.get(what) != why:
            _log.warning("waiting", what=what, why=why)
        self._servers[what] = why
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), _BACKOFF_S[min(attempt, len(_BACKOFF_S) - 1)])

    def _well(self, what: str) -> None:
        if self._servers.pop(what, None) is not None:
            _log.info("going on", what=what)

    def _measure(self) -> None:
        now = time.monotonic()
        if (now - self._measured) * 1000 >= self._options.housekeeping_ms:
            self._measured = now
            for topic, lag in self._source.lag().items():
                metrics.LAG_RECORDS.labels(topic).set(lag)


async def _ended(*tasks: Awaitable[None] | None) -> None:
    """End tasks, whatever they were at; their failures are known, or of no use any more."""
    every = [asyncio.ensure_future(task) for task in tasks if task is not None]
    for task in every:
        task.cancel()
    await asyncio.gather(*every, return_exceptions=True)
