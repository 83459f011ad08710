"""`contains`: whether what stands in a rack or chassis is, at every moment, what should stand there.

Expected are the things that the claim lists, else those that stood there at the beginning of the interval. Planned
work that names a thing, or the container, lets it go, and lets others come, while the work lasts: what came then is
expected from then on. Pure; standard library alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from schemas.words import Kind, Verdict, rank
from service.facts.announced import Explanation, explanation
from service.facts.chain import GONE, Chain, Mode
from service.facts.claims import Claim
from service.facts.evidence import Explained
from service.facts.inside import Inside
from service.facts.judgement import Difference, Disagreement, Silence
from service.facts.quarrels import Quarrels, in_order
from service.facts.records import AssetId, Binding, Millis
from service.facts.silences import Silences
from service.facts.spans import NONE, Spans, clip, covers, gaps, intersect, subtract, union

# What says otherwise, as opposed to what is merely not shown.
_OTHERWISE = frozenset({"missing", "elsewhere", "foreign", "short", "surplus"})


@dataclass(frozen=True, slots=True)
class Contained:
    """What was found out about one container."""

    verdict: Verdict
    due: Mapping[AssetId, Spans]
    differences: tuple[Difference, ...]
    rivals: tuple[Binding, ...]
    quarrels: tuple[Disagreement, ...]
    silences: tuple[Silence, ...]
    covered: Spans  # all that is due is covered
    baseline_at: Millis | None  # the moment whose contents are expected; None: they were listed


class Containing:
    """Judges the contents of one container, on one chain."""

    def __init__(self, claim: Claim, chain: Chain, holder: AssetId) -> None:
        self.claim = claim
        self.chain = chain
        self.holder = holder
        self.inside = Inside(chain, holder)
        self.quarrels = Quarrels(chain)
        self.silences = Silences(chain)
        self.start, self.end = chain.from_at, chain.until_at
        self._differences: list[Difference] = []

    def judge(self) -> Contained:
        """Try the verdicts in order; the first that holds stands."""
        expected, compared, baseline_at = self._expected()
        counted = self.claim.expected.counts if self.claim.expected is not None else {}
        stood = {asset: spans for asset in self.inside.candidates() if (spans := self.inside.shown(asset))}
        due = {asset: self._due(asset, stood.get(asset, NONE), baseline_at or self.start) for asset in expected}
        for asset, spans in stood.items():
            if asset not in expected and self._kind(asset) in compared:
                due[asset] = self._newcomer(asset, spans, baseline_at)
            elif asset not in expected and self._kind(asset) in counted:
                due[asset] = spans
        self._counts(stood)
        for name in self.claim.expected.unknown if self.claim.expected is not None else ():
            self._differences.append(Difference(None, None, "never_seen", self.start, None, given=name))
        due = {asset: spans for asset, spans in sorted(due.items()) if spans}
        rivals = [found for asset, spans in due.items() for found in self._rivals(asset, spans)]
        quarrels = [q for asset in due for each in self._way(asset) for q in self.quarrels.of(each)]
        quarrels.extend(self.quarrels.identity(self.holder))
        found = Contained(
            Verdict.CONSISTENT,
            due,
            tuple(sorted(self._differences, key=_order)),
            tuple(binding for binding, _ in rivals),
            in_order(quarrels),
            self._silent(due),
            self._covered(due),
            baseline_at,
        )
        strong = any(stronger for _, stronger in rivals)
        return replace(found, verdict=self._first(found, strong=strong))

    def _first(self, found: Contained, *, strong: bool) -> Verdict:
        otherwise = any(each.what in _OTHERWISE and each.explained_by is None for each in found.differences)
        supported = [asset for asset in found.due if self._window(self.inside.by(asset, Mode.ANY))]
        held = [asset for asset in found.due if self._held(asset)]
        if not supported and not held and not otherwise and not strong:
            return Verdict.UNPROVEN
        if otherwise or strong:
            return Verdict.CONTRADICTED
        if found.quarrels or found.rivals:
            return Verdict.DISPUTED
        if held:
            return Verdict.STALE
        return Verdict.CONFIRMED if self._confirmed(found) else Verdict.CONSISTENT

    def _confirmed(self, found: Contained) -> bool:
        if not found.due or any(each.explained_by is None for each in found.differences):
            return False
        if self.claim.expected is not None and self.claim.expected.unknown:
            return False
        if found.baseline_at not in {None, self.start}:
            return False
        return all(
            not subtract(spans, self.inside.by(asset, Mode.CONFIRMING))
            and not subtract(spans, self.inside.shown(asset))
            and not any(self.inside.unsettled(asset, start, end) for start, end, _ in spans)
            for asset, spans in found.due.items()
        )

    def _expected(self) -> tuple[set[AssetId], frozenset[Kind], Millis | None]:
        """Give what is expected, the kinds that are compared, and the moment that it was taken at."""
        listed = self.claim.expected
        if listed is not None:
            return set(listed.assets) - {self.holder}, listed.kinds, None
        firsts = [spans[0][0] for asset in self.inside.candidates() if (spans := self.inside.shown(asset))]
        at = min(firsts, default=None)
        if at is None:
            return set(), frozenset(Kind), self.start
        there = {asset for asset in self.inside.candidates() if covers(self.inside.shown(asset), at, at + 1)}
        return there, frozenset(Kind), at

    def _due(self, asset: AssetId, stood: Spans, at: Millis) -> Spans:
        """Give when an expected thing should be there, and note where it is not."""
        due: Spans = ((at, self.end, self.end),)
        for start, end, _ in gaps(stood, at, self.end):
            by = self._explained(start, asset, comes=False)
            if by is not None:
                due = subtract(due, ((start, end, end),))
            elif stood or at != start or self._elsewhere(asset, start, end) or self._whole(asset, start, end):
                what = "elsewhere" if self._elsewhere(asset, start, end) else self._why(asset, start, end)
                self._note(asset, what, start, end)
                continue
            else:
                self._note(asset, "never_seen", start, end)
                continue
            self._note(asset, "missing", start, end, by)
        self._slot(asset, stood)
        return due

    def _why(self, asset: AssetId, start: Millis, end: Millis) -> str:
        """Say `missing` where a source saw it gone, or listed everything without it; else it is only not listed."""
        seen = any(each.until_at == start and each.end in GONE for each in self.chain.bindings(asset))
        return "missing" if seen or self._whole(asset, start, end) else "not_listed"

    def _elsewhere(self, asset: AssetId, start: Millis, end: Millis) -> bool:
        pieces = self.inside.outside(asset)
        return bool(clip(pieces, start, end))

    def _whole(self, asset: AssetId, start: Millis, end: Millis) -> bool:
        return self._listed(self._kind(asset), start, end, (self.holder,))

    def _listed(self, kind: Kind | None, start: Millis, end: Millis, holders: Iterable[AssetId]) -> bool:
        """Whether a list of what stands in one of the holders, complete for the kind, was in force at a moment.

        What reports a rack's trays names the rack: none of them lists all that a rack holds (rule 7).
        """
        return any(
            row.kind is kind and row.from_at < end and (row.until_at is None or row.until_at > start)
            for holder in holders
            if (there := self.chain.of(holder)) is not None and there.kind is not Kind.RACK
            for row in there.complete
        )

    def _newcomer(self, asset: AssetId, spans: Spans, baseline_at: Millis | None) -> Spans:
        """Give when a thing that was not expected is due after all (it came by planned work), and note it."""
        for start, end, _ in spans:
            by = self._explained(start, asset, comes=True)
            known = baseline_at is None or bool(self.inside.outside(asset)) or self._before(asset, start)
            self._note(asset, "foreign" if known else "newly_listed", start, end, by)
            if by is not None:
                return self._due(asset, clip(spans, start, self.end), start)
        return NONE

    def _before(self, asset: AssetId, at: Millis) -> bool:
        return self._listed(self._kind(asset), at - 1, at, (*self._way(asset), self.holder))

    def _slot(self, asset: AssetId, stood: Spans) -> None:
        """Note where a thing is in no slot of the name expected. Formats name slots differently: it only lowers."""
        slots = self.claim.expected.slots if self.claim.expected is not None else {}
        if asset not in slots:
            return
        right = union(self.chain.stands(each) for each in self.chain.bindings(asset) if each.slot == slots[asset])
        for start, end, _ in subtract(stood, right):
            self._note(asset, "wrong_slot", start, end)

    def _counts(self, stood: Mapping[AssetId, Spans]) -> None:
        for kind, wanted in sorted(self.claim.expected.counts.items() if self.claim.expected is not None else ()):
            members = [spans for asset, spans in stood.items() if self._kind(asset) is kind]
            cuts = {self.start, self.end, *(bound for spans in members for span in spans for bound in span[:2])}
            cuts |= {bound for work in self._work(None) for bound in (work.from_at, work.until_at)}
            moments = sorted(cut for cut in cuts if self.start <= cut <= self.end)
            for start, end in pairwise(moments):
                found = sum(covers(spans, start, end) for spans in members)
                if found == wanted:
                    continue
                what = "short" if self._listed(kind, start, end, (self.holder,)) else "not_listed"
                what = "surplus" if found > wanted else what
                by = self._explained(start, None, comes=found > wanted)
                until_at = end if end < self.end else None
                ticket, late = by or (None, None)
                self._differences.append(Difference(None, kind, what, start, until_at, ticket, wanted, found, late))

    def _work(self, asset: AssetId | None) -> Iterable[Explained]:
        named = {self.holder, *self.chain.above(self.holder), *(() if asset is None else self._way(asset))}
        return (work for work in self.chain.evidence.explained if named & work.assets)

    def _explained(self, at: Millis, asset: AssetId | None, *, comes: bool) -> Explanation | None:
        """Give the planned work by which a thing came, or went, at a moment, and how late that was told."""
        work = (each for each in self._work(asset) if (each.comes if comes else each.goes))
        return explanation(at, ((each.ticket, each.known_from) for each in work if each.from_at <= at < each.until_at))

    def _way(self, asset: AssetId) -> tuple[AssetId, ...]:
        """Give a thing and what is said to be between it and the container."""
        above = self.chain.above(asset)
        return (asset, *sorted(each for each in above if self.holder in self.chain.above(each)))

    def _rivals(self, asset: AssetId, spans: Spans) -> Iterable[tuple[Binding, bool]]:
        """Give bindings that say it was outside meanwhile, and whether their grade is at least that of the holder."""
        ours = [
            rank(self.chain.identity_of(each)) for each in self.chain.bindings(asset) if self._leads(each.container)
        ]
        for link in self.chain.links(asset):
            for binding in link.bindings:
                heard = intersect(union(self.chain.spans(binding, Mode.HEARD)), spans)
                apart = self.quarrels.apart.during(link.parent, self.holder, heard)
                if subtract(apart, self.inside.moving(asset)):
                    yield binding, rank(self.chain.identity_of(binding)) >= max(ours, default=0)

    def _leads(self, container: AssetId | None) -> bool:
        return container is not None and (container == self.holder or self.holder in self.chain.above(container))

    def _held(self, asset: AssetId) -> bool:
        """Whether it was there, and then nothing said so any more, up to the end."""
        spans = self.inside.by(asset, Mode.ANY)
        return bool(spans) and spans[-1][1] < self.end and covers(self.inside.shown(asset), self.end - 1, self.end)

    def _silent(self, due: Mapping[AssetId, Spans]) -> tuple[Silence, ...]:
        found = [
            silence
            for each in sorted({step for asset in due for step in self._way(asset)} - {self.holder})
            for silence in self.silences.links(each)
        ]
        return tuple(sorted(found, key=lambda each: (each.from_at or 0, each.child, each.length)))

    def _covered(self, due: Mapping[AssetId, Spans]) -> Spans:
        whole: Spans = ((self.start, self.end, self.end),)
        covered = whole if due else NONE
        for asset, spans in due.items():
            covered = intersect(covered, union((*self.inside.by(asset, Mode.RAW), *subtract(whole, spans))))
        return covered

    def _kind(self, asset: AssetId) -> Kind | None:
        found = self.chain.of(asset)
        return found.kind if found is not None else None

    def _note(self, asset: AssetId, what: str, start: Millis, end: Millis, by: Explanation | None = None) -> None:
        until_at = end if end < self.end else None
        ticket, late = by or (None, None)
        self._differences.append(Difference(asset, self._kind(asset), what, start, until_at, ticket, late=late))

    def _window(self, spans: Spans) -> Spans:
        return clip(spans, self.start, self.end)


def _order(each: Difference) -> tuple[Millis, str, str, str]:
    return (each.from_at, each.asset or "", each.kind.value if each.kind else "", each.what)
