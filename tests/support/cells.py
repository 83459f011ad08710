"""A cell on the real broker and in the real database: its topics, its records, and when everything is applied."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.admin.new_partitions import NewPartitions
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.errors import TopicAlreadyExistsError

from service.store import intake
from service.store.pool import connect
from tests.reference.shapes import Facts
from tests.support.facts import facts_of
from tests.support.records import ACTS, TELEMETRY, Record
from tests.support.servers import make_topic

PATIENCE_S = 60


@dataclass(slots=True)
class Cell:
    """One cell. A simulated one takes the times that its records bear, so that a test can say what they are."""

    bootstrap: str
    dsn: str
    name: str
    partitions: int = 1
    simulated: bool = True

    def topic(self, kind: str) -> str:
        """Name of one of its topics."""
        return f"{kind}.{self.name}"

    async def make(self) -> None:
        """Make the topics, and register what kind of cell it is."""
        connection = await connect(self.dsn)
        try:
            await intake.put_cell(connection, self.name, "operator-1", b"\x01" * 32, simulated=self.simulated)
        finally:
            await connection.close()
        await self.make_topics()

    async def make_topics(self, *kinds: str) -> None:
        """Make its topics, or those named; one that was deleted just now is made once it is gone."""
        time_of = {
            "message.timestamp.type": "CreateTime" if self.simulated else "LogAppendTime",
            "message.timestamp.after.max.ms": str(2**63 - 1),
            "retention.ms": "-1",
        }
        for kind in kinds or (TELEMETRY, ACTS):
            deadline = time.monotonic() + PATIENCE_S
            while True:
                try:
                    await make_topic(
                        self.bootstrap, self.topic(kind), self.partitions if kind == TELEMETRY else 1, time_of
                    )
                    break
                except TopicAlreadyExistsError:
                    if time.monotonic() > deadline:
                        raise
                    await asyncio.sleep(0.1)

    async def drop(self, *kinds: str) -> None:
        """Delete its topics, or those named."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            await admin.delete_topics([self.topic(kind) for kind in kinds or (TELEMETRY, ACTS)])
        finally:
            await admin.close()

    async def config(self, kind: str) -> Mapping[str, str]:
        """Give the configuration of one of its topics."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, self.topic(kind))])
            return {entry[0]: entry[1] for resource in answer.resources for entry in resource[4]}
        finally:
            await admin.close()

    async def forget(self, kind: str, before: int) -> None:
        """Let the broker remove the records of a topic's first partition before an offset, as retention does."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            await admin.delete_records({TopicPartition(self.topic(kind), 0): RecordsToDelete(before)})
        finally:
            await admin.close()

    async def grow(self, partitions: int) -> None:
        """Add partitions to the telemetry topic."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            await admin.create_partitions({self.topic(TELEMETRY): NewPartitions(partitions)})
        finally:
            await admin.close()
        self.partitions = partitions

    async def produce(self, records: Iterable[Record], compression: str | None = None) -> None:
        """Write records in the order given; in a simulated cell with their own times."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            enable_idempotence=True,
            max_request_size=(16 if compression is None else 128) * 1024 * 1024,
            linger_ms=5,
            compression_type=compression,
        )
        await producer.start()
        try:
            sent = [
                await producer.send(
                    self.topic(record.topic),
                    record.value,
                    key=record.key,
                    partition=record.partition,
                    timestamp_ms=record.timestamp if self.simulated else None,
                    headers=list(record.headers),
                )
                for record in records
            ]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    def lanes(self) -> list[tuple[str, int]]:
        """Give its partitions."""
        return [(ACTS, 0), *((TELEMETRY, number) for number in range(self.partitions))]

    async def read_back(self) -> tuple[Record, ...]:
        """Give everything that the broker holds of it."""
        tps = {TopicPartition(self.topic(kind), number): kind for kind, number in self.lanes()}
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, auto_offset_reset="earliest", max_partition_fetch_bytes=32 * 1024 * 1024
        )
        await reader.start()
        found: list[Record] = []
        try:
            reader.assign(list(tps))
            ends = await reader.end_offsets(list(tps))
            for tp in tps:
                reader.seek(tp, 0)
            while any([await reader.position(tp) < ends[tp] for tp in tps]):
                for tp, records in (await reader.getmany(timeout_ms=500)).items():
                    found += [
                        Record(tps[tp], r.partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers))
                        for r in records
                    ]
        finally:
            await reader.stop()
        return tuple(found)

    async def applied(self, horizon: int, within: float = PATIENCE_S) -> None:
        """Wait until every partition is applied to its end, and everything below a moment is derived."""
        deadline = time.monotonic() + within
        reader = AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
        await reader.start()
        seen: object = None
        try:
            tps = {TopicPartition(self.topic(kind), number): (kind, number) for kind, number in self.lanes()}
            while time.monotonic() < deadline:
                ends = await reader.end_offsets(list(tps))
                wanted = {tps[tp]: end for tp, end in ends.items()}
                seen = await self.standing()
                positions, reached = seen
                if all(positions.get(lane) == end for lane, end in wanted.items()) and reached >= horizon:
                    return
                await asyncio.sleep(0.05)
        finally:
            await reader.stop()
        raise AssertionError(f"cell {self.name} never came to {horizon} with {wanted}: it is at {seen}")

    async def standing(self) -> tuple[dict[tuple[str, int], int], int]:
        """Give the next offset of each partition, and the horizon; nothing of a database that is away."""
        connection = await connect(self.dsn)
        try:
            rows = await connection.fetch(
                "SELECT topic, partition, next_offset FROM position WHERE cell = $1", self.name
            )
            horizon = await connection.fetchval("SELECT horizon FROM cell WHERE cell = $1", self.name)
        finally:
            await connection.close()
        return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}, horizon or 0

    async def facts(self) -> Facts:
        """Give its facts."""
        connection = await connect(self.dsn)
        try:
            return await facts_of(connection, self.name)
        finally:
            await connection.close()

    async def until(self, statement: str, count: int, within: float = PATIENCE_S) -> Sequence[Mapping[str, object]]:
        """Ask until so many rows are there; $1 is its name."""
        deadline = time.monotonic() + within
        while len(rows := await self.rows(statement)) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"cell {self.name}: {len(rows)} rows of {count}: {statement}")
            await asyncio.sleep(0.05)
        return rows

    async def rows(self, statement: str, *values: object) -> Sequence[Mapping[str, object]]:
        """Ask something about it; $1 is its name."""
        connection = await connect(self.dsn)
        try:
            return [dict(row) for row in await connection.fetch(statement, self.name, *values)]
        finally:
            await connection.close()


@dataclass(slots=True)
class Program:
    """`holdfast consume` or `holdfast beat` as a process of its own, which can be killed."""

    dsn: str
    bootstrap: str
    group: str
    command: str = "consume"
    more: Mapping[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it; a second start is another process."""
        environment = {
            **os.environ,
            "HOLDFAST_DATABASE_URL": self.dsn,
            "HOLDFAST_KAFKA_BOOTSTRAP": self.bootstrap,
            "HOLDFAST_CONSUMER_GROUP": self.group,
            "HOLDFAST_LOG_LEVEL": "error",
            **self.more,
        }
        self.process = subprocess.Popen(
            [str(Path(sys.executable).with_name("holdfast")), self.command],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it: as kill -9 does, or as told."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(30)
            self.process = None
