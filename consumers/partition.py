"""One partition as its owner holds it: the position in Postgres, what was polled, and what was folded since."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from consumers.acts import ActsFolding
from consumers.batch import Batch
from consumers.fold import Folding, OpenRun, SourceState
from consumers.records import Lane, Record, is_beat
from consumers.terms import Terms
from schemas.words import Timing
from service.facts.records import Millis
from service.store import intake
from service.store.pool import Connection

_CHUNK = 20_000  # records folded between two looks at what else there is to do


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


class Partition:
    """A partition that this process owns. `inbox` holds polled records that are not folded yet, in offset order."""

    def __init__(self, lane: Lane, position: Position) -> None:
        self.lane = lane
        self.inbox: deque[Record] = deque()
        self.take_up(position)

    def take_up(self, position: Position) -> None:
        """Start again from a position: whatever was polled or folded after it is forgotten."""
        self.position = position
        self.inbox.clear()
        self.folding: Folding | ActsFolding
        if self.lane.topic == "acts":
            self.folding = ActsFolding(self.lane, position.applied, position.last_append)
        else:
            self.folding = Folding(self.lane, position.epoch, position.applied, position.last_append)
        self.batch = self._new_batch(position.next_offset, position.record_at)
        self.sealed: Batch | None = None

    def _new_batch(self, held: int, record_at: Millis) -> Batch:
        return Batch(self.lane, self.position.epoch, held, record_at=record_at)

    def same_place(self, position: Position) -> bool:
        """Whether a row is where this state was folded and written up to, so that the state may be kept."""
        ours = self.position
        return (
            self.sealed is None
            and not self.batch.records
            and (ours.epoch, ours.next_offset, ours.last_sha256, ours.stopped)
            == (position.epoch, position.next_offset, position.last_sha256, position.stopped)
        )

    def receive(self, records: Iterable[Record]) -> None:
        """Take polled records."""
        self.inbox.extend(records)

    async def fold(self, connection: Connection, state: CellState) -> int:
        """Fold what may be folded (telemetry: up to what is applied on the acts); how many records."""
        if not self.inbox or self.batch.full:
            return 0
        if isinstance(self.folding, ActsFolding):
            records = list(self.inbox)
            self.inbox.clear()
            self.folding.take(records, self.batch)
            return len(records)
        records = self._ready(state.acts_applied)
        if not records:
            return 0
        await self._load(connection, self.folding, self.folding.missing(records))
        start = 0
        while start < len(records):
            start, need = self.folding.take(records, start, state.terms, self.batch)
            if need is not None:
                known = await intake.known_inventories(connection, self.lane.cell, self.lane.partition, need)
                for batch in (self.batch, self.sealed):
                    if batch is not None:
                        known |= batch.stated_by(need)
                self.folding.states[need.encode()].known = known
        return len(records)

    def _ready(self, upto: Millis) -> list[Record]:
        """Take what lies below the append time that is applied on the acts.

        At that very millisecond another act may come yet; a beat there depends on none.
        """
        ready: list[Record] = []
        inbox = self.inbox
        floor = self.folding.applied
        while inbox and len(ready) < _CHUNK:
            at = max(inbox[0].timestamp, floor)
            if at > upto or (at == upto and not is_beat(inbox[0])):
                break
            ready.append(inbox.popleft())
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
        self.batch = self._new_batch(sealed.next_offset, sealed.record_at)
        return sealed

    def written(self, batch: Batch) -> None:
        """Note that a sealed batch is durable."""
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
        )
