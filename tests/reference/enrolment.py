"""Acts as the reference model reads them: what was said, when, and under which terms each source reports."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas import acts
from schemas.envelope import ACT_TYPE, BEAT_TYPE, TYPE
from schemas.errors import Rejected
from schemas.words import SourceClass
from tests.reference.shapes import DeadFact, OutageFact
from tests.support.records import ACTS, Record

OUTAGE = 30_000  # three beat intervals without any record (rule 12)
DEFAULT_LATENESS = 120_000
YEAR_9999 = 253_370_764_800_000


@dataclass(frozen=True, slots=True)
class Said:
    """One act: its place in the order of rule 5, and whether its idempotency key was there before."""

    offset: int
    at: int
    act: acts.CellAct | acts.CommonAct
    repeated: bool
    differs: bool = False  # from the first act of its key


@dataclass(frozen=True, slots=True)
class Term:
    """How a source is enrolled from `from_at` on."""

    from_at: int
    source_class: SourceClass | None
    control_domain: str
    interval: int | None
    clock_offset: int
    lateness: int
    retired: bool


@dataclass(slots=True)
class Suspended:
    """A partition that rests from an offset on, until it is resumed; the offsets of the acts that said so."""

    partition: int
    from_offset: int
    acts: list[int]
    until: int | None = None


@dataclass(slots=True)
class Enrolment:
    """Everything that was appended to a cell's acts."""

    applied: int = 0
    said: list[Said] = field(default_factory=list)
    dead: list[DeadFact] = field(default_factory=list)
    outages: list[OutageFact] = field(default_factory=list)

    def suspensions(self, partition: int) -> list[tuple[int, int | None]]:
        """Give the suspensions of a partition: (what lies from which offset on rests, until when)."""
        return [(each.from_offset, each.until) for each in self._suspended() if each.partition == partition]

    def refused(self) -> set[int]:
        """Give the offsets of those acts that suspend what is suspended, or resume what is not."""
        taken = {offset for each in self._suspended() for offset in each.acts}
        return {
            said.offset
            for said in self.said
            if isinstance(said.act, acts.PartitionSuspend | acts.PartitionResume)
            and not said.repeated
            and said.offset not in taken
        }

    def _suspended(self) -> list["Suspended"]:
        found: list[Suspended] = []
        for said in self.said:
            act = said.act
            if said.repeated or not isinstance(act, acts.PartitionSuspend | acts.PartitionResume):
                continue
            open_ = next((each for each in found if each.partition == act.partition and each.until is None), None)
            if isinstance(act, acts.PartitionSuspend) and open_ is None:
                found.append(Suspended(act.partition, act.next_offset, [said.offset]))
            elif isinstance(act, acts.PartitionResume) and open_ is not None:
                open_.until = said.at
                open_.acts.append(said.offset)
        return found

    def terms(self, source: str) -> list[Term]:
        """Give the terms of a source, oldest first; of several in one millisecond the last stands."""
        by_time: dict[int, Term] = {}
        newest: Term | None = None
        for said in self.said:
            if said.repeated:
                continue
            if isinstance(said.act, acts.SourceEnrol) and said.act.source == source:
                newest = Term(
                    said.at,
                    said.act.source_class,
                    said.act.control_domain,
                    said.act.interval_s * 1000 if said.act.interval_s is not None else None,
                    said.act.clock_offset_s * 1000,
                    said.act.lateness_s * 1000,
                    retired=False,
                )
                by_time[said.at] = newest
            elif isinstance(said.act, acts.SourceRetire) and said.act.source == source:
                newest = Term(
                    said.at,
                    newest.source_class if newest else None,
                    newest.control_domain if newest else "unknown",
                    newest.interval if newest else None,
                    newest.clock_offset if newest else 0,
                    newest.lateness if newest else DEFAULT_LATENESS,
                    retired=True,
                )
                by_time[said.at] = newest
        return [by_time[at] for at in sorted(by_time)]

    def term(self, source: str, at: int) -> Term | None:
        """Give the term in force at an append time: acts come first."""
        valid = [term for term in self.terms(source) if term.from_at <= at]
        return valid[-1] if valid else None

    def retirements(self, source: str) -> list[int]:
        """Give the moments at which a source was retired."""
        return [term.from_at for term in self.terms(source) if term.retired]


def read_acts(records: Sequence[Record]) -> Enrolment:
    """Read the acts of a cell in the order of their offsets."""
    out = Enrolment()
    keys: dict[str, acts.CellAct | acts.CommonAct] = {}
    before: int | None = None
    for record in sorted((r for r in records if r.topic == ACTS), key=lambda r: r.offset):
        if not 0 <= record.timestamp < YEAR_9999:
            out.dead.append(DeadFact(ACTS, record.partition, record.offset, out.applied, "bad_time"))
            continue
        at = max(record.timestamp, out.applied)
        if before is not None and at - before >= OUTAGE:
            out.outages.append(OutageFact(ACTS, record.partition, before, at))
        before = out.applied = at
        headers = dict(record.headers)
        if headers.get(TYPE) == BEAT_TYPE.encode():
            continue
        try:
            act = _parse(record, headers)
        except Rejected as exc:
            out.dead.append(DeadFact(ACTS, record.partition, record.offset, at, exc.code))
            continue
        first = keys.setdefault(act.key, act)
        out.said.append(Said(record.offset, at, act, first is not act, first != act))
    return out


def _parse(record: Record, headers: dict[str, bytes]) -> acts.CellAct | acts.CommonAct:
    if headers.get(TYPE) != ACT_TYPE.encode():
        raise Rejected("unknown_type", "")
    if record.value is None:
        raise Rejected("tombstone", "")
    if record.partition != 0:
        raise Rejected("wrong_partition", "")
    act = acts.parse(record.value)
    if isinstance(act, acts.CommonAct):
        raise Rejected("wrong_topic", "")
    return act
