"""`located_at`, `not_in`, `stayed`: the verdict on where one thing was, in the order of SEMANTICS rule 26."""

from dataclasses import dataclass, replace

from schemas.words import PlaceGrade, PlaceKind, Predicate, Verdict
from service.facts.chain import Chain, Mode
from service.facts.claims import Claim
from service.facts.judgement import Disagreement, Silence
from service.facts.placing import Grades, Placing, Target, graded
from service.facts.quarrels import Quarrels, in_order
from service.facts.records import AssetId
from service.facts.shown import Shown
from service.facts.silences import Silences
from service.facts.spans import NONE, Spans, clip, covers, subtract, union

_TRIED = (PlaceGrade.CORROBORATED, PlaceGrade.SENSED, PlaceGrade.DECLARED)


@dataclass(frozen=True, slots=True)
class Located:
    """What was found out about one thing and one target, before it is put into words."""

    verdict: Verdict
    placing: Placing | None
    place: str | None  # the place judged against
    coarse: bool  # `stayed` without a place is about rack positions, and none was known
    support: Grades  # all that covers; silences up to the limit bridged
    confirming: Spans  # evidence at the grades needed
    refused: Spans  # moments at which something says otherwise
    quarrels: tuple[Disagreement, ...]
    silences: tuple[Silence, ...]
    restated: tuple[str, ...] = ()  # places on the way that people have said otherwise of since the claim's beginning


