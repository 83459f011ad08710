"""What sources say of things: bindings open and close as runs begin, and never for silence (rules 14, 17, 19)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from schemas.words import BindingEnd, Kind
from service.facts.carriers import Carrier, carriers
from tests.reference.folding import Folded
from tests.reference.identifying import Identity, Sighting
from tests.reference.shapes import BindingFact

Pair = tuple[str, str]


@dataclass(slots=True)
class Bound:
    """`carrier` and `holder` are what was seen, `part` and `container` the parts that these are taken for."""

    source: str
    scope: str
    slot: str
    carrier: Carrier
    holder: Carrier | None
    part: bytes
    container: bytes | None
    stated: str | None
    place: str | None
    surveyed: bool
    from_at: int
    known_from: int
    until: int | None = None
    end: BindingEnd | None = None

    def says(self) -> tuple[object, ...]:
        """Give what it claims."""
        at = self.holder.slot if self.holder else None
        return (self.part, self.carrier.kind, self.container, at, self.stated, self.place, self.surveyed)

    def holds_at(self, moment: int) -> bool:
        """Whether the claim is made at a moment."""
        return self.from_at <= moment and (self.until is None or moment < self.until)

    def fact(self, known_until: int | None = None) -> BindingFact:
        """Give it in comparable form."""
        return BindingFact(
            self.source,
            self.scope,
            self.slot,
            self.part.hex(),
            self.carrier.kind.value,
            self.container.hex() if self.container else None,
            self.holder.slot if self.holder else None,
            self.stated,
            self.place,
            self.surveyed,
            self.from_at,
            self.until,
            self.end.value if self.end else None,
            self.known_from,
            known_until,
        )


@dataclass(slots=True)
class Bindings:
    """All bindings of a cell, those that were corrected, and how parts are seen now."""

    identity: Identity
    rows: list[Bound] = field(default_factory=list)
    past: list[BindingFact] = field(default_factory=list)
    begun: list[Bound] = field(default_factory=list)  # opened by the change that is being taken

    def open(self, pair: Pair) -> dict[str, Bound]:
        """Give the open bindings of a source and scope, by slot."""
        return {row.slot: row for row in self.rows if (row.source, row.scope) == pair and row.until is None}

    def begin(self, rows: Iterable[Bound]) -> None:
        """Open bindings."""
        begun = list(rows)
        self.rows += begun
        self.begun += begun

    def close(self, row: Bound, at: int, why: BindingEnd) -> None:
        """Close one; if it would have held no time, it never was."""
        if row.from_at >= at:
            self.rows.remove(row)
        else:
            row.until, row.end = at, why

    def sight(self, run: Folded, order: tuple[int, ...]) -> None:
        """Let identity see what a run lists."""
        assert run.inventory is not None
        split = carriers(run.inventory)
        seen = [Sighting(run.source, run.scope, c, (*order, n)) for n, c in enumerate(split.carriers)]
        self.identity.see(seen, split.shared)

    def listed(self, run: Folded, at: int) -> list[Bound]:
        """Give what a run says, as bindings that nobody has opened yet; places come later."""
        assert run.inventory is not None
        by_slot = {c.slot: c for c in carriers(run.inventory).carriers}
        stated = {item.slot: item.place for item in run.inventory.items}
        out = []
        for slot, carrier in by_slot.items():
            holder = by_slot[carrier.within] if carrier.within is not None else None
            part = self.identity.part(run.source, run.scope, carrier)
            container = self.identity.part(run.source, run.scope, holder) if holder else None
            out.append(
                Bound(
                    run.source,
                    run.scope,
                    slot,
                    carrier,
                    holder,
                    part,
                    container,
                    stated.get(slot),
                    None,
                    surveyed=False,
                    from_at=at,
                    known_from=at,
                )
            )
        return out

    def state(self, pair: Pair, wanted: Iterable[Bound], complete_for: frozenset[Kind], at: int) -> list[Bound]:
        """Compare what is stated now with what was; gives the rows that ended where something is missing."""
        now = self.open(pair)
        new = {row.slot: row for row in wanted}
        missing = []
        for slot, row in now.items():
            if slot not in new:
                absent = row.carrier.kind in complete_for
                self.close(row, at, BindingEnd.ABSENT if absent else BindingEnd.UNLISTED)
                missing += [row] if absent else []
            elif new[slot].says() != row.says():
                self.close(row, at, BindingEnd.REPLACED)
                gone = new[slot].part != row.part and row.carrier.kind in complete_for
                missing += [row] if gone else []
        still = self.open(pair)
        self.begin(row for slot, row in new.items() if slot not in still)
        return missing

    def correct(self, at: int) -> None:
        """Let every binding, ended ones too, name the part that its sighting is taken for now (rule 20)."""
        for row in self.rows:
            part = self.identity.part(row.source, row.scope, row.carrier)
            container = self.identity.part(row.source, row.scope, row.holder) if row.holder else None
            if (part, container) != (row.part, row.container):
                if row.known_from < at:
                    self.past.append(row.fact(at))
                row.part, row.container, row.known_from = part, container, at

    def again(self, row: Bound, place: str | None, *, surveyed: bool, at: int) -> None:
        """State the same with another place from now on."""
        new = replace(row, place=place, surveyed=surveyed, from_at=at, known_from=at)
        self.close(row, at, BindingEnd.REPLACED)
        self.begin([new])
