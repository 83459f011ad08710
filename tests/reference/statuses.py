"""What people say of the status of things, as it is to be kept: every thing looked for among all parts there are.

Whether work is planned of anything at all is decided here too, by the same search.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from schemas import acts
from schemas.acting import Thing
from schemas.inventory import Identifier, Item
from schemas.planning import WorkPlan
from schemas.statuses import StatusPut, StatusWithdraw, TransferAccept, TransferRelease
from schemas.words import Kind
from service.facts.carriers import split
from service.facts.schemes import SCOPED, Value, lesser
from tests.reference.identifying import Identity, Order, Sighting, ref_of
from tests.reference.shapes import AcceptanceFact, StatusFact


@dataclass(slots=True)
class Statuses:
    """All that was said, what was withdrawn included."""

    identity: Identity
    said: list[StatusFact] = field(default_factory=list)
    accepted: list[AcceptanceFact] = field(default_factory=list)

    def take(self, act: acts.CellAct | acts.CommonAct, places: Iterable[str], order: Order) -> bool:
        """Keep what an act says; whether it could be. One that says nothing of things can."""
        match act:
            case StatusPut():
                return (act.place is None or act.place in places) and self._put(act, order)
            case TransferRelease():
                return self._put(act, order)
            case TransferAccept():
                return self._accept(act, order)
            case StatusWithdraw():
                return self._withdraw(act.withdraws, order[0])
            case WorkPlan():
                named = (*(Thing(asset=asset) for asset in act.assets), *act.things)
                return bool([*self.found(named, order), *(place for place in act.places if place in places)])
        return True

    def _put(self, act: StatusPut | TransferRelease, order: Order) -> bool:
        at = order[0]
        since, until = _millis(act.from_at) or at, _millis(act.until_at)
        if until is not None and until <= since:
            return False
        status, ticket, place = "released", None, None
        if isinstance(act, StatusPut):
            status, ticket, place = act.status.value, act.ticket, act.place
        things = list(self.found(act.things, order))
        for part in things:
            said = (act.key, part.hex(), status, act.party, act.document, ticket, place)
            self.said.append(StatusFact(*said, since, until, at, None))
        return bool(things)

    def _accept(self, act: TransferAccept, order: Order) -> bool:
        release = [row for row in self.said if row.key == act.releases and row.status == "released"]
        standing = [bytes.fromhex(row.asset) for row in release if row.known_until is None]
        named = {self.identity.asset_of(part) for part in self.found(act.things, order)} if standing else set()
        meant = [part for part in standing if not act.things or self.identity.asset_of(part) in named]
        before = {row.asset for row in self.accepted if row.release == act.releases and row.known_until is None}
        fresh = [part.hex() for part in meant if part.hex() not in before]
        at = order[0]
        since = _millis(act.from_at) or at
        self.accepted += [AcceptanceFact(act.releases, part, act.key, act.document, since, at, None) for part in fresh]
        return bool(fresh)

    def _withdraw(self, key: str, at: int) -> bool:
        meant = [row for row in self.said if row.key == key and row.known_until is None]
        taken = [row for row in self.accepted if row.key == key and row.known_until is None]
        self.said = [row._replace(known_until=at) if row in meant else row for row in self.said]
        self.accepted = [row._replace(known_until=at) if row in taken else row for row in self.accepted]
        return bool(meant or taken)

    def found(self, things: Iterable[Thing], order: Order) -> Iterator[bytes]:
        """Give the part that each thing means, of each asset once."""
        assets = set()
        for thing in things:
            part = self._meant(thing, order)
            if part is not None and (asset := self.identity.asset_of(part)) not in assets:
                assets.add(asset)
                yield part

    def _meant(self, thing: Thing, order: Order) -> bytes | None:
        if thing.identifier is None or thing.kind is None:
            return next((part for part in self.identity.parts if ref_of(part) == thing.asset), None)
        asked = Identifier(thing.identifier.scheme, thing.identifier.scope or "", thing.identifier.value)
        slot = f"{asked.scheme.value}/{asked.scope}/{asked.value}"
        own = split(Item(slot, Kind(thing.kind), identifiers=(asked,)))[0]
        values = own.strong or own.weak
        if values <= self.identity.shared:
            return None  # no value at all, or one that stands on several things
        bearers = self._bearing(values)
        if not bearers:
            less = {each for value in values for each in lesser(value)} - values
            bearers = [part for part in self._bearing(less) if not self._scoped(part)]
        if not bearers:
            self.identity.see([Sighting("stated", "stated", own, (*order[:4], 0))], ())
            self.identity.settle()
            return self.identity.part("stated", "stated", own)
        return bearers[0] if len({self.identity.asset_of(part) for part in bearers}) == 1 else None

    def _bearing(self, values: Iterable[Value]) -> list[bytes]:
        wanted = set(values) - self.identity.shared
        found = [one for one in self.identity.parts.values() if (one.part.strong | one.part.weak) & wanted]
        return [one.part.key for one in sorted(found, key=lambda one: (one.order, one.part.key))]

    def _scoped(self, part: bytes) -> bool:
        return any(value.scheme in SCOPED and value.scope for value in self.identity.parts[part].part.strong)


def _millis(stated: datetime | None) -> int | None:
    return None if stated is None else round(stated.timestamp() * 1000)
