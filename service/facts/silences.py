"""The silences above the tolerance in each link of a chain, exact, with their cause (SEMANTICS rules 9, 12, 27)."""

from collections.abc import Iterable, Sequence

from service.facts.chain import Chain, Mode
from service.facts.judgement import Silence
from service.facts.placing import Placing
from service.facts.records import AssetId, Binding, Millis
from service.facts.spans import Spans, clip, covers, gaps, intersect, union


class Silences:
    """Silences of links and of what is said about places, each asset's once."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._links: dict[AssetId, tuple[Silence, ...]] = {}
        self._chains: dict[tuple[AssetId, Placing | None], tuple[Silence, ...]] = {}

    def of(self, asset: AssetId, placing: Placing | None) -> tuple[Silence, ...]:
        """Give those of the asset's links and places, and of all that holds it while it does, in one order."""
        key = (asset, placing)
        if key not in self._chains:
            found = dict.fromkeys(self._chain(asset, placing))
            self._chains[key] = tuple(sorted(found, key=_order))
        return self._chains[key]

    def _chain(self, asset: AssetId, placing: Placing | None) -> Iterable[Silence]:
        yield from self.links(asset)
        if placing is not None:
            yield from self._places(asset, placing)
        for link in self.chain.links(asset):
            standing = self._window(union(self.chain.stands(binding) for binding in link.bindings))
            if standing and placing is not None:
                yield from (each for each in self.of(link.parent, placing) if _meets(each, standing))

    def links(self, asset: AssetId) -> tuple[Silence, ...]:
        """Give the silences of the link above an asset, over the union of all that says where it stands."""
        if asset not in self._links:
            links = self.chain.links(asset)
            bindings = [binding for link in links for binding in link.bindings]
            parent = links[0].parent if links else ""
            self._links[asset] = tuple(self._silent(asset, parent, bindings, self._heard(bindings)))
        return self._links[asset]

    def _places(self, asset: AssetId, placing: Placing) -> Iterable[Silence]:
        domains: dict[tuple[str, str], list[Binding]] = {}
        for binding in placing.own(asset):
            domains.setdefault((binding.source.control_domain, binding.place or ""), []).append(binding)
        for (_, place), bindings in sorted(domains.items()):
            for silence in self._silent(asset, place, bindings, self._heard(bindings)):
                if silence.from_at is not None or len(domains) == 1:
                    yield silence

    def _heard(self, bindings: Sequence[Binding]) -> Spans:
        """Give what qualifying runs cover; where none qualifies, what any covers."""
        found = union(span for each in bindings for span in self.chain.spans(each, Mode.CONFIRMING))
        return found or union(span for each in bindings for span in self.chain.spans(each, Mode.RAW))

    def _silent(self, asset: AssetId, parent: str, bindings: Sequence[Binding], heard: Spans) -> Iterable[Silence]:
        if not bindings or covers(heard, self.chain.from_at, self.chain.until_at):
            return
        found = self.chain.of(asset)
        limit = self.chain.limit(asset)
        for start, end, last in gaps(heard, self.chain.from_at, self.chain.until_at):
            length = end - (self.chain.from_at if last is None else last)
            yield Silence(
                last,
                end if end < self.chain.until_at else None,
                length,
                asset,
                found.kind if found is not None else bindings[0].kind,
                parent,
                tuple(sorted({(each.source.name, each.scope) for each in bindings})),
                "unheard" if last is None else self._cause(bindings, start, end),
                last is None or length > limit,
            )

    def _cause(self, bindings: Sequence[Binding], start: Millis, end: Millis) -> str:
        standing = union(self.chain.stands(each) for each in bindings)
        if not covers(standing, start, end):
            ended = [
                (each.until_at, each.end.value)
                for each in bindings
                if each.until_at is not None and each.end is not None and each.until_at <= end
            ]
            if ended:
                return max(ended)[1]
        sources = {(each.source.name, each.scope) for each in bindings}
        causes = {
            gap.cause
            for gap in self.chain.evidence.gaps
            if (gap.source, gap.scope) in sources
            and gap.from_at < end
            and (gap.until_at is None or gap.until_at > start)
        }
        if len(causes) > 1:
            return "mixed"
        return next(iter(causes)).value if causes else "unknown"

    def _window(self, spans: Spans) -> Spans:
        return clip(spans, self.chain.from_at, self.chain.until_at)


def _meets(silence: Silence, standing: Spans) -> bool:
    start = silence.from_at if silence.from_at is not None else standing[0][0]
    end = silence.until_at if silence.until_at is not None else standing[-1][1]
    return bool(intersect(((start, max(end, start + 1), end),), standing))


def _order(each: Silence) -> tuple[object, ...]:
    begin = -1 if each.from_at is None else each.from_at
    return (begin, each.child, each.parent, each.length, each.sources, each.cause)
