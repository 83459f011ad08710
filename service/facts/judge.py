"""A claim and evidence in, a verdict with all that it rests on out (SEMANTICS rules 3, 19, 26, 27).

`judge` answers about one thing. `Court` keeps what it finds of trays and racks, for sets of things (`sets.py`).
Pure; standard library alone.
"""

from collections.abc import Sequence
from dataclasses import replace

from schemas.words import IdentityGrade, Kind, PlaceGrade, Predicate, Verdict, rank
from service.facts.accounts import Accounted, Accounting
from service.facts.chain import Chain, Mode
from service.facts.claims import Claim
from service.facts.contents import Contained, Containing
from service.facts.evidence import Evidence
from service.facts.judgement import LISTED, Code, Judgement, Silence, Stretch, code, instant
from service.facts.located import Located, Locating, reached
from service.facts.policy import CURRENT, Ruleset, effective
from service.facts.records import AssetId, Binding
from service.facts.remains import cannot_see, remains_to_trust, wanting, would_raise
from service.facts.spans import clip, subtract, total, union
from service.facts.unrecorded import Recording, Unrecorded
from service.facts.witnesses import placing_against, placing_for, speaking, witnesses


def judge(claim: Claim, subject: AssetId, evidence: Evidence, ruleset: Ruleset = CURRENT) -> Judgement:
    """Judge a claim about one thing, on this evidence alone. Pure; nothing younger than `known_at` matters."""
    return Court(claim, evidence, ruleset).judgement(subject)


_Found = Located | Contained | Accounted | Unrecorded


