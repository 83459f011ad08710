"""Section 2 of SEMANTICS: the records of one partition fold into runs, one by one, in the order of their offsets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas import formats
from schemas.envelope import BEAT_TYPE, SOURCE, TIME, TYPE, millis
from schemas.errors import Rejected
from schemas.inventory import Inventory, check_name
from schemas.report import Format, Message, Observation, Report
from schemas.words import RunEnd, SourceClass, Timing
from service.facts.records import Run
from tests.reference.enrolment import DEFAULT_LATENESS, OUTAGE, YEAR_9999, Enrolment, Term
from tests.reference.shapes import DeadFact, OutageFact, RunFact
from tests.support.records import TELEMETRY, Record

MIN_TOLERANCE = 300_000


@dataclass(slots=True)
class Folded:
    """A run with the append time of each of its reports, so that it can be seen as of any moment."""

    source: str
    scope: str
    partition: int
    offset: int  # of its first report
    timing: Timing
    digest: bytes
    known: bool
    tolerance: int
    times: list[int]
    inventory: Inventory | None
    source_class: SourceClass
    until: int | None = None
    end: RunEnd | None = None

    @property
    def first(self) -> int:
        """Append time of the first report."""
        return self.times[0]

    @property
    def last(self) -> int:
        """Append time of the last report."""
        return self.times[-1]

    @property
    def covers(self) -> bool:
        """Whether its timing lets it cover anything (rule 10)."""
        return self.timing is not Timing.LATE

    def heard(self, at: int) -> int:
        """Append time of the last report at or before a moment."""
        return max(time for time in self.times if time <= at)

    def ended(self, at: int) -> bool:
        """Whether it was ended, other than by silence that nobody broke yet, at or before a moment."""
        return self.until is not None and self.until <= at

    def speaks(self, at: int) -> bool:
        """Whether it is not silent at `at`, as known when everything before that was."""
        return self.first < at and not self.ended(at - 1) and self.heard(at - 1) + self.tolerance >= at

    def open_at(self, at: int) -> bool:
        """Whether a report at `at` could still extend it, all that was appended by then known."""
        return self.first <= at and not self.ended(at) and self.heard(at) + self.tolerance >= at

    def as_of(self, at: int) -> Run:
        """Give the run as it was known when everything before `at` was."""
        over = self.ended(at - 1)
        return Run(
            self.first,
            self.heard(at - 1),
            self.tolerance,
            self.timing,
            self.until if over else None,
            self.end if over else None,
        )

    def fact(self) -> RunFact:
        """Give it in comparable form."""
        return RunFact(
            self.source,
            self.scope,
            self.partition,
            self.first,
            self.last,
            self.until,
            self.end.value if self.end else None,
            self.timing.value,
            self.known,
            self.tolerance,
            self.digest.hex(),
        )


@dataclass(slots=True)
class Fold:
    """What one partition came to."""

    partition: int
    applied: int = 0
    runs: list[Folded] = field(default_factory=list)
    dead: list[DeadFact] = field(default_factory=list)
    buried: dict[int, Record] = field(default_factory=dict)
    outages: list[OutageFact] = field(default_factory=list)
    rests: bool = False  # it is suspended, and has come to where: the horizon goes on without it


def fold(records: Sequence[Record], partition: int, enrolment: Enrolment) -> Fold:  # noqa: C901 - record by record
    """Fold one telemetry partition, up to the append time that is applied on the cell's acts."""
    out = Fold(partition)
    stated: set[tuple[str, str, bytes]] = set()
    before: int | None = None
    come = 0  # to this offset
    mine = sorted((r for r in records if (r.topic, r.partition) == (TELEMETRY, partition)), key=lambda r: r.offset)
    suspensions = enrolment.suspensions(partition)
    for record in mine:
        low = _floor(suspensions, record.offset, out.applied)
        if low is None:
            break
        usable = 0 <= record.timestamp < YEAR_9999
        at = max(record.timestamp, low) if usable else low
        if at > enrolment.applied:
            break
        if low > out.applied:
            if before is not None and low - before >= OUTAGE:
                out.outages.append(OutageFact(TELEMETRY, partition, before, low))
            before = out.applied = low
        come = record.offset + 1
        if not usable:
            out.dead.append(DeadFact(TELEMETRY, partition, record.offset, at, "bad_time"))
            out.buried[record.offset] = record
            continue
        if before is not None and at - before >= OUTAGE:
            out.outages.append(OutageFact(TELEMETRY, partition, before, at))
        before = out.applied = at
        if dict(record.headers).get(TYPE) == BEAT_TYPE.encode():
            continue
        try:
            source, form, term = admit(record, at, enrolment)
            observation = form.decode(Message(record.value or b"", dict(record.headers), record.key))
        except Rejected as exc:
            out.dead.append(DeadFact(TELEMETRY, partition, record.offset, at, exc.code))
            out.buried[record.offset] = record
            continue
        _take(out, stated, Taken(record, at, source, form, term, observation), enrolment)
    for run in out.runs:
        _retire(run, enrolment.applied, enrolment)
    out.rests = any(until is None and come >= offset for offset, until in suspensions)
    return out


