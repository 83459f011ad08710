"""What is said to be inside what: in which order assets are looked at, and whom a change of container concerns.

Claims agree where one container holds the other (SEMANTICS rule 17), so an asset of which several containers are
claimed can be told only after these, and again when what they are in changes. Nobody else depends on anybody.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from consumers.derive.book import Book
from consumers.derive.parts import Parts
from consumers.derive.rows import BindingRow, WhereRow
from schemas.words import Kind
from service.facts.nameless import Nameless
from service.facts.records import AssetId, Millis

DEPTH = 6  # a rack in a container in a …: deeper chains are nobody's


class Nesting:
    """The claims of one cell, as they stand while one moment is settled."""

    def __init__(self, book: Book, parts: Parts) -> None:
        self._book = book
        self._graph = parts
        self._heights: dict[str, int] = {}

    def begin(self) -> None:
        """Take the claims anew: another moment is settled."""
        self._heights.clear()

    def claims(self, asset: str) -> list[BindingRow]:
        """Give every (loaded) binding of an asset."""
        return [row for name in sorted(self._book.names_of(asset)) for row in self._book.by_name[name]]

    def containers(self, asset: str, since: Millis = 0) -> set[str]:
        """Give the containers that (loaded) claims which still stood at a moment name."""
        return {
            self._book.asset_of(row.container)
            for row in self.claims(asset)
            if row.container is not None and (row.until_at is None or row.until_at >= since)
        }

    # -- order -------------------------------------------------------------------------------------------------------

    async def outermost(self, assets: Iterable[str]) -> list[str]:
        """Give those of some assets that depend on none of the others, in the order in which they are first claimed."""
        await self._load(assets)
        level = {asset for asset in assets if len(self.containers(asset)) > 1}
        for _ in range(DEPTH):
            level = {container for asset in level for container in self.containers(asset)} - self._heights.keys()
            if not level:
                break
            await self._load(level)
        heights = {
            asset: self._height(asset, DEPTH) if len(self.containers(asset)) > 1 else 0
            for asset in sorted(assets, key=self._first)
        }
        least = min(heights.values(), default=0)
        return [asset for asset, height in heights.items() if height == least]

    async def _load(self, assets: Iterable[str]) -> None:
        book = self._book
        assets = set(assets)
        await book.load_names(assets)
        await book.load_members(assets)
        names = {name for asset in assets for name in book.names_of(asset)}
        await book.load_bindings(names)
        await book.load_names({row.container for name in names for row in book.by_name[name] if row.container})

    def _height(self, asset: str, depth: int) -> int:
        """Count the assets with several claimed containers from one upwards; a circle ends where it closes."""
        known = self._heights.get(asset)
        if known is not None or depth == 0:
            return known or 0
        self._heights[asset] = 0
        above = sorted(self.containers(asset), key=self._first) if self._loaded(asset) else []
        height = max((self._height(each, depth - 1) for each in above), default=0) + (len(above) > 1)
        self._heights[asset] = height
        return height

    def _loaded(self, asset: str) -> bool:
        return all(name in self._book.by_name for name in self._book.names_of(asset))

    def _first(self, asset: str) -> tuple[object, ...]:
        """Give what orders assets without their ids, which are but names."""
        rows = self.claims(asset) if self._loaded(asset) else []
        return min(((row.from_at, row.source, row.scope, row.slot) for row in rows), default=()), asset

    async def outwards(self, assets: Iterable[str]) -> set[str]:
        """Give some assets, and all that claims place them in, however deep."""
        level, out = set(assets), set[str]()
        for _ in range(DEPTH):
            if not level:
                break
            await self._load(level)
            out |= level
            level = {container for asset in level for container in self.containers(asset)} - out
        return out

    async def surveyed(self, assets: Iterable[str]) -> bool:
        """Whether a surveyed place was ever known of assets, or of what was claimed to stand in them, however deep."""
        level, seen = set(assets), set[str]()
        for _ in range(DEPTH):
            if not level:
                break
            await self._load(level)
            if any(row.surveyed for asset in level for row in self.claims(asset)):
                return True
            seen |= level
            level = {part for parts in (await self._parts(level)).values() for part in parts} - seen
        return False

    # -- what stands in what ----------------------------------------------------------------------------------------

    async def chains(self, containers: Iterable[str], before: Millis | None = None) -> set[Millis]:
        """Read where containers, and what they are in, have been; gives the moments (before one) when it changed."""
        book = self._book
        wanted, seen = set(containers), set[str]()
        moments: set[Millis] = set()
        while wanted:
            await book.load_where(wanted)
            seen |= wanted
            rows = [row for asset in sorted(wanted) for row in book.where[asset]]
            moments |= {at for row in rows for at in (row.from_at, row.until_at) if at is not None}
            wanted = {row.container for row in rows if row.container is not None} - seen
        return moments if before is None else {at for at in moments if at < before}

    async def nameless(self, containers: Iterable[str]) -> Nameless:
        """Say which of containers, and of what they are in, nothing names; their chains are loaded."""
        level, seen = set(containers), set[str]()
        while level:
            seen |= level
            rows = [row for asset in level for row in self._book.where.get(asset, ())]
            level = {row.container for row in rows if row.container is not None} - seen
        parts = await self._graph.of_assets(seen)
        return Nameless(
            self.holds,
            self.within,
            {AssetId(asset) for asset in await self._graph.nameless(seen)},
            {AssetId(asset) for asset, several in parts.items() if any(part.kind is Kind.RACK for part in several)},
        )

    def within(self, asset: str, at: Millis) -> AssetId | None:
        """Give the container in which an asset stands at a moment, as far as it is loaded."""
        found = _container(self._book.where.get(asset, ()), at)
        return None if found is None else AssetId(found)

    def holds(self, outer: str, inner: str, at: Millis) -> bool:
        """Whether an asset holds another one at a moment, however deep, as far as the chains are loaded."""
        here: str | None = inner
        for _ in range(DEPTH):
            here = self.within(here or "", at)
            if here is None:
                return False
            if here == outer:
                return True
        return False

    # -- whom it concerns --------------------------------------------------------------------------------------------

    async def concerned(self, moves: Mapping[str, "Move"]) -> set[str]:
        """Give the assets whose claims may agree, or no longer, since some assets' own containers changed.

        Those of which one claim names a container inside such an asset, and another what that was or is in, or one that
        nothing names: that is compared by what holds it.
        """
        inside = {asset: {asset} for asset in moves}
        level = {asset: {asset} for asset in moves}
        within: dict[str, set[str]] = {}  # part → those that moved with a container that is claimed of it
        for _ in range(DEPTH):
            parts = await self._parts({each for several in level.values() for each in several})
            for asset in moves:
                below = {part for each in level[asset] for part in parts[each]} - {asset}
                for part in below:
                    within.setdefault(part, set()).add(asset)
                level[asset] = below - inside[asset]
                inside[asset] |= below
            if not any(level.values()):
                break
        await self._load(within)
        above = {asset: await self._above(moves[asset].containers) for asset in moves if len(inside[asset]) > 1}
        out, unsure = set[str](), dict[str, set[str]]()
        for part, several in within.items():
            for asset in several:
                claimed = self.containers(part, moves[asset].since)
                if claimed & inside[asset] and claimed & above[asset]:
                    out.add(part)
                elif len(claimed) > 1 and claimed & inside[asset]:
                    unsure[part] = unsure.get(part, set()) | claimed
        nameless = await self._graph.nameless({each for claimed in unsure.values() for each in claimed})
        return out | {part for part, claimed in unsure.items() if claimed & nameless}

    async def _parts(self, assets: Iterable[str]) -> dict[str, set[str]]:
        """Give what is claimed to stand in some assets, ever."""
        book = self._book
        assets = set(assets)
        await book.load_members(assets)
        names = {asset: book.names_of(asset) for asset in assets}
        await book.load_within({name for several in names.values() for name in several})
        rows = {asset: [row for name in several for row in book.within[name]] for asset, several in names.items()}
        await book.load_names({row.asset for several in rows.values() for row in several})
        return {asset: {book.asset_of(row.asset) for row in several} for asset, several in rows.items()}

    async def _above(self, containers: Iterable[str]) -> set[str]:
        """Give containers and everything that they have been in, at any time."""
        book = self._book
        level, out = set(containers), set[str]()
        for _ in range(DEPTH):
            if not level:
                break
            await book.load_where(level)
            out |= level
            level = {row.container for asset in level for row in book.where[asset] if row.container is not None} - out
        return out


class Move(NamedTuple):
    """An asset's container is another one from `since` on; it was, or is, in these."""

    since: Millis
    containers: frozenset[str]


def move(before: Sequence[WhereRow], now: Sequence[WhereRow]) -> Move | None:
    """Compare two histories of an asset; None where they name the same containers all along. Pure."""
    cuts = sorted({at for row in (*before, *now) for at in (row.from_at, row.until_at) if at is not None})
    since = next((at for at in cuts if _container(before, at) != _container(now, at)), None)
    if since is None:
        return None
    late = [row for row in (*before, *now) if row.until_at is None or row.until_at > since]
    return Move(since, frozenset(row.container for row in late if row.container is not None))


def _container(rows: Sequence[WhereRow], at: Millis) -> str | None:
    return next((row.container for row in rows if row.holds_at(at)), None)
