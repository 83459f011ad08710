"""When two containers cannot both hold one thing: neither holds the other, and both are named (rule 17). Pure.

A container that nothing names says only what holds it (deploy/decisions/0004-whereabouts.md).
"""

from itertools import pairwise

from schemas.words import Kind
from service.facts.chain import Chain, Mode
from service.facts.nameless import Nameless
from service.facts.records import AssetId, Millis
from service.facts.spans import Span, Spans, subtract, union

_DEPTH = 6


class Apart:
    """Compares the containers of one chain, as its evidence says that they stand in one another."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        assets = chain.evidence.assets
        self._nameless = Nameless(
            self._holds,
            self._within,
            {asset for asset, found in assets.items() if not found.named},
            {asset for asset, found in assets.items() if found.kind is Kind.RACK},
        )

    def during(self, one: AssetId, other: AssetId, spans: Spans) -> Spans:
        """Give when, of these stretches, a thing cannot be in both."""
        if one == other:
            return ()
        path = self.chain.path
        nested = union((*path(one, other, Mode.STANDING), *path(other, one, Mode.STANDING)))
        left = subtract(spans, nested)
        if not left or not {one, other} & self._nameless.assets or self._listed_together(one, other):
            return left
        moments = sorted({row for each in (one, other) for row in self._moments(each)})
        pieces: list[Span] = []
        for start, end, _ in left:
            cuts = [start, *(at for at in moments if start < at < end), end]
            for begin, until in pairwise(cuts):
                if not self._nameless.agree(one, other, begin):
                    pieces.append((begin, until, until))
        return union(pieces)

    def _listed_together(self, one: AssetId, other: AssetId) -> bool:
        """Whether two that nothing names are told apart by one source and scope that lists both."""
        if not {one, other} <= self._nameless.assets:
            return False
        mine, theirs = ({(b.source.name, b.scope) for b in self.chain.bindings(each)} for each in (one, other))
        return bool(mine & theirs)

    def _moments(self, asset: AssetId) -> set[Millis]:
        """Give when what an asset stands in changed, and what that stands in, however far up."""
        out: set[Millis] = set()
        for each in (asset, *self.chain.above(asset)):
            found = self.chain.of(each)
            for row in found.whereabouts if found is not None else ():
                out |= {row.from_at} | (set() if row.until_at is None else {row.until_at})
        return out

    def _within(self, asset: AssetId, at: Millis) -> AssetId | None:
        found = self.chain.of(asset)
        rows = found.whereabouts if found is not None else ()
        return next(
            (row.container for row in rows if row.from_at <= at and (row.until_at is None or row.until_at > at)), None
        )

    def _holds(self, outer: AssetId, inner: AssetId, at: Millis) -> bool:
        here: AssetId | None = inner
        for _ in range(_DEPTH):
            here = None if here is None else self._within(here, at)
            if here == outer:
                return True
        return False
