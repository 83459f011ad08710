"""The answer about a set: counts per kind and verdict, and the worst members; never one word (SEMANTICS rule 28)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas.words import Kind, Predicate, Verdict
from service.facts.claims import BadClaim, Claim
from service.facts.evidence import Evidence
from service.facts.judge import Court
from service.facts.judgement import Code, Judgement
from service.facts.policy import CURRENT, Ruleset
from service.facts.records import AssetId, Millis
from service.facts.remains import cannot_see, remains_to_trust
from service.facts.tally import Tally, tally

WORST = 10

# Worst first. What is not proven at all comes after what has evidence that it is wrong, before what has some for it.
SEVERITY = (
    Verdict.CONTRADICTED,
    Verdict.DISPUTED,
    Verdict.STALE,
    Verdict.UNPROVEN,
    Verdict.CONSISTENT,
    Verdict.CONFIRMED,
)


@dataclass(frozen=True, slots=True)
class SetJudgement:
    """How many things of which kind got which verdict, and the worst of them in full."""

    claim: Claim
    ruleset: str
    known_at: Millis
    members: int
    counts: Mapping[Kind | None, Mapping[Verdict, int]]
    limits: Mapping[Kind, Millis]
    worst: tuple[Judgement, ...]
    tally: Tally | None  # of `accounted_for` alone
    remains_to_trust: tuple[Code, ...]
    cannot_see: tuple[Code, ...]


def judge_set(
    claim: Claim,
    subjects: Iterable[AssetId],
    evidence: Evidence,
    ruleset: Ruleset = CURRENT,
    worst: int = WORST,
    *,
    named: frozenset[AssetId] | None = None,
) -> SetJudgement:
    """Judge a claim about each thing, once, whatever the order they are named in. Pure.

    `worst`: at most so many members are given in full: by severity, then the longest silence, then id; none that
    is confirmed. `named`: of whom it may be said which sources speak; None: of all.

    Raises `BadClaim` where the claim lists expected contents, as those are one container's.
    """
    if claim.predicate is Predicate.CONTAINS and claim.expected is not None:
        raise BadClaim("expected contents are those of one container: ask for each container by itself")
    court = Court(claim, evidence, ruleset)
    counts: dict[Kind | None, dict[Verdict, int]] = {}
    order: list[tuple[int, Millis, AssetId]] = []
    members = sorted(set(subjects))
    for subject in members:
        verdict = court.verdict(subject)
        of_kind = counts.setdefault(court.kind(subject), {})
        of_kind[verdict] = of_kind.get(verdict, 0) + 1
        if verdict is not Verdict.CONFIRMED:
            longest = max((silence.length for silence in court.silences(subject)), default=0)
            order.append((SEVERITY.index(verdict), -longest, subject))
    counted = claim.predicate is Predicate.ACCOUNTED_FOR
    spoken_of = sorted(evidence.assets if named is None else named)
    said = [binding for asset in spoken_of for binding in court.chain.bindings(asset)]
    best = Verdict.CONFIRMED if any(Verdict.CONFIRMED in each for each in counts.values()) else Verdict.CONSISTENT
    return SetJudgement(
        claim,
        ruleset.version,
        evidence.known_at,
        len(members),
        counts,
        court.limits,
        tuple(court.judgement(subject) for _, _, subject in sorted(order)[:worst]),
        tally(((each, court.kind(each), court.accounts(each)) for each in members), claim.from_at) if counted else None,
        tuple(remains_to_trust(court.chain, said)) if members else (),
        tuple(cannot_see(claim, court.chain, said, best)) if members else (),
    )
