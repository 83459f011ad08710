"""Drive the real pipeline over the real Postgres without a broker: any batching, any interleaving, any crash."""

import re
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace

import asyncpg

from consumers import births
from consumers.derive import memory as memories
from consumers.derive.deriver import Deriver
from consumers.derive.events import mint
from consumers.derive.order import Order
from consumers.partition import Position
from consumers.pipeline import Pipeline
from consumers.records import Lane
from schemas.errors import LostPartition
from tests.reference.identifying import ref_of
from tests.reference.model import firsts
from tests.support.records import ACTS, TELEMETRY, Record


class Crash(BaseException):
    """The process ends here, as a kill -9 would end it: nothing may catch it."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens to a consumer: see `Driver.step`."""

    what: str
    topic: str = TELEMETRY
    partition: int = 0
    count: int = 1
    point: tuple[str, str] = ("", "")


@dataclass(slots=True)
class Driver:
    """One consumer of one cell, fed from a list of records instead of a broker."""

    pool: asyncpg.Pool
    cell: str
    partitions: int
    log: dict[Lane, list[Record]] = field(default_factory=lambda: defaultdict(list))
    fed: dict[Lane, int] = field(default_factory=dict)
    crash_at: tuple[str, str] | None = None
    passed: set[tuple[str, str]] = field(default_factory=set)  # the points of the pipeline that were reached
    pipeline: Pipeline = field(init=False)
    deriver: Deriver = field(init=False)

    async def begin(self, records: Iterable[Record]) -> None:
        """Let the cell begin and take its partitions up."""
        for record in sorted(records, key=lambda r: (r.topic, r.partition, r.offset)):
            self.log[Lane(self.cell, record.topic, record.partition)].append(record)
        async with self.pool.acquire() as connection, connection.transaction():
            await births.bear(connection, self.cell, {ACTS: 1, TELEMETRY: self.partitions})
        await self.restart()

    @property
    def lanes(self) -> list[Lane]:
        """All partitions of the cell."""
        return [Lane(self.cell, ACTS, 0), *(Lane(self.cell, TELEMETRY, n) for n in range(self.partitions))]

    async def restart(self) -> None:
        """Come up as a new process does: from what is in Postgres, and nothing else."""
        self.crash_at = None
        self.pipeline = Pipeline(self.pool, self.observe)
        self.deriver = Deriver(self.pool, self.cell, self.observe)
        self._seek(await self.pipeline.assign(self.lanes))

    def _seek(self, positions: dict[Lane, Position]) -> None:
        self.fed = {lane: position.next_offset for lane, position in positions.items()}
        for lane in positions:
            self.pipeline.placed(lane)

    async def observe(self, step: str, when: str) -> None:
        """Crash where it was asked for."""
        self.passed.add((step, when))
        if (step, when) == self.crash_at:
            raise Crash(f"{when} {step}")

    def feed(self, lane: Lane, count: int) -> int:
        """Poll up to `count` records of a partition; how many there were."""
        records = self.log[lane][self.fed[lane] : self.fed[lane] + count]
        if records:
            self.pipeline.receive(lane, records)
            self.fed[lane] += len(records)
        return len(records)

    async def write(self) -> bool:
        """Write what was folded; whether there was anything."""
        prepared = self.pipeline.seal()
        if prepared is not None:
            await self.pipeline.put(prepared)
        return prepared is not None

    async def write_or_again(self) -> bool:
        """Write; where an act changed meanwhile how a partition is to be read, all are taken up again."""
        try:
            return await self.write()
        except LostPartition:
            await self._again()
            return True

    async def _again(self) -> None:
        self.pipeline.drop(self.lanes)
        self._seek(await self.pipeline.assign(self.lanes))

    async def look(self) -> None:
        """Look at the partitions that rest, now and then: a person may have said that they count again."""
        resting = self.pipeline.resting(frozenset(self.lanes))
        if not resting:
            return
        async with self.pool.acquire() as connection:
            rows = await births.positions(connection, [self.cell])
        if any(rows[lane].fence != self.pipeline.partitions[lane].position.fence for lane in resting):
            await self._again()

    async def step(self, step: Step) -> None:
        """Do one thing; after a crash a new process goes on."""
        try:
            match step.what:
                case "poll":
                    self.feed(Lane(self.cell, step.topic, step.partition), step.count)
                case "fold":
                    await self.pipeline.fold()
                case "write":
                    await self.write_or_again()
                case "derive":
                    await self.derive()
                case "crash":
                    await self.restart()
                case "rebalance":
                    self._seek_changed(await self.pipeline.assign(self.lanes))
                case "arm":
                    self.crash_at = step.point
                case _:
                    raise AssertionError(step.what)
        except Crash:
            await self.restart()

    def _seek_changed(self, positions: dict[Lane, Position]) -> None:
        for lane, position in positions.items():
            held = self.pipeline.partitions[lane]
            if not held.inbox and not held.batch.records:
                self.fed[lane] = position.next_offset
            self.pipeline.placed(lane)

    async def derive(self) -> bool:
        """Step 6; whether anything was derived."""
        before = await self._horizon()
        more = True
        while more:
            more = await self.deriver.derive()
            await self._remembered()
        return await self._horizon() != before

    async def _remembered(self) -> None:
        """What is kept in memory is what a new process would read."""
        kept = self.deriver.memory
        if kept is None:
            return
        async with self.pool.acquire() as connection:
            read = await memories.load(connection, self.cell)
        assert _lasting(kept) == _lasting(read)

    async def _horizon(self) -> int:
        async with self.pool.acquire() as connection:
            return int(await connection.fetchval("SELECT horizon FROM cell WHERE cell = $1", self.cell))

    async def finish(self) -> None:
        """Go on until nothing is left to do."""
        self.crash_at = None
        for _ in range(1000):
            fed = sum(self.feed(lane, 10_000) for lane in self.lanes)
            folded = await self.pipeline.fold()
            written = await self.write_or_again()
            derived = await self.derive()
            if not (fed or folded or written or derived):
                return
            await self.look()
        raise AssertionError("the consumer never comes to rest")