def _floor(suspensions: Sequence[tuple[int, int | None]], offset: int, applied: int) -> int | None:
    """Give the moment before which a record cannot be known; None: it rests."""
    crossed = [until for begins, until in suspensions if begins <= offset]
    return None if None in crossed else max([applied, *(until for until in crossed if until is not None)])


def admit(record: Record, at: int, enrolment: Enrolment) -> tuple[str, Format, Term | None]:
    """Say whose record it is, in which format, under which terms. Raises `Rejected`."""
    headers = dict(record.headers)
    named = headers.get(SOURCE, record.key)
    if named is None:
        raise Rejected("no_source", "")
    if record.key != named:
        raise Rejected("key_mismatch", "")
    try:
        source = check_name("source", named.decode())
    except UnicodeDecodeError as exc:
        raise Rejected("bad_name", "") from exc
    if record.value is None:
        raise Rejected("tombstone", "")
    if TYPE not in headers:
        raise Rejected("no_type", "")
    form = formats.by_type(headers[TYPE].decode("utf-8", "replace"))
    term = enrolment.term(source, at)
    if term is not None and term.retired:
        raise Rejected("retired_source", "")
    return source, form, term


class Taken(NamedTuple):
    """A record that was admitted and decoded."""

    record: Record
    at: int
    source: str
    form: Format
    term: Term | None
    observation: Observation


def _take(out: Fold, stated: set[tuple[str, str, bytes]], taken: Taken, enrolment: Enrolment) -> None:
    record, at, source, form, term, observation = taken
    scope = observation.scope
    if isinstance(observation, Report):
        digest = observation.inventory.digest()
        stated.add((source, scope, digest))
    else:
        digest = observation.digest
    known = (source, scope, digest) in stated
    timing = timing_of(record, form, term, at)
    tolerance = tolerance_of(form, term)
    source_class = (term.source_class if term else None) or form.source_class
    late = timing is Timing.LATE
    open_ = None
    for run in out.runs:
        if (run.source, run.scope, run.timing is Timing.LATE) == (source, scope, late):
            _retire(run, at, enrolment)
            open_ = run if run.until is None else open_
    if open_ is not None:
        same = (open_.digest, open_.timing, open_.known, open_.tolerance) == (digest, timing, known, tolerance)
        silent = at - open_.last > open_.tolerance
        if same and not silent:
            open_.times.append(at)
            return
        open_.until, open_.end = at, RunEnd.SILENCE if silent else RunEnd.REPLACED
    inventory = observation.inventory if isinstance(observation, Report) else None
    if inventory is None and known:
        inventory = next(
            r.inventory for r in out.runs if (r.source, r.scope, r.digest) == (source, scope, digest) and r.inventory
        )
    out.runs.append(
        Folded(
            source, scope, out.partition, record.offset, timing, digest, known, tolerance, [at], inventory, source_class
        )
    )


def _retire(run: Folded, up_to: int, enrolment: Enrolment) -> None:
    """End an open run at its source's first retirement after it began, if that lies at or before `up_to`."""
    moments = [at for at in enrolment.retirements(run.source) if run.first <= at <= up_to]
    if run.until is None and moments:
        run.until, run.end = min(moments), RunEnd.RETIRED


def timing_of(record: Record, form: Format, term: Term | None, at: int) -> Timing:
    """Say how event time fits append time (rule 10)."""
    time = dict(record.headers).get(TIME)
    event = millis(time) if time is not None else form.event_time(record.value or b"")
    if event is None:
        return Timing.UNTIMED
    offset, lateness = (term.clock_offset, term.lateness) if term is not None else (0, DEFAULT_LATENESS)
    return Timing.FRESH if abs(event + offset - at) <= lateness else Timing.LATE


def tolerance_of(form: Format, term: Term | None) -> int:
    """Three intervals, at least five minutes; the interval is enrolled, else the format's (rule 9)."""
    interval = term.interval if term is not None and term.interval is not None else form.interval_s * 1000
    return max(3 * interval, MIN_TOLERANCE)