class Locating:
    """Judges where things were, all of one claim, on one chain; what it finds of trays and racks it keeps."""

    def __init__(self, claim: Claim, chain: Chain) -> None:
        self.claim = claim
        self.chain = chain
        self.quarrels = Quarrels(chain)
        self.silences = Silences(chain)
        self._placings: dict[str | None, Placing] = {}

    def judge(self, subject: AssetId) -> Located:
        """Try the verdicts in order; the first that holds stands."""
        place, coarse = self._place(subject)
        anywhere = self.claim.predicate is Predicate.ACCOUNTED_FOR
        if place is None and self.claim.country is None and not anywhere:
            disputed = in_order(self.quarrels.of(subject))
            silent = self.silences.of(subject, None)
            return Located(Verdict.UNPROVEN, None, None, coarse, Grades(), NONE, NONE, disputed, silent)
        if place not in self._placings:
            outside = self.claim.predicate is Predicate.NOT_IN
            target = Target(self.chain.evidence.places, place, self.claim.country, outside)
            self._placings[place] = Placing(self.chain, target)
        placing = self._placings[place]
        support = placing.grades(subject, Mode.ANY)
        confirming = placing.grades(subject, Mode.CONFIRMING).at_least(self.claim.place_needed)
        shown = self._shown(subject)
        moving = union((each.from_at, each.until_at, each.until_at) for each in shown if each.moving)
        against = self._against(placing, subject)
        refused = self._window(union((*against.declared, *self._aged(placing, subject, shown, support))))
        quarrels = [q for each in self.chain.holders(subject) for q in self.quarrels.of(each, placing)]
        if refused:
            quarrels.extend(self._moving(placing, subject, shown))
        found = Located(
            Verdict.CONSISTENT,
            placing,
            place,
            coarse,
            support,
            confirming,
            refused,
            in_order(quarrels),
            self.silences.of(subject, placing),
            self._restated(place, shown),
        )
        contradicted = self._contradicted(placing, subject, support, against, moving, shown)
        return replace(found, verdict=self._first(found, contradicted, subject, shown))

    def _first(self, found: Located, contradicted: Spans, subject: AssetId, shown: list[Shown]) -> Verdict:
        placing = found.placing
        inside = self._window(found.support.declared)
        held = placing is not None and self._held(placing, subject, found.support)
        if not inside and not found.refused and not held:
            return Verdict.UNPROVEN
        if contradicted:
            return Verdict.CONTRADICTED
        if found.quarrels or found.refused:
            return Verdict.DISPUTED
        if held:
            return Verdict.STALE
        if self._confirmed(found, shown):
            return Verdict.CONFIRMED
        return Verdict.CONSISTENT

    def _confirmed(self, found: Located, shown: list[Shown]) -> bool:
        """Whether the evidence and the derived whereabouts both say so at every moment."""
        placing = found.placing
        if (
            placing is None
            or found.coarse
            or found.restated
            or not covers(found.confirming, self.chain.from_at, self.chain.until_at)
        ):
            return False
        at = self.chain.from_at
        for piece in shown:
            if piece.from_at > at or piece.moving or piece.disputed or piece.place is None:
                return False
            if not placing.relevant(piece.place, against=False):
                return False
            at = piece.until_at
        return at >= self.chain.until_at

    def _restated(self, place: str | None, shown: list[Shown]) -> tuple[str, ...]:
        """Give the places that hold the one claimed, or those shown, and that stood elsewhere in the tree before."""
        tree, restated = self.chain.evidence.places, self.chain.evidence.restated
        named = {each for each in (place, *(piece.place for piece in shown)) if each is not None}
        return tuple(sorted({outer for each in named for outer in tree.path(each)} & restated)) if restated else ()

    def _held(self, placing: Placing, subject: AssetId, support: Grades) -> bool:
        """Whether it held, and then nothing said so any more up to the end: `stale`, if nothing says otherwise."""
        if not support.declared or support.declared[-1][1] >= self.chain.until_at:
            return False
        places = [piece.place for piece in self.chain.shown(subject) if piece.place is not None]
        return bool(places) and placing.relevant(places[-1], against=False)

    def _against(self, placing: Placing, subject: AssetId) -> Grades:
        """Give what was heard that says otherwise, by the grade that it reaches by itself."""
        found = placing.testimonies(subject, Mode.HEARD, against=True)
        if not found:
            return Grades()
        grades = graded(found, placing.target.places)
        return Grades(self._window(grades.declared), self._window(grades.sensed), self._window(grades.corroborated))

    def _contradicted(  # noqa: PLR0917 -- each is one side of the comparison
        self,
        placing: Placing,
        subject: AssetId,
        support: Grades,
        against: Grades,
        moving: Spans,
        shown: list[Shown],
    ) -> Spans:
        """Give the moments at which what says otherwise has a grade of at least what supports (rule 26)."""
        found = [
            span
            for grade in _TRIED
            for span in subtract(subtract(against.at_least(grade), moving), support.above(grade))
        ]
        return union((*found, *subtract(self._aged(placing, subject, shown, support), moving)))

    def _aged(self, placing: Placing, subject: AssetId, shown: list[Shown], support: Grades) -> Spans:
        """Give when the last word stands that it is elsewhere, and nothing supports the target (rule 12).

        A claim of a retired source no longer stands, and is no rival (rule 19).
        """
        elsewhere = union(
            (piece.from_at, piece.until_at, piece.until_at)
            for piece in shown
            if piece.place is not None and placing.relevant(piece.place, against=True)
        )
        if not elsewhere:
            return NONE
        found = placing.testimonies(subject, Mode.HEARD, against=True)
        standing = union(span for each in found for span in each.stands)
        stood = tuple(
            (max(a, c), min(b, d), min(b, d)) for a, b, _ in elsewhere for c, d, _ in standing if max(a, c) < min(b, d)
        )
        return self._window(subtract(union(stood), support.declared))

    def _moving(self, placing: Placing, subject: AssetId, shown: list[Shown]) -> list[Disagreement]:
        found = placing.testimonies(subject, Mode.HEARD, against=True)
        sources = tuple(sorted({source for each in found for source in each.sources}))
        return [
            Disagreement(subject, "moving", "not_yet_decided_whether_it_moved", sources, piece.from_at, None)
            for piece in shown
            if piece.moving
        ]

    def _shown(self, subject: AssetId) -> list[Shown]:
        """Give the pieces of the derived whereabouts within the interval."""
        start, end = self.chain.from_at, self.chain.until_at
        return [
            replace(piece, from_at=max(piece.from_at, start), until_at=min(piece.until_at, end))
            for piece in self.chain.shown(subject)
            if piece.from_at < end and piece.until_at > start
        ]

    def _place(self, subject: AssetId) -> tuple[str | None, bool]:
        """Give the place to judge against: the claim's, else the rack position where it was at the beginning."""
        if self.claim.predicate is not Predicate.STAYED or self.claim.place is not None:
            return self.claim.place, False
        first = next((piece.place for piece in self._shown(subject) if piece.place is not None), None)
        if first is None:
            return None, False
        kinds = self.chain.evidence.place_kinds
        for place in self.chain.evidence.places.path(first):
            if kinds.get(place) is PlaceKind.RACK_POSITION:
                return place, False
        return first, True

    def _window(self, spans: Spans) -> Spans:
        return clip(spans, self.chain.from_at, self.chain.until_at)


def reached(support: Grades, from_at: int, until_at: int) -> PlaceGrade | None:
    """Give the grade of place at every moment at which anything supports it; None where nothing does."""
    inside = clip(support.declared, from_at, until_at)
    if not inside:
        return None
    return next(grade for grade in _TRIED if not subtract(inside, clip(support.at_least(grade), from_at, until_at)))