def _lasting(memory: memories.Memory) -> dict[str, object]:
    names = {each.name for each in fields(memories.Memory)} - {
        "classes",
        "inventories",
        "terms",
        "findings",
        "dismissed",
    }
    rows = {
        name: {key: row.columns() for key, row in held.items()}
        for name, held in (("findings", memory.findings), ("dismissed", memory.dismissed))
    }
    return {**rows, **{name: getattr(memory, name) for name in names}}


async def facts_after(
    pool: asyncpg.Pool, records: Sequence[Record], partitions: int, steps: Iterable[Step] = ()
) -> str:
    """Run records through a consumer that is treated so, to the end; gives the cell."""
    cell = f"cell{secrets.token_hex(6)}"
    driver = Driver(pool, cell, partitions)
    await driver.begin(as_named_in(cell, records, partitions))
    for step in steps:
        await driver.step(step)
    await driver.finish()
    return cell


def as_named_in(cell: str, records: Sequence[Record], partitions: int) -> list[Record]:
    """Let acts that name assets name them by the ids that a cell gives them (`ref_of` says what streams name)."""
    if not any(record.topic == ACTS and b'"assets"' in (record.value or b"") for record in records):
        return list(records)
    ids = {
        ref_of(part).encode(): mint(cell, "asset", Order(*order), part.hex()).encode()
        for part, order in firsts(records, partitions).items()
    }
    named = re.compile(b"|".join(sorted(ids)) or b"(?!)")
    return [
        replace(record, value=named.sub(lambda found: ids[found[0]], record.value))
        if record.topic == ACTS and record.value
        else record
        for record in records
    ]
