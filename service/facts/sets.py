"""The answer about a set: counts per kind and verdict, and the worst members; never one word (SEMANTICS rule 28)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Generic, TypeVar

from schemas.words import Kind, Predicate, Verdict
from service.facts.claims import BadClaim, Claim
from service.facts.evidence import Evidence, Gap
from service.facts.judge import Court
from service.facts.judgement import Code, Judgement
from service.facts.policy import CURRENT, Ruleset, effective
from service.facts.portions import Portion, judged
from service.facts.records import AssetId, Millis
from service.facts.remains import cannot_see
from service.facts.tally import Tally, tally
from service.facts.trust import trusted

WORST = 10

W = TypeVar("W")
X = TypeVar("X")


@dataclass(frozen=True, slots=True)
class SetJudgement(Generic[W]):
    """How many things of which kind got which verdict, and the worst of them in full.

    `W`: the worst as judged, or as written. `silences`: how many were recorded of the sources that speak of the set,
    or of what holds it; `longest`: the longest of these.
    """

    claim: Claim
    ruleset: str
    known_at: Millis
    members: int
    counts: Mapping[Kind | None, Mapping[Verdict, int]]
    limits: Mapping[Kind, Millis]
    worst: tuple[W, ...]
    tally: Tally | None  # of `accounted_for` alone
    silences: int
    longest: tuple[Gap, ...]
    remains_to_trust: tuple[Code, ...]
    cannot_see: tuple[Code, ...]

    def written(self, write: Callable[[W], X]) -> "SetJudgement[X]":
        """Give the same with its worst members written otherwise."""
        same = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "worst"}
        return SetJudgement(worst=tuple(map(write, self.worst)), **same)


def check_set(claim: Claim) -> None:
    """Raise `BadClaim` where the claim lists expected contents, as those are one container's."""
    if claim.predicate is Predicate.CONTAINS and claim.expected is not None:
        raise BadClaim("expected contents are those of one container: ask for each container by itself")


def judge_set(
    claim: Claim,
    subjects: Iterable[AssetId],
    evidence: Evidence,
    ruleset: Ruleset = CURRENT,
    worst: int = WORST,
    *,
    named: frozenset[AssetId] | None = None,
) -> SetJudgement[Judgement]:
    """Judge a claim about each thing of a set at once. Pure.

    `named`: of whom it may be said which sources speak; None: of all. Raises `BadClaim` as `check_set`.
    """
    check_set(claim)
    whole = judged(Court(claim, evidence, ruleset), subjects, worst, named)
    return concluded(claim, whole, evidence.known_at, ruleset)


def concluded(claim: Claim, whole: Portion[W], known_at: Millis, ruleset: Ruleset = CURRENT) -> SetJudgement[W]:
    """Give the answer about a set of which every portion was judged and joined."""
    confirmed = any(Verdict.CONFIRMED in each for each in whole.counts.values())
    best = Verdict.CONFIRMED if confirmed else Verdict.CONSISTENT
    some = whole.members > 0
    return SetJudgement(
        claim,
        ruleset.version,
        known_at,
        whole.members,
        whole.counts,
        effective(claim.max_silence, ruleset),
        tuple(each for _, each in whole.worst),
        tally(whole.counted) if whole.counted is not None else None,
        sum(whole.silences.values()),
        whole.longest,
        tuple(trusted(whole.trust)) if some else (),
        tuple(cannot_see(claim, len(whole.trust.nameless), best)) if some else (),
    )
