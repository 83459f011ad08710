"""Plays a fleet into Kafka: each partition in order of time, with the records' own times, at any speed."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from loadtests.fleet import ACTS, Play, Record
from loadtests.reporters import HOUR
from loadtests.topics import Broker, CellExists, found_cell
from schemas.envelope import acts_topic, telemetry_topic

BATCH_BYTES = 4 * 1024 * 1024
_SLICE = 6 * HOUR  # of simulated time: what is not full by then is sent all the same, so that all partitions advance
_BREATH_S = 0.5  # when played at a speed, what is due is sent this often


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a play is: records written, the share of its time that is over, seconds since it began."""

    records: int
    bytes: int
    share: float
    seconds: float
    at: int

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.records / self.seconds if self.seconds else 0.0

    @property
    def left_s(self) -> float:
        """Seconds that are left, as far as one can tell."""
        return self.seconds * (1 - self.share) / self.share if self.share else 0.0


OPERATOR = "kul-operator"
OPERATOR_NAME = "Kuala Lumpur Compute Sdn Bhd (simulated)"


async def simulate(
    broker: Broker,
    cell: str,
    play: Play,
    *,
    speed: float = 0,
    operator: str = OPERATOR,
    operator_name: str = OPERATOR_NAME,
    tell: Callable[[Progress], None] | None = None,
) -> Progress:
    """Found a simulated cell and play a fleet into it, up to the beats at its end; tells of progress once a second.

    `speed`: 0 as fast as it goes, 1 in real time, 60 a minute a second. Raises CellExists, TopicRefused, and the Kafka
    client's errors.
    """
    if not await found_cell(
        broker,
        cell,
        operator=operator,
        operator_name=operator_name,
        partitions=play.partitions,
        simulated=True,
    ):
        raise CellExists(f"cell {cell} has topics already: name another one, its history is written only once")
    return await put(broker, cell, play.records(), play.start, play.end, speed=speed, tell=tell)


async def put(
    broker: Broker,
    cell: str,
    records: Iterable[Record],
    start: int,
    end: int,
    *,
    speed: float = 0,
    tell: Callable[[Progress], None] | None = None,
) -> Progress:
    """Write records (in order of time) to a cell's topics. Holds one batch per partition."""
    settings = {"compression_type": "zstd", "max_batch_size": BATCH_BYTES, "max_request_size": 16 * 1024 * 1024}
    async with broker.producer(**settings) as producer:
        writer = _Writer(producer, cell)
        began = told = time.monotonic()
        slice_ = int(min(_SLICE, _BREATH_S * 1000 * speed)) if speed else _SLICE
        due = start + slice_
        count = size = 0
        progress = Progress(0, 0, 0, 0, start)
        for record in records:
            if record.at >= due:
                await writer.flush()
                due = record.at - (record.at - start) % slice_ + slice_
                now = time.monotonic()
                progress = Progress(count, size, (record.at - start) / (end - start), now - began, record.at)
                if tell and now - told >= 1:
                    told = now
                    tell(progress)
                if speed:
                    await asyncio.sleep(max(0.0, (record.at - start) / 1000 / speed - (now - began)))
            if not writer.append(record):
                await writer.send(record.topic, record.partition)
                if not writer.append(record):
                    raise ValueError(f"a record of {len(record.value)} bytes is larger than a batch")
            count += 1
            size += len(record.value)
        await writer.flush()
        progress = Progress(count, size, 1.0, time.monotonic() - began, end)
        if tell:
            tell(progress)
        return progress


class _Writer:
    """One open batch per partition."""

    def __init__(self, producer: AIOKafkaProducer, cell: str) -> None:
        self._producer = producer
        self._cell = cell
        self._open: dict[tuple[str, int], object] = {}
        self._sent: list[asyncio.Future[object]] = []

    def append(self, record: Record) -> bool:
        """Put a record into its partition's batch; False where that is full."""
        lane = (record.topic, record.partition)
        batch = self._open.get(lane)
        if batch is None:
            batch = self._open[lane] = self._producer.create_batch()
        done = batch.append(  # type: ignore[attr-defined]  # the client has no types
            timestamp=record.at, key=record.key, value=record.value, headers=record.headers
        )
        return done is not None

    async def send(self, topic: str, partition: int) -> None:
        """Send a partition's batch, once the one before it has gone out."""
        batch = self._open.pop((topic, partition), None)
        if batch is None:
            return
        name = (acts_topic if topic == ACTS else telemetry_topic)(self._cell)
        self._sent.append(await self._producer.send_batch(batch, name, partition=partition))

    async def flush(self) -> None:
        """Send every batch, acts first, and wait until all that was sent is written."""
        for topic, partition in sorted(self._open):
            await self.send(topic, partition)
        sent, self._sent = self._sent, []
        await asyncio.gather(*sent)
