"""Step 1: poll. Which partitions are ours, where in them to read, and whether they are still the same logs (rule 33).

The listener only notes what is ours: the loop takes it up, since aiokafka sends no heartbeat before the listener is
done. No lock is held around `getmany`.
"""

import asyncio
from collections.abc import Iterable, Mapping

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError, KafkaTimeoutError, OffsetOutOfRangeError
from aiokafka.structs import ConsumerRecord

from consumers import offsets
from consumers.options import Options
from consumers.partition import Position
from consumers.records import Lane, fingerprint
from schemas.envelope import ACTS_PREFIX, CELL, COMMON, TELEMETRY_PREFIX
from schemas.errors import CellStopped, TopicChanged

_log = structlog.get_logger()

PATTERN = r"^(telemetry\.(?!common$)|acts\.)[a-z0-9][a-z0-9-]{0,62}$"  # `common` spans cells: it has acts only

_LEAVE_S = 5.0  # for a farewell to the group; without one it notices by itself


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


def remedy(lane: Lane) -> str:
    """What a person says to go on with a lane. Pure."""
    said = f"say `holdfast go-on --cell {lane.cell}"
    if lane.topic == "acts":
        return f"{said} --acts --next-offset N` with the offset to go on from: no act can say it"
    return f"{said} --partition {lane.partition} --next-offset N` (or the act `go_on`) with the offset to go on from"


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    def __init__(self, source: "Source") -> None:
        self._source = source

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._source.active -= {lane for tp in revoked if (lane := lane_of(tp)) is not None}

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._source.take_over({lane for tp in assigned if (lane := lane_of(tp)) is not None})


class Source:
    """The consumer's side of Kafka. `assigned` are the lanes that are ours, `active` those that may be polled now.

    `rebalanced`: whether `assigned` was set anew since somebody looked.
    """

    def __init__(self, options: Options) -> None:
        self.active: set[Lane] = set()
        self.assigned: set[Lane] = set()
        self.rebalanced = False
        self._hints: dict[Lane, int] = {}
        self._hinting: asyncio.Task[None] | None = None
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
            **options.kafka,
        )

    async def start(self) -> None:
        """Join the group. Raises KafkaError where no broker answers."""
        await self._consumer.start()
        self._consumer.subscribe(pattern=PATTERN, listener=_Listener(self))

    async def stop(self) -> None:
        """Leave the group; a broker that is away is not waited for."""
        leaving = asyncio.create_task(self._consumer.stop())  # apart: with no broker it may end as if cancelled
        await asyncio.wait({leaving}, timeout=_LEAVE_S)
        # The hint not sooner: what it waits for, aiokafka's own tasks wait for too.
        tasks = [leaving] if self._hinting is None else [leaving, self._hinting]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def take_over(self, lanes: set[Lane]) -> None:
        """A rebalance gave us these lanes: nothing is read of them before `place` has been called for each."""
        self.assigned = lanes
        self.active.clear()
        self.rebalanced = True
        for lane in lanes:  # a position at once, so that aiokafka does not look for a committed one
            self._consumer.seek(tp_of(lane), 0)
            self._consumer.pause(tp_of(lane))

    async def bounds(self, lanes: Iterable[Lane]) -> dict[Lane, tuple[int, int]]:
        """First and next offset of the lanes' logs; those that no broker answers for in time are left out."""
        tps = {tp_of(lane): lane for lane in lanes}
        return {tps[tp]: found for tp, found in (await offsets.bounds(self._consumer, tps)).items()}

    def place(self, lane: Lane, position: Position, bounds: tuple[int, int]) -> bool:
        """Seek to a position within the bounds of the lane's log, and let it be polled; whether it is ours.

        The record that was applied last is read again, where it is still there, and compared as it comes.
        """
        tp = tp_of(lane)
        if lane not in self.assigned or tp not in self._consumer.assignment():
            return False
        check = position.last_offset
        self._checks.pop(lane, None)
        if check is not None and check >= bounds[0]:
            self._checks[lane] = position
        self._consumer.seek(tp, self._checks[lane].last_offset if lane in self._checks else position.next_offset)
        self._consumer.resume(tp)
        self.active.add(lane)
        return True

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
        """Records of the active lanes, and the lanes whose log is not what it was. Raises KafkaError.

        A lane whose next record the broker does not have is held: taking it up again finds out why.
        """
        stopped: list[CellStopped] = []
        try:
            polled = await self._consumer.getmany(timeout_ms=timeout_ms)
        except OffsetOutOfRangeError as exc:
            for tp in exc.args[0]:
                if (lane := lane_of(tp)) is not None:
                    self.hold(lane)
            return {}, []
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
                f"{lane.topic}.{lane.cell} partition {lane.partition}: the record at offset {position.last_offset} is "
                f"not the one that was applied: the topic was recreated; {remedy(lane)}",
                lane[1:],
            )
        return records[1:]

    async def partitions(self) -> dict[str, dict[str, int]]:
        """Every cell's topics with their numbers of partitions: {cell: {"acts": 1, "telemetry": 4}}.

        Raises KafkaError.
        """
        found: dict[str, dict[str, int]] = {}
        try:
            topics = await asyncio.wait_for(self._consumer.topics(), offsets.WAIT_S)
        except TimeoutError as exc:
            raise KafkaTimeoutError("no broker says which topics there are") from exc
        for topic in topics:
            lane = lane_of(TopicPartition(topic, 0))
            numbers = self._consumer.partitions_for_topic(topic)
            if lane is not None and numbers:
                found.setdefault(lane.cell, {})[lane.topic] = len(numbers)
        return found

    def commit(self, ends: Mapping[Lane, int]) -> None:
        """Tell Kafka where we are: a hint for its own tools, never read by us, and waited for by nobody."""
        self._hints.update(ends)
        if self._hinting is None or self._hinting.done():
            self._hinting = asyncio.create_task(self._hint())

    async def _hint(self) -> None:
        while hints := {tp_of(lane): end for lane, end in self._hints.items() if lane in self.assigned}:
            self._hints.clear()
            try:
                await self._consumer.commit(hints)
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
