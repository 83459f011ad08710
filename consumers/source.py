"""Step 1: poll. Which partitions are ours, where in them to read, and whether they are still the same logs (rule 33).

The listener never raises into aiokafka, which would swallow it: it keeps the error and the loop raises it. No lock is
held around `getmany`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from aiokafka.structs import ConsumerRecord

from consumers.options import Options
from consumers.partition import Position
from consumers.records import Lane, fingerprint
from schemas.envelope import ACTS_PREFIX, CELL, COMMON, TELEMETRY_PREFIX
from schemas.errors import CellStopped, RecordsGone, TopicChanged

_log = structlog.get_logger()

PATTERN = r"^(telemetry\.(?!common$)|acts\.)[a-z0-9][a-z0-9-]{0,62}$"  # `common` spans cells: it has acts only

Assigned = Callable[[set[Lane]], Awaitable[None]]
Revoked = Callable[[set[Lane]], None]


def lane_of(tp: TopicPartition) -> Lane | None:
    """The lane of a partition; None where its topic is not of the form `telemetry.<cell>` or `acts.<cell>`."""
    for prefix, topic in ((TELEMETRY_PREFIX, "telemetry"), (ACTS_PREFIX, "acts")):
        cell = str(tp.topic).removeprefix(prefix)
        if cell != tp.topic and CELL.fullmatch(cell) and not (cell == COMMON and topic == "telemetry"):
            return Lane(cell, topic, int(tp.partition))
    return None


def tp_of(lane: Lane) -> TopicPartition:
    """The partition of a lane."""
    return TopicPartition(f"{lane.topic}.{lane.cell}", lane.partition)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    def __init__(self, source: "Source") -> None:
        self._source = source

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._source.active -= {lane for tp in revoked if (lane := lane_of(tp)) is not None}

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        try:
            await self._source.take_over({lane for tp in assigned if (lane := lane_of(tp)) is not None})
        except asyncio.CancelledError:
            raise
        except BaseException as exc:  # noqa: BLE001 - aiokafka would log and forget it; the loop raises it
            self._source.failure = exc


class Source:
    """The consumer's side of Kafka. `active` are the lanes that may be polled now."""

    def __init__(self, options: Options, on_assigned: Assigned) -> None:
        self._options = options
        self._on_assigned = on_assigned
        self.active: set[Lane] = set()
        self.assigned: set[Lane] = set()
        self.failure: BaseException | None = None
        self._checks: dict[Lane, Position] = {}
        self._consumer = AIOKafkaConsumer(
            group_id=options.group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            metadata_max_age_ms=options.metadata_ms,
            max_poll_records=options.poll_records,
            fetch_max_bytes=64 * 1024 * 1024,
            max_partition_fetch_bytes=16 * 1024 * 1024,
            fetch_max_wait_ms=100,
            **{**options.kafka, **options.extra},
        )

    async def start(self) -> None:
        """Join the group. Raises KafkaError where no broker answers."""
        await self._consumer.start()
        self._consumer.subscribe(pattern=PATTERN, listener=_Listener(self))

    async def stop(self) -> None:
        """Leave the group."""
        await self._consumer.stop()

    async def take_over(self, lanes: set[Lane]) -> None:
        """A rebalance gave us these lanes: nothing is read of them before `place` has been called for each."""
        self.assigned = lanes
        self.active.clear()
        for lane in lanes:  # a position at once, so that aiokafka does not look for a committed one
            self._consumer.seek(tp_of(lane), 0)
            self._consumer.pause(tp_of(lane))
        await self._on_assigned(lanes)

    async def place(self, lane: Lane, position: Position) -> Position | None:
        """Seek to a position and let the lane be polled; checks first that the log is still the one that was read.

        Gives None, or the position to note where retention removed the last record applied but nothing after it.
        Raises `TopicChanged`, `RecordsGone`; KafkaError where the broker does not answer.
        """
        if lane not in self.assigned:
            return None
        tp = tp_of(lane)
        start = (await self._consumer.beginning_offsets([tp]))[tp]
        end = (await self._consumer.end_offsets([tp]))[tp]
        gone = None
        check = position.last_offset
        if end < position.next_offset:
            raise TopicChanged(
                lane.cell,
                f"{tp.topic} partition {lane.partition} ends at offset {end}, but records up to "
                f"{position.next_offset} were applied: the topic was recreated; say `go_on` and from which offset",
                lane[1:],
            )
        if start > position.next_offset:
            if position.next_offset == 0 and position.last_offset is None and position.epoch == 0:
                gone = position
                position.next_offset = start
            else:
                raise RecordsGone(
                    lane.cell,
                    f"{tp.topic} partition {lane.partition}: records from offset {position.next_offset} to {start} are "
                    "gone from the broker and were never applied; say `go_on` with the offset to go on from",
                    lane[1:],
                )
        elif check is not None and start > check:
            gone, check = position, None
        if lane not in self.assigned or tp not in self._consumer.assignment():
            return None
        self._checks.pop(lane, None)
        if check is not None:
            self._checks[lane] = position
        self._consumer.seek(tp, position.next_offset if check is None else check)
        self._consumer.resume(tp)
        self.active.add(lane)
        return gone

    def hold(self, lane: Lane) -> None:
        """Read no more of a lane for now."""
        self.active.discard(lane)
        if tp_of(lane) in self._consumer.assignment():
            self._consumer.pause(tp_of(lane))

    def throttle(self, full: set[Lane]) -> None:
        """Pause the active lanes that have enough in memory, resume the others."""
        paused, ours = self._consumer.paused(), self._consumer.assignment()
        for lane in self.active & self.assigned:
            tp = tp_of(lane)
            if tp in ours and (lane in full) != (tp in paused):
                (self._consumer.pause if lane in full else self._consumer.resume)(tp)

    async def poll(self, timeout_ms: int) -> tuple[dict[Lane, list[ConsumerRecord]], list[CellStopped]]:
        """Records of the active lanes, and the lanes whose log is not what it was. Raises what the listener kept."""
        stopped: list[CellStopped] = []
        try:
            polled = await self._consumer.getmany(timeout_ms=timeout_ms)
        except OffsetOutOfRangeError as exc:
            return {}, [await self._out_of_range(tp) for tp in exc.args[0]]
        except KafkaError as exc:
            _log.warning("kafka does not answer", error=str(exc) or type(exc).__name__)
            await asyncio.sleep(0.2)
            return {}, []
        finally:
            if self.failure is not None:
                failure, self.failure = self.failure, None
                raise failure
        out: dict[Lane, list[ConsumerRecord]] = {}
        for tp, records in polled.items():
            lane = lane_of(tp)
            if lane is None or lane not in self.active or not records:
                continue
            try:
                out[lane] = self._checked(lane, records)
            except CellStopped as exc:
                self.hold(lane)
                stopped.append(exc)
        return out, stopped

    def _checked(self, lane: Lane, records: list[ConsumerRecord]) -> list[ConsumerRecord]:
        position = self._checks.pop(lane, None)
        if position is None:
            return records
        first = records[0]
        if first.offset != position.last_offset or fingerprint(first) != position.last_sha256:
            raise TopicChanged(
                lane.cell,
                f"{lane.topic}.{lane.cell} partition {lane.partition}: the record at {position.last_offset} is not "
                "the one that was applied; the topic was recreated: say `go_on` with the offset to go on from",
                lane[1:],
            )
        return records[1:]

    async def _out_of_range(self, tp: TopicPartition) -> CellStopped:
        lane = lane_of(tp)
        if lane is None:
            raise AssertionError(tp)
        self.hold(lane)
        start = (await self._consumer.beginning_offsets([tp]))[tp]
        end = (await self._consumer.end_offsets([tp]))[tp]
        where = f"{tp.topic} partition {lane.partition} has offsets {start} to {end}, not the one that comes next"
        kind = RecordsGone if start > 0 else TopicChanged
        return kind(lane.cell, f"{where}: say `go_on` with the offset to go on from", lane[1:])

    async def partitions(self) -> dict[str, dict[str, int]]:
        """Every cell's topics with their numbers of partitions: {cell: {"acts": 1, "telemetry": 4}}."""
        found: dict[str, dict[str, int]] = {}
        for topic in await self._consumer.topics():
            lane = lane_of(TopicPartition(topic, 0))
            numbers = self._consumer.partitions_for_topic(topic)
            if lane is not None and numbers:
                found.setdefault(lane.cell, {})[lane.topic] = len(numbers)
        return found

    async def commit(self, ends: dict[Lane, int]) -> None:
        """Tell Kafka where we are: a hint for its own tools, never read by us."""
        try:
            await self._consumer.commit({tp_of(lane): end for lane, end in ends.items() if lane in self.assigned})
        except KafkaError as exc:
            _log.info("the commit hint was not taken", error=str(exc) or type(exc).__name__)

    def lag(self) -> dict[str, int]:
        """Records behind the broker's end, by topic, as far as fetches told."""
        out: dict[str, int] = {}
        ours = self._consumer.assignment()  # a rebalance may have begun that we were not told of yet
        for tp in {tp_of(lane) for lane in self.active & self.assigned} & ours:
            high = self._consumer.highwater(tp)
            state = self._consumer._subscription.subscription.assignment.state_value(tp)  # noqa: SLF001 - the last position, without waiting
            if high is not None and state is not None and state.has_valid_position:
                out[tp.topic] = out.get(tp.topic, 0) + max(0, high - state.position)
        return out
