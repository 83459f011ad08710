"""The chain of a thing (GPU, tray, rack, place): what supports each link, by its own kind's limit (rule 27).

One `Chain` serves one interval, one set of limits and one grade of identity; what it computes of an asset it keeps,
so that the trays and racks of a set are judged once. Pure; standard library alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from schemas.words import BindingEnd, IdentityGrade, Kind, SourceClass, Timing, rank
from service.facts.evidence import AssetEvidence, Evidence
from service.facts.records import AssetId, Binding, Millis, Run
from service.facts.shown import Shown, walk
from service.facts.spans import NONE, Span, Spans, bridge, clip, intersect, subtract, union

BEGINNING: Millis = -(1 << 62)
_RANKS = {grade: rank(grade) for grade in IdentityGrade}
GONE = frozenset({BindingEnd.ABSENT, BindingEnd.REPLACED})  # ends by which a source says that a thing is not there


class Mode(Enum):
    """Which runs count, and how their silences are taken."""

    CONFIRMING = "confirming"  # tolerance within the limit, identity as asked; silences up to the limit are bridged
    ANY = "any"  # all that cover; silences up to the limit are bridged
    RAW = "raw"  # all that cover; no silence is bridged
    HEARD = "heard"  # from the first to the last report of each run that covers: what can speak against something
    STANDING = "standing"  # while the claim stands, silent or not: silence ends no whereabouts (rule 12)


@dataclass(slots=True)
class Link:
    """What stands between a thing and one container: the bindings that say so."""

    child: AssetId
    parent: AssetId
    bindings: list[Binding] = field(default_factory=list)
    spans: dict[Mode, Spans] = field(default_factory=dict)


class Chain:
    """What holds what, during [from_at, until_at) and before it, on this evidence. `until_at` is at most known_at."""

    def __init__(
        self,
        evidence: Evidence,
        from_at: Millis,
        until_at: Millis,
        limits: Mapping[Kind, Millis],
        identity: IdentityGrade,
        *,
        contents: bool = False,
    ) -> None:
        self._contents = contents
        self.evidence = evidence
        self.from_at = from_at
        self.until_at = until_at
        self.limits = limits
        self._identity = rank(identity)
        self._whole: Spans = ((BEGINNING, until_at, until_at),)
        self._links: dict[AssetId, tuple[Link, ...]] = {}
        self._above: dict[AssetId, frozenset[AssetId]] = {}
        self._shown: dict[AssetId, tuple[Shown, ...]] = {}
        self._paths: dict[tuple[AssetId, AssetId, Mode], Spans] = {}
        self._below: dict[AssetId, tuple[AssetId, ...]] | None = None
        self._holders: dict[AssetId, tuple[AssetId, ...]] = {}
        self._tainted: dict[AssetId, Spans] = {}

    def of(self, asset: AssetId) -> AssetEvidence | None:
        """Give the evidence about an asset, if there is any."""
        return self.evidence.assets.get(asset)

    def limit(self, asset: AssetId) -> Millis:
        """Give the longest silence allowed in the link above an asset; none where nothing is known of it."""
        found = self.of(asset)
        return 0 if found is None else self.limits[found.kind]

    def bindings(self, asset: AssetId) -> Iterable[Binding]:
        """Give what counts at all: known, begun, and not a landmark's (those only exclude places)."""
        found = self.of(asset)
        for binding in found.bindings if found is not None else ():
            if binding.from_at < self.until_at and binding.source.source_class is not SourceClass.LANDMARK:
                yield binding

    def stands(self, binding: Binding) -> Span:
        """Give the stretch in which the claim stands, silent or not."""
        until_at = self.until_at if binding.until_at is None else min(binding.until_at, self.until_at)
        return (binding.from_at, until_at, until_at)

    def identity_of(self, binding: Binding, run: Run | None = None) -> IdentityGrade:
        """Give the grade of identity that a binding speaks with: persons declare, untimed reports at most report."""
        found = self.of(binding.lifted_from or binding.asset)
        grade = IdentityGrade.DECLARED if found is None else found.identity_grade
        if binding.source.source_class is SourceClass.PERSON:
            return IdentityGrade.DECLARED
        if run is not None and run.timing is Timing.UNTIMED:
            return min(grade, IdentityGrade.REPORTED, key=_RANKS.__getitem__)
        return grade

    def spans(
        self, binding: Binding, mode: Mode, *, fresh: bool | None = None, least: IdentityGrade | None = None
    ) -> Iterable[Span]:
        """Give what the runs of a binding cover while it stands.

        `fresh`: only those with, or without, usable time. `least`: only those of at least this grade of identity.
        """
        start, end, _ = self.stands(binding)
        if mode is Mode.STANDING:
            yield (start, end, end)
            return
        for run in binding.runs:
            if run.timing is Timing.LATE or (fresh is not None and fresh != (run.timing is Timing.FRESH)):
                continue
            if mode is Mode.CONFIRMING and not self._confirms(binding, run):
                continue
            if least is not None and _RANKS[self.identity_of(binding, run)] < _RANKS[least]:
                continue
            covered, heard = self._reach(run)
            if mode is Mode.HEARD:
                covered = min(covered, heard + 1)
            a, b = max(run.first, start), min(covered, end)
            if a < b:
                yield (a, b, min(heard, b))

    def _confirms(self, binding: Binding, run: Run) -> bool:
        if run.tolerance > self.limit(binding.asset):
            return False
        return _RANKS[self.identity_of(binding, run)] >= self._identity or self.by_slot(binding.asset)

    def by_slot(self, asset: AssetId) -> bool:
        """Whether an asset is only what fills a slot, and that is all that is asked of it: contents are judged."""
        found = self.of(asset)
        return self._contents and found is not None and not found.named

    def _reach(self, run: Run) -> tuple[Millis, Millis]:
        """Until when a run covers and when it was last heard, saying nothing that depends on what came at known_at."""
        known_at = self.evidence.known_at
        end = run.last + run.tolerance
        if run.until is not None and run.until < known_at:
            end = min(end, run.until)
        return (known_at, known_at) if end >= known_at else (end, min(run.last, end))

    def links(self, asset: AssetId) -> tuple[Link, ...]:
        """Give the links to the containers that sources name, in the order of their ids; circles are left out."""
        if asset not in self._links:
            found: dict[AssetId, Link] = {}
            circular = self.circular(asset)
            for binding in self.bindings(asset):
                parent = binding.container
                if parent is None or binding.lifted_from is not None or parent in circular:
                    continue
                link = found.setdefault(parent, Link(asset, parent))
                link.bindings.append(binding)
            self._links[asset] = tuple(found[parent] for parent in sorted(found))
        return self._links[asset]

    def link(self, link: Link, mode: Mode) -> Spans:
        """Give what supports a link: the union of all sources that say so."""
        if mode not in link.spans:
            found = union(span for binding in link.bindings for span in self.spans(binding, mode))
            if mode in {Mode.CONFIRMING, Mode.ANY}:
                standing = union(self.stands(binding) for binding in link.bindings)
                found = bridge(found, standing, self.limit(link.child), self.until_at)
            if mode is Mode.CONFIRMING:
                found = subtract(found, union((gone, back, back) for _, gone, back in self.absences(link)))
            link.spans[mode] = found
        return link.spans[mode]

    def absences(self, link: Link) -> Iterable[tuple[Binding, Millis, Millis]]:
        """Give the bindings by which a source saw the thing gone from the container, from when, until it saw it again.

        Sources name the container, a part of it or what holds it: whoever saw it gone from one of these saw it gone.
        A source that goes on to list it in the container, in another slot or in a part of it, did not see it gone.
        """
        near = [
            each
            for other in self.links(link.child)
            if self._nested(other.parent, link.parent)
            for each in other.bindings
        ]
        for binding in near:
            gone = binding.until_at
            if binding.end not in GONE or gone is None or gone >= self.until_at:
                continue
            mine = [each for each in near if each.source.name == binding.source.name]
            if not any(each.from_at <= gone and (each.until_at is None or each.until_at > gone) for each in mine):
                yield binding, gone, min((each.from_at for each in mine if each.from_at > gone), default=self.until_at)

    def _nested(self, one: AssetId, other: AssetId) -> bool:
        return one == other or one in self.above(other) or other in self.above(one)

    def path(self, child: AssetId, holder: AssetId, mode: Mode) -> Spans:
        """Give when `child` is supported to be within `holder`, by whatever steps."""
        if child == holder:
            return self._whole
        key = (child, holder, mode)
        if key not in self._paths:
            found: list[Span] = []
            for link in self.links(child):
                spans = self.link(link, mode)
                if link.parent != holder and spans:
                    above = self.above(link.parent)
                    spans = intersect(spans, self.path(link.parent, holder, mode)) if holder in above else NONE
                found.extend(spans)
            spans = union(found)
            self._paths[key] = subtract(spans, self.tainted(child)) if mode is Mode.CONFIRMING else spans
        return self._paths[key]

    def tainted(self, asset: AssetId) -> Spans:
        """Give when the identity or whereabouts of an asset are disputed."""
        if asset not in self._tainted:
            found = self.of(asset)
            rows: list[tuple[Millis, Millis | None]] = []
            if found is not None:
                rows += [(each.from_at, each.until_at) for each in found.identity_disputes]
                rows += [(each.from_at, each.until_at) for each in found.disputes]
            ends = ((start, self.until_at if end is None else end) for start, end in rows)
            self._tainted[asset] = clip(union((a, b, b) for a, b in ends if a < b), BEGINNING, self.until_at)
        return self._tainted[asset]

    def _parents(self, asset: AssetId) -> set[AssetId]:
        found = self.of(asset)
        named = {row.container for row in found.whereabouts} if found is not None else set()
        named |= {binding.container for binding in self.bindings(asset)}
        return {parent for parent in named if parent is not None}

    def above(self, asset: AssetId) -> frozenset[AssetId]:
        """Give all that is said to hold an asset, at whatever moment, however far up."""
        if asset not in self._above:
            seen: set[AssetId] = set()
            ahead = self._parents(asset)
            while ahead:
                parent = ahead.pop()
                if parent not in seen:
                    seen.add(parent)
                    ahead |= self._above[parent] if parent in self._above else self._parents(parent)
            self._above[asset] = frozenset(seen)
        return self._above[asset]

    def below(self, holder: AssetId) -> tuple[AssetId, ...]:
        """Give all that is said to stand in a holder, at whatever moment, however deep, in the order of their ids."""
        if self._below is None:
            found: dict[AssetId, list[AssetId]] = {}
            for asset in sorted(self.evidence.assets):
                for above in self.above(asset):
                    found.setdefault(above, []).append(asset)
            self._below = {each: tuple(assets) for each, assets in found.items()}
        return self._below.get(holder, ())

    def holders(self, asset: AssetId) -> tuple[AssetId, ...]:
        """Give the asset and what holds it, by links that anything supports during the interval, nearest first."""
        if asset not in self._holders:
            seen = [asset]
            for link in self.links(asset):
                if clip(self.link(link, Mode.ANY), self.from_at, self.until_at):
                    seen.extend(each for each in self.holders(link.parent) if each not in seen)
            self._holders[asset] = tuple(seen)
        return self._holders[asset]

    def circular(self, asset: AssetId) -> frozenset[AssetId]:
        """Give the containers of an asset that are said to stand within it; nothing is concluded from such links."""
        if asset not in self.above(asset):
            return frozenset()
        return frozenset(each for each in self._parents(asset) if each == asset or asset in self.above(each))

    def shown(self, asset: AssetId) -> tuple[Shown, ...]:
        """Walk the derived whereabouts up to a place. Pieces are in order; moments without a row are left out."""
        if asset not in self._shown:
            found = self.of(asset)
            rows = found.whereabouts if found is not None else ()
            self._shown[asset] = walk(rows, self.until_at, self.circular(asset), self.shown)
        return self._shown[asset]
