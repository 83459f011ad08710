"""Findings: raised once, closed by evidence (DESIGN section 9). Only those that follow from what the model knows."""

from dataclasses import dataclass, field

from schemas.words import FindingKind, Kind
from tests.reference.binding import Bindings, Bound
from tests.reference.identifying import Identity
from tests.reference.shapes import FindingFact, WhereFact
from tests.reference.whereabouts import Beliefs, View

SHOWN = frozenset(
    {
        FindingKind.IDENTITY_DISPUTED,
        FindingKind.COMPONENT_MISSING,
        FindingKind.COMPONENT_FOREIGN,
        FindingKind.RACK_MOVED,
    }
)


@dataclass(slots=True)
class Findings:
    """Open findings by kind and subject, and those that were closed."""

    open: dict[tuple[str, str], int] = field(default_factory=dict)
    closed: set[FindingFact] = field(default_factory=set)
    _disputed: set[str] = field(default_factory=set)

    def put(self, kind: FindingKind, subject: str, at: int) -> None:
        """Raise one where none stands."""
        self.open.setdefault((kind.value, subject), at)

    def close(self, kind: FindingKind, subject: str, at: int) -> None:
        """Close one where one stands."""
        opened = self.open.pop((kind.value, subject), None)
        if opened is not None:
            self.closed.add(FindingFact(kind.value, subject, opened, at))

    def facts(self) -> frozenset[FindingFact]:
        """Give all of them."""
        return frozenset({FindingFact(*key, at, None) for key, at in self.open.items()} | self.closed)

    def identities(self, identity: Identity, at: int) -> None:
        """Values that would put two things in one (rules 15 and 16); one that is shared by its conflict stays found."""
        now = {
            f"{one.value.kind}:{one.value.scheme}:{one.value.scope}:{one.value.value}": one for one in identity.disputed
        }
        for subject in now:
            self.put(FindingKind.IDENTITY_DISPUTED, subject, at)
        shared = {f"{value.kind}:{value.scheme}:{value.scope}:{value.value}" for value in identity.shared}
        for subject in self._disputed - now.keys() - shared:
            self.close(FindingKind.IDENTITY_DISPUTED, subject, at)
        self._disputed = (self._disputed | now.keys()) - (self._disputed - now.keys() - shared)

    def missing(self, rows: list[Bound], bindings: Bindings, at: int) -> None:
        """Raise what is no longer listed where it was, and nowhere else (rule 19)."""
        standing = {bindings.identity.asset_of(row.part) for row in bindings.rows if row.until is None}
        for row in rows:
            asset = bindings.identity.asset_of(row.part)
            if row.container is not None and asset not in standing:
                self.put(FindingKind.COMPONENT_MISSING, asset.hex(), at)

    def bound(self, bindings: Bindings, at: int) -> None:
        """Close what was missing and is bound again."""
        for row in bindings.rows:
            if row.until is None:
                for name in (row.part, bindings.identity.asset_of(row.part)):
                    self.close(FindingKind.COMPONENT_MISSING, name.hex(), at)

    def whereabouts(self, asset: bytes, before: set[WhereFact], view: View, beliefs: Beliefs, at: int) -> None:
        """Disputes, racks that moved, parts that turned up in another container (rule 18)."""
        name = asset.hex()
        if any(fact.until_at is None for fact in beliefs.disputes[asset]):
            self.put(FindingKind.IDENTITY_DISPUTED, name, at)
        else:
            self.close(FindingKind.IDENTITY_DISPUTED, name, at)
        rows = beliefs.where[asset]
        if rows == before:
            return
        settled = sorted((r for r in before if not r.moving and not r.disputed), key=lambda r: r.from_at)
        now = next((row for row in rows if row.until_at is None), None)
        if not settled or now is None or now.moving or now.disputed:
            return
        was = settled[-1]
        standing = view.standing
        if view.direct(asset)[0].carrier.kind is Kind.RACK and was.place and now.place:
            old, new = standing.rack_position(was.place), standing.rack_position(now.place)
            if not standing.places().agree(old, new):
                self.put(FindingKind.RACK_MOVED, name, at)
        elif was.container and now.container and was.container != now.container:
            self.put(FindingKind.COMPONENT_FOREIGN, name, at)
