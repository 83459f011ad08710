"""One partition as its owner holds it: the position in Postgres, what was polled, and what was folded since."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from consumers.acts import ActsFolding
from consumers.batch import Batch
from consumers.clock import TOO_LATE
from consumers.fold import Folding, OpenRun, SourceState
from consumers.records import Lane, Record, is_beat, weight
from consumers.terms import Terms
from schemas.words import Timing
from service.facts.records import Millis
from service.store import intake
from service.store.pool import Connection

_CHUNK = 20_000  # records folded between two looks at what else there is to do
_CHUNK_BYTES = 32 * 1024 * 1024


@dataclass(slots=True)
class CellState:
    """What folding telemetry of a cell depends on: how far its acts are applied, and the terms they set."""

    cell: str
    simulated: bool = False
    acts_applied: Millis = 0
    terms: Terms = field(default_factory=Terms)


@dataclass(slots=True)
class Position:
    """A row of the table `position`."""

    epoch: int
    next_offset: int
    last_offset: int | None
    last_append: Millis | None
    last_sha256: bytes | None
    applied: Millis
    record_at: Millis
    stopped: str | None
    fence: int = 0
    suspensions: tuple[tuple[int, Millis | None], ...] = ()  # (what lies from which offset on rests, until when)

    @property
    def place(self) -> tuple[int, int, int]:
        """What a compare-and-set holds it to: epoch, next offset, fence."""
        return self.epoch, self.next_offset, self.fence

    @property
    def rests_from(self) -> int | None:
        """The offset from which on nothing is taken until a person says so; None: it is not suspended."""
        return next((offset for offset, until in self.suspensions if until is None), None)

    @property
    def rests(self) -> bool:
        """Whether it has come there."""
        return self.rests_from is not None and self.next_offset >= self.rests_from


class Partition:
    """A partition that this process owns. `inbox` holds polled records that are not folded yet, in offset order.

    `placed`: whether whoever polls goes on from the position; `reached`: the offset below which all was received.
    `waiting`: bytes in the inbox. `sealings`: when it was written last, counted in writes. `ahead`: suspensions that no
    record has crossed yet; `resting`: the next record polled lies behind one that is not over.
    """

    def __init__(self, lane: Lane, position: Position) -> None:
        self.lane = lane
        self.inbox: deque[Record] = deque()
        self.sealings = 0
        self.take_up(position)

    def take_up(self, position: Position) -> None:
        """Start again from a position: whatever was polled or folded after it is forgotten."""
        self.position = position
        self.unplace()
        self.folding: Folding | ActsFolding
        if self.lane.topic == "acts":
            self.folding = ActsFolding(self.lane, position.epoch, position.applied, position.last_append)
        else:
            self.folding = Folding(self.lane, position.epoch, position.applied, position.last_append)
        self.ahead = sorted(position.suspensions, key=lambda each: each[0])
        self.batch = self._new_batch(position.next_offset, position.applied, position.record_at)
        self.sealed: Batch | None = None

    def unplace(self) -> None:
        """Forget what was polled and not folded: it is polled again, from the position."""
        self.inbox.clear()
        self.waiting = 0
        self.placed = False
        self.resting = False
        self.reached = self.position.next_offset

    def _new_batch(self, held: int, since: Millis, record_at: Millis) -> Batch:
        at = self.position
        return Batch(self.lane, at.epoch, held, at.fence, at.rests_from, since, record_at=record_at)

    def same_place(self, position: Position) -> bool:
        """Whether a row is where this state was folded and written up to, so that the state may be kept."""
        ours = self.position
        return (
            self.sealed is None
            and not self.batch.records
            and (ours.epoch, ours.next_offset, ours.last_sha256, ours.stopped, ours.fence)
            == (position.epoch, position.next_offset, position.last_sha256, position.stopped, position.fence)
        )

    def receive(self, records: Sequence[Record]) -> None:
        """Take polled records."""
        self.inbox.extend(records)
        self.waiting += sum(map(weight, records))
        self.reached = records[-1].offset + 1

    async def fold(self, connection: Connection, state: CellState) -> int:
        """Fold what may be folded (telemetry: up to what is applied on the acts); how many records."""
        if not self.inbox or self.batch.full:
            return 0
        if isinstance(self.folding, ActsFolding):
            records = self._ready(None)
            self.folding.take(records, self.batch)
            return len(records)
        records = self._ready(state.acts_applied)
        if not records:
            return 0
        missing = self.folding.missing(records)
        await self._load(connection, self.folding, missing)
        start, need = self.folding.take(records, 0, state.terms, self.batch)
        while need is not None:
            stated = (self.batch, self.sealed)  # what is being written now may be durable once Postgres answers
            known = await intake.known_inventories(connection, self.lane.cell, self.lane.partition, need)
            for batch in stated:
                if batch is not None:
                    known |= batch.stated_by(need)
            self.folding.states[need.encode()].known = known
            start, need = self.folding.take(records, start, state.terms, self.batch)
        self.folding.forget(missing)
        for record in reversed(records[start:]):
            self.inbox.appendleft(record)
            self.waiting += weight(record)
        return start

    def _ready(self, upto: Millis | None) -> list[Record]:
        """Take what lies below the append time that is applied on the acts (None: all), a chunk at most.

        At that very millisecond another act may come yet; a beat there depends on none.
        """
        ready: list[Record] = []
        inbox = self.inbox
        floor = self.folding.clock.applied
        size = 0
        while inbox and len(ready) < _CHUNK and size < _CHUNK_BYTES:
            record = inbox[0]
            crossed = [until for offset, until in self.ahead if offset <= record.offset] if self.ahead else []
            self.resting = None in crossed
            if self.resting or (crossed and ready):
                break
            floor = max([floor, *(until for until in crossed if until is not None)]) if crossed else floor
            resumed = floor
            if floor < record.timestamp < TOO_LATE:
                floor = record.timestamp
            if upto is not None and (floor > upto or (floor == upto and not is_beat(record))):
                break
            if crossed:
                self.folding.clock.resume(resumed, record, self.batch)
                del self.ahead[: len(crossed)]
            size += weight(record)
            ready.append(inbox.popleft())
        self.waiting -= size
        return ready

    async def _load(self, connection: Connection, folding: Folding, keys: set[bytes]) -> None:
        """Bring the open runs of sources into memory."""
        names: dict[str, bytes] = {}
        for key in keys:
            try:
                name = key.decode()
            except UnicodeDecodeError:
                continue
            if "\0" not in name:
                names[name] = key
        if not names:
            return
        states = {name: SourceState(name) for name in names}
        for row in await intake.open_runs(connection, self.lane.cell, self.lane.partition, sorted(names)):
            timing = Timing(row["timing"])
            run = OpenRun(
                row["run"],
                row["scope"],
                timing,
                row["digest"],
                known=row["known"],
                tolerance=row["tolerance_ms"],
                last=row["last_at"],
            )
            states[row["source"]].runs[(row["scope"], timing is Timing.LATE)] = run
        for name, key in names.items():
            folding.know(key, states[name])

    def seal(self) -> Batch | None:
        """Hand over what was folded, for writing; folding goes on in a new batch. None where nothing was."""
        if not self.batch.records:
            return None
        sealed = self.sealed = self.batch
        self.batch = self._new_batch(sealed.next_offset, sealed.applied, sealed.record_at)
        self.sealings += 1
        return sealed

    def written(self, batch: Batch) -> None:
        """Note that a sealed batch is durable."""
        if self.sealed is not batch:  # it was taken up anew meanwhile
            return
        self.sealed = None
        self.position = Position(
            batch.epoch,
            batch.next_offset,
            batch.last_offset,
            batch.last_append,
            batch.last_sha256,
            batch.applied,
            batch.record_at,
            None,
            self.position.fence,
            self.position.suspensions,
        )