class Court:
    """One claim, one body of evidence, any number of subjects."""

    def __init__(self, claim: Claim, evidence: Evidence, ruleset: Ruleset = CURRENT) -> None:
        self.claim = claim
        self.evidence = evidence
        self.ruleset = ruleset
        self.limits = effective(claim.max_silence, ruleset)
        self.until_at = max(min(claim.until_at, evidence.known_at), claim.from_at)
        contents = claim.predicate is Predicate.CONTAINS
        self.chain = Chain(evidence, claim.from_at, self.until_at, self.limits, claim.identity, contents=contents)
        self._locating = Locating(claim, self.chain)
        self._accounting = Accounting(claim, self.chain, self._locating)
        self._recording = Recording(self.chain)
        self._found: dict[AssetId, _Found | None] = {}

    def kind(self, subject: AssetId) -> Kind | None:
        """Give the kind of a subject, if anything is known of it."""
        found = self.chain.of(subject)
        return found.kind if found is not None else None

    def found(self, subject: AssetId) -> _Found | None:
        """Judge, without putting it into words; None where there is nothing to judge on."""
        if subject not in self._found:
            found: _Found | None = None
            if self.until_at > self.claim.from_at and self.claim.predicate is Predicate.NOT_ON_RECORD:
                found = self._recording.judge(subject)
            elif self.until_at > self.claim.from_at and self.chain.of(subject) is not None:
                if self.claim.predicate is Predicate.CONTAINS:
                    found = Containing(self.claim, self.chain, subject).judge()
                elif self.claim.predicate is Predicate.ACCOUNTED_FOR:
                    found = self._accounting.judge(subject)
                else:
                    found = self._locating.judge(subject)
            self._found[subject] = found
        return self._found[subject]

    def verdict(self, subject: AssetId) -> Verdict:
        """Give the verdict alone."""
        found = self.found(subject)
        return found.verdict if found is not None else Verdict.UNPROVEN

    def silences(self, subject: AssetId) -> tuple[Silence, ...]:
        """Give the silences above the tolerance."""
        found = self.found(subject)
        if isinstance(found, Accounted):
            return found.located.silences
        return found.silences if isinstance(found, Located | Contained) else ()

    def accounts(self, subject: AssetId) -> tuple[Stretch, ...]:
        """Give what became of a thing, moment by moment; for `accounted_for` alone."""
        found = self.found(subject)
        return found.stretches if isinstance(found, Accounted) else ()

    def judgement(self, subject: AssetId) -> Judgement:
        """Give the verdict with all that it rests on."""
        found = self.found(subject)
        if isinstance(found, Located):
            return self._located(subject, found)
        if isinstance(found, Contained):
            return self._contained(subject, found)
        if isinstance(found, Accounted):
            return self._accounted(subject, found)
        if isinstance(found, Unrecorded):
            return self._unrecorded(subject, found)
        late = self.until_at <= self.claim.from_at
        why = code("ask_of_a_time_that_is_known") if late else code("a_source_that_reports_it")
        return self._judgement(subject, Verdict.UNPROVEN, (), (), would=(why,))

    def _located(self, subject: AssetId, found: Located) -> Judgement:
        start, end = self.chain.from_at, self.until_at
        if found.placing is None:
            unplaced = (code("a_place_that_is_known_at_the_beginning"),)
            return self._judgement(subject, found.verdict, (), (), would=unplaced, found=found)
        supporting = placing_for(self.chain, found.placing, subject)
        stale = found.verdict is Verdict.STALE
        supporting = supporting if stale else speaking(self.chain, supporting)
        against = placing_against(self.chain, found.placing, subject) if found.refused else []
        would: list[Code] = []
        if found.verdict is not Verdict.CONFIRMED:
            would.extend(self._settle(len(found.quarrels), refused=bool(found.refused)))
            if found.coarse:
                would.append(code("a_place_as_exact_as_a_rack_position", place=found.place))
            if found.restated:
                names = ", ".join(found.restated[:LISTED])
                would.append(code("ask_from_when_places_were_restated", places=names, count=len(found.restated)))
            would.extend(would_raise(self.claim, self.chain, supporting, self.limits, silent=found.silences))
        return self._judgement(
            subject,
            found.verdict,
            supporting,
            against,
            would=would,
            found=found,
            place_grade=reached(found.support, start, end),
            covered=total(found.placing.raw(subject), start, end),
        )

    def _accounted(self, subject: AssetId, found: Accounted) -> Judgement:
        """Put what sources see of it into words, and what people say beside it."""
        seen = self._located(
            subject, replace(found.located, verdict=found.verdict, refused=(), quarrels=found.quarrels)
        )
        people = sorted({each.stated.by for each in found.stretches if each.stated is not None})
        said = [code("what_people_said", by=", ".join(people[:LISTED]), count=len(people))] if people else []
        missing = found.verdict is not Verdict.CONFIRMED
        return replace(
            seen,
            accounts=found.stretches,
            covered=found.covered,
            would_raise=tuple(dict.fromkeys((*(wanting(found.stretches) if missing else ()), *seen.would_raise))),
            remains_to_trust=(*seen.remains_to_trust, *said),
        )

    def _unrecorded(self, subject: AssetId, found: Unrecorded) -> Judgement:
        would = [*found.would, *self._settle(len(found.quarrels), refused=bool(found.against))]
        judgement = self._judgement(subject, found.verdict, (), found.against, would=would)
        return replace(judgement, disputes=found.quarrels)

    def _contained(self, subject: AssetId, found: Contained) -> Judgement:
        supporting = [
            binding
            for asset in sorted({each for due in found.due for each in (due, *self.chain.above(due))})
            if subject in self.chain.above(asset)
            for link in self.chain.links(asset)
            if link.parent == subject or subject in self.chain.above(link.parent)
            for binding in link.bindings
        ]
        if found.verdict is not Verdict.STALE:
            supporting = speaking(self.chain, supporting)
        would: list[Code] = []
        if found.verdict is not Verdict.CONFIRMED:
            would.extend(self._settle(len(found.quarrels), refused=bool(found.rivals)))
            if any(each.explained_by is None for each in found.differences):
                would.append(code("planned_work_that_explains_the_differences", count=len(found.differences)))
            if found.baseline_at is not None and found.baseline_at > self.chain.from_at:
                would.append(code("ask_from", at=instant(found.baseline_at)))
            would.extend(would_raise(self.claim, self.chain, supporting, self.limits, silent=found.silences))
        covered = total(found.covered, self.chain.from_at, self.until_at)
        return self._judgement(
            subject, found.verdict, supporting, found.rivals, would=would, found=found, covered=covered
        )

    def _settle(self, disputes: int, *, refused: bool) -> list[Code]:
        out = []
        if refused:
            out.append(code("an_explanation_of_what_says_otherwise"))
        if disputes:
            out.append(code("the_disputes_settled", count=disputes))
        return out

    def _identity(self, supporting: Sequence[Binding]) -> IdentityGrade | None:
        """Give the grade of identity that holds for everything on the way, whenever something supports it."""
        grades: list[IdentityGrade] = []
        for asset in sorted({each.asset for each in supporting if not self.chain.by_slot(each.asset)}):
            mine = [each for each in supporting if each.asset == asset]
            levels = sorted({self.chain.identity_of(each, run) for each in mine for run in each.runs}, key=rank)
            grades.append(self._least(mine, levels))
        return min(grades, key=rank, default=None)

    def _least(self, mine: Sequence[Binding], levels: Sequence[IdentityGrade]) -> IdentityGrade:
        """Give the best grade that reaches as far as all of them together."""
        start, end = self.chain.from_at, self.until_at
        whole = union(span for each in mine for span in self.chain.spans(each, Mode.RAW))
        for grade in reversed(levels[1:]):
            best = union(span for each in mine for span in self.chain.spans(each, Mode.RAW, least=grade))
            if not clip(subtract(whole, best), start, end):
                return grade
        return levels[0] if levels else IdentityGrade.DECLARED

    def _judgement(
        self,
        subject: AssetId,
        verdict: Verdict,
        supporting: Sequence[Binding],
        against: Sequence[Binding],
        *,
        would: Sequence[Code],
        found: Located | Contained | None = None,
        place_grade: PlaceGrade | None = None,
        covered: int = 0,
    ) -> Judgement:
        return Judgement(
            self.claim,
            subject,
            self.kind(subject),
            self.ruleset.version,
            self.evidence.known_at,
            verdict,
            self.claim.from_at,
            self.until_at,
            found.place if isinstance(found, Located) else None,
            self._identity(supporting),
            place_grade,
            covered,
            self.silences(subject),
            witnesses(self.chain, supporting),
            witnesses(self.chain, against),
            found.quarrels if found is not None else (),
            found.differences if isinstance(found, Contained) else (),
            (),
            self._used(subject, supporting),
            tuple(dict.fromkeys(would)),
            tuple(remains_to_trust(self.chain, [*supporting, *against])),
            tuple(cannot_see(self.claim, self._nameless(supporting), verdict)),
        )

    def _nameless(self, supporting: Sequence[Binding]) -> int:
        return len({each.asset for each in supporting if self.chain.by_slot(each.asset)})

    def _used(self, subject: AssetId, supporting: Sequence[Binding]) -> dict[Kind, int]:
        """Give the limits of the kinds on the way; all of them can be had from the ruleset and the claim."""
        kinds = {self.kind(subject), *(self.kind(each.asset) for each in supporting)}
        return {kind: self.limits[kind] for kind in Kind if kind in kinds}
