"""The lanes that are ours: taken up from their rows, placed in their logs, stopped until a person says to go on.

A lane that is ours is idle until it is placed: its row is read, then the bounds of its log are asked for beside the
loop, so that a partition without a leader holds up nobody else. Whatever fails leaves it idle, and it is tried again.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection

import asyncpg
import structlog

from consumers import births, write
from consumers.options import Options
from consumers.partition import Position
from consumers.pipeline import Pipeline
from consumers.records import Lane, Record
from consumers.source import Source, remedy
from schemas.errors import CellStopped, LostPartition, RecordsGone, TopicChanged
from service.store import intake
from service.store.pool import acquired

_log = structlog.get_logger()

Join = Callable[[Lane], Awaitable[None]]  # says on the cell's acts that a partition was added
_JOIN_S = 5.0

Bounds = dict[Lane, tuple[int, int]]


class Ownership:
    """Takes lanes up, lets them go, stops them. `waiting` says, by lane, what is waited for. Owned by the loop."""

    def __init__(self, options: Options, pool: asyncpg.Pool, pipeline: Pipeline, source: Source, join: Join) -> None:
        self._options = options
        self._pool = pool
        self._pipeline = pipeline
        self._source = source
        self._join = join
        self._asking: asyncio.Task[Bounds] | None = None
        self._looked = 0.0
        self.waiting: dict[str, str] = {}

    def again(self) -> None:
        """Take every lane up again from its row: what was polled and folded is forgotten, nothing is polled."""
        self.let_go(set(self._pipeline.partitions))
        self._hold(self._source.assigned)

    def rebalanced(self) -> None:
        """Other lanes are ours than before: folded state of those that stay is kept while their rows agree."""
        self._source.rebalanced = False
        self.let_go(set(self._pipeline.partitions) - self._source.assigned)
        self._hold(self._source.assigned)
        ours = {lane.label for lane in self._source.assigned}
        for label in self.waiting.keys() - ours:
            del self.waiting[label]

    def let_go(self, lanes: Collection[Lane]) -> None:
        """Forget partitions."""
        self._pipeline.drop(lanes)

    def _hold(self, lanes: Collection[Lane]) -> None:
        self.cancel()
        for lane in lanes:
            self._source.hold(lane)
        self._looked = 0.0

    async def rest(self) -> None:
        """Poll no more of those of our lanes that have come to where they are suspended."""
        for lane in self._pipeline.resting(self._source.active):
            position = self._pipeline.partitions[lane].position
            self._source.hold(lane)
            self.let_go({lane})
            if position.rests_from is not None and not position.rests:
                await self._rest_behind(lane, position, position.rests_from)

    async def _rest_behind(self, lane: Lane, position: Position, offset: int) -> None:
        """No record lies between a position and the offset from which on its lane rests: it has come there."""
        async with acquired(self._pool) as connection, connection.transaction():
            applied = await intake.hold_acts(connection, lane.cell)
            if await intake.skip(connection, lane, position.place, offset):
                await write.come_to_rest(connection, lane.cell, applied)

    def cancel(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    @property
    def busy(self) -> bool:
        """Whether lanes are being placed just now."""
        return self._asking is not None

    async def keep(self) -> bool:
        """Go on with placing what is idle, now and then; whether nothing is amiss. Raises KafkaError, `Transient`."""
        if self._asking is not None:
            if self._asking.done():
                asking, self._asking = self._asking, None
                await self._place(asking.result())
            return False
        now = time.monotonic()
        idle = self._source.assigned - self._source.active
        if not self._source.assigned:
            return True
        if not idle or (now - self._looked) * 1000 < self._options.housekeeping_ms:
            return False
        self._looked = now
        await self._take_up(idle)
        return True

    async def _take_up(self, idle: set[Lane]) -> None:
        """Let new cells begin and new partitions join; read the rows of idle lanes, and ask for their logs' bounds."""
        found = await self._pipeline.assign(idle)
        if new := idle - found.keys():
            topics = await self._source.partitions()
            async with acquired(self._pool) as connection:
                for cell in sorted({lane.cell for lane in new}):
                    async with connection.transaction():
                        await births.bear(connection, cell, topics.get(cell, {}))
            found |= await self._pipeline.assign(new)
            for lane in sorted(idle - found.keys()):
                await self._unborn(lane, topics.get(lane.cell, {}))
        for lane, position in found.items():
            if position.stopped is not None:
                self.waiting[lane.label] = position.stopped
            elif position.rests:
                self.waiting[lane.label] = f"suspended from offset {position.rests_from} on, by a person's word"
        ready = [lane for lane, position in found.items() if position.stopped is None and not position.rests]
        if ready:
            self._asking = asyncio.create_task(self._bounds(ready))

    async def _bounds(self, lanes: list[Lane]) -> Bounds:
        found = await self._source.bounds(lanes)
        for lane in lanes:
            if lane not in found:
                self.waiting[lane.label] = "no broker leads this partition now"
        return found

    async def _unborn(self, lane: Lane, topics: dict[str, int]) -> None:
        self.waiting[lane.label], joins = births.unborn(lane, topics)
        if joins:
            with contextlib.suppress(TimeoutError):  # then it is said again
                await asyncio.wait_for(self._join(lane), _JOIN_S)

    async def _place(self, found: Bounds) -> None:
        for lane, bounds in found.items():
            partition = self._pipeline.partitions.get(lane)
            if partition is None or lane in self._source.active or lane not in self._source.assigned:
                continue
            try:
                await self._check(lane, partition.position, bounds)
            except CellStopped as exc:
                await self.stop(exc)
                continue
            if self._source.place(lane, self._pipeline.partitions[lane].position, bounds):
                self._pipeline.placed(lane)
                self.waiting.pop(lane.label, None)

    async def _check(self, lane: Lane, position: Position, bounds: tuple[int, int]) -> None:
        """Whether a log can be gone on with (rule 33). Raises `TopicChanged`, `RecordsGone`."""
        start, end = bounds
        next_, name = position.next_offset, f"{lane.topic}.{lane.cell} partition {lane.partition}"
        if end < next_:
            msg = f"{name} ends at offset {end}, but records up to {next_} were applied: the topic was recreated"
            raise TopicChanged(lane.cell, f"{msg}; {remedy(lane)} (it holds {start} to {end})", lane[1:])
        if start > next_ and (next_ > 0 or position.last_offset is not None or position.epoch > 0):
            msg = f"{name}: records from offset {next_} to {start} are gone from the broker and were never applied"
            raise RecordsGone(lane.cell, f"{msg}; {remedy(lane)}", lane[1:])
        if start > next_ or (position.last_offset is not None and start > position.last_offset):
            await self._note_gap(lane, position, max(start, next_))

    async def _note_gap(self, lane: Lane, position: Position, start: int) -> None:
        """Retention removed records before we came, or the last one applied: a row says from where to where."""
        held = position.next_offset
        async with acquired(self._pool) as connection, connection.transaction():
            await intake.note_record_gap(
                connection, *lane, position.epoch, (held, start), position.applied, "removed by retention"
            )
            if start != held and not await intake.skip(connection, lane, position.place, start):
                raise LostPartition(f"another consumer moved {lane.label}: its position is read again")
        position.next_offset = start
        self._pipeline.partitions[lane].take_up(position)

    def fitting(self, lane: Lane, records: list[Record]) -> list[Record]:
        """Records up to the first whose time is not of the kind that its cell asks for: `CreateTime` if simulated.

        Behind that one nothing of the lane is taken. No records at all fit: the one that was read again may come alone.
        """
        state = self._pipeline.cells.get(lane.cell)
        simulated = state is not None and state.simulated
        count = next((n for n, r in enumerate(records) if (r.timestamp_type == 0) != simulated), len(records))  # type: ignore[attr-defined]
        if records and count == 0:
            self.waiting[lane.label] = births.misfit(lane.cell, simulated=simulated)
            self._source.hold(lane)
            self.let_go({lane})
        return records[:count]

    async def stop(self, exc: CellStopped) -> None:
        """Stop one partition in its row until a person says to go on, or note that all of a cell's telemetry is."""
        if exc.partition is None:
            _log.error("a cell is stopped", cell=exc.cell, why=str(exc))
            lanes = {lane for lane in self._source.assigned if lane.cell == exc.cell and lane.topic == "telemetry"}
        else:
            lane = Lane(exc.cell, *exc.partition)
            lanes = {lane}
            _log.error("a partition is stopped", lane=lane.label, why=str(exc))
            if (partition := self._pipeline.partitions.get(lane)) is not None:
                async with acquired(self._pool) as connection:
                    await intake.stop_partition(connection, lane.cell, lane[1:], partition.position.next_offset, exc)
        for lane in lanes:
            self._source.hold(lane)
            self.waiting[lane.label] = str(exc)
        self.let_go(lanes)
