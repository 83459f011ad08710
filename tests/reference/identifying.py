"""Section 3 of SEMANTICS: everything that was ever seen becomes parts, and all parts at once become assets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schemas.inventory import Identifier
from schemas.words import Kind, Scheme
from service.facts.carriers import Carrier, part_of
from service.facts.identity import Disputed, Edge, Placed, resolve, union
from service.facts.schemes import Value, everywhere

Order = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One carrier that one source listed in one scope, and where in the order of rule 5 it did so."""

    source: str
    scope: str
    carrier: Carrier
    order: Order


@dataclass(slots=True)
class Identity:
    """Which parts there are, and which asset each belongs to: the key of the asset's first part."""

    sightings: list[Sighting] = field(default_factory=list)
    parts: dict[bytes, Placed] = field(default_factory=dict)
    shared: set[Value] = field(default_factory=set)
    asset: dict[bytes, bytes] = field(default_factory=dict)
    disputed: tuple[Disputed, ...] = ()

    def see(self, sightings: Iterable[Sighting], shared: Iterable[Value]) -> None:
        """Take what one inventory shows."""
        self.sightings += sightings
        self.shared |= set(shared)

    def part(self, source: str, scope: str, carrier: Carrier) -> bytes:
        """Give the key of the part that a carrier is a sighting of."""
        return part_of(carrier, source, scope, self.shared).key

    def asset_of(self, part: bytes) -> bytes:
        """Give the asset that a part belongs to; one that was scattered is its own."""
        return self.asset.get(part, part)

    def described(self) -> tuple[dict[bytes, Kind], set[bytes]]:
        """Give the kinds of all assets, and which of them have a value that could join them with anything."""
        kinds = {self.asset_of(key): one.part.kind for key, one in self.parts.items()}
        named = {
            self.asset_of(key) for key, one in self.parts.items() if not one.part.strong | one.part.weak <= self.shared
        }
        return kinds, named

    def settle(self, edges: Sequence[Edge] = (), cuts: Sequence[Edge] = ()) -> None:
        """Resolve the whole set again. What becomes shared scatters parts; their sightings may make more shared."""
        disputed: dict[Value, Disputed] = {}
        while True:
            placed = [
                Placed(part_of(seen.carrier, seen.source, seen.scope, self.shared), seen.order)
                for seen in self.sightings
            ]
            self.parts = union([*self.parts.values(), *placed])
            found = resolve(self.parts.values(), edges, cuts, self.shared)
            disputed |= {one.value: one for one in found.disputed}
            if found.shared <= self.shared:
                break
            self.shared |= found.shared
        self.asset = {part: group.first for group in found.groups for part in group.parts}
        self.disputed = tuple(disputed[value] for value in sorted(disputed))


def meant(scheme: Scheme, scope: str, value: str) -> frozenset[Value]:
    """Give all values that an act about an identifier means."""
    return everywhere(Identifier(scheme, scope, value))
