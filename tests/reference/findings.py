"""Findings: raised once, closed by evidence (DESIGN section 9). Only those that follow from what the model knows."""

from dataclasses import dataclass, field

from schemas.words import BindingEnd, FindingKind, Kind
from service.facts.schemes import Value
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
    began: dict[tuple[str, str], str] = field(default_factory=dict)  # where what moved stood before
    ended: dict[tuple[str, str], str] = field(default_factory=dict)  # and where it went
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

    def shared(self, declared: set[Value], at: int) -> None:
        """Close what people said is shared."""
        for value in declared:
            subject = f"{value.kind}:{value.scheme}:{value.scope}:{value.value}"
            self._disputed.discard(subject)
            self.close(FindingKind.IDENTITY_DISPUTED, subject, at)

    def missing(self, rows: list[Bound], bindings: Bindings, at: int) -> None:
        """Raise what is no longer listed where it was, and listed nowhere else by anybody (rule 19)."""
        standing = {bindings.identity.asset_of(row.part) for row in bindings.rows if row.until is None}
        for row in rows:
            asset = bindings.identity.asset_of(row.part)
            if row.container is not None and asset not in standing:
                self.put(FindingKind.COMPONENT_MISSING, asset.hex(), at)

    def bound(self, rows: list[Bound], bindings: Bindings, at: int) -> None:
        """Close what was missing and is listed again."""
        for row in rows:
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
        now = next((row for row in rows if row.until_at is None), None)
        had = next((row for row in before if row.until_at is None), None)
        claims = view.direct(asset)
        names = sorted(part.hex() for part in view.bindings.identity.parts if view.asset(part) == asset)
        if had is not None and had.container is not None and _nowhere(claims, now):
            gone = [row for row in claims if row.end in {BindingEnd.ABSENT, BindingEnd.REPLACED} and row.container]
            if gone:
                self.put(FindingKind.COMPONENT_MISSING, name, at)
        if now is not None and now.container is not None:
            for each in names:
                self.close(FindingKind.COMPONENT_MISSING, each, at)
        settled = sorted((r for r in before if not r.moving and not r.disputed), key=lambda r: r.from_at)
        if now is None or now.moving or now.disputed:
            return
        was = settled[-1] if settled else None
        if claims[0].carrier.kind is Kind.RACK:
            self._rack(names, was, now, view, at)
        else:
            self._contained(names, was, now, view, at)

    def _rack(self, names: list[str], was: WhereFact | None, now: WhereFact, view: View, at: int) -> None:
        if now.place is None:
            return
        standing, places = view.standing, view.standing.places()
        new = standing.rack_position(now.place)
        back = False
        for each in names:
            key = (FindingKind.RACK_MOVED, each)
            if key in self.open and places.agree(self.began[key], new):
                self.close(*key, at)
                back = True
        if (
            not back
            and was is not None
            and was.place
            and not places.agree(old := standing.rack_position(was.place), new)
        ):
            self._moved(FindingKind.RACK_MOVED, now.asset, old, new, at)

    def _contained(self, names: list[str], was: WhereFact | None, now: WhereFact, view: View, at: int) -> None:
        if now.container is None:
            return
        last = [view.at - 1]
        home = False
        for each in names:
            key = (FindingKind.COMPONENT_FOREIGN, each)
            if key in self.open:
                old, new = self.began[key], self.ended[key]
                back = view.one(old, now.container, last)
                if back and (view.one(old, new, last) or not view.one(new, now.container, last)):
                    self.close(*key, at)
                    home = True
        if home or was is None or not was.container:
            return
        if not view.one(was.container, now.container, [now.from_at - 1, now.from_at, *last]):
            old = view.asset(bytes.fromhex(was.container)).hex()
            self._moved(FindingKind.COMPONENT_FOREIGN, now.asset, old, now.container, at)

    def _moved(self, kind: FindingKind, subject: str, old: str, new: str, at: int) -> None:
        """Raise a move, or let one that stands go on from where it began."""
        key = (kind, subject)
        if key not in self.open:
            self.began[key] = old
        self.ended[key] = new
        self.put(kind, subject, at)


def _nowhere(claims: list[Bound], now: WhereFact | None) -> bool:
    """Say whether it is shown in no container, and at no place where it is seen itself."""
    if now is None:
        return True
    return now.container is None and not any(row.until is None and row.place == now.place for row in claims)
