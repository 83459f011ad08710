"""What a report states: components with their slots, identifiers, containers and places.

Content-addressed by the SHA-256 of its RFC 8785 form (SEMANTICS rule 8). Nothing that changes by
itself (readings, firmware, uptime) is in it. Standard library alone.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.canonical import Json, canonical, digest
from schemas.errors import Rejected
from schemas.words import Kind, Scheme

MAX_ITEMS = 20_000
MAX_NAME = 256  # characters of a slot, scope, source or place
MAX_VALUE = 256  # characters of an identifier's value that can still join; longer ones are kept, unusable

# Descriptions that do not change by themselves; all values are strings.
FACTS = frozenset({"manufacturer", "model", "part_number", "capacity_bytes"})


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """A claim about identity. `scope` says within what the value is unique ("" when it is by itself).

    For serials the scope is `manufacturer/part_number` as far as the source states them.
    """

    scheme: Scheme
    scope: str
    value: str


@dataclass(frozen=True, slots=True)
class Item:
    """One component in one slot. `within` is the slot of its container in the same inventory.

    `place` is a place's name as the source states it: always a declared claim.
    """

    slot: str
    kind: Kind
    within: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    place: str | None = None
    facts: tuple[tuple[str, str], ...] = ()

    def document(self) -> dict[str, Json]:
        """Give the JSON form; absent members are left out."""
        out: dict[str, Json] = {"slot": self.slot, "kind": self.kind.value}
        if self.within is not None:
            out["within"] = self.within
        if self.identifiers:
            out["identifiers"] = [
                {"scheme": i.scheme.value, "scope": i.scope, "value": i.value} for i in self.identifiers
            ]
        if self.place is not None:
            out["place"] = self.place
        if self.facts:
            out["facts"] = dict(self.facts)
        return out


@dataclass(frozen=True, slots=True)
class Inventory:
    """All items that one report states, in slot order, and the kinds that the list is complete for.

    Make one with `inventory()`, which checks and normalises.
    """

    items: tuple[Item, ...]
    complete_for: frozenset[Kind] = field(default_factory=frozenset)

    def document(self) -> dict[str, Json]:
        """Give the JSON form that the digest is taken of (and that is stored)."""
        return {
            "complete_for": sorted(kind.value for kind in self.complete_for),
            "items": [item.document() for item in self.items],
        }

    def digest(self) -> bytes:
        """SHA-256 (32 bytes) of the RFC 8785 form."""
        return digest(self.document())

    def canonical(self) -> bytes:
        """Give the RFC 8785 bytes."""
        return canonical(self.document())


def inventory(items: Iterable[Item], complete_for: Iterable[Kind] = ()) -> Inventory:
    """Check and normalise a list of items: slots unique, containers present and acyclic.

    Identifiers are sorted and made unique; values stay as the source wrote them.
    Raises `Rejected` with code `no_items`, `too_many_items`, `bad_name`, `duplicate_slot`,
    `unknown_container` or `container_cycle`.
    """
    by_slot: dict[str, Item] = {}
    for item in items:
        check_name("slot", item.slot)
        if item.place is not None:
            check_name("place", item.place)
        if item.slot in by_slot:
            raise Rejected("duplicate_slot", f"slot {item.slot!r} is listed twice: give each slot once")
        by_slot[item.slot] = Item(
            item.slot,
            item.kind,
            item.within,
            tuple(sorted(set(item.identifiers))),
            item.place,
            tuple(sorted((k, v) for k, v in item.facts if k in FACTS)),
        )
        if len(by_slot) > MAX_ITEMS:
            raise Rejected("too_many_items", f"more than {MAX_ITEMS} items: report one scope per message")
    if not by_slot:
        raise Rejected("no_items", "the report lists no component: send a heartbeat to say that nothing changed")
    sound: set[str] = set()
    for item in by_slot.values():
        _check_container(item, by_slot, sound)
    return Inventory(tuple(by_slot[slot] for slot in sorted(by_slot)), frozenset(complete_for))


def _check_container(item: Item, by_slot: dict[str, Item], sound: set[str]) -> None:
    """Check the way up from an item; `sound` are slots whose way is known to end, so that long ways cost once."""
    seen = {item.slot}
    within = item.within
    while within is not None and within not in sound:
        if within not in by_slot:
            raise Rejected("unknown_container", f"slot {item.slot!r} stands within {within!r}, which is not listed")
        if within in seen:
            raise Rejected("container_cycle", f"slot {item.slot!r} stands, by way of {within!r}, within itself")
        seen.add(within)
        within = by_slot[within].within
    sound |= seen


def check_name(what: str, name: str) -> str:
    """Give `name` back if it can name a slot, scope, source or place; else raise `Rejected("bad_name")`."""
    if not name or len(name) > MAX_NAME or name != name.strip() or not printable(name):
        raise Rejected(
            "bad_name",
            f"{what} {name[:40]!r} must be 1 to {MAX_NAME} printable characters without blanks at its ends",
        )
    return name


def printable(text: str) -> bool:
    """Whether text holds no control, format (bidirectional marks), surrogate or unassigned character."""
    return (text.isascii() and text.isprintable()) or all(unicodedata.category(c)[0] != "C" for c in text)
