"""Reports put on a topic before they are measured: many sources, the same inventory again and again."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from loadtests import bodies
from loadtests.fleet import partition_of
from loadtests.reporters import Headers, Stamps
from loadtests.topics import Broker
from schemas.envelope import BEAT_TYPE, CONTENT_TYPE, ID, SOURCE, TIME, TYPE, acts_topic, telemetry_topic

GPUS = 8
_BATCH = 1024 * 1024
_REFRESH = 2000  # records between two looks at the clock


@dataclass(frozen=True, slots=True)
class Load:
    """What is put: sources, partitions of the topic, and whether heartbeats stand for the reports."""

    cell: str
    sources: int
    partitions: int
    heartbeats: bool = False

    def bodies(self) -> Iterator[tuple[bytes, bytes]]:
        """Give each source's name and its body."""
        for number in range(self.sources):
            report = body(number)
            yield f"node-{number:06d}".encode(), bodies.heartbeat(report) if self.heartbeats else report


def body(number: int) -> bytes:
    """Write a report of 8 GPUs, about 1 KB, that no other number gives."""
    items = [
        {
            "slot": f"gpu/{gpu}",
            "kind": "gpu",
            "identifiers": [{"scheme": "gpu_uuid", "value": f"GPU-{number:08x}-5a1e-4c0d-8a4f-{gpu:04x}{number:08x}"}],
        }
        for gpu in range(GPUS)
    ]
    return orjson.dumps({"scope": "node", "complete_for": ["gpu"], "items": items})


async def put(broker: Broker, load: Load, records: int) -> list[tuple[int, int]]:
    """Put records of all sources in turn, then a beat on every partition; gives each partition's range of offsets."""
    topic = telemetry_topic(load.cell)
    before = await ends(broker, topic, load.partitions)
    kind = bodies.HEARTBEAT_TYPE if load.heartbeats else bodies.REPORT_TYPE
    stamps = Stamps()
    prepared = [
        (
            key,
            value,
            partition_of(key, load.partitions),
            [(TYPE, kind), (SOURCE, key), (CONTENT_TYPE, b"application/json")],
        )
        for key, value in load.bodies()
    ]
    settings = {"compression_type": "lz4", "max_batch_size": _BATCH, "max_request_size": 16 * 1024 * 1024}
    async with broker.producer(**settings) as producer:
        open_ = [producer.create_batch() for _ in range(load.partitions)]
        sent: list[asyncio.Future[object]] = []
        now, stamp = 0, b""
        for number in range(records):
            if number % _REFRESH == 0:
                now = int(time.time() * 1000)
                stamp = stamps.rfc3339(now)
            key, value, partition, fixed = prepared[number % load.sources]
            headers: Headers = [*fixed, (ID, b"%d" % number), (TIME, stamp)]
            if open_[partition].append(timestamp=now, key=key, value=value, headers=headers) is None:
                sent.append(await producer.send_batch(open_[partition], topic, partition=partition))
                open_[partition] = producer.create_batch()
                open_[partition].append(timestamp=now, key=key, value=value, headers=headers)
        for partition, batch in enumerate(open_):
            sent.append(await producer.send_batch(batch, topic, partition=partition))
        await asyncio.gather(*sent)
        # Telemetry is folded up to what is applied on the acts: their time has to go beyond it.
        beat = {"value": b"", "headers": [(TYPE, BEAT_TYPE.encode())]}
        await producer.send_and_wait(acts_topic(load.cell), partition=0, **beat)
        after = await ends(broker, topic, load.partitions)
        for partition in range(load.partitions):
            await producer.send_and_wait(topic, partition=partition, **beat)
        await producer.send_and_wait(acts_topic(load.cell), partition=0, **beat)
    return list(zip(before, after, strict=True))


async def ends(broker: Broker, topic: str, partitions: int) -> list[int]:
    """Give the offsets at which each partition of a topic ends."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, enable_auto_commit=False, **broker.options)
    await consumer.start()
    try:
        lanes = [TopicPartition(topic, number) for number in range(partitions)]
        found = await consumer.end_offsets(lanes)
        return [int(found[lane]) for lane in lanes]
    finally:
        await consumer.stop()
