"""Step 4: records of one partition fold into runs, in memory. No I/O.

`Folding` is the state of one partition: the open run of every source and scope seen so far. `take` folds records in
offset order and fills a `Batch`, which step 5 writes. What is not in memory is asked for: `take` stops and says which
sources it needs, `know` brings them, `take` goes on. If a batch is not written, the state is thrown away with it.
"""

from collections.abc import Iterable, Sequence

from consumers.batch import Batch, BegunRun, Change, DeadLetter, EndedRun
from consumers.clock import TELEMETRY, Clock
from consumers.decode import Decoded, decode
from consumers.records import Lane, Record
from consumers.terms import Terms
from consumers.verify import Verified, verify
from schemas.envelope import BEAT_TYPE, TIME, TYPE, millis
from schemas.errors import Rejected
from schemas.report import Report
from schemas.words import RunEnd, Timing
from service.facts.records import Millis
from service.facts.runs import OUTAGE, end_cause, run_number

_BEAT = BEAT_TYPE.encode()


class OpenRun:
    """The open run of one source, scope and lane, as folded so far. `body` caches a hash of the last raw body."""

    __slots__ = (
        "body", "clock_offset", "digest", "known", "last", "lateness", "number", "scope", "terms", "terms_until",
        "timing", "tolerance",
    )  # fmt: skip

    def __init__(
        self, number: int, scope: str, timing: Timing, digest: bytes, *, known: bool, tolerance: Millis, last: Millis
    ) -> None:
        self.number = number
        self.scope = scope
        self.timing = timing
        self.digest = digest
        self.known = known
        self.tolerance = tolerance
        self.last = last
        # What the fast path compares: it holds under one version of the cell's terms, up to a moment.
        self.body = 0
        self.terms = -1
        self.terms_until: Millis = 0
        self.clock_offset: Millis = 0
        self.lateness: Millis = 0


class SourceState:
    """What folding knows of one source: its open runs by (scope, late or not), and the inventories it stated."""

    __slots__ = ("known", "name", "recent", "runs")

    def __init__(self, name: str) -> None:
        self.name = name
        self.runs: dict[tuple[str, bool], OpenRun] = {}
        self.known: set[tuple[str, bytes]] | None = None  # None: not looked up yet
        self.recent: OpenRun | None = None  # whose body came last: the fast path looks here first


