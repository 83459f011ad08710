"""The topics of a cell, made on purpose; and what is said of a cell before anything else: whose it is."""

import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from schemas import acts
from schemas.envelope import ACT_TYPE, CELL, COMMON, CONTENT_TYPE, TYPE, acts_topic, telemetry_topic
from schemas.errors import HoldfastError, NoKafka

_EXISTS = 36
BROKERS_CHOICE = -1  # copies of a topic: the broker's `default.replication.factor` (with no assignment, `{}`)
_FOREVER = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
REAL: Mapping[str, str] = {**_FOREVER, "message.timestamp.type": "LogAppendTime"}
SIMULATED: Mapping[str, str] = {
    **_FOREVER,
    "message.timestamp.type": "CreateTime",  # append time = record time (SEMANTICS rule 24)
    "message.timestamp.before.max.ms": str(2**63 - 1),
    "message.timestamp.after.max.ms": str(2**63 - 1),
}


class TopicRefused(HoldfastError):
    """The broker did not make a topic; the text says which, and why."""

    slug: ClassVar[str] = "topic-refused"


class WrongCell(HoldfastError):
    """No cell can have this name."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "wrong-cell"


class CellExists(HoldfastError):
    """The cell has records already: a simulated history is written once."""

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "cell-exists"


@dataclass(frozen=True, slots=True)
class Broker:
    """Where Kafka is, and what every client takes besides (protocol, login, TLS)."""

    bootstrap: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @asynccontextmanager
    async def producer(self, **settings: object) -> AsyncIterator[AIOKafkaProducer]:
        """Give a producer that writes each record once, in order. Raises NoKafka."""
        client = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap, enable_idempotence=True, acks="all", **self.options, **settings
        )
        with self.answering():
            try:
                await client.start()
                yield client
            finally:
                await client.stop()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Raise NoKafka for whatever says that no broker answers there, or that it lets us do nothing."""
        try:
            yield
        except (KafkaError, OSError) as exc:
            why = str(exc) or type(exc).__name__
            raise NoKafka(f"Kafka at {self.bootstrap} does not answer, or lets us do nothing ({why})") from exc


async def make(broker: Broker, topic: str, partitions: int, config: Mapping[str, str]) -> bool:
    """Make a topic with as many copies as the broker gives; False where there is one of that name already.

    Raises NoKafka, TopicRefused.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap, **broker.options)
    with broker.answering():
        try:
            await admin.start()
            made = await admin.create_topics([NewTopic(topic, partitions, BROKERS_CHOICE, {}, dict(config))])
        finally:
            await admin.close()
    for name, code, *words in made.topic_errors:
        if code == _EXISTS:
            return False
        if code:
            raise TopicRefused(f"the broker does not make the topic {name}: {words[0] if words else f'error {code}'}")
    return True


async def found_cell(
    broker: Broker, cell: str, *, operator: str, operator_name: str, partitions: int = 2, simulated: bool = False
) -> bool:
    """Say whose a cell is, on acts.common, and make its topics; False where it has them.

    Raises NoKafka, TopicRefused; WrongCell where no cell can have that name.
    """
    if not CELL.fullmatch(cell) or cell == COMMON:
        raise WrongCell(f"no cell can be named {cell!r}: use lower-case letters, digits and hyphens, not {COMMON!r}")
    await make(broker, acts_topic(COMMON), 1, REAL)
    config = SIMULATED if simulated else REAL
    async with broker.producer() as producer:
        if await _known(producer, cell):
            return False
        for said in (
            acts.OperatorPut(key=uuid.uuid4().hex, by="program:founder", operator=operator, name=operator_name),
            acts.CellPut(key=uuid.uuid4().hex, by="program:founder", cell=cell, operator=operator, simulated=simulated),
        ):
            headers = [(TYPE, ACT_TYPE.encode()), (CONTENT_TYPE, b"application/json")]
            await producer.send_and_wait(acts_topic(COMMON), acts.body(said), partition=0, headers=headers)
    # Consumers let a cell begin once both topics are there: the one that counts its partitions comes last.
    await make(broker, telemetry_topic(cell), partitions, config)
    return await make(broker, acts_topic(cell), 1, config)


async def _known(producer: AIOKafkaProducer, cell: str) -> bool:
    metadata = await producer.client.fetch_all_metadata()
    return {telemetry_topic(cell), acts_topic(cell)} <= set(metadata.topics())


async def last_append(broker: Broker, cell: str) -> int | None:
    """Append time (ms) of the last record on a cell's acts; None where there is no record, or no such topic.

    Raises NoKafka.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap, enable_auto_commit=False, auto_offset_reset="none", **broker.options
    )
    with broker.answering():
        try:
            await consumer.start()
            lane = TopicPartition(acts_topic(cell), 0)
            if lane.topic not in await consumer.topics():
                return None
            consumer.assign([lane])
            ends = await consumer.end_offsets([lane])
            if not ends[lane]:
                return None
            consumer.seek(lane, ends[lane] - 1)
            return int((await consumer.getone(lane)).timestamp)
        finally:
            await consumer.stop()
