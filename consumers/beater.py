"""The beater, a process apart: it lets time go by in partitions that are idle (SEMANTICS rule 2).

A beat is an empty record. Every idle partition gets one at least every 10 s; as soon as anything is appended to a cell,
its other partitions get one within 300 ms, and this one too once it rests, so that the cell's horizon passes what was
appended. What another beater wrote counts as a beat, not as something appended. Cells whose topics have `CreateTime`
are simulated and have their own clock: they get none. Where a cell has telemetry and no topic of acts, the beater makes
it: without acts nothing of a cell is applied. A partition that no broker leads holds up no other: the rest of its cell
is beaten on, so that its acts go on, by which a person may suspend it.
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
from aiokafka.errors import KafkaError, KafkaTimeoutError, TopicAlreadyExistsError

from consumers import offsets
from consumers.records import is_beat
from consumers.source import lane_of
from schemas.envelope import BEAT_TYPE, COMMON, TYPE, acts_topic

_log = structlog.get_logger()

TICK_S = 0.1
IDLE_S = 10.0
TOPICS_S = 2.0
KINDS_S = 20.0  # a topic that was made again may have other times than it had
LAME_S = 30.0  # after which a partition that no broker answers for is asked about with all others again, at the latest
FEW = 4  # records within a tick: more are no beats of others
_HEADERS = [(TYPE, BEAT_TYPE.encode())]
_ACTS = {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1", "retention.bytes": "-1"}

Cells = dict[str, set[TopicPartition]]


class Beater:
    """One process beats for all cells of a broker; a second one does no harm but for its own idle beats."""

    def __init__(self, kafka: Mapping[str, Any], idle_s: float = IDLE_S) -> None:
        self._kafka = dict(kafka)
        self._idle_s = min(idle_s, IDLE_S)
        self._stopping = asyncio.Event()
        self._ends: dict[TopicPartition, int] = {}
        self._beaten: dict[TopicPartition, float] = {}
        self._restless: dict[str, set[TopicPartition]] = {}
        self._creates: dict[str, bool] = {}  # topic → whether its times are the creator's
        self._described = 0.0
        self._lame: dict[TopicPartition, asyncio.Task[None]] = {}  # what ends once a broker answers for it
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
        reader = AIOKafkaConsumer(**self._kafka, enable_auto_commit=False, metadata_max_age_ms=2000)
        producer = AIOKafkaProducer(**self._kafka, linger_ms=0, acks="all", metadata_max_age_ms=2000)
        admin = AIOKafkaAdminClient(**self._kafka)
        async with contextlib.AsyncExitStack() as stack:
            for client, close in (
                (looker, looker.stop),
                (reader, reader.stop),
                (producer, producer.stop),
                (admin, admin.close),
            ):
                stack.push_async_callback(close)
                await client.start()
            stack.callback(self._forget_lame)
            looked = 0.0
            while not self._stopping.is_set():
                began = time.monotonic()
                if began - looked >= TOPICS_S or not looked:
                    cells = await self._cells(looker, admin)
                    looked = began
                await self._tick(looker, reader, producer, cells)
                await self._sleep(max(0.0, TICK_S - (time.monotonic() - began)))

    def _forget_lame(self) -> None:
        for task in self._lame.values():
            task.cancel()
        self._lame.clear()

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    # -- what there is -----------------------------------------------------------------------------------------------

    async def _cells(self, looker: AIOKafkaConsumer, admin: AIOKafkaAdminClient) -> Cells:
        """The partitions of each cell that is not simulated."""
        topics = {topic for topic in await looker.topics() if lane_of(TopicPartition(topic, 0)) is not None}
        await self._describe(topics, admin)
        cells: Cells = {}
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
                    await admin.create_topics([NewTopic(acts_topic(cell), 1, -1, {}, _ACTS)])
                _log.info("made a topic", topic=acts_topic(cell))
        return cells

    async def _describe(self, topics: set[str], admin: AIOKafkaAdminClient) -> None:
        """Ask of which kind the times of topics are: of those that are new, and of all now and then."""
        if time.monotonic() - self._described >= KINDS_S:
            self._described = time.monotonic()
            self._creates.clear()
        if unknown := sorted(topics - self._creates.keys()):
            answers = await admin.describe_configs(
                [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in unknown]
            )
            for answer in answers:
                for resource in answer.resources:
                    values = {entry[0]: entry[1] for entry in resource[4]}
                    self._creates[resource[3]] = values.get("message.timestamp.type") == "CreateTime"

    # -- one tick ----------------------------------------------------------------------------------------------------

    async def _tick(
        self, looker: AIOKafkaConsumer, reader: AIOKafkaConsumer, producer: AIOKafkaProducer, every: Cells
    ) -> None:
        now = time.monotonic()
        self._lame = {tp: task for tp, task in self._lame.items() if not task.done()}
        if self.waiting:
            there = {_label(tp) for tps in every.values() for tp in tps}
            for gone in self.waiting.keys() - there - {"kafka"}:
                del self.waiting[gone]
        cells = {cell: tps - self._lame.keys() for cell, tps in every.items()}
        asked = {tp for tps in cells.values() for tp in tps}
        if not asked:
            return
        ends = await offsets.ends(looker, asked)
        if not ends:
            raise KafkaTimeoutError("it does not say where any topic ends")
        for tp in sorted(asked - ends.keys()):
            self._hold(looker, tp, "no broker leads it")
        cells = {cell: tps & ends.keys() for cell, tps in cells.items()}
        beats = await self._others(reader, cells, ends, now)
        due = sorted(tp for cell, tps in cells.items() for tp in self._due(cell, tps, ends, beats, now))
        self._ends.update(ends)
        for tp in ends:
            self.waiting.pop(_label(tp), None)
        self.waiting.pop("kafka", None)
        for tp, why in zip(due, await asyncio.gather(*(self._beat(producer, tp, now) for tp in due)), strict=True):
            if why is not None:
                self._hold(looker, tp, why)

    def _hold(self, looker: AIOKafkaConsumer, tp: TopicPartition, why: str) -> None:
        if _label(tp) not in self.waiting:
            _log.warning("waiting", what=_label(tp), why=why)
        self.waiting[_label(tp)] = why
        self._lame[tp] = asyncio.create_task(_answered(looker, tp))

    async def _others(
        self, reader: AIOKafkaConsumer, cells: Cells, ends: Mapping[TopicPartition, int], now: float
    ) -> set[TopicPartition]:
        """Partitions to which nothing but beats was appended since the last tick, by another beater."""
        grown = {tp: (self._ends.get(tp, ends[tp]), ends[tp]) for tps in cells.values() for tp in tps}
        few = {tp: span for tp, span in grown.items() if 0 < span[1] - span[0] <= FEW}
        beats: set[TopicPartition] = set()
        if few:
            with contextlib.suppress(KafkaError, TimeoutError):  # then it counts as something appended
                async with asyncio.timeout(offsets.WAIT_S):
                    beats = await _only_beats(reader, few)
        self._beaten.update(dict.fromkeys(beats, now))
        return beats

    def _due(
        self,
        cell: str,
        partitions: set[TopicPartition],
        ends: Mapping[TopicPartition, int],
        beats: set[TopicPartition],
        now: float,
    ) -> set[TopicPartition]:
        """Which partitions of a cell get a beat in this tick."""
        moved = {tp for tp in partitions - beats if ends[tp] != self._ends.get(tp, ends[tp])}
        restless = self._restless.setdefault(cell, set())
        if moved or any(tp not in self._ends for tp in partitions):
            # Something was appended, or may have been: every partition's time must go beyond it.
            restless |= partitions
        due = restless - moved
        restless &= moved
        if any(tp.topic != acts_topic(cell) for tp in due):
            # Telemetry folds up to what is applied on the acts: their time goes beyond this beat's, next tick.
            restless |= {tp for tp in partitions if tp.topic == acts_topic(cell)}
        return due | {tp for tp in partitions if now - self._beaten.get(tp, -1e9) >= self._idle_s}

    async def _beat(self, producer: AIOKafkaProducer, tp: TopicPartition, now: float) -> str | None:
        """Write the beat of one partition; why not, or None."""
        try:
            async with asyncio.timeout(offsets.WAIT_S):
                if tp.partition not in await producer.partitions_for(tp.topic):
                    return None  # it was just added: next time
                done = await (await producer.send(tp.topic, b"", partition=tp.partition, headers=_HEADERS))
        except (KafkaError, TimeoutError) as exc:
            return f"its beats are not taken ({str(exc) or type(exc).__name__})"
        self._beaten[tp] = now
        if done.offset == self._ends[tp]:  # else somebody wrote before it: that is seen in the next tick
            self._ends[tp] = done.offset + 1
        return None


async def _answered(looker: AIOKafkaConsumer, tp: TopicPartition) -> None:
    """Wait until a broker says where a partition ends, or LAME_S."""
    for _ in range(round(LAME_S)):
        if await offsets.ends(looker, [tp]):
            return
        await asyncio.sleep(1)


def _label(tp: TopicPartition) -> str:
    return f"{tp.topic} partition {tp.partition}"


async def _only_beats(reader: AIOKafkaConsumer, spans: Mapping[TopicPartition, tuple[int, int]]) -> set[TopicPartition]:
    """Those of the spans of offsets [from, until) that hold beats alone."""
    reader.assign(list(spans))
    for tp, (start, _) in spans.items():
        reader.seek(tp, start)
    beats, open_ = set(spans), set(spans)
    while open_:
        for tp, records in (await reader.getmany(*open_, timeout_ms=200)).items():
            if not all(is_beat(record) for record in records if record.offset < spans[tp][1]):
                beats.discard(tp)
            if tp not in beats or records[-1].offset + 1 >= spans[tp][1]:
                open_.discard(tp)
    return beats
