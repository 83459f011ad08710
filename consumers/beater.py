"""The beater, a process apart: it lets time go by in partitions that are idle (SEMANTICS rule 2).

A beat is an empty record. Every idle partition gets one at least every 10 s; as soon as anything is appended to a cell,
its other partitions get one within 300 ms, and this one too once it rests, so that the cell's horizon passes what was
appended. Cells whose topics have `CreateTime` are simulated and have their own clock: they get none. Where a cell has
telemetry and no topic of acts, the beater makes it: without acts nothing of a cell is applied.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from consumers.source import lane_of
from schemas.envelope import BEAT_TYPE, COMMON, TYPE, acts_topic

_log = structlog.get_logger()

TICK_S = 0.1
IDLE_S = 10.0
TOPICS_S = 2.0
_HEADERS = [(TYPE, BEAT_TYPE.encode())]


class Beater:
    """One process beats for all cells of a broker; a second one does no harm but for its records."""

    def __init__(self, kafka: Mapping[str, Any], idle_s: float = IDLE_S) -> None:
        self._kafka = dict(kafka)
        self._idle_s = min(idle_s, IDLE_S)
        self._stopping = asyncio.Event()
        self._ends: dict[TopicPartition, int] = {}
        self._beaten: dict[TopicPartition, float] = {}
        self._restless: dict[str, set[TopicPartition]] = {}
        self._creates: dict[str, bool] = {}  # topic → whether its times are the creator's
        self.waiting: dict[str, str] = {}

    def stop(self) -> None:
        """Ask the loop to end."""
        self._stopping.set()

    async def run(self) -> None:
        """Beat until `stop`; waits for a broker that is away."""
        while not self._stopping.is_set():
            try:
                await self._beat_on()
            except KafkaError as exc:
                why = f"no broker answers ({str(exc) or type(exc).__name__}): waiting for it"
                if self.waiting.get("kafka") != why:
                    _log.warning("waiting", what="kafka", why=why)
                self.waiting["kafka"] = why
                await self._sleep(1.0)

    async def _beat_on(self) -> None:
        looker = AIOKafkaConsumer(**self._kafka, enable_auto_commit=False, metadata_max_age_ms=2000)
        producer = AIOKafkaProducer(**self._kafka, linger_ms=0, acks="all", metadata_max_age_ms=2000)
        admin = AIOKafkaAdminClient(**self._kafka)
        async with contextlib.AsyncExitStack() as stack:
            for client, close in ((looker, looker.stop), (producer, producer.stop), (admin, admin.close)):
                stack.push_async_callback(close)
                await client.start()
            looked = 0.0
            while not self._stopping.is_set():
                began = time.monotonic()
                if began - looked >= TOPICS_S or not looked:
                    cells = await self._cells(looker, admin)
                    looked = began
                await self._tick(looker, producer, cells)
                self.waiting.clear()
                await self._sleep(max(0.0, TICK_S - (time.monotonic() - began)))

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _cells(self, looker: AIOKafkaConsumer, admin: AIOKafkaAdminClient) -> dict[str, set[TopicPartition]]:
        """The partitions of each cell that is not simulated."""
        topics = {topic for topic in await looker.topics() if lane_of(TopicPartition(topic, 0)) is not None}
        if unknown := sorted(topics - self._creates.keys()):
            answers = await admin.describe_configs(
                [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in unknown]
            )
            for answer in answers:
                for resource in answer.resources:
                    values = {entry[0]: entry[1] for entry in resource[4]}
                    self._creates[resource[3]] = values.get("message.timestamp.type") == "CreateTime"
        cells: dict[str, set[TopicPartition]] = {}
        for topic in topics:
            lane = lane_of(TopicPartition(topic, 0))
            if lane is None or self._creates.get(topic, True):
                continue
            cells.setdefault(lane.cell, set()).update(
                TopicPartition(topic, number) for number in looker.partitions_for_topic(topic) or ()
            )
        for cell in sorted(cells):
            if cell != COMMON and acts_topic(cell) not in topics:
                with contextlib.suppress(TopicAlreadyExistsError):
                    # -1: as many copies as the broker gives (aiokafka then wants an assignment, an empty one).
                    await admin.create_topics(
                        [NewTopic(acts_topic(cell), 1, -1, {}, {"message.timestamp.type": "LogAppendTime"})]
                    )
                _log.info("made a topic", topic=acts_topic(cell))
        return cells

    async def _tick(
        self, looker: AIOKafkaConsumer, producer: AIOKafkaProducer, cells: dict[str, set[TopicPartition]]
    ) -> None:
        every = [tp for partitions in cells.values() for tp in partitions]
        if not every:
            return
        ends = await looker.end_offsets(every)
        now = time.monotonic()
        due: list[TopicPartition] = []
        for cell, partitions in cells.items():
            moved = {tp for tp in partitions if ends[tp] > self._ends.get(tp, ends[tp] if tp not in self._ends else 0)}
            fresh = {tp for tp in partitions if tp not in self._ends}
            restless = self._restless.setdefault(cell, set())
            if moved or fresh:
                # Something was appended: every partition's time must go beyond it.
                restless |= partitions
            due += list(restless - moved)
            restless &= moved
            if any(tp.topic != acts_topic(cell) for tp in due if tp in partitions):
                # Telemetry folds up to what is applied on the acts: their time goes beyond this beat's, next tick.
                restless |= {tp for tp in partitions if tp.topic == acts_topic(cell)}
            due += [tp for tp in partitions if tp not in due and now - self._beaten.get(tp, -1e9) >= self._idle_s]
        self._ends.update(ends)
        known = {topic: await producer.partitions_for(topic) for topic in {tp.topic for tp in due}}
        due = [tp for tp in due if tp.partition in known[tp.topic]]  # one that was just added: next time
        if due:
            sent = await asyncio.gather(
                *[await producer.send(tp.topic, value=b"", partition=tp.partition, headers=_HEADERS) for tp in due]
            )
            for tp, done in zip(due, sent, strict=True):
                self._beaten[tp] = now
                self._ends[tp] = max(self._ends[tp], done.offset + 1)
