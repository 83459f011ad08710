"""When things stood within one container, as derived whereabouts show it and as bindings support it. Pure."""

from service.facts.chain import BEGINNING, Chain, Mode
from service.facts.records import AssetId
from service.facts.spans import NONE, Span, Spans, clip, intersect, subtract, union


class Inside:
    """What stood within `holder`, on one chain; [from_at, until_at) of the chain only."""

    def __init__(self, chain: Chain, holder: AssetId) -> None:
        self.chain = chain
        self.holder = holder
        self._shown: dict[AssetId, Spans] = {}

    def candidates(self) -> tuple[AssetId, ...]:
        """Give all things that are said, at whatever moment, to be within the holder."""
        return self.chain.below(self.holder)

    def shown(self, asset: AssetId) -> Spans:
        """Give when the derived whereabouts show it there."""
        return clip(self._walk(asset), self.chain.from_at, self.chain.until_at)

    def _walk(self, asset: AssetId) -> Spans:
        if asset == self.holder:
            return ((BEGINNING, self.chain.until_at, self.chain.until_at),)
        if asset not in self._shown:
            found = self.chain.of(asset)
            circular = self.chain.circular(asset)
            spans: list[Span] = []
            for row in found.whereabouts if found is not None else ():
                end = self.chain.until_at if row.until_at is None else min(row.until_at, self.chain.until_at)
                if row.container is None or row.container in circular or row.from_at >= end:
                    continue
                if row.container == self.holder or self.holder in self.chain.above(row.container):
                    spans.extend(intersect(((row.from_at, end, end),), self._walk(row.container)))
            self._shown[asset] = union(spans)
        return self._shown[asset]

    def outside(self, asset: AssetId) -> Spans:
        """Give when the derived whereabouts show it at some other place or container."""
        pieces = union((each.from_at, each.until_at, each.until_at) for each in self.chain.shown(asset))
        return subtract(clip(pieces, self.chain.from_at, self.chain.until_at), self.shown(asset))

    def moving(self, asset: AssetId) -> Spans:
        """Give when it is not decided whether it, or what it stands in, moved; moves of the holder do not matter."""
        return self._flagged(asset, disputed=False)

    def unsettled(self, asset: AssetId, from_at: int, until_at: int) -> bool:
        """Whether it, or what is between it and the holder, is moving or disputed at a moment of a stretch."""
        return bool(clip(self._flagged(asset, disputed=True), from_at, until_at))

    def _flagged(self, asset: AssetId, *, disputed: bool) -> Spans:
        if asset == self.holder or asset in self.chain.circular(asset):
            return NONE
        spans: list[Span] = []
        found = self.chain.of(asset)
        for row in found.whereabouts if found is not None else ():
            end = self.chain.until_at if row.until_at is None else min(row.until_at, self.chain.until_at)
            if row.moving or (disputed and row.disputed):
                spans.append((row.from_at, end, end))
            inner = row.container
            if inner is not None and inner != self.holder and self.holder in self.chain.above(inner):
                spans.extend(self._flagged(inner, disputed=disputed) if asset not in self.chain.above(inner) else ())
        return union(span for span in spans if span[0] < span[1])

    def by(self, asset: AssetId, mode: Mode) -> Spans:
        """Give when bindings support that it is there."""
        return self.chain.path(asset, self.holder, mode)
