"""Facts of a cell in a form that can be compared: no ids that were made up, no row numbers, no order.

An asset is named by the key of its first part in the order of rule 5 (hexadecimal): the digest of what names it.
Times are milliseconds of append time; `None` = still open.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import NamedTuple, TypeVar

Millis = int
Name = str  # of an asset: the hexadecimal key of a part


class RunFact(NamedTuple):
    """A run, as folded."""

    source: str
    scope: str
    partition: int
    first: Millis
    last: Millis
    until: Millis | None
    end: str | None
    timing: str
    known: bool
    tolerance: Millis
    digest: str


class DeadFact(NamedTuple):
    """A record that could not be applied."""

    topic: str
    partition: int
    offset: int
    at: Millis
    code: str
    retried_at: Millis | None = None


class OutageFact(NamedTuple):
    """A stretch without any record."""

    topic: str
    partition: int
    from_at: Millis
    until_at: Millis


class ActFact(NamedTuple):
    """An act and what became of it."""

    offset: int
    at: Millis
    act: str
    key: str
    outcome: str | None


class GapFact(NamedTuple):
    """A silence above the tolerance."""

    source: str
    scope: str
    from_at: Millis
    opened_at: Millis
    until_at: Millis | None


class BindingFact(NamedTuple):
    """What one source says of one thing."""

    source: str
    scope: str
    slot: str
    asset: Name
    kind: str
    container: Name | None
    container_slot: str | None
    stated: str | None
    place: str | None
    surveyed: bool
    from_at: Millis
    until_at: Millis | None
    end: str | None
    known_from: Millis
    known_until: Millis | None


class AliasFact(NamedTuple):
    """During [known_from, known_until) a name belonged to another one's asset."""

    name: Name
    asset: Name
    known_from: Millis
    known_until: Millis | None


class WhereFact(NamedTuple):
    """Whereabouts, with the time during which we believed them (`known_until` None: still)."""

    asset: Name
    container: Name | None
    container_slot: str | None
    place: str | None
    moving: bool
    disputed: bool
    from_at: Millis
    until_at: Millis | None
    known_from: Millis
    known_until: Millis | None


class DisputeFact(NamedTuple):
    """Two bindings that cannot both be true, with the time during which we believed it."""

    asset: Name
    from_at: Millis
    until_at: Millis | None
    shown: tuple[str, str, str]
    rival: tuple[str, str, str]
    known_from: Millis
    known_until: Millis | None


class FindingFact(NamedTuple):
    """A finding; `subject` names an asset by its first part, else whatever it is about."""

    kind: str
    subject: str
    opened_at: Millis
    closed_at: Millis | None


class StatusFact(NamedTuple):
    """What was said of the status of one thing (the part under which it was known), and when that was known."""

    key: str
    asset: Name
    status: str
    party: str | None
    document: str | None
    ticket: str | None
    place: str | None
    from_at: Millis
    until_at: Millis | None
    known_from: Millis
    known_until: Millis | None


class AcceptanceFact(NamedTuple):
    """What was released was accepted."""

    release: str
    asset: Name
    key: str
    document: str | None
    at: Millis
    known_from: Millis
    known_until: Millis | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of a cell."""

    horizon: Millis
    runs: frozenset[RunFact] = frozenset()
    dead: frozenset[DeadFact] = frozenset()
    outages: frozenset[OutageFact] = frozenset()
    acts: frozenset[ActFact] = frozenset()
    gaps: frozenset[GapFact] = frozenset()
    parts: frozenset[tuple[Name, str]] = frozenset()  # those that something is said of, with their kinds
    aliases: frozenset[AliasFact] = frozenset()
    shared: frozenset[tuple[str, str, str, str]] = frozenset()
    bindings: frozenset[BindingFact] = frozenset()
    whereabouts: frozenset[WhereFact] = frozenset()
    disputes: frozenset[DisputeFact] = frozenset()
    statuses: frozenset[StatusFact] = frozenset()
    acceptances: frozenset[AcceptanceFact] = frozenset()
    findings: frozenset[FindingFact] = frozenset()
    raised: frozenset[str] = frozenset()  # the kinds of findings that the model raises

    def groups(self) -> frozenset[frozenset[Name]]:
        """Give the assets as sets of the names of their parts, as known now."""
        standing = {alias.name: alias.asset for alias in self.aliases if alias.known_until is None}
        gathered: dict[Name, set[Name]] = {}
        for name, _ in self.parts:
            gathered.setdefault(standing.get(name, name), set()).add(name)
        return frozenset(frozenset(names) for names in gathered.values())

    def live(self) -> frozenset[WhereFact]:
        """Give the whereabouts that are believed now."""
        return frozenset(row for row in self.whereabouts if row.known_until is None)


Row = TypeVar("Row", WhereFact, DisputeFact)


def merged(rows: Iterable[Row]) -> frozenset[Row]:
    """Put together what was believed, given up and believed again within one millisecond: nobody could know it."""
    periods: dict[tuple[object, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda each: each.known_from):
        same = periods.setdefault(row[:-2], [])
        if same and same[-1].known_until == row.known_from:
            same[-1] = same[-1]._replace(known_until=row.known_until)
        else:
            same.append(row)
    return frozenset(row for same in periods.values() for row in same)


@dataclass(slots=True)
class Difference:
    """What one set of facts has and the other has not, by table."""

    lines: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(self.lines)


def _lasting(found: Iterable[FindingFact]) -> frozenset[FindingFact]:
    """Leave out what was found and closed within one millisecond: nobody could know it."""
    return frozenset(finding for finding in found if finding.opened_at != finding.closed_at)


def difference(expected: Facts, found: Facts) -> str:
    """Say in lines what differs; empty where nothing does."""
    out = Difference()
    for each in fields(Facts):
        if each.name == "raised":
            continue
        one, other = getattr(expected, each.name), getattr(found, each.name)
        if each.name == "findings":
            one = _lasting(one)
            other = _lasting(finding for finding in other if finding.kind in expected.raised)
        if one == other:
            continue
        if not isinstance(one, frozenset):
            out.lines.append(f"{each.name}: expected {one}, found {other}")
            continue
        out.lines += [f"{each.name}: missing {row}" for row in sorted(one - other, key=repr)]
        out.lines += [f"{each.name}: surplus {row}" for row in sorted(other - one, key=repr)]
    return str(out)
