"""What cannot be true together, whoever is right: disputes of identity and whereabouts, absence, circles.

Each is found per asset, once, for one interval. Pure; standard library alone.
"""

from collections.abc import Iterable
from itertools import combinations

from service.facts.apart import Apart
from service.facts.chain import Chain, Link, Mode
from service.facts.judgement import Disagreement
from service.facts.placing import Placing
from service.facts.records import AssetId, Binding, Dispute, Millis
from service.facts.spans import Spans, clip, intersect, union


class Quarrels:
    """Disagreements about assets during the interval of a chain."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.apart = Apart(chain)
        self._found: dict[AssetId, tuple[Disagreement, ...]] = {}

    def of(self, asset: AssetId, placing: Placing | None = None) -> list[Disagreement]:
        """Give what is disputed about one asset. With `placing`: but for places that all lie within its target."""
        if asset not in self._found:
            found = (self.identity, self._circles, self._containers, self._absences)
            self._found[asset] = tuple(each for find in found for each in find(asset))
        more = self._taken_back(asset, placing) if placing is not None else ()
        return [*self._found[asset], *self._disputes(asset, placing), *more]

    def overlaps(self, from_at: Millis, until_at: Millis | None) -> bool:
        """Whether [from_at, until_at) and the interval share a moment."""
        return from_at < self.chain.until_at and (until_at is None or until_at > max(self.chain.from_at, from_at))

    def known(self, until_at: Millis | None) -> Millis | None:
        """Give an end if it was known."""
        return until_at if until_at is not None and until_at < self.chain.evidence.known_at else None

    def identity(self, asset: AssetId) -> Iterable[Disagreement]:
        """Give the disputes about what an asset is."""
        found = self.chain.of(asset)
        for row in found.identity_disputes if found is not None else ():
            if self.overlaps(row.from_at, row.until_at):
                yield Disagreement(asset, "identity", row.why, (), row.from_at, self.known(row.until_at))

    def _circles(self, asset: AssetId) -> Iterable[Disagreement]:
        if self.chain.circular(asset):
            sources = {each.source.name for each in self.chain.bindings(asset) if each.container is not None}
            yield Disagreement(
                asset, "whereabouts", "containers_in_a_circle", tuple(sorted(sources)), self.chain.from_at, None
            )

    def _disputes(self, asset: AssetId, placing: Placing | None) -> Iterable[Disagreement]:
        found = self.chain.of(asset)
        for row in found.disputes if found is not None else ():
            if self.overlaps(row.from_at, row.until_at) and not self._harmless(asset, row, placing):
                sources = tuple(sorted({row.shown[0], row.rival[0]}))
                yield Disagreement(
                    asset, "whereabouts", "claims_differ", sources, row.from_at, self.known(row.until_at)
                )

    def _harmless(self, asset: AssetId, row: Dispute, placing: Placing | None) -> bool:
        """Whether both sides name places, and all of them lie within the target."""
        if placing is None:
            return False
        sides = [self._named(asset, row, side) for side in (row.shown, row.rival)]
        return all(sides) and all(
            each.container is None and each.place is not None and placing.target.supports(each.place)
            for side in sides
            for each in side
        )

    def _named(self, asset: AssetId, row: Dispute, name: tuple[str, str, str]) -> list[Binding]:
        return [
            each
            for each in self.chain.bindings(asset)
            if (each.source.name, each.scope, each.slot) == name
            and (row.until_at is None or each.from_at < row.until_at)
            and (each.until_at is None or each.until_at > row.from_at)
        ]

    def _containers(self, asset: AssetId) -> Iterable[Disagreement]:
        """Give containers that are stated at one moment and cannot both hold it then."""
        links = self.chain.links(asset)
        for one, other in combinations(links, 2) if len(links) > 1 else ():
            both = intersect(self.chain.link(one, Mode.HEARD), self.chain.link(other, Mode.HEARD))
            apart = self.apart.during(one.parent, other.parent, both)
            for start, end, _ in self._window(apart)[:1]:
                until_at = end if end < self.chain.until_at else None
                sources = {each.source.name for each in (*one.bindings, *other.bindings)}
                yield Disagreement(asset, "whereabouts", "containers_differ", tuple(sorted(sources)), start, until_at)

    def _absences(self, asset: AssetId) -> Iterable[Disagreement]:
        """Give what one source saw gone from a container in which another goes on to see it."""
        for link in self.chain.links(asset):
            for binding, gone, back in self.chain.absences(link):
                yield from self._still_seen(link, binding.source.name, gone, back)

    def _still_seen(self, link: Link, name: str, gone: Millis, back: Millis) -> Iterable[Disagreement]:
        others = [each for each in link.bindings if each.source.name != name]
        seen = union(span for each in others for span in self.chain.spans(each, Mode.HEARD))
        for start, _, _ in self._window(clip(seen, gone, back))[:1]:
            sources = sorted({name, *(each.source.name for each in others)})
            until_at = back if back < self.chain.until_at else None
            yield Disagreement(link.child, "absence", "one_source_saw_it_gone", tuple(sources), start, until_at)

    def _taken_back(self, asset: AssetId, placing: Placing) -> Iterable[Disagreement]:
        """Give when a control domain saw an asset gone from a place at which others go on to see it."""
        for domain, (sources, spans) in sorted(placing.taken_back(asset).items()):
            others = [each for each in placing.own(asset) if each.source.control_domain != domain]
            seen = union(span for each in others for span in self.chain.spans(each, Mode.HEARD))
            for start, end, _ in self._window(intersect(seen, spans))[:1]:
                until_at = end if end < self.chain.until_at else None
                names = sorted(sources | {each.source.name for each in others})
                yield Disagreement(asset, "absence", "one_source_saw_it_gone", tuple(names), start, until_at)

    def _window(self, spans: Spans) -> Spans:
        return clip(spans, self.chain.from_at, self.chain.until_at)


def in_order(found: Iterable[Disagreement]) -> tuple[Disagreement, ...]:
    """Put disagreements in one order, each once."""
    return tuple(sorted(set(found), key=_order))


def _order(each: Disagreement) -> tuple[Millis, str, str, str, tuple[str, ...], Millis]:
    """Order them wholly: what is in a set has no order of its own."""
    return (
        each.from_at,
        each.asset,
        each.about,
        each.why,
        each.sources,
        -1 if each.until_at is None else each.until_at,
    )
