"""Section 3 of SEMANTICS: everything that was ever seen becomes parts, and all parts at once become assets."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

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
    said: dict[str, tuple[bool, Edge]] = field(default_factory=dict)  # by an act's key: merged (else parted)
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

    def named(self, ref: str) -> bytes | None:
        """Give the part that an act names; None where there is none yet."""
        return next((key for key in self.parts if ref_of(key) == ref), None)

    def settle(self) -> None:
        """Resolve the whole set again. What becomes shared scatters parts; their sightings may make more shared."""
        disputed: dict[Value, Disputed] = {}
        edges = [edge for joins, edge in self.said.values() if joins]
        cuts = [edge for joins, edge in self.said.values() if not joins]
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


def ref_of(part: bytes) -> str:
    """Give what acts name a part by, in streams that are not for one cell alone: ids of assets follow from the cell."""
    return str(UUID(bytes=part[:16]))


def meant(scheme: Scheme, scope: str, value: str) -> frozenset[Value]:
    """Give all values that an act about an identifier means."""
    return everywhere(Identifier(scheme, scope, value))