class Folding:
    """One telemetry partition. Not safe for concurrent use; owned by the partition's worker."""

    def __init__(self, lane: Lane, epoch: int, applied: Millis, last_append: Millis | None) -> None:
        self.lane = lane
        self.epoch = epoch
        self.clock = Clock(applied, last_append)
        self.states: dict[bytes, SourceState] = {}

    def missing(self, records: Sequence[Record]) -> set[bytes]:
        """Keys among the records whose sources are not in memory."""
        return {record.key for record in records if record.key is not None and record.key not in self.states}

    def know(self, key: bytes, state: SourceState) -> None:
        """Bring a source into memory."""
        self.states[key] = state

    def forget(self, keys: Iterable[bytes]) -> None:
        """Let go of those of the sources that have no run: all that is known of them is in Postgres."""
        for key in keys:
            if key in self.states and not self.states[key].runs:
                del self.states[key]

    def take(self, records: Sequence[Record], start: int, terms: Terms, batch: Batch) -> tuple[int, str | None]:  # noqa: C901 - one loop, for its speed
        """Fold `records[start:]`. Gives how far it came, and the source whose stated inventories it needs (or None).

        It ends early where the batch is full. The sources of the records are in memory (see `missing`). Records lie at
        or below the append time that is applied on the cell's acts.
        """
        states, clock = self.states, self.clock
        extended = batch.extended
        version = terms.version
        for index in range(start, len(records)):
            record = records[index]
            at = record.timestamp
            if at < clock.applied or at - clock.applied >= OUTAGE:  # what else there is to it, `note` knows
                if (noted := self._note(record, batch)) is None:
                    continue
                at = noted
            else:
                clock.applied = clock.last = at
            kind = time = None
            for name, value in record.headers:
                if name == TIME:
                    time = value
                elif name == TYPE:
                    kind = value
            state = states.get(record.key)  # type: ignore[arg-type]  # a record without a key has no state
            run = None if state is None else state.recent
            if (  # Fast path: the body that came last from this source, fresh, under the same terms.
                run is not None
                and time is not None
                and run.body == hash((kind, record.value))
                and run.terms == version
                and at < run.terms_until
                and at - run.last <= run.tolerance
                and (event := millis(time)) is not None
                and -run.lateness <= event + run.clock_offset - at <= run.lateness
            ):
                run.last = extended[run.number] = batch.record_at = at
                batch.fast += 1
            elif kind == _BEAT:
                batch.beats += 1
            elif (need := self._slow(record, kind, at, terms, batch)) is not None:
                return index, need
            elif batch.full:
                batch.ends_at(record, clock.applied, clock.last)
                return index + 1, None
        batch.ends_at(records[-1], clock.applied, clock.last)
        return len(records), None

    def _note(self, record: Record, batch: Batch) -> Millis | None:
        try:
            return self.clock.note(record, TELEMETRY, batch)
        except Rejected as exc:
            self._bury(record, exc, batch)
            return None

    def _bury(self, record: Record, why: Rejected, batch: Batch) -> None:
        batch.slow += 1
        batch.record_at = self.clock.applied
        batch.bury(DeadLetter.of(record, self.clock.applied, why))

    def _slow(self, record: Record, kind: bytes | None, at: Millis, terms: Terms, batch: Batch) -> str | None:
        try:
            decoded = decode(record)
            verified = verify(decoded, at, *terms.at(decoded.source, at))
        except Rejected as exc:
            self._bury(record, exc, batch)
            return None
        state = self.states.get(record.key or b"")
        if state is not None and state.runs:
            last = max(run.last for run in state.runs.values())
            retired = terms.retired_between(decoded.source, last, at)
            if retired is not None:  # and enrolled again since: writing ends the rows that are there
                for ended in state.runs.values():
                    if ended.number in batch.begun:
                        batch.end(EndedRun(ended.number, ended.last, retired, RunEnd.RETIRED))
                state.runs.clear()
        need = self._fold(record, at, decoded, verified, batch)
        if need is None:  # else it is taken again once that is known
            batch.slow += 1
            batch.record_at = at
            run = self.states[record.key or b""].recent
            if run is not None:
                # Only a fresh report may be taken for its twin without looking: other timings are rare.
                run.body = hash((kind, record.value)) if run.timing is Timing.FRESH else 0
                run.terms, run.terms_until = terms.version, verified.until
                run.clock_offset, run.lateness = verified.clock_offset, verified.lateness
        return need

    def _fold(self, record: Record, at: Millis, decoded: Decoded, verified: Verified, batch: Batch) -> str | None:
        """Extend the lane's open run or begin another; gives the source whose inventories must be known first."""
        observation = decoded.observation
        key = record.key or b""
        state = self.states.get(key)
        if state is None:
            state = self.states[key] = SourceState(decoded.source)
        scope = observation.scope
        lane = (scope, verified.timing is Timing.LATE)
        run = state.runs.get(lane)
        if isinstance(observation, Report):
            digest, known = observation.inventory.digest(), True
        else:
            digest = observation.digest
            if run is not None and run.known and run.digest == digest:
                known = True
            elif state.known is None:
                return decoded.source
            else:
                known = (scope, digest) in state.known
        if (
            run is not None
            and run.digest == digest
            and run.timing is verified.timing
            and run.known == known
            and run.tolerance == verified.tolerance
            and at - run.last <= run.tolerance
        ):
            run.last = batch.extended[run.number] = at
        else:
            if run is not None:
                batch.end(EndedRun(run.number, run.last, at, end_cause(run.last, run.tolerance, at)))
            number = run_number(self.epoch, self.lane.partition, record.offset)
            run = state.runs[lane] = OpenRun(
                number, scope, verified.timing, digest, known=known, tolerance=verified.tolerance, last=at
            )
            batch.begin(BegunRun(decoded.source, self.lane.partition, at, run))
            kind = "late" if verified.timing is Timing.LATE else "began"
            batch.changes.append(Change(at, TELEMETRY, self.lane.partition, record.offset, 1, kind, number))
            batch.sources.setdefault(decoded.source, (verified.source_class, at))
            if isinstance(observation, Report):
                batch.state(digest, observation.inventory.canonical())
                batch.stated.setdefault((decoded.source, scope, digest), at)
        if isinstance(observation, Report) and state.known is not None:
            state.known.add((scope, digest))
        state.recent = run
        return None
