"""Which assets acts mean: by id, or by an identifier and a kind; one that nobody reported yet becomes an asset.

An identifier means the asset that bears it. Where several do, or where the value is known to stand on several things,
it names none of them. Where none does, it is a new asset (SEMANTICS rule 14), which reports find by the same value.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from consumers.derive.book import Book
from consumers.derive.graph import Graph
from consumers.derive.order import Moment
from schemas.acting import IdentifierAsked, Thing
from schemas.inventory import Identifier, Item
from schemas.words import Kind
from service.facts.carriers import Carrier, Carriers, split
from service.facts.schemes import SCOPED, Value, lesser
from service.store import derived

STATED = "stated"  # stands where parts that nothing but an act names have their source
_LISTED = 5


@dataclass(slots=True)
class Found:
    """Names of the things that were found, each asset once, in the order in which they were named; and who was not."""

    names: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def left_out(self) -> str | None:
        """Say which things were left out, and why; None where none was."""
        if not self.wrong:
            return None
        more = f"; and {len(self.wrong) - _LISTED} more" if len(self.wrong) > _LISTED else ""
        return f"{len(self.wrong)} left out: {'; '.join(self.wrong[:_LISTED])}{more}"


class Things:
    """Finds the things of acts in one cell within one transaction."""

    def __init__(self, book: Book, graph: Graph) -> None:
        self._book = book
        self._graph = graph

    async def find(self, things: Iterable[Thing], moment: Moment) -> Found:
        """Find them; what nobody bears yet is taken into the graph as a sighting of an act."""
        found, assets = Found(), set[str]()
        named = list(things)
        existing = await self._existing([thing.asset for thing in named if thing.asset is not None])
        for thing in named:
            if thing.identifier is not None and thing.kind is not None:
                name = await self._bearer(thing.kind, thing.identifier, moment, found.wrong)
            else:
                name = thing.asset if thing.asset in existing else None
                if name is None:
                    found.wrong.append(f"there is no asset {thing.asset}")
            if name is not None and (asset := self._book.asset_of(name)) not in assets:
                assets.add(asset)
                found.names.append(name)
        return found

    async def _existing(self, names: Sequence[str]) -> set[str]:
        rows = await derived.rows(self._book.connection, "parts_by_asset", self._book.cell, sorted(set(names)))
        await self._book.load_names(names)
        return {row["asset"] for row in rows} | (set(names) & set(self._graph.name_of.values()))

    async def _bearer(self, kind: Kind, asked: IdentifierAsked, moment: Moment, wrong: list[str]) -> str | None:
        """Give the name of the part that bears an identifier: the first one of the one asset that does."""
        stated = Identifier(asked.scheme, asked.scope or "", asked.value)
        said = f"{asked.scheme.value} {asked.value}"
        carrier = split(Item(f"{stated.scheme.value}/{stated.scope}/{stated.value}", kind, identifiers=(stated,)))[0]
        exact = carrier.strong or carrier.weak
        if not exact:
            wrong.append(f"{said} is no value that can name a {kind.value}")
            return None
        values = exact | {less for value in exact for less in lesser(value)}
        await self._graph.load_shared(values)
        if all(self._graph.is_shared(value) for value in exact):
            wrong.append(f"{said} is known to stand on several things: name the asset instead")
            return None
        names = await self._graph.bearing(exact) or await self._knowing_less(values - exact)
        assets = {self._book.asset_of(name) for name in names}
        if len(assets) > 1:
            wrong.append(f"{len(assets)} assets bear {said}: give its scope, or name the asset instead")
            return None
        return names[0] if names else await self._sighted(carrier, moment)

    async def _knowing_less(self, values: Iterable[Value]) -> list[str]:
        """Give those who bear the same serial, and know no more of its scope than that."""
        names = await self._graph.bearing(values)
        return [name for name in names if not self._scoped(name)]

    def _scoped(self, name: str) -> bool:
        part = self._graph.part_named(name)
        return any(value.scheme in SCOPED and value.scope for value in part.strong)

    async def _sighted(self, carrier: Carrier, moment: Moment) -> str:
        seen = Carriers((carrier,), frozenset())
        return (await self._graph.sight(seen, STATED, STATED, moment))[carrier.slot]
