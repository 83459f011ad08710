"""What was found out about a portion of a set, so that portions can be judged one by one and joined to the whole.

Joining is associative, and what a portion holds does not depend on how the set was split: counts are added, evidence
that two portions share counts once, and the worst of all are among the worst of each. No thing is in two portions. Of
a set that is judged at once there is one portion. Pure; standard library alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from schemas.words import Kind, Predicate, Verdict
from service.facts.claims import Claim
from service.facts.evidence import Evidence, Gap
from service.facts.judge import Court
from service.facts.judgement import Judgement
from service.facts.records import AssetId, Millis
from service.facts.tally import Counted, counted, summed
from service.facts.trust import Trust, trust_in

SILENCES = 20  # the longest silences of sources; the counts say how many there are

# Worst first. What is not proven at all comes after what has evidence that it is wrong, before what has some for it.
SEVERITY = (
    Verdict.CONTRADICTED,
    Verdict.DISPUTED,
    Verdict.STALE,
    Verdict.UNPROVEN,
    Verdict.CONSISTENT,
    Verdict.CONFIRMED,
)

Order = tuple[int, Millis, AssetId]  # severity, minus the longest silence, id
W = TypeVar("W")
X = TypeVar("X")


@dataclass(frozen=True, slots=True)
class Portion(Generic[W]):
    """Counts, the worst members as judged (`W`: the judgement, or its document), and what all of it rests on.

    `silences`: how many were recorded of each source that has any; `longest`: the longest of them.
    """

    members: int
    counts: Mapping[Kind | None, Mapping[Verdict, int]]
    worst: tuple[tuple[Order, W], ...]
    counted: Counted | None  # of `accounted_for` alone
    trust: Trust
    silences: Mapping[str, int]
    longest: tuple[Gap, ...]

    def joined(self, other: "Portion[W]", worst: int) -> "Portion[W]":
        """Give what was found out about both; at most so many members are given in full."""
        return Portion(
            self.members + other.members,
            summed(self.counts, other.counts),
            tuple(sorted((*self.worst, *other.worst), key=lambda each: each[0])[:worst]),
            self.counted.joined(other.counted) if self.counted and other.counted else None,
            self.trust.joined(other.trust),
            {**self.silences, **other.silences},
            _longest({*self.longest, *other.longest}),
        )

    def written(self, write: Callable[[W], X]) -> "Portion[X]":
        """Give the same with its worst members written otherwise."""
        worst = tuple((order, write(each)) for order, each in self.worst)
        return Portion(self.members, self.counts, worst, self.counted, self.trust, self.silences, self.longest)


def nothing(claim: Claim) -> Portion[W]:
    """Give the portion of no members."""
    none = counted((), claim.from_at) if claim.predicate is Predicate.ACCOUNTED_FOR else None
    return Portion(0, {}, (), none, Trust(), {}, ())


def judged(
    court: Court, subjects: Iterable[AssetId], worst: int, named: frozenset[AssetId] | None = None
) -> Portion[Judgement]:
    """Judge a claim about each of a portion, once, whatever the order they are named in.

    `worst`: at most so many members are given in full: by severity, then the longest silence, then id; none that is
    confirmed. `named`: of whom it may be said which sources speak; None: of all.
    """
    claim, evidence = court.claim, court.evidence
    members = sorted(set(subjects))
    if not members:
        return nothing(claim)
    counts: dict[Kind | None, dict[Verdict, int]] = {}
    order: list[Order] = []
    for subject in members:
        verdict = court.verdict(subject)
        of_kind = counts.setdefault(court.kind(subject), {})
        of_kind[verdict] = of_kind.get(verdict, 0) + 1
        if verdict is not Verdict.CONFIRMED:
            order.append((SEVERITY.index(verdict), -longest_of(court, subject), subject))
    told = ((each, court.kind(each), court.accounts(each)) for each in members)
    spoken_of = sorted(evidence.assets if named is None else named)
    said = (binding for asset in spoken_of for binding in court.chain.bindings(asset))
    gaps = _gaps(evidence, named)
    return Portion(
        len(members),
        counts,
        tuple((each, court.judgement(each[2])) for each in sorted(order)[:worst]),
        counted(told, claim.from_at) if claim.predicate is Predicate.ACCOUNTED_FOR else None,
        trust_in(court.chain, said),
        _of_sources(gaps),
        _longest(gaps),
    )


def longest_of(court: Court, subject: AssetId) -> Millis:
    """Give the longest silence above the tolerance; 0 where there is none."""
    return max((silence.length for silence in court.silences(subject)), default=0)


def _gaps(evidence: Evidence, named: frozenset[AssetId] | None) -> Sequence[Gap]:
    """Give the silences of the sources that speak of those who may be named."""
    if named is None:
        return evidence.gaps
    spoke = {each.source.name for asset in named for each in evidence.assets[asset].bindings}
    return [gap for gap in evidence.gaps if gap.source in spoke]


def _of_sources(gaps: Iterable[Gap]) -> dict[str, int]:
    found: dict[str, int] = {}
    for gap in gaps:
        found[gap.source] = found.get(gap.source, 0) + 1
    return found


def _longest(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Give the longest silences: those that still last first."""
    return tuple(sorted(gaps, key=_length)[:SILENCES])


def _length(gap: Gap) -> tuple[bool, Millis, str, str, Millis]:
    open_still = gap.until_at is None
    length = gap.from_at if gap.until_at is None else gap.from_at - gap.until_at
    return (not open_still, length, gap.source, gap.scope, gap.from_at)
